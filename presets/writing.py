"""Presets and packs as TOML text, and files that are complete or absent."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from presets.pack import ABOUT, ABOUT_KEYS, OWN_KEYS, REQUEST_KEYS, Pack, Preset
from presets.playing import PLAYING

_FIRST = ("why", "tags", "task", "prompt", "negative", "variables")


def table_of(preset: Preset) -> dict[str, Any]:
    """What a pack says of a preset: its request, what differs from the usual way of playing, and its own keys."""
    table: dict[str, Any] = {"why": preset.why, "tags": list(preset.tags), **preset.request}
    table["variables"] = {name: list(choices) for name, choices in preset.variables.items()}
    usual = {name: row.default for name, row in PLAYING.items()}
    table |= {name: value for name, value in preset.playing.to_dict().items() if value != usual[name]}
    table |= {"models": list(preset.models), "expects": preset.expects}
    return {key: value for key, value in table.items() if value or key in REQUEST_KEYS or key in PLAYING}


def preset_text(name: str, table: Mapping[str, Any]) -> str:
    """One preset as a TOML table, with a blank line before it."""
    order = [*_FIRST, *REQUEST_KEYS, *PLAYING, *OWN_KEYS]
    keys = dict.fromkeys(key for key in order if key in table)
    return f"\n[{name}]\n" + "".join(f"{key} = {_value(table[key])}\n" for key in keys)


def pack_text(pack: Pack) -> str:
    """A whole pack as TOML."""
    about = {key: getattr(pack, key) for key in ABOUT_KEYS if getattr(pack, key)}
    head = f"[{ABOUT}]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in about.items()) if about else ""
    return (head + "".join(preset_text(name, table_of(one)) for name, one in pack.presets.items())).lstrip("\n")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file aside and rename it, so that it is complete or absent, and a link there is not followed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, str):  # JSON's escapes are TOML's, but that TOML wants DEL escaped, too
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)

"""The tables for people and programs: Markdown for the README, JSON for everything else, plain text for a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bridge.commands import COMMANDS, REPLIES, SETTINGS, parameter_names, signature
from bridge.live.rows import LIVE
from engine import HANDLING, PARAMS, Param
from presets import PLAYING
from presets.playing import Field


def markdown() -> str:
    """Commands, keys and replies as three Markdown tables. The README holds this text; a test keeps it so."""
    commands = [(f"`{c.address}`", _code(signature(c)), c.help, _codes(c.replies)) for c in COMMANDS]
    keys = [(f"`{p.name}`", f"`{p.tag}`", p.range, _default(p), p.help) for p in _params()]
    keys += [(f"`{s.name}`", f"`{s.tag}`", f"{s.low:g} to {s.high:g}", "–", s.help) for s in SETTINGS]
    playing = [(f"`{p.name}`", f"`{p.tag}`", p.range, _default(p), p.help) for p in PLAYING.values()]
    live = [(f"`{p.name}`", f"`{p.tag}`", p.range, _default(p), p.help) for p in LIVE.values()]
    replies = [(f"`{r.address}`", _code(signature(r)), r.help) for r in REPLIES]
    return "\n\n".join(
        (
            _table(("Send", "Arguments", "What it does", "Replies"), commands),
            _table(("Key", "Type", "Range", "Default", "Meaning"), keys),
            _table(("Key of playing", "Type", "Range", "Default", "Meaning"), playing),
            _table(("Key of the stream", "Type", "Range", "Default", "Meaning"), live),
            _table(("Reply", "Arguments", "Meaning"), replies),
        )
    )


def as_json() -> str:
    """The same tables as one JSON object: ``commands``, ``keys``, ``playing``, ``live``, ``replies``."""
    tables = {
        "commands": [
            {"address": c.address, "args": _args(c.args), "settings": c.settings, "help": c.help, "replies": c.replies}
            for c in COMMANDS
        ],
        "keys": [_key(p.name, p.tag, p.low, p.high, p.default, p.unit, p.help, p.choices) for p in _params()]
        + [_key(s.name, s.tag, s.low, s.high, None, "", s.help, ()) for s in SETTINGS],
        "playing": [
            _key(p.name, p.tag, p.low, p.high, p.default, p.unit, p.help, p.choices) for p in PLAYING.values()
        ],
        "live": [_key(p.name, p.tag, p.low, p.high, p.default, p.unit, p.help, p.choices) for p in LIVE.values()],
        "replies": [{"address": r.address, "args": _args(r.args), "help": r.help} for r in REPLIES],
    }
    return json.dumps(tables, indent=2)


def plain() -> str:
    """The tables for a terminal, one entry on two lines."""
    lines = ["Send:"]
    for command in COMMANDS:
        lines += [f"  {command.address}  {signature(command)}", f"      {command.help}"]
    lines += ["", "Keys for /render/…, each followed by its value:"]
    for param in _params():
        lines += [f"  {param.tag} {param.name}  {param.range}, default {_default(param)}", f"      {param.help}"]
    for setting in SETTINGS:
        lines += [f"  {setting.tag} {setting.name}  {setting.low:g} to {setting.high:g}", f"      {setting.help}"]
    lines += ["", "Keys of playing, for /pad/assign and /pad/set:"]
    for field in PLAYING.values():
        lines += [f"  {field.tag} {field.name}  {field.range}, default {_default(field)}", f"      {field.help}"]
    lines += ["", "Keys of the stream, for /live/start and /live/set:"]
    for field in LIVE.values():
        lines += [f"  {field.tag} {field.name}  {field.range}, default {_default(field)}", f"      {field.help}"]
    lines += ["", "Replies:"]
    for reply in REPLIES:
        lines += [f"  {reply.address}  {signature(reply)}", f"      {reply.help}"]
    return "\n".join(lines)


def _params() -> list[Param]:
    return [*(PARAMS[name] for name in parameter_names()), *HANDLING.values()]


def _default(param: Param | Field) -> str:
    if param.default == "":
        return "empty"
    return "–" if param.default is None else str(param.default)


def _args(args: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [{"type": a.tag, "name": a.name, "optional": a.optional, "repeats": a.rest} for a in args]


def _key(
    name: str, tag: str, low: float, high: float, default: Any, unit: str, help: str, choices: Any
) -> dict[str, Any]:
    limits = {"choices": list(choices)} if choices else {"low": low, "high": high}
    return {"name": name, "type": tag, **limits, "default": default, "unit": unit, "help": help}


def _code(text: str) -> str:
    return f"`{text}`" if text else "–"


def _codes(addresses: tuple[str, ...]) -> str:
    return " ".join(f"`{address}`" for address in addresses)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)

"""How a sound becomes a preset of the user's own: from a take, from another preset, or from settings alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine import PARAMS, Request
from presets import PLAYING, PackError, Preset, preset_of
from presets.writing import table_of

_OF_THE_MOMENT = ("format", "model", "rate", "takes")
"""What a take was asked for as, and not what it sounds like."""
_WHY = "A sound of my own."


def typed(key: str, text: str) -> Any:
    """A value that was written on a command line: a number where the key is one of a number, else the text itself."""
    row = PARAMS.get(key) or PLAYING.get(key)
    if row is None or row.tag == "s":
        return text
    try:
        number = float(text)
    except ValueError:
        return text  # whoever checks it names the range
    return int(number) if number.is_integer() and row.tag == "i" else number


def kept(
    name: str, pack: str, begun: Preset | None, take: Request | None, values: Mapping[str, Any], why: str = "",
    tags: Sequence[str] = (),
) -> Preset:  # fmt: skip
    """The preset to be saved. begun: one to begin with; take: a request that was rendered, with its seed; values:
    settings, fields of playing, and of `begun` its variables, which then are the defaults. Raises PackError.
    """
    table: dict[str, Any] = table_of(begun) if begun else {}
    if take is not None:
        table |= _request_of(take)
        table.pop("variables", None)
    for key, value in values.items():
        if begun is not None and key in table.get("variables", {}):
            table["variables"][key] = _first(begun, key, value)
        else:
            table[key] = value
    table["why"] = why or table.get("why") or _WHY
    if tags:
        table["tags"] = list(tags)
    return preset_of(table, name, pack)


def _request_of(take: Request) -> dict[str, Any]:
    """What a resolved request says beyond the defaults. Steps and guidance are a model's own, so the model is named."""
    usual = {name: param.default for name, param in PARAMS.items()}
    found = {key: value for key, value in take.to_dict().items() if value != usual[key] and key not in _OF_THE_MOMENT}
    return found | ({"models": [take.model]} if take.model else {})


def _first(preset: Preset, variable: str, value: Any) -> list[str]:
    choices = preset.variables[variable]
    if value not in choices:
        raise PackError(f"{variable} must be {' | '.join(choices)} for {preset.full_name}, got {value!r}")
    return [value, *(choice for choice in choices if choice != value)]

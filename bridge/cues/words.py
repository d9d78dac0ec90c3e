"""A request as people write it in a cell or a line: names of parameters, and their values as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.commands import meant_for
from bridge.cues.clock import Clock
from engine import PARAMS, BadRequest, Request, UnknownKey, check, unknown_key

ALIASES = {"length": "seconds", "duration": "seconds", "description": "prompt"}
"""Words of a cue sheet for parameters."""
OTHERS = ("preset",)
"""Names that are no parameter of a request, and are understood where one is written."""
NAMES = tuple(name for name in PARAMS if name != "model")
SOURCES = (".wav", ".wave", ".aif", ".aiff", ".flac", ".ogg", ".mp3")
"""Endings of files that are taken for sound."""


def parameter(name: str) -> str:
    """The parameter (or one of `OTHERS`) that a name means, whatever its case. Raises UnknownKey, which names the
    nearest."""
    plain = name.strip().casefold().replace(" ", "_").replace("-", "_")
    plain = ALIASES.get(plain, plain)
    if plain == "model":
        text = "model is for the whole bridge, and not for one sound: bridge models use NAME changes it"
        raise UnknownKey("model", text)
    if plain not in NAMES and plain not in OTHERS:
        raise unknown_key(name.strip(), (*NAMES, *OTHERS, *ALIASES))
    return plain


def is_number(name: str) -> bool:
    """Whether a parameter is one, and not a word or text."""
    return name in NAMES and PARAMS[name].tag != "s"


def value(name: str, text: str, clock: Clock) -> int | float | str:
    """The value of a parameter from its text; lengths may be written as times. Raises BadRequest, which names the
    range."""
    if name in OTHERS:
        return text.strip()
    if name == "seconds":
        return _checked(name, clock.seconds(text, name))
    if PARAMS[name].tag == "s":
        return _checked(name, text)
    try:
        return _checked(name, float(text))
    except ValueError:
        raise BadRequest(name, f"{name} must be {PARAMS[name].range}, got {text!r}") from None


def length(seconds: float) -> int | float | str:
    """The parameter seconds, from what times say. Raises BadRequest, which names the range."""
    return _checked("seconds", round(seconds, 9))


def _checked(name: str, found: float | str) -> int | float | str:
    clean = check(name, found)
    assert clean is not None
    return clean


def complete(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with the task that they mean, checked as far as that goes without the bridge. Raises BadRequest."""
    found = {name: item for name, item in settings.items() if item != ""}
    if "preset" in found:
        return found
    if "task" not in found:
        found["task"] = ("restyle" if "prompt" in found else "vary") if "source" in found else "generate"
    task = found["task"]
    if "source" in meant_for(task) and "source" not in found:
        raise BadRequest("source", f"{task} needs a source: the file that it begins with")
    for name in found:
        if name != "task" and name not in meant_for(task):
            raise BadRequest(name, f"{name} means nothing to {task}")
    Request(**found)
    return found

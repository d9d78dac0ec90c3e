"""What clients mean by a pad's name and by its sound: a preset's name, or else a prompt."""

from __future__ import annotations

from typing import Any

from bridge.commands import parameter_names
from bridge.folders import default_presets
from bridge.inbox import Call, Refused, parameters
from bridge.shelf import request_of
from engine import Request, unknown_key
from presets import PLAYING, Library, PackError, Playing

SECONDS = 2.0
"""Length of a pad's takes, unless it is asked for."""

MAX_NAME = 60
"""Characters of a pad's name."""


def name_of(call: Call) -> str:
    """The pad that a command is about. Raises Refused for a name that is none."""
    name = str(call.args["pad"])
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise Refused("bad-value", f"pad must be 1 to {MAX_NAME} characters of printable text, got {name[:80]!r}")
    return name


class Meaning:
    """Sounds as requests; the presets are read when the first sound is asked for."""

    def __init__(self) -> None:
        self._library: Library | None = None

    def of(self, sound: str, given: dict[str, Any], model: str) -> tuple[Request, Playing]:
        """The request and the playing of a preset with this name; of none, the sound is a prompt. Raises BadRequest."""
        self._library = self._library or Library(default_presets())
        known = parameter_names()
        try:
            preset = self._library.find(sound)
        except PackError:
            if unknown := next((key for key in given if key not in known), None):
                raise unknown_key(unknown, (*known, *PLAYING)) from None
            length = {} if given.get("bars") else {"seconds": SECONDS}
            return Request(**{"prompt": sound, **length, **parameters(given)}), Playing()
        settings = parameters({key: value for key, value in given.items() if key in known})
        values = {key: value for key, value in given.items() if key not in known}
        if unknown := next((key for key in values if key not in preset.variables), None):
            raise unknown_key(unknown, (*known, *PLAYING, *preset.variables))
        asked = request_of(preset, {**values, **settings}, model)
        return asked.replace(model=given.get("model") or preset.request.get("model")), preset.playing

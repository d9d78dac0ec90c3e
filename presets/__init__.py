"""Presets: named partial requests and how they are played, kept as TOML, and the few lines that read them.

A *pack* is one TOML file with a table for each preset. Every key is optional but `prompt` and `why`; a key that is
not known is an error, so that a slip of the pen is found when the pack is read and not when it is played:

    [deep-kick]
    why = "A first sound: short, low, unmistakable."
    tags = ["drums"]
    prompt = "a {character} kick drum"
    variables = { character = ["punchy", "boomy"] }
    seconds = 1.5
    mode = "one-shot"
    effects = "drive gain 4"

The keys are the settings of a request, the fields of `PLAYING`, and `why`, `tags`, `variables`, `models`, `expects`.
A table named `pack` says what the file is: `title`, `about`, `author`, `licence`. This package knows no engine and no
bridge: it hands out plain values. `engine.Request.from_dict(preset.asked())` makes a request and checks its ranges.
"""

from __future__ import annotations

from presets.library import Library, load, packs
from presets.pack import REQUEST_KEYS, Pack, PackError, Preset, pack_of, preset_of
from presets.playing import EFFECTS, PLAYING, Effect, Playing, PlayingError, effects_of

__all__ = [
    "EFFECTS",
    "Effect",
    "Library",
    "PLAYING",
    "Pack",
    "PackError",
    "Playing",
    "PlayingError",
    "Preset",
    "REQUEST_KEYS",
    "effects_of",
    "load",
    "pack_of",
    "packs",
    "preset_of",
]

"""Presets and packs as values, and how a pack's text becomes them. Nothing here touches a file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from presets.playing import PLAYING, Playing, PlayingError
from presets.words import filled, gaps, nearest

#: What a preset may say about its request: the parameters of `engine.PARAMS` (a test keeps the two equal).
REQUEST_KEYS = (
    "audio_weight", "bars", "beats", "bpm", "candidates", "cutoff", "eta", "fade", "format", "guidance",
    "guidance_from", "guidance_to", "level", "looseness", "loudness", "model", "motion", "negative", "peak", "prompt",
    "prompts", "quality", "rate", "regions", "rescale", "sampler", "seconds", "seed", "side", "source", "spelling",
    "steps", "strength", "takes", "task", "transcript",
)  # fmt: skip
OWN_KEYS = ("expects", "models", "tags", "variables", "why")
KEYS = (*REQUEST_KEYS, *PLAYING, *OWN_KEYS)
TEXTS = ("prompt", "negative", "prompts")
"""The request's texts, which may have variables in braces."""
ABOUT = "pack"
"""The one table of a pack that is no preset: what the pack is."""
ABOUT_KEYS = ("title", "about", "author", "licence")

MAX_NAME = 60
MAX_PRESETS = 1000
"""Presets in one pack."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_VARIABLE = re.compile(r"[a-z][a-z0-9_]*")


class PackError(ValueError):
    """A pack can't be read, or says something that no preset can mean. The text names file, preset and key."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One named partial request, and how it is played.

    request: setting → value, only what the preset decides; its texts may have variables, such as "a {size} dog".
    tags: words to find it by. why: one sentence on its use. playing: what a pad does with its takes.
    variables: name → what it may be, the default first. models: those that can do it, as a rule all; empty for all.
    expects: the kind of sound that a listener should recognise, for the evaluation; empty where there is no one word.
    """

    name: str
    request: Mapping[str, Any]
    tags: tuple[str, ...]
    why: str
    pack: str = ""
    playing: Playing = field(default_factory=Playing)
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    expects: str = ""

    @property
    def full_name(self) -> str:
        """Pack and name: "drums/hall-kick"."""
        return f"{self.pack}/{self.name}" if self.pack else self.name

    @property
    def prompt(self) -> str:
        """What is asked for in words, every variable at its default."""
        asked = self.asked()
        return str(asked.get("prompt") or asked.get("prompts") or "")

    def asked(self, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The request's settings, with `values` for variables and over settings. Raises `PackError` for a value that a
        variable cannot have; a key that is neither is kept, for a request knows best what it takes."""
        values = dict(values or {})
        chosen = {name: _choice(self, name, values.pop(name, choices[0])) for name, choices in self.variables.items()}
        asked = {**self.request, **values}
        return {key: filled(value, chosen) if key in TEXTS and key not in values else value
                for key, value in asked.items()}  # fmt: skip

    def suits(self, model: str) -> bool:
        """False for a small model that comes with the engine and is not among the preset's own."""
        return not self.models or model != "pocket" or model in self.models


@dataclass(frozen=True, slots=True)
class Pack:
    """A file of presets. name: the file's. title, about, author, licence: as the file says, empty where it does not."""

    name: str
    presets: Mapping[str, Preset]
    title: str = ""
    about: str = ""
    author: str = ""
    licence: str = ""


def pack_of(text: str, name: str) -> Pack:
    """Read a pack. name: of the file, without its ending. Raises `PackError` for the first thing that is wrong."""
    file = f"{name}.toml"
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise PackError(f"a pack's name must be 1 to {MAX_NAME} of a-z, 0-9, - and _, got {name!r:.80}")
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise PackError(f"{file}: {error}") from error
    about = _about(file, tables.pop(ABOUT, {}))
    if len(tables) > MAX_PRESETS:
        raise PackError(f"{file}: a pack must have at most {MAX_PRESETS} presets, got {len(tables)}")
    return Pack(name, MappingProxyType({key: preset_of(table, key, name) for key, table in tables.items()}), **about)


def preset_of(table: object, name: str, pack: str = "") -> Preset:
    """Read one preset's table. Raises `PackError`."""
    place = f"{pack}.toml [{name:.80}]" if pack else f"[{name:.80}]"
    if not isinstance(table, dict):
        raise PackError(f"{place}: a preset is a table, got {table!r:.60}")
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise PackError(f"{place}: a preset's name must be 1 to {MAX_NAME} of a-z, 0-9, - and _")
    for key in table:
        if key not in KEYS:
            raise PackError(f"{place}: unknown key {key!r:.60}{nearest(key, KEYS)}")
    why = table.get("why")
    if not isinstance(why, str) or not why.strip():
        raise PackError(f"{place}: `why` must be a sentence, got {why!r:.60}")
    if not isinstance(table.get("expects", ""), str):
        raise PackError(f"{place}: `expects` must be the name of a kind, got {table['expects']!r:.60}")
    request = {key: value for key, value in table.items() if key in REQUEST_KEYS}
    preset = Preset(
        name, MappingProxyType(request), _words(place, table, "tags"), why, pack, _playing(place, table),
        _variables(place, table), _words(place, table, "models"), table.get("expects", ""),
    )  # fmt: skip
    _check_texts(place, preset)
    return preset


def _about(file: str, table: object) -> dict[str, str]:
    if not isinstance(table, dict):
        raise PackError(f"{file} [{ABOUT}]: what a pack is, is a table, got {table!r:.60}")
    for key, value in table.items():
        if key not in ABOUT_KEYS:
            raise PackError(f"{file} [{ABOUT}]: unknown key {key!r:.60}{nearest(key, ABOUT_KEYS)}")
        if not isinstance(value, str):
            raise PackError(f"{file} [{ABOUT}]: `{key}` must be text, got {value!r:.60}")
    return table


def _playing(place: str, table: Mapping[str, Any]) -> Playing:
    try:
        return Playing.from_dict({key: value for key, value in table.items() if key in PLAYING})
    except PlayingError as error:
        raise PackError(f"{place}: {error}") from None


def _words(place: str, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    words = table.get(key, [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise PackError(f"{place}: `{key}` must be a list of words, got {words!r:.60}")
    return tuple(words)


def _variables(place: str, table: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    variables = table.get("variables", {})
    if not isinstance(variables, dict):
        raise PackError(f"{place}: `variables` must be a table of name and choices, got {variables!r:.60}")
    for name, choices in variables.items():
        if not _VARIABLE.fullmatch(name) or len(name) > MAX_NAME or name in KEYS:
            text = "a variable's name must be a-z, 0-9 and _, and no key of a preset"
            raise PackError(f"{place}: {text}, got {name!r:.60}")
        if not isinstance(choices, list) or not choices or not all(isinstance(choice, str) for choice in choices):
            raise PackError(f"{place}: the variable `{name}` must have a list of texts, the default first, got "
                            f"{choices!r:.60}")  # fmt: skip
    return MappingProxyType({name: tuple(choices) for name, choices in variables.items()})


def _check_texts(place: str, preset: Preset) -> None:
    """The texts are texts, there is a prompt, and every variable in them has choices and the other way round."""
    texts = {key: preset.request[key] for key in TEXTS if key in preset.request}
    for key, text in texts.items():
        if not isinstance(text, str):
            raise PackError(f"{place}: `{key}` must be text, got {text!r:.60}")
    needed = "prompts" if preset.request.get("task") == "morph" else "prompt"
    if needed not in texts:
        raise PackError(f"{place}: `{needed}` must be text, got None")
    named = {gap for text in texts.values() for gap in gaps(text)}
    for name in sorted(named - set(preset.variables)):
        raise PackError(f"{place}: the prompt has {{{name:.60}}}, which has no choices in `variables`")
    for name in sorted(set(preset.variables) - named):
        raise PackError(f"{place}: the variable `{name}` is in no prompt")


def _choice(preset: Preset, name: str, value: object) -> str:
    if value in preset.variables[name]:
        return str(value)
    choices = " | ".join(choice or '""' for choice in preset.variables[name])
    raise PackError(f"{name} must be {choices} for {preset.full_name}, got {value!r:.60}")

"""Presets: named partial requests, kept as TOML, and the few lines that read them.

A *pack* is one TOML file with a table for each preset. Every key is optional but `prompt` and `why`; a key that is
not known is an error, so that a slip of the pen is found when the pack is read and not when it is played:

    [deep-kick]
    why = "A first sound: short, low, unmistakable."
    tags = ["drums"]
    prompt = "a deep kick drum in a large hall"
    seconds = 1.5

This package knows no engine and no bridge: it hands out plain values. `engine.Request.from_dict(preset.request)`
makes a request of them and checks their ranges.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

__all__ = ["PackError", "Preset", "REQUEST_KEYS", "load", "packs"]

#: What a preset may say about its request: the parameters of `engine.PARAMS` (a test keeps the two equal).
REQUEST_KEYS = (
    "audio_weight", "bars", "beats", "bpm", "candidates", "cutoff", "eta", "fade", "format", "guidance",
    "guidance_from", "guidance_to", "level", "loudness", "model", "motion", "negative", "peak", "prompt", "prompts",
    "quality", "rate", "regions", "rescale", "sampler", "seconds", "seed", "side", "source", "steps", "strength",
    "takes", "task",
)  # fmt: skip
_KEYS = (*REQUEST_KEYS, "tags", "why")
_FOLDER = Path(__file__).parent


class PackError(ValueError):
    """A pack can't be read, or says something that no preset can mean. The text names file, preset and key."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One named partial request.

    request: setting → value, only what the preset decides. tags: words to find it by. why: one sentence on its use.
    """

    name: str
    request: Mapping[str, object]
    tags: tuple[str, ...]
    why: str


def packs() -> tuple[str, ...]:
    """Names of the packs that come with the package, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load(pack: str | Path = "first_sounds") -> dict[str, Preset]:
    """Read a pack: the name of one that comes with the package, or the path of a TOML file.

    Returns preset name → preset, in the file's order. Raises PackError.
    """
    path = Path(pack) if isinstance(pack, Path) or str(pack).endswith(".toml") else _FOLDER / f"{pack}.toml"
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PackError(f"no pack {str(pack)!r}; the built-in ones are: {', '.join(packs())}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PackError(f"{path.name}: {error}") from error
    return {name: _preset(f"{path.name} [{name}]", name, table) for name, table in tables.items()}


def _preset(place: str, name: str, table: object) -> Preset:
    if not isinstance(table, dict):
        raise PackError(f"{place}: a preset is a table, got {table!r}")
    for key in table:
        if key not in _KEYS:
            raise PackError(f"{place}: unknown key {key!r}{_nearest(key)}")
    tags, why = table.get("tags", []), table.get("why")
    if not isinstance(why, str) or not why.strip():
        raise PackError(f"{place}: `why` must be a sentence, got {why!r}")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise PackError(f"{place}: `tags` must be a list of words, got {tags!r}")
    if not isinstance(table.get("prompt"), str):
        raise PackError(f"{place}: `prompt` must be text, got {table.get('prompt')!r}")
    request = {key: value for key, value in table.items() if key in REQUEST_KEYS}
    return Preset(name, MappingProxyType(request), tuple(tags), why)


def _nearest(key: str) -> str:
    close = difflib.get_close_matches(key, _KEYS, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(_KEYS))}"

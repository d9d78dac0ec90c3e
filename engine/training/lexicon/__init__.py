"""Wordings of every kind, written by hand: what people call a sound. A fixed fifth of them is never trained on.

`*.toml` beside this file: one table a kind with its `phrases`. A phrase is held out if and only if
crc32(kind + phrase) % 5 == 0, so the split survives reordering and additions.
"""

from __future__ import annotations

import tomllib
import zlib
from importlib import resources

__all__ = ["held_out", "inner_validation", "load", "split"]


def load() -> dict[str, tuple[str, ...]]:
    """Every kind's phrases, lower case, without repetitions, kinds sorted. ValueError if two files name one kind."""
    table: dict[str, tuple[str, ...]] = {}
    for file in sorted(resources.files(__name__).iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".toml"):
            continue
        for kind, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if kind in table:
                raise ValueError(f"the lexicon names the kind {kind!r} twice, again in {file.name}")
            table[kind] = tuple(dict.fromkeys(" ".join(p.lower().split()) for p in entry["phrases"]))
    return dict(sorted(table.items()))


def held_out(kind: str, phrase: str) -> bool:
    """Whether the phrase belongs to the fifth that is never trained or tuned on."""
    return zlib.crc32((kind + phrase).encode()) % 5 == 0


def inner_validation(kind: str, phrase: str) -> bool:
    """Whether a training phrase belongs to the sixth of them that settings are chosen on (trained on in the end)."""
    return not held_out(kind, phrase) and zlib.crc32((phrase + kind).encode()) % 6 == 0


def split() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(kind, phrase) pairs to train on and held out. A wording that two kinds share is in neither."""
    table = load()
    counts: dict[str, int] = {}
    for phrases in table.values():
        for phrase in phrases:
            counts[phrase] = counts.get(phrase, 0) + 1
    pairs = [(kind, phrase) for kind, phrases in table.items() for phrase in phrases if counts[phrase] == 1]
    return [p for p in pairs if not held_out(*p)], [p for p in pairs if held_out(*p)]

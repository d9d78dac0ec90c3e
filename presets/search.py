"""Presets by words: where a query's words stand in their names, tags, prompts and reasons. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from presets.pack import Preset

_WORD = re.compile(r"[a-z0-9]+")
_SMALL = frozenset({"a", "an", "and", "at", "by", "for", "in", "is", "it", "of", "on", "or", "the", "to", "with"})
_PREFIX = 3
"""Letters from which the beginning of a word counts."""


def word_score(preset: Preset, query: str) -> float:
    """How well the words of a query fit: 1 if all are in the name, 0 if none is anywhere."""
    asked = [word for word in words_of(query) if word not in _SMALL] or words_of(query)
    if not asked:
        return 0.0
    fields = [
        (1.0, words_of(preset.name)),
        (0.9, words_of(" ".join(preset.tags))),
        (0.8, words_of(f"{preset.prompt} {' '.join(c for choices in preset.variables.values() for c in choices)}")),
        (0.6, words_of(preset.pack)),
        (0.4, words_of(preset.why)),
    ]
    return sum(max(weight * _match(word, found) for weight, found in fields) for word in asked) / len(asked)


def words_of(text: str) -> list[str]:
    """Lower-case words: "Hi-hat, open" → hi, hat, open."""
    return _WORD.findall(text.lower())


def _match(word: str, found: Sequence[str]) -> float:
    if word in found:
        return 1.0
    return 0.8 if len(word) >= _PREFIX and any(one.startswith(word) for one in found) else 0.0

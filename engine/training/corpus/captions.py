"""Sentences for a clip, from the words its drawing recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

PREPOSITIONS = ("on", "in", "with", "at", "from", "of", "over", "through", "against", "into", "under", "by", "inside")
ORDER = (
    "distance", "intensity", "size", "speed", "pitch", "character", "count", "material", "surface", "rhythm", "space",
)  # fmt: skip
TEMPLATES = (
    "{text}", "{text}", "{text}", "the sound of {a}{text}", "a recording of {a}{text}", "{a}{text}",
    "sound effect of {a}{text}",
)
FOLLOWED = ("{a} followed by {b}", "{a}, then {b}", "{a} and then {b}")
TOGETHER = ("{a} with {b} in the background", "{a} and {b}", "{a} over {b}")


def phrase(noun: str, words: Mapping[str, str]) -> str:
    """Adjectives, the noun, then the prepositional words: ("dog bark", {"pitch": "low"}) → "low dog bark"."""
    ordered = [words[name] for name in sorted(words, key=lambda n: ORDER.index(n) if n in ORDER else len(ORDER))]
    after = [w for w in ordered if w.split()[0] in PREPOSITIONS or w == "underwater"]
    before = [w for w in ordered if w not in after]
    return " ".join([*before, noun, *after])


def _article(text: str) -> str:
    first = text.split()[0]
    if text.endswith("s") or first.endswith("ing") or first in ("a", "an", "the", "somebody", "someone"):
        return ""
    return "an " if text[0] in "aeiou" else "a "


def caption(rng: np.random.Generator, nouns: Sequence[str], words: Mapping[str, str]) -> str:
    """One sentence for a single-event clip; a word is left out now and then, as people do."""
    kept = {name: word for name, word in words.items() if rng.random() < 0.85}
    text = phrase(nouns[int(rng.integers(len(nouns)))], kept)
    template = TEMPLATES[int(rng.integers(len(TEMPLATES)))]
    return template.format(text=text, a=_article(text))


def two_events(rng: np.random.Generator, first: str, second: str, together: bool) -> str:
    """A sentence for two sounds in one clip."""
    templates = TOGETHER if together else FOLLOWED
    return templates[int(rng.integers(len(templates)))].format(a=first, b=second)

"""Sentences to distil the text tower on: what people might write to a sound engine, drawn from words and templates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["compose"]

SPEECH = (
    "{t}", "{t}", "{t}", "{t}", "a {t}", "the {t}", "the sound of {t}", "sound of a {t}", "a recording of {t}",
    "{t} sound effect", "{t} sound", "{t} sfx", "i hear {t}", "please make {t}", "give me a {t}", "{t} in the distance",
    "{t} nearby", "field recording of {t}", "someone's {t}", "{t} for a game", "{t} for a film scene",
    "{t}, high quality", "{t} at night", "{t} outside", "{t} in a large hall", "{t} in a small room",
    "no {t}", "{t} without music",
    "very {t}", "loud {t}", "soft {t}", "{t} then silence", "{t} again and again", "single {t}", "old {t}",
    "{t} close up",
)
GLUE = ("", "", "", "", " in the", " on", " of", " and", " with a", " on the", " into a", " is", " by the",
        " being", " through")


def compose(phrases: Sequence[str], words: Sequence[str], count: int, seed: int) -> list[str]:
    """`count` different sentences: phrases dressed in templates, phrases with words mixed in, and words by themselves.

    phrases: wordings known to be about sounds; words: single words, those near to sounds first (low ranks are drawn
    more often).
    """
    rng = np.random.default_rng(seed)
    out: dict[str, None] = {}
    while len(out) < count:
        lot = rng.random()
        if lot < 0.35:
            text = _choose(rng, phrases)
        elif lot < 0.7:
            text = _mixed(rng, _choose(rng, phrases).split(), words)
        else:
            text = "".join(_word(rng, words) + _choose(rng, GLUE) + " " for _ in range(rng.integers(1, 5)))
            text += _word(rng, words)
        out[_choose(rng, SPEECH).format(t=text)] = None
    return list(out)


def _choose(rng: np.random.Generator, items: Sequence[str]) -> str:
    return items[int(rng.integers(len(items)))]


def _word(rng: np.random.Generator, words: Sequence[str]) -> str:
    return words[int(len(words) * rng.random() ** 2.5)]


def _mixed(rng: np.random.Generator, parts: list[str], words: Sequence[str]) -> str:
    """A phrase with one to three words added, dropped, replaced or moved."""
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(len(parts) + 1))
        action = rng.random()
        if action < 0.4 or len(parts) < 2:
            parts.insert(place, _word(rng, words))
        elif action < 0.65:
            parts[place % len(parts)] = _word(rng, words)
        elif action < 0.8:
            del parts[place % len(parts)]
        else:
            parts.append(parts.pop(place % len(parts)))
    return " ".join(parts)

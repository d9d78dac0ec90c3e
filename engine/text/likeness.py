"""Which texts are alike: the built-in model's text tower without the model. numpy only, so every client may ask.

Texts can be near in two ways. By *sound*: the vectors that the pocket is conditioned with, in which "thunderstorm" is
beside "heavy rain on a roof". By *meaning*: those of the sentence encoder below them, in which "spooky" is beside
"ghost".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.text.tower import TextTower
from engine.weights import FOLDER, read_arrays

__all__ = ["meaning_vectors", "sound_vectors"]

Vector = NDArray[np.float32]


def sound_vectors(texts: Sequence[str]) -> Vector:
    """Unit vectors (N, 256) of what texts would sound like; zeros for one without a word in Latin letters.

    The first call loads the tower (a fifth of a second); after that a text takes about two milliseconds. The cosines of
    several are `vectors @ vectors.T`.
    """
    return _stacked(_sound, texts)


def meaning_vectors(texts: Sequence[str]) -> Vector:
    """Unit vectors (N, 128) of what texts mean; zeros for one without a word in Latin letters. As fast as the other."""
    return _stacked(_meaning, texts)


def _stacked(vector: Callable[[str], Vector], texts: Sequence[str]) -> Vector:
    found = [vector(text) for text in texts]
    return np.stack(found) if found else np.zeros((0, len(vector(""))), np.float32)


@functools.lru_cache(1)
def _tower() -> TextTower:
    return TextTower(read_arrays(FOLDER / "text.safetensors"))


@functools.lru_cache(4096)
def _sound(text: str) -> Vector:
    try:
        return _tower()(text)
    except ValueError:
        return np.zeros(_tower().dim, np.float32)


@functools.lru_cache(4096)
def _meaning(text: str) -> Vector:
    return _tower().meaning(text)

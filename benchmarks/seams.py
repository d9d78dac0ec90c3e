"""Can the joins of an endless stream be heard? Measures over a recording and the frames at which windows begin.

Samples are float32 of shape (channels, frames), rates in Hz. A stream of thunder or birds is not steady by itself, so
every measure is taken in the middles of windows, too, where nothing was joined: what is there is the sound's own.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.splice import click, decibels, level, level_change

Samples = NDArray[np.float32]

AROUND = 1.5
"""Seconds before and after a join that are its surroundings."""
BEFORE, AFTER = 0.02, 0.32
"""Seconds before and after a window's first frame in which it is joined: some milliseconds, and where the prompt has
changed the 0.3 s in which the window before goes over into it."""

_BLOCK = 0.02
_GAP = 0.005


@dataclass(frozen=True, slots=True)
class Heard:
    """Of each place: the click measure of `engine.splice` (up to 1 is none); by how many dB the level changes from the
    50 ms before it to those after it; and how much louder the place's loudest 20 ms are than those of its
    surroundings, in dB: more than 0 where it stands out."""

    clicks: tuple[float, ...]
    steps: tuple[float, ...]
    excess: tuple[float, ...]


def heard(sound: Samples, places: Sequence[int], rate: int) -> Heard:
    """What is to be heard at these frames; places too near to an end of the sound are left out."""
    reach = round(AROUND * rate)
    inside = [place for place in places if reach <= place <= sound.shape[1] - reach]
    return Heard(
        tuple(click(sound, place, rate) for place in inside),
        tuple(abs(level_change(sound, place, rate)) for place in inside),
        tuple(excess(sound, place, rate) for place in inside),
    )


def excess(sound: Samples, place: int, rate: int) -> float:
    """How much louder the loudest 20 ms of a join are than the loudest ones of what is around it, in dB."""
    start, end, reach = place - round(BEFORE * rate), place + round(AFTER * rate), round(AROUND * rate)
    around = max(_loudest(sound[:, place - reach : start], rate), _loudest(sound[:, end : place + reach], rate))
    return decibels(_loudest(sound[:, start:end], rate) / max(around, 1e-5))


def _loudest(sound: Samples, rate: int) -> float:
    size = round(_BLOCK * rate)
    return max(level(sound[:, at : at + size]) for at in range(0, sound.shape[1] - size + 1, size // 2))


def middles(starts: Sequence[int]) -> list[int]:
    """The middles between windows' beginnings: the places to compare with."""
    return [(a + b) // 2 for a, b in pairwise(starts)]


def gaps(sound: Samples, rate: int) -> int:
    """How often nothing at all is there for 5 ms or longer."""
    silent = np.concatenate(([False], ~sound.any(axis=0), [False]))
    edges = np.flatnonzero(np.diff(silent.astype(np.int8)))
    return int(np.count_nonzero(edges[1::2] - edges[::2] >= _GAP * rate))


def rows_of(joins: Heard, middle: Heard) -> Iterator[tuple[str, str]]:
    """What was heard at joins beside what was heard in windows' middles, as rows of a table: a name and a text."""
    for name, unit, here, there in (
        ("clicks at joins (up to 1 is none)", "", joins.clicks, middle.clicks),
        ("step in level at joins", " dB", joins.steps, middle.steps),
        ("louder than what is around it", " dB", joins.excess, middle.excess),
    ):
        figures = [f"{max(one, default=0.0):.2f}{unit}" for one in (here, there)]
        halves = [f"{statistics.median(one or (0.0,)):.2f}{unit}" for one in (here, there)]
        yield name, f"{figures[0]} at most, {halves[0]} in the middle; in windows' middles {figures[1]}, {halves[1]}"

"""Tempo from the pulses of a MIDI clock, whatever its jitter. Pure functions over times in seconds.

Pulses are numbered, and a line is laid through (number, time): its slope is the time between pulses, and where it
passes is when a pulse was meant. Of n pulses with jitter s the slope is wrong by about 3.5 s / n^1.5, so the more the
better, as long as the tempo stays. So the longest stretch is taken whose end still lies on its line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PER_BEAT = 24
"""Pulses of a quarter note."""
MOST = 16 * PER_BEAT
LEAST = PER_BEAT
"""Pulses that are looked back on, at most, and where the tempo has just changed."""
_FEW = 4
_END = 12
_SIGMAS = 4.0
_FLOOR = 1e-4
"""Seconds: no clock is judged to be better than this."""
_BLOCK = 0.003
"""Seconds by which the end of a stretch may leave its line: where messages are handed over block by block, they are off
by half a block for a while, and that is no other tempo."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A line through pulses: ``time`` is when the last of them was meant, ``period`` the seconds between them, and
    ``jitter`` the root of the mean square of what they are off by."""

    time: float
    period: float
    jitter: float

    @property
    def tempo(self) -> float:
        """Quarter notes a minute."""
        return 60.0 / (PER_BEAT * self.period)


def estimate(times: Sequence[float]) -> Beat | None:
    """The beat after the last of these pulses, each a moment of arrival in seconds. None where they are too few."""
    if len(times) < _FEW:
        return None
    arrived = np.asarray(times, np.float64)[-MOST:]
    length = len(arrived)
    while True:
        beat, residuals = _line(arrived[-length:])
        if length < 2 * LEAST or _on_it(residuals):
            return beat if beat.period > 0 else None
        length //= 2


def _line(times: NDArray[np.float64]) -> tuple[Beat, NDArray[np.float64]]:
    """The line through pulses, those left out that are far off, and what each is off by."""
    numbers = np.arange(len(times), dtype=np.float64) - (len(times) - 1)
    base = times[-1]
    weights = np.ones(len(times))
    for _ in range(2):
        slope, end = np.polyfit(numbers, times - base, 1, w=weights)
        residuals = times - base - (end + slope * numbers)
        spread = _spread(residuals)
        weights = (np.abs(residuals) < _SIGMAS * spread) + 1e-9
    return Beat(float(base + end), float(slope), float(np.sqrt(np.mean(residuals**2)))), residuals


def _on_it(residuals: NDArray[np.float64]) -> bool:
    """True if the end of a stretch does not leave its line: then the tempo has not changed. The jitter is told from
    second differences, which no tempo moves."""
    jitter = _spread(np.diff(residuals, 2)) / np.sqrt(6.0)
    return bool(abs(np.median(residuals[-_END:])) < max(_BLOCK, _SIGMAS * jitter / np.sqrt(_END)))


def _spread(residuals: NDArray[np.float64]) -> float:
    """The standard deviation, told from the median, which single late pulses do not move."""
    return max(_FLOOR, 1.4826 * float(np.median(np.abs(residuals - np.median(residuals)))))

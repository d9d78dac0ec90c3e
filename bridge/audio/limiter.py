"""The limiter at the end of the mixer: nothing leaves it above the ceiling, and what stays below it is left alone.

It works on one block at a time and looks ahead within it, so it adds no delay. A pure function: the gain at the end of
a block is handed to the next one.
"""

from __future__ import annotations

import numpy as np

from bridge.audio.source import Samples

CEILING = 10.0 ** (-0.3 / 20.0)
"""-0.3 dBFS: room for what a converter makes between the samples."""

PIECE = 16
"""Frames over which the gain may fall: a third of a millisecond at 48 kHz, longer than a click."""

RECOVERY = 0.15
"""Seconds in which the gain comes back from nothing to 1."""


def limit(samples: Samples, gain: float, rate: int) -> tuple[Samples, float]:
    """Samples (2, frames) under the ceiling, and the gain at their end. ``gain`` is that at the end of the block
    before.

    The gain is a line through points `PIECE` frames apart, each low enough for the pieces on both of its sides; so it
    is low enough everywhere. Only at the start of a block it may fall at once, where no sample is left to fall over.
    """
    frames = samples.shape[1]
    peaks = _peaks(samples)
    if gain >= 1.0 and peaks.max(initial=0.0) <= CEILING:
        return samples, 1.0
    allowed = np.minimum(1.0, CEILING / np.maximum(peaks, 1e-9))
    points = np.empty(len(allowed) + 1)
    points[0] = min(gain, allowed[0])
    points[1:-1] = np.minimum(allowed[:-1], allowed[1:])
    points[-1] = allowed[-1]
    rise = PIECE / (RECOVERY * rate)
    steps = np.arange(len(points)) * rise
    points = np.minimum.accumulate(points - steps) + steps
    line = np.interp(np.arange(frames) + 1.0, np.arange(len(points)) * PIECE, points)
    return samples * line.astype(np.float32), float(line[-1])


def _peaks(samples: Samples) -> Samples:
    """The highest absolute sample of each piece, the last of which may be shorter."""
    loudest = np.abs(samples).max(axis=0)
    missing = -len(loudest) % PIECE
    if missing:
        loudest = np.pad(loudest, (0, missing))
    return loudest.reshape(-1, PIECE).max(axis=1)

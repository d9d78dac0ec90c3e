"""The interpolation's table: a windowed sinc at many places between two samples."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bridge.audio.source import Samples

TAPS = 16
PHASES = 4096
"""Places between two samples; taking the nearest leaves errors below -80 dB at 10 kHz."""

_BETA = 8.0  # of the Kaiser window: side lobes below -80 dB


@lru_cache(maxsize=1)
def sinc_table() -> Samples:
    """Weights of shape (PHASES + 1, TAPS): the taps from 7 samples before to 8 samples after, for each place."""
    place = np.arange(PHASES + 1)[:, None] / PHASES
    distance = np.arange(1 - TAPS // 2, TAPS // 2 + 1)[None, :] - place
    window = np.i0(_BETA * np.sqrt(np.maximum(0.0, 1.0 - (distance / (TAPS / 2)) ** 2))) / np.i0(_BETA)
    weights = np.sinc(distance) * window
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)

"""Where a sound is heard: rooms, halls, distance, a telephone. Only this file imports pedalboard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pedalboard import Chorus, Compressor, Delay, HighpassFilter, LowpassFilter, Pedalboard, Reverb

from engine.training.corpus.draw import RATE, Draw, Samples


def _small_room(draw: Draw) -> Pedalboard:
    return Pedalboard([Reverb(draw.uniform(0.08, 0.2), 0.6, draw.uniform(0.15, 0.25), 0.8, 0.5)])


def _large_hall(draw: Draw) -> Pedalboard:
    return Pedalboard([Reverb(draw.uniform(0.85, 0.95), draw.uniform(0.2, 0.4), draw.uniform(0.3, 0.45), 0.6, 1.0)])


def _tunnel(draw: Draw) -> Pedalboard:
    echo = Delay(draw.uniform(0.07, 0.13), feedback=draw.uniform(0.45, 0.6), mix=0.4)
    return Pedalboard([echo, Reverb(0.6, 0.2, 0.25, 0.7, 1.0), LowpassFilter(6000)])


def _telephone(draw: Draw) -> Pedalboard:
    band = [HighpassFilter(350), HighpassFilter(350), LowpassFilter(3200), LowpassFilter(3200)]
    return Pedalboard([*band, Compressor(-20, 4)])


def _underwater(draw: Draw) -> Pedalboard:
    sway = Chorus(rate_hz=draw.uniform(0.3, 0.8), depth=0.3, centre_delay_ms=12, feedback=0.1, mix=0.4)
    return Pedalboard([LowpassFilter(700), LowpassFilter(700), sway])


# words of the caption → (share of clips, effect)
SPACES: dict[str, tuple[float, Callable[[Draw], Pedalboard]]] = {
    "in a small room": (0.10, _small_room),
    "in a large hall": (0.14, _large_hall),
    "in a tunnel": (0.05, _tunnel),
    "through a telephone": (0.02, _telephone),
    "underwater": (0.02, _underwater),
}


def _distance(draw: Draw, samples: Samples) -> Samples:
    """Far away: less treble, more room than direct sound, lower level."""
    board = Pedalboard([LowpassFilter(draw.log_uniform(1500, 3000)), Reverb(0.7, 0.7, 0.35, 0.5, 1.0)])
    return 0.35 * board(samples.astype(np.float32), RATE)


def heard(draw: Draw, samples: Samples, allowed: bool = True) -> Samples:
    """The dry clip as it is heard somewhere: mono in, mono out, padded to `draw.frames`; records the words."""
    out = np.pad(samples[: draw.frames], (0, max(0, draw.frames - len(samples)))).astype(np.float32)
    if not allowed:
        return out
    lot = draw.uniform(0.0, 1.0)
    for words, (share, effect) in SPACES.items():
        if lot < share:
            draw.words["space"] = words
            return effect(draw)(out, RATE)
        lot -= share
    if draw.chance(0.09):
        draw.words["distance"] = "distant"
        return _distance(draw, out)
    if draw.chance(0.05):
        draw.words["distance"] = "close-up"
    return out

"""Effects on takes, ahead of time, so that the mixer has nothing to do but add. Only this file of the bridge imports
pedalboard."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bridge.audio.source import Samples
from presets import Effect

MAX_TAIL = 8.0
"""Seconds that an effect may ring on after the take."""

QUIET = 1e-4
"""-80 dBFS: a tail ends where it stays below."""

DARK = 500.0
"""Hz above which the dark side of a sound falls, by 6 dB an octave."""


def apply(samples: Samples, rate: int, effects: Sequence[Effect], around: bool = False) -> Samples:
    """The samples (1 or 2, frames) through a chain of effects, which may ring on for up to `MAX_TAIL` seconds.

    ``around``: the sound is a loop, and so is the result, of the same length: what rings on is heard at its beginning.
    """
    if not effects:
        return samples
    board = _board(effects)
    frames = samples.shape[1]
    stereo = np.repeat(samples, 2, axis=0) if samples.shape[0] == 1 else samples
    if around:
        rounds = 1 + math.ceil(min(MAX_TAIL, _tail(effects)) * rate / frames)
        return np.ascontiguousarray(board(np.tile(stereo, rounds), rate)[:, -frames:], np.float32)
    tail = round(min(MAX_TAIL, _tail(effects)) * rate)
    wet = np.asarray(board(np.pad(stereo, ((0, 0), (0, tail))), rate), np.float32)
    loud = np.flatnonzero(np.abs(wet[:, frames:]).max(axis=0, initial=0.0) > QUIET)
    kept = wet[:, : frames + (int(loud[-1]) + 1 if len(loud) else 0)]
    return _faded(kept, min(tail, round(0.01 * rate))) if kept.shape[1] > frames else kept


def darkened(samples: Samples, rate: int) -> Samples:
    """The samples without their treble: what a soft hit plays more of."""
    from pedalboard import LowpassFilter, Pedalboard

    board: Any = Pedalboard([LowpassFilter(DARK)])
    return np.asarray(board(samples, rate), np.float32)


def _faded(samples: Samples, frames: int) -> Samples:
    """The end of a tail, brought down to 0."""
    if frames:
        samples = samples.copy()
        samples[:, -frames:] *= np.linspace(1.0, 0.0, frames, dtype=np.float32)
    return samples


def _board(effects: Sequence[Effect]) -> Any:
    import pedalboard

    makers: Mapping[str, Callable[[Mapping[str, float]], Any]] = {
        "highpass": lambda s: pedalboard.HighpassFilter(s["frequency"]),
        "lowpass": lambda s: pedalboard.LowpassFilter(s["frequency"]),
        "drive": lambda s: pedalboard.Distortion(s["gain"]),
        "crush": lambda s: pedalboard.Bitcrush(s["bits"]),
        "compress": lambda s: pedalboard.Compressor(threshold_db=s["threshold"], ratio=s["ratio"]),
        "chorus": lambda s: pedalboard.Chorus(rate_hz=s["rate"], depth=s["depth"], mix=s["mix"]),
        "phaser": lambda s: pedalboard.Phaser(rate_hz=s["rate"], depth=s["depth"], mix=s["mix"]),
        "delay": lambda s: pedalboard.Delay(delay_seconds=s["time"], feedback=s["feedback"], mix=s["mix"]),
        "reverb": lambda s: pedalboard.Reverb(
            room_size=s["room"], damping=s["damping"], width=s["width"], wet_level=s["mix"], dry_level=1 - s["mix"]
        ),
        "gain": lambda s: pedalboard.Gain(s["gain"]),
    }
    return pedalboard.Pedalboard([makers[effect.name](effect.settings) for effect in effects])


def _tail(effects: Sequence[Effect]) -> float:
    """Seconds that a chain may ring on, by 80 dB."""
    return sum(_ringing(effect) for effect in effects)


def _ringing(effect: Effect) -> float:
    settings = effect.settings
    match effect.name:
        case "reverb":
            return 0.5 + 7.0 * settings["room"]
        case "delay":
            return settings["time"] * (1 + math.log(QUIET) / math.log(max(0.01, settings["feedback"])))
        case "chorus" | "phaser":
            return 0.05
    return 0.0

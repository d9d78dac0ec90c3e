"""A take made ready for hits: at the mixer's rate, tuned, through its effects, with its dark side and its zones.

Only this file of the bridge imports soxr. Everything here takes milliseconds and belongs into a thread.
"""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np

from bridge.audio.effects import apply, darkened
from bridge.audio.source import CHANNELS, Samples
from bridge.audio.voice import Sound
from presets import Playing

LOOPED = ("loop", "toggle")
"""Modes that go round and round."""

MAX_ZONES = 24
"""Notes that a take is kept resampled for, the latest ones."""

CROSSFADE = 0.25
"""Seconds over which the end of what is no loop runs into its beginning; a fifth of it at most."""

FURTHEST = 60.0
"""Semitones that a take is transposed by at the most, either way."""


class Prepared:
    """A take ready to play, and the same at other pitches."""

    def __init__(self, sound: Sound, rate: int) -> None:
        self.sound = sound
        self._rate = rate
        self._zones: OrderedDict[float, Sound] = OrderedDict()

    def zone(self, semitones: float) -> tuple[Sound, float]:
        """What to play for so many semitones, and at which speed: a zone that was made before at 1, else the sound
        itself at another speed. Quick."""
        if semitones == 0.0:
            return self.sound, 1.0
        made = self._zones.get(semitones)
        return (made, 1.0) if made is not None else (self.sound, speed(semitones))

    def make_zone(self, semitones: float) -> None:
        """Resample the sound for so many semitones, so that the next hit finds it."""
        if semitones == 0.0 or semitones in self._zones:
            return  # the latest notes are those that were new the latest, which is near enough
        dark = self.sound.dark
        ratio = speed(semitones)
        self._zones[semitones] = Sound(
            transposed(self.sound.bright, ratio), None if dark is None else transposed(dark, ratio)
        )
        while len(self._zones) > MAX_ZONES:
            self._zones.popitem(last=False)


def prepare(samples: Samples, own_rate: int, rate: int, playing: Playing, seamless: bool = False) -> Prepared:
    """Samples (channels, frames) of a take at ``own_rate``, ready for a mixer at ``rate``. ``seamless``: the take is a
    loop by itself. Channels beyond two are left out."""
    samples = np.ascontiguousarray(samples[:CHANNELS], np.float32)
    samples = transposed(samples, own_rate / rate * speed(playing.tune))
    around = playing.mode in LOOPED
    if around and not seamless:
        samples = joined(samples, round(CROSSFADE * rate))
    samples = apply(samples, rate, playing.chain, around)
    return Prepared(Sound(samples, darkened(samples, rate) if playing.brightness else None), rate)


def speed(semitones: float) -> float:
    """How much faster a sound of so many semitones more is."""
    return float(2.0 ** (max(-FURTHEST, min(FURTHEST, semitones)) / 12.0))


def transposed(samples: Samples, ratio: float) -> Samples:
    """The sound played so many times as fast, without aliasing."""
    if ratio == 1.0:
        return samples
    import soxr

    return np.ascontiguousarray(soxr.resample(samples.T, ratio, 1.0, quality="HQ").T, np.float32)


def joined(samples: Samples, most: int) -> Samples:
    """A sound as a loop: its end is faded into its beginning, with equal power, and so it gets shorter by that."""
    frames = min(most, samples.shape[1] // 5)
    if frames < 2:
        return samples
    way = (np.arange(frames, dtype=np.float32) + 0.5) / frames * np.float32(math.pi / 2)
    loop = samples[:, :-frames].copy()
    loop[:, :frames] = loop[:, :frames] * np.sin(way) + samples[:, -frames:] * np.cos(way)
    return loop

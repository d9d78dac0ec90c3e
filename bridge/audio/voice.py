"""A voice: one take that sounds from a certain frame on. A frozen value, and pure functions of the frame's number.

Nothing in a voice moves while it sounds: what it contributes to any frame can be asked at any time, also again. That is
what lets the mixer revise blocks that are not yet heard when somebody hits a pad.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.source import CHANNELS, Samples
from bridge.audio.tables import PHASES, TAPS, sinc_table

SHORTEST_FADE = 0.002
"""Seconds that any end takes, however short the release is: an end at once would click."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A take made ready for playing: ``bright`` as it is, ``dark`` without its treble or None where that is not asked
    for; both of shape (1 or 2, frames) at the mixer's rate. A seamless sound runs from its end into its beginning."""

    bright: Samples
    dark: Samples | None = None

    @property
    def frames(self) -> int:
        """Length."""
        return int(self.bright.shape[1])


@dataclass(frozen=True, slots=True)
class Envelope:
    """Attack, decay and release in frames, sustain 0 to 1. The attack is straight; decay and release bend as sounds do
    that die away, and arrive at the end of their time."""

    attack: int = 0
    decay: int = 0
    sustain: float = 1.0
    release: int = 0

    @property
    def flat(self) -> bool:
        """True when nothing happens before the release."""
        return self.attack == 0 and (self.decay == 0 and self.sustain == 1.0)

    def held(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """The level at each time, in frames since the hit, while the key is held."""
        fallen = np.clip((times - self.attack) / self.decay, 0.0, 1.0) if self.decay else (times >= self.attack) * 1.0
        level = self.sustain + (1.0 - self.sustain) * (1.0 - fallen) ** 3
        return np.where(times < self.attack, times / max(1, self.attack), level)


NO_ENVELOPE = Envelope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One hit. ``start`` and ``released`` are numbers of frames since the mixer began.

    left, right: gains. bright: 0 plays the dark sound, 1 the bright one, between them a mixture, which is a shelf.
    speed: 1 as it is, 2 an octave up, by a windowed sinc of `TAPS` taps: good enough for the first moment of a note,
    until a zone was resampled for it (`bridge.audio.prepare`). loop: round and round until it is released. owner: who
    may release it; group: the choke group, empty for none. fall: frames that it takes to fall after ``released``;
    cut_frames the same after ``cut_at``, for a voice that has to go.
    """

    id: int
    sound: Sound
    start: int
    owner: str = ""
    note: int = -1
    group: str = ""
    left: float = 1.0
    right: float = 1.0
    bright: float = 1.0
    speed: float = 1.0
    loop: bool = False
    envelope: Envelope = NO_ENVELOPE
    released: int | None = None
    fall: int = 0
    cut_at: int | None = None
    cut_frames: int = 0

    @property
    def end(self) -> float:
        """The first frame at which it is silent for good; infinite for a loop that is held."""
        own = math.inf if self.loop else self.start + math.ceil(self.sound.frames / self.speed)
        fallen = math.inf if self.released is None else self.released + self.fall
        return min(own, fallen, math.inf if self.cut_at is None else self.cut_at + self.cut_frames)

    def at(self, start: int) -> Voice:
        """The same hit, beginning at another frame."""
        return dataclasses.replace(self, start=start)

    def release(self, frame: int, shortest: int) -> Voice:
        """It falls from this frame on, for its release or the ``shortest`` fade; one that falls already goes on so."""
        if self.released is not None and self.released <= frame:
            return self
        fall = max(shortest, self.envelope.release)
        return dataclasses.replace(self, released=max(frame, self.start), fall=fall)

    def cut(self, frame: int, frames: int) -> Voice:
        """It is silent within so many frames from this frame on, whatever it did before."""
        if self.cut_at is not None and self.cut_at <= frame:
            return self
        return dataclasses.replace(self, cut_at=max(frame, self.start), cut_frames=frames)

    def part(self, frame: int, frames: int) -> tuple[int, Samples] | None:
        """What it adds to the block of ``frames`` that begins at ``frame``: the place in the block at which it begins
        to add, and samples of shape (2, as many as there are). None if it is silent there."""
        first = max(self.start, frame)
        last = int(min(self.end, frame + frames))
        if first >= last:
            return None
        samples = self._samples(first - self.start, last - first)
        level = self._level(first, last)
        if level is not None:
            samples = samples * level
        gains = np.array([[self.left], [self.right]], np.float32)
        return first - frame, samples * gains

    def _samples(self, at: int, frames: int) -> Samples:
        """``frames`` of the sound from the voice's frame ``at`` on, at its speed."""
        if self.speed == 1.0:
            return self._span(at, frames)
        places = np.arange(at, at + frames, dtype=np.float64) * self.speed
        whole = np.floor(places).astype(np.int64)
        first = int(whole[0]) + 1 - TAPS // 2
        span = self._span(first, int(whole[-1]) + TAPS // 2 + 1 - first)
        weights = sinc_table()[np.rint((places - whole) * PHASES).astype(np.int64)]
        windows = np.lib.stride_tricks.sliding_window_view(span, TAPS, axis=1)
        return np.einsum("cft,ft->cf", windows[:, whole - whole[0]], weights)

    def _span(self, at: int, frames: int) -> Samples:
        """Samples of the sound, bright and dark mixed: silence beyond its ends, or round and round."""
        bright = _cut_out(self.sound.bright, at, frames, self.loop)
        if self.sound.dark is None or self.bright >= 1.0:
            return bright
        dark = _cut_out(self.sound.dark, at, frames, self.loop)
        return dark + np.float32(self.bright) * (bright - dark)

    def _level(self, first: int, last: int) -> Samples | None:
        """The envelope over these frames; None where it is 1 throughout."""
        falling = self.released is not None and last > self.released
        cut = self.cut_at is not None and last > self.cut_at
        if self.envelope.flat and not falling and not cut:
            return None
        times = np.arange(first, last, dtype=np.float64)
        level = self.envelope.held(times - self.start)
        if falling:
            assert self.released is not None
            at_release = self.envelope.held(np.array([self.released - self.start], np.float64))[0]
            level = np.where(times < self.released, level, at_release * _fade(times - self.released, self.fall))
        if cut:
            assert self.cut_at is not None
            level = level * _fade(times - self.cut_at, self.cut_frames)
        return level.astype(np.float32)


def _fade(times: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """1 before time 0, then down to 0 in so many frames, as sounds die away."""
    return np.clip(1.0 - times / frames, 0.0, 1.0) ** 3


def _cut_out(samples: Samples, at: int, frames: int, loop: bool) -> Samples:
    length = samples.shape[1]
    if loop:
        at %= length
        if at + frames <= length:
            return samples[:, at : at + frames]
        return np.take(samples, np.arange(at, at + frames) % length, axis=1)
    if at >= 0 and at + frames <= length:
        return samples[:, at : at + frames]
    missing = (max(0, -at), max(0, at + frames - length))
    return np.pad(samples[:, max(0, at) : max(0, at + frames)], ((0, 0), missing))


def gains(decibels: float, pan: float) -> tuple[float, float]:
    """Left and right gain: constant power, and unity in the middle, so that what is not panned stays as it is."""
    level, angle = 10.0 ** (decibels / 20.0), (pan + 1.0) * math.pi / 4.0
    if pan == 0.0:
        return level, level
    return level * math.sqrt(2.0) * math.cos(angle), level * math.sqrt(2.0) * math.sin(angle)


def mix(voices: tuple[Voice, ...], frame: int, frames: int) -> Samples:
    """The sum of all voices over a block: shape (2, frames)."""
    total = np.zeros((CHANNELS, frames), np.float32)
    for voice in voices:
        add(total, voice, frame)
    return total


def add(total: Samples, voice: Voice, frame: int) -> bool:
    """Add a voice to a block that begins at ``frame``. False if it is silent there."""
    found = voice.part(frame, total.shape[1])
    if found is None:
        return False
    offset, samples = found
    total[:, offset : offset + samples.shape[1]] += samples
    return True

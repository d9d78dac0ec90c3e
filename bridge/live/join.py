"""How windows join, and how the last one goes round when no other is there. Pure.

Samples are float32 of shape (channels, frames); rates in Hz.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.audio.prepare import transposed
from bridge.audio.source import Samples
from bridge.live.plan import CONTEXT, SPARE
from engine import Clip, active_level

SILENT = 1e-4
"""-80 dBFS: what is below it has no level to be led to."""

SLOPE = 3.0
"""Decibels a second by which the level is led at most: slower than anybody would call pumping."""

MOST = 24.0
"""Decibels by which a window is made louder or softer."""

MOST_ANEW = 60.0
"""The same for one of another sound: it may have been made as quiet as what died away before it."""

PEAK = 0.98

_DIED_AWAY = 0.01
_LISTENED = 0.3


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a window goes on. context: what was heard last. spare: how that window would have gone on by itself."""

    context: Samples
    spare: Samples


@dataclass(frozen=True, slots=True)
class Joined:
    """A window as it is heard, and its spare frames. rate in Hz."""

    window: Samples
    spare: Samples
    rate: int

    @property
    def tail(self) -> Tail:
        """Where the next window goes on."""
        return Tail(self.window[:, -round(CONTEXT * self.rate) :], self.spare)

    @property
    def cycle(self) -> Samples:
        """What goes on after it for as long as there is no other."""
        return cycle(self.window, self.spare)


def joined(clip: Clip, rate: int, channels: int, before: Tail | None, target: float, moving: bool) -> Joined:
    """What was rendered, of `SPARE` seconds more than the window and after the context of ``before``, as a window: at
    the stream's rate, and led to the level ``target``.

    The engine has made it as loud at its beginning as what is before it, and joined it within some milliseconds: where
    the sound stays the same, that is all that is needed. Where it is ``moving`` into another one, which had to be
    turned up or down for that, it would begin with a stroke in the wrong level. So there what the window before would
    have gone on with is blended into it, which hides that, and it has its level from the beginning.
    """
    new = as_channels(clip.samples, channels)
    if clip.rate != rate:
        new = transposed(new, clip.rate / rate)
    if before is not None:
        new = new[:, before.context.shape[1] :]
    new = levelled(np.ascontiguousarray(new), None if before is None or moving else before.context, target, rate)
    spare = min(round(SPARE * rate), new.shape[1] // 2)
    window = new[:, :-spare]
    if before is not None and moving:
        frames = min(before.spare.shape[1], window.shape[1] // 2)
        window = np.concatenate((blend(before.spare[:, :frames], window[:, :frames]), window[:, frames:]), axis=1)
    return Joined(window, new[:, -spare:], rate)


def blend(old: Samples, new: Samples) -> Samples:
    """One sound faded into another of the same length, at a steady level however alike the two are: what is the same
    in both adds up in amplitude, what is not adds up in power."""
    frames = old.shape[1]
    angle = (np.arange(frames) + 0.5) / max(1, frames) * (math.pi / 2)
    out, into = np.cos(angle), np.sin(angle)
    alike = max(-0.5, correlation(old, new))
    steady = 1.0 / np.sqrt(out**2 + into**2 + 2.0 * alike * out * into)
    return (old * (out * steady) + new * (into * steady)).astype(np.float32)


def correlation(one: Samples, other: Samples) -> float:
    """How alike two sounds are: 1 for the same, 0 for nothing in common, -1 for the same upside down."""
    first, second = one.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    power = math.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / power if power > 0 else 0.0


def most_alike(old: Samples, sound: Samples, reach: int) -> int:
    """The frame below ``reach`` from which ``sound`` is most like ``old``, so that tones meet in phase."""
    frames = old.shape[1]
    reach = max(1, min(reach, sound.shape[1] - frames + 1))
    part = sound[:, : reach + frames - 1].astype(np.float64)
    size = 1 << (part.shape[1] + frames).bit_length()
    spectra = np.fft.rfft(part, size) * np.conj(np.fft.rfft(old.astype(np.float64), size))
    products = np.fft.irfft(spectra, size).sum(axis=0)[:reach]
    return int(np.argmax(products / np.sqrt(_powers(part, frames)[:reach] + 1e-9)))


def _powers(samples: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """The power of every stretch of so many frames."""
    sums = np.concatenate(([0.0], np.cumsum(np.square(samples).sum(axis=0))))
    return np.maximum(0.0, sums[frames:] - sums[:-frames])


def cycle(window: Samples, spare: Samples) -> Samples:
    """What goes on after a window, round and round, for as long as there is no other: its spare frames run into the
    place of its first half that is most like them, and it goes on from there to its end."""
    frames = min(spare.shape[1], window.shape[1] // 2)
    spare = spare[:, :frames]
    start = most_alike(spare, window, window.shape[1] // 2)
    after = start + frames
    return np.concatenate((blend(spare, window[:, start:after]), window[:, after:]), axis=1)


def levelled(samples: Samples, before: Samples | None, target: float, rate: int) -> Samples:
    """A window led to the level ``target``, a root mean square: from its own level at its beginning, where it goes on
    from what is before it, at most `SLOPE` dB a second. Where nothing is to be heard before it, all of it at once."""
    have = active_level(samples, rate)
    if have < SILENT:
        return samples
    room = max(0.0, 20.0 * math.log10(PEAK / float(np.abs(samples).max())))
    most = MOST_ANEW if before is None else MOST
    wanted = float(np.clip(20.0 * math.log10(target / have), -most, min(most, room)))
    if before is None or active_level(before[:, -round(_LISTENED * rate) :], rate) < _DIED_AWAY * target:
        return samples * np.float32(10.0 ** (wanted / 20.0))
    seconds = np.arange(samples.shape[1]) / rate
    decibels = np.sign(wanted) * np.minimum(abs(wanted), SLOPE * seconds)
    return samples * (10.0 ** (decibels / 20.0)).astype(np.float32)


def as_channels(samples: Samples, channels: int) -> Samples:
    """The same in so many channels: mixed to one, or the first ones, repeated where there are too few."""
    if samples.shape[0] == channels:
        return samples
    if channels == 1:
        return samples.mean(axis=0, keepdims=True, dtype=np.float32)
    return np.ascontiguousarray(samples[np.arange(channels) % samples.shape[0]])

"""The finish of a take whose end is not known yet: piece by piece, and the same samples however it is cut.

The level "ahead" cannot measure a sound that is still being decoded. It takes what models are trained on for granted:
clips whose highest sample is `LOUD`. That becomes the request's `peak`, and what goes beyond it is held by a limiter
that looks `REACH` seconds ahead and behind, so the ceiling is kept and nothing is ever clipped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.finish import FADE_IN, JUMP, Samples, ramp, resampler
from engine.passes import LOUD
from engine.request import DEFAULT_RATE, Request

REACH = 0.0025
"""Seconds over which the limiter turns down before, and up after, a sample that is too high."""


class Ahead:
    """Finishes one mono take. Feed it what a model computes, from the beginning on; `end` gives the rest.

    rate: of what is fed, in Hz. All that comes out together has the request's rate and exactly `request.frames` frames.
    """

    def __init__(self, rate: int, request: Request) -> None:
        self.frames = request.frames
        self.rate = request.rate or DEFAULT_RATE
        self._ceiling = 10.0 ** (request.peak / 20.0)
        self._resample = resampler(rate, self.rate)
        self._limiter = Limiter(self._ceiling, round(REACH * self.rate))
        self._fade = min(round(request.fade * self.rate), self.frames)
        self._taken = self._given = 0
        self._jumps = False

    def feed(self, samples: Samples) -> Samples:
        """The finished samples (1, frames) that follow from these (frames,), which may be none yet.

        Raises `ModelError` if a sample is not finite.
        """
        return self._finished(self._resample(self._checked(samples), False), last=False)

    def end(self) -> Samples:
        """What is left (1, frames); silence, where too little was fed."""
        return self._finished(self._resample(np.zeros(0, np.float32), True), last=True)

    def _checked(self, samples: Samples) -> Samples:
        if not np.isfinite(samples).all():
            raise ModelError("the model computed samples that are not finite numbers")
        return samples

    def _finished(self, samples: Samples, last: bool) -> Samples:
        samples = samples[: self.frames - self._taken]
        self._taken += len(samples)
        out = self._limiter.feed(samples.astype(np.float64) * (self._ceiling / LOUD))
        if last:
            out = np.concatenate((out, self._limiter.end()))
            out = np.pad(out, (0, self.frames - self._given - len(out)))
        faded = self._faded(out)
        self._given += len(out)
        return faded.astype(np.float32)[None]

    def _faded(self, out: NDArray[np.float64]) -> NDArray[np.float64]:
        """With the fade-in, where the sound begins with a jump, and the fade-out."""
        if not len(out):
            return out
        if self._given == 0:
            self._jumps = abs(float(out[0])) > JUMP * self._ceiling
        places = np.arange(self._given, self._given + len(out))
        rise = ramp(round(FADE_IN * self.rate)) if self._jumps else np.ones(0)
        for curve, at in ((rise, places), (ramp(self._fade), self.frames - 1 - places)):
            inside = at < len(curve)
            if inside.any():
                out = out.copy()
                out[inside] *= curve[at[inside]]
        return out


class Limiter:
    """Holds samples under a ceiling by turning down around what would be higher.

    The gain at a sample is a raised-cosine mean, over `reach` samples to either side, of the lowest gain that any
    sample within `reach` of those needs; so it is never more than the sample's own need, and it is smooth. It depends
    on 2 * `reach` samples to either side; sums are taken in a fixed order, so no bit depends on the pieces' sizes.
    """

    def __init__(self, ceiling: float, reach: int) -> None:
        self._ceiling, self._reach = ceiling, max(1, reach)
        self._waiting = np.zeros(2 * self._reach)  # the two sides of the next sample, as far as they are there
        curve = 0.5 + 0.5 * np.cos(np.pi * np.arange(-self._reach, self._reach + 1) / (self._reach + 1))
        self._curve = curve / curve.sum()

    def feed(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """The samples that can be given, 2 * reach later than they came."""
        self._waiting = np.concatenate((self._waiting, samples))
        side = 2 * self._reach
        count = len(self._waiting) - 2 * side
        if count <= 0:
            return np.zeros(0)
        given = self._waiting[side : side + count] * self._gain(self._waiting)
        self._waiting = self._waiting[count:]
        return np.clip(given, -self._ceiling, self._ceiling)  # of the last bit of a product

    def end(self) -> NDArray[np.float64]:
        """What is left: after it there is silence."""
        return self.feed(np.zeros(2 * self._reach))

    def _gain(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        side, width = 2 * self._reach, 2 * self._reach + 1
        count = len(samples) - 2 * side
        height = np.abs(samples)
        if height.max(initial=0.0) <= self._ceiling:
            return np.ones(count)
        need = self._ceiling / np.maximum(height, self._ceiling)
        lowest = _lowest(need, width)
        lack = np.zeros(count)
        for place, weight in enumerate(self._curve):
            lack += weight * (1.0 - lowest[place : place + count])
        return 1.0 - lack


def _lowest(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The lowest of every `width` neighbours: (n,) to (n - width + 1,)."""
    span = 1
    while span < width:  # each round knows the lowest of `span`, and the next that of twice as many
        step = min(span, width - span)
        values = np.minimum(values[:-step], values[step:])
        span += step
    return values

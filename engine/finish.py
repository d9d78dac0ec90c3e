"""What happens after the vocoder: the host's rate, the exact length, fades and level. Pure numpy.

Only this file imports soxr (resampling, SoX's library) and pyloudnorm (loudness by ITU-R BS.1770-4).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.leaving import breathe
from engine.request import DEFAULT_RATE, Clip, Request

Samples = NDArray[np.float32]

FADE_IN = 0.001
"""Seconds of fade-in where a sound begins with a jump."""
JUMP = 1e-3
"""A first sample above this part of the peak (-60 dB) is a jump."""
BLOCK = 0.4
"""Seconds of a block of BS.1770-4; anything shorter is repeated for measuring."""
METERED_CHANNELS = 5
"""Channels that BS.1770-4 gives weights to; those after them do not count."""


def finish(samples: Samples, rate: int, request: Request) -> Clip:
    """Make what a model computed into a clip as the request wants it.

    samples: shape (channels, frames) or (frames,) at `rate` Hz, at least as long as the request if possible; what is
    missing is silence. The clip has the request's rate and exactly `request.frames` frames.
    Raises `ModelError` if a sample is not finite.
    """
    samples = np.atleast_2d(np.asarray(samples, np.float32))
    if not np.isfinite(samples).all():
        raise ModelError("the model computed samples that are not finite numbers")
    wanted = request.rate or DEFAULT_RATE
    if request.level == "ahead":
        return Clip(np.concatenate([finished_ahead(one, rate, request) for one in samples]), wanted)
    samples = fit(resample(samples, rate, wanted), request.frames)
    samples = fade_in(fade_out(samples, round(request.fade * wanted)), round(FADE_IN * wanted))
    return Clip(set_level(samples, request), wanted)


def resample(samples: Samples, rate: int, new_rate: int) -> Samples:
    """Samples (channels, frames) at another rate in Hz, in SoX's very high quality; untouched at the same rate."""
    if rate == new_rate:
        return samples
    import soxr

    breathe()
    return np.ascontiguousarray(soxr.resample(samples.T, rate, new_rate, quality="VHQ").T, dtype=np.float32)


def resampler(rate: int, new_rate: int) -> Callable[[Samples, bool], Samples]:
    """`resample` for one channel that comes in pieces: a function of the next samples (frames,), and whether they are
    the last. The pieces together are the same however they are cut."""
    if rate == new_rate:
        return lambda samples, last: samples
    import soxr

    stream = soxr.ResampleStream(rate, new_rate, 1, dtype="float32", quality="VHQ")
    return lambda samples, last: np.asarray(stream.resample_chunk(samples, last), np.float32)


def finished_ahead(samples: Samples, rate: int, request: Request) -> Samples:
    """One channel (frames,) finished with the level "ahead", as (1, frames)."""
    from engine.ahead import Ahead  # which stands on this file

    ahead = Ahead(rate, request)
    return np.concatenate((ahead.feed(samples), ahead.end()), axis=1)


def fit(samples: Samples, frames: int) -> Samples:
    """Exactly `frames` frames: cut at the end, or silence added there."""
    missing = frames - samples.shape[1]
    return np.pad(samples, ((0, 0), (0, missing))) if missing > 0 else samples[:, :frames]


def fade_out(samples: Samples, frames: int) -> Samples:
    """A raised-cosine fade over the last `frames` frames (or all, if there are fewer), down to exactly 0."""
    frames = min(frames, samples.shape[1])
    if frames == 0:
        return samples
    faded = samples.copy()
    faded[:, -frames:] *= ramp(frames)[::-1]
    return faded


def fade_in(samples: Samples, frames: int) -> Samples:
    """A raised-cosine fade over the first `frames` frames, only if the sound begins with a jump."""
    frames = min(frames, samples.shape[1])
    if frames == 0 or np.abs(samples[:, 0]).max() <= JUMP * np.abs(samples).max():
        return samples
    faded = samples.copy()
    faded[:, :frames] *= ramp(frames)
    return faded


def ramp(frames: int) -> Samples:
    """A raised cosine (frames,): from exactly 0 up to almost 1, where the untouched samples go on."""
    return (0.5 - 0.5 * np.cos(np.pi * np.arange(frames) / frames)).astype(np.float32)


def set_level(samples: Samples, request: Request) -> Samples:
    """The samples at the request's level: its peak in dBFS, or its loudness in LUFS held under that peak, or as is.
    What is complete needs no looking ahead: "ahead" is its peak.

    The ceiling is kept by scaling the whole sound down, which leaves its shape alone. Silence stays silence.
    """
    peak = float(np.abs(samples).max(initial=0.0))
    if request.level == "none" or peak == 0.0:
        return samples
    ceiling = _gain(request.peak) / peak
    gain = ceiling
    if request.level == "loudness":
        measured = loudness(samples, request.rate or DEFAULT_RATE)
        if not np.isfinite(measured):  # below the gate of -70 LUFS: too quiet to have a loudness
            return samples
        gain = min(_gain(request.loudness - measured), ceiling)
    return (samples * gain).astype(np.float32)


def loudness(samples: Samples, rate: int) -> float:
    """Integrated loudness of samples (channels, frames) in LUFS; -inf below the gate.

    A sound shorter than one block of 0.4 s is repeated to fill it, so a short hit is as loud as its average is.
    """
    import pyloudnorm

    # One frame more than a block, as the number of blocks is rounded.
    needed = int(np.ceil(BLOCK * rate)) + 1
    if samples.shape[1] < needed:
        samples = np.tile(samples, (1, -(-needed // samples.shape[1])))[:, :needed]
    with np.errstate(divide="ignore"):
        return float(pyloudnorm.Meter(rate, block_size=BLOCK).integrated_loudness(samples[:METERED_CHANNELS].T))


def _gain(decibels: float) -> float:
    return float(10.0 ** (decibels / 20.0))

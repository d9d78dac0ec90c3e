"""Frequencies: where a recording's band ends, what lies below and above that, and how a spectrum drifts. Pure numpy.

A crossover is one linear-phase low pass and what it leaves: the two add up to the input, sample by sample, so the band
below is the source's own in magnitude and in phase. Samples are float32 (channels, frames); frequencies in Hz.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.leaving import breathe

Samples = NDArray[np.float32]

STOPBAND = 90.0
"""Decibels by which a filter suppresses what it is not to pass."""
DROP = 20.0
"""Decibels that a spectrum has to fall at once for a band to end there."""
LOWEST = 1000.0
"""Hz below which a band does not end: what falls off there is a tone, or a very deep sound."""
BINS = 4096
"""Samples of a frame of the long-term spectrum."""


def long_spectrum(samples: Samples, size: int = BINS) -> NDArray[np.float64]:
    """Mean power spectrum (size / 2 + 1,) over time and channels, in Hann frames that half overlap."""
    window = np.hanning(size + 1)[:-1]
    total, count = np.zeros(size // 2 + 1), 0
    for channel in samples:
        padded = np.pad(channel, (0, max(0, size - len(channel))))
        frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2]
        for some in np.array_split(frames, -(-len(frames) // 256)):  # a long file is never spread out at once
            breathe()
            total += np.sum(np.abs(np.fft.rfft(some * window, axis=1)) ** 2, axis=0)
        count += len(frames)
    return total / (max(1, count) * np.sum(window**2))


def cutoff_of(samples: Samples, rate: int) -> float:
    """The frequency in Hz at which the recording's band ends; rate / 2 where it does not end before.

    It ends at the highest frequency above which, within a sixth of an octave, the long-term spectrum falls by
    `DROP` dB and nothing comes after it. A spectrum that only slopes, as that of most recordings does, does not end.
    """
    spectrum = long_spectrum(samples)
    hertz = np.arange(len(spectrum)) * rate / BINS
    smooth = np.convolve(spectrum, np.ones(5) / 5, mode="same")
    decibels = 10.0 * np.log10(np.maximum(smooth, 1e-16))
    after = np.maximum.accumulate(decibels[::-1])[::-1]  # the loudest from here up
    below = np.searchsorted(hertz, hertz * 2.0 ** (-1 / 12))
    above = np.minimum(np.searchsorted(hertz, hertz * 2.0 ** (1 / 12)), len(hertz) - 1)
    falls = decibels[below] - after[above]
    # The last bins have nothing after them to compare with.
    inside = (hertz > max(LOWEST, 8 * rate / BINS)) & (above < len(hertz) - 1)
    steep = np.flatnonzero(inside & (falls >= DROP) & (decibels[below] > -100.0))
    if steep.size == 0:
        return rate / 2
    # The highest fall, from where it begins: the last frequency that is still within 6 dB of the band's level.
    run = steep[np.flatnonzero(np.diff(steep, prepend=-2) > 1)[-1] :]
    first, last = below[run[0]], run[-1]
    band = np.flatnonzero(decibels[first : last + 1] >= decibels[first] - 6.0)
    return float(hertz[first + band[-1]])


def low_pass(cutoff: float, width: float, rate: int) -> NDArray[np.float64]:
    """An odd, symmetric filter that passes below cutoff - width / 2 and stops above cutoff + width / 2.

    A Kaiser-windowed sinc, its length by Kaiser's formula for `STOPBAND`; it adds up to 1.
    """
    half = int(np.ceil((STOPBAND - 7.95) / (2.285 * 2.0 * np.pi * width / rate) / 2))
    offsets = np.arange(-half, half + 1)
    taps = np.sinc(2.0 * cutoff / rate * offsets) * np.kaiser(2 * half + 1, 0.1102 * (STOPBAND - 8.7))
    return taps / taps.sum()


def filtered(samples: Samples, taps: NDArray[np.float64]) -> Samples:
    """The samples through an odd, symmetric filter, without delay; silence is assumed before and after them."""
    frames, half = samples.shape[1], len(taps) // 2
    size = 1 << (frames + len(taps)).bit_length()
    response = np.fft.rfft(taps, size)
    result = np.empty_like(samples)
    for channel in range(samples.shape[0]):
        breathe()
        result[channel] = np.fft.irfft(np.fft.rfft(samples[channel], size) * response, size)[half : half + frames]
    return result


def crossover(samples: Samples, cutoff: float, rate: int) -> tuple[Samples, Samples]:
    """What lies below `cutoff` and what lies above; together they are `samples`. Below rate / 2 is meant; from there
    on everything is below."""
    if cutoff >= rate / 2:
        return samples, np.zeros_like(samples)
    below = filtered(samples, low_pass(cutoff, transition(cutoff, rate), rate))
    return below, samples - below


def transition(cutoff: float, rate: int) -> float:
    """How wide the crossover at `cutoff` is, in Hz: a tenth of it, and as narrow as it must be near the rate's end."""
    return max(40.0, min(0.1 * cutoff, rate / 2 - cutoff))


def join_bands(source: Samples, made: Samples, cutoff: float, rate: int) -> Samples:
    """`source` below `cutoff` and `made` above it, whose level follows the source's as the two compare just below.

    Both at `rate`, of equal shape. The octave below the cut-off is what the level is taken from, 40 ms at a time, so
    an event of the source opens the new band and silence closes it. Where the two together would go over full scale,
    and over the source's own peak, the new band gives way and never the source.
    """
    below = crossover(source, cutoff, rate)[0]
    above = crossover(made, cutoff, rate)[1] * following_gain(source, made, cutoff, rate)
    ceiling = max(1.0, float(np.abs(source).max(initial=0.0)))
    return (below + above * _room(below, above, ceiling, rate)).astype(np.float32)


def _room(below: Samples, above: Samples, ceiling: float, rate: int, seconds: float = 0.005) -> Samples:
    """Factors (frames,) from 0 to 1 for `above`, smooth, with which the sum does not go over the ceiling."""
    size, frames = max(1, round(seconds * rate)), below.shape[1]
    free = np.maximum(ceiling - np.abs(below), 0.0) / np.maximum(np.abs(above), 1e-9)
    needed = np.minimum(free, 1.0).min(axis=0)
    if needed.min(initial=1.0) >= 1.0:
        return np.ones(frames, np.float32)
    blocks = np.pad(needed, (0, -frames % size), constant_values=1.0).reshape(-1, size).min(axis=1)
    # At a block's edge the lower of two neighbours, so that straight lines between the edges stay below what is needed.
    edges = np.minimum(np.append(blocks, 1.0), np.insert(blocks, 0, 1.0))
    return np.interp(np.arange(frames), size * np.arange(len(edges)), edges).astype(np.float32)


def following_gain(source: Samples, made: Samples, cutoff: float, rate: int, limit: float = 15.0) -> Samples:
    """Factors (channels, frames), at most `limit` dB up and any down, that bring the octave of `made` below the
    cut-off to the source's level, smoothly."""
    levels = [_envelope(_octave(samples, cutoff, rate), rate) for samples in (source, made)]
    ratio = levels[0] / np.maximum(levels[1], 1e-7)
    return np.minimum(ratio, 10.0 ** (limit / 20.0)).astype(np.float32)


def _octave(samples: Samples, cutoff: float, rate: int) -> Samples:
    top = min(cutoff * 0.95, rate * 0.48)
    upper = crossover(samples, top, rate)[0]
    return crossover(upper, top / 2, rate)[1]


def _envelope(samples: Samples, rate: int, seconds: float = 0.04) -> NDArray[np.float64]:
    """The level about each frame: the root of the power under a Hann window of `seconds`."""
    half = max(1, round(seconds * rate / 2))
    taps = np.hanning(2 * half + 3)[1:-1]
    power = filtered(np.square(samples), taps / taps.sum())
    return np.sqrt(np.maximum(power, 0.0).astype(np.float64))


def same_spectrum(
    samples: Samples, reference: Samples, rate: int, limit: float = 6.0, measured: Samples | None = None
) -> Samples:
    """`samples` with the colour of `reference`: the shape of its long-term spectrum, by third octaves, at most
    `limit` dB each way. How loud the two are does not matter.

    measured: what is to get that spectrum, where it is not `samples` itself: what a codec made of the reference, say,
    so that what it did is undone in `samples`. A linear-phase filter of 50 ms, the same for all channels. Untouched
    where either is silent.
    """
    ours, theirs = (long_spectrum(one) for one in (samples if measured is None else measured, reference))
    if min(ours.max(initial=0.0), theirs.max(initial=0.0)) < 1e-10:
        return samples
    hertz = np.arange(len(ours)) * rate / BINS
    middles, gains = _third_octaves(hertz, ours / ours.sum(), theirs / theirs.sum(), rate)
    curve = np.interp(np.log(np.maximum(hertz, 1.0)), np.log(middles), np.clip(gains, -limit, limit))
    half = min(BINS // 2 - 1, round(0.025 * rate))
    taps = np.fft.fftshift(np.fft.irfft(10.0 ** (curve / 20.0), BINS))[BINS // 2 - half : BINS // 2 + half + 1]
    return filtered(samples, taps * np.hanning(len(taps) + 2)[1:-1])


def _third_octaves(
    hertz: NDArray[np.float64], ours: NDArray[np.float64], theirs: NDArray[np.float64], rate: int
) -> tuple[NDArray[np.float64], list[float]]:
    """The middles of third octaves in Hz and what `ours` lacks there of `theirs`, in dB."""
    edges = np.geomspace(60.0, rate / 2, max(2, round(3 * np.log2(rate / 120.0))) + 1)
    floor, gains = 1e-8 * theirs.max(), []
    for low, high in pairwise(edges):
        band = (hertz >= low) & (hertz < high)
        have, want = (float(one[band].mean()) if band.any() else 0.0 for one in (ours, theirs))
        gains.append(float(10.0 * np.log10((want + floor) / (have + floor))))
    return np.sqrt(edges[:-1] * edges[1:]), gains

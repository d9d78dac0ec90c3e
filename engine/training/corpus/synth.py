"""Building blocks of procedural sounds: noise, envelopes, filters, oscillators, modes, formants, grains.

Everything is a pure function of its arguments and, where something is random, of a `numpy.random.Generator`.
Signals are one-dimensional float arrays at 48 kHz; times are in seconds, frequencies in Hz.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import signal

from engine.training.corpus.draw import RATE

Signal = NDArray[np.floating]


def count(seconds: float) -> int:
    """Seconds as a number of samples, at least 1."""
    return max(1, round(seconds * RATE))


def time(seconds: float) -> Signal:
    """Sample times of a stretch that long, from 0."""
    return np.arange(count(seconds)) / RATE


def noise(rng: np.random.Generator, seconds: float, slope: float = 0.0) -> Signal:
    """Gaussian noise of about unit level whose power falls by `slope` · 3 dB an octave (0 white, 1 pink, 2 brown)."""
    n = count(seconds)
    white = rng.standard_normal(n)
    if slope == 0.0:
        return white
    spectrum = np.fft.rfft(white)
    frequency = np.fft.rfftfreq(n, 1 / RATE)
    spectrum *= np.maximum(frequency, 20.0) ** (-slope / 2)
    coloured = np.fft.irfft(spectrum, n)
    return coloured / (np.std(coloured) + 1e-12)


def lowpass(x: Signal, cutoff: float, order: int = 2) -> Signal:
    """Butterworth low-pass."""
    return signal.sosfilt(signal.butter(order, _legal(cutoff), fs=RATE, output="sos"), x)


def highpass(x: Signal, cutoff: float, order: int = 2) -> Signal:
    """Butterworth high-pass."""
    return signal.sosfilt(signal.butter(order, _legal(cutoff), "highpass", fs=RATE, output="sos"), x)


def bandpass(x: Signal, low: float, high: float, order: int = 2) -> Signal:
    """Butterworth band-pass between two corner frequencies."""
    low = _legal(low)
    high = _legal(max(high, low * 1.05))
    return signal.sosfilt(signal.butter(order, (low, high), "bandpass", fs=RATE, output="sos"), x)


def resonator(x: Signal, frequency: float, bandwidth: float) -> Signal:
    """Two-pole resonance of unit peak gain (a formant): centre and -3 dB width in Hz."""
    radius = np.exp(-np.pi * bandwidth / RATE)
    angle = 2 * np.pi * _legal(frequency) / RATE
    gain = (1 - radius) * np.sqrt(1 - 2 * radius * np.cos(2 * angle) + radius**2)
    return signal.lfilter([gain], [1.0, -2 * radius * np.cos(angle), radius**2], x)


def formants(x: Signal, rows: Sequence[tuple[float, float, float]]) -> Signal:
    """Parallel resonances; each row is (frequency, bandwidth, gain)."""
    return np.sum([gain * resonator(x, frequency, width) for frequency, width, gain in rows], axis=0)


def _legal(frequency: float) -> float:
    return float(np.clip(frequency, 10.0, RATE / 2 - 200.0))


def decay(seconds: float, t60: float) -> Signal:
    """Exponential decay from 1 by 60 dB in `t60` seconds."""
    return np.exp(-6.9078 * time(seconds) / max(t60, 1e-4))


def envelope(points: Sequence[tuple[float, float]], seconds: float) -> Signal:
    """Straight lines through (time, level) points; constant before the first and after the last."""
    times, levels = zip(*points, strict=True)
    return np.interp(time(seconds), times, levels)


def attack(x: Signal, seconds: float) -> Signal:
    """The signal with a raised-cosine fade-in, which keeps onsets free of clicks."""
    n = min(len(x), count(seconds))
    out = np.array(x, dtype=float)
    out[:n] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(n) / n)
    return out


def release(x: Signal, seconds: float) -> Signal:
    """The signal with a raised-cosine fade-out."""
    return attack(np.asarray(x)[::-1], seconds)[::-1]


def phase(frequency: ArrayLike, seconds: float | None = None) -> Signal:
    """Phase in radians of an oscillator whose frequency is a number (then `seconds` counts) or one value a sample."""
    curve = np.asarray(frequency, dtype=float)
    if curve.ndim == 0:
        curve = np.full(count(seconds if seconds is not None else 1.0), float(curve))
    return 2 * np.pi * np.cumsum(curve) / RATE


def sweep(start: float, end: float, seconds: float, curve: float = 1.0) -> Signal:
    """A frequency path from start to end, even in ratios; curve > 1 stays near the start longer."""
    x = np.linspace(0, 1, count(seconds)) ** curve
    return start * (end / start) ** x


def harmonics(frequency: Signal, levels: ArrayLike) -> Signal:
    """Sum of the harmonics of a frequency path, band-limited sample by sample; levels[k] belongs to harmonic k + 1."""
    base = phase(frequency)
    out = np.zeros(len(base))
    highest = float(np.max(frequency))
    lowest = float(np.min(frequency))
    for k, level in enumerate(np.asarray(levels, dtype=float), start=1):
        if k * lowest > RATE / 2 - 500:
            break
        if level == 0.0:
            continue
        partial = level * np.sin(k * base)
        out += partial if k * highest < RATE / 2 - 500 else partial * (k * frequency < RATE / 2 - 500)
    return out


def saw(frequency: Signal, voices: int = 60) -> Signal:
    """Band-limited sawtooth along a frequency path."""
    limit = int(min(voices, (RATE / 2 - 500) / max(float(np.min(frequency)), 1.0)))
    return harmonics(frequency, 1 / np.arange(1, max(limit, 1) + 1))


def square(frequency: Signal, voices: int = 60) -> Signal:
    """Band-limited square wave along a frequency path."""
    k = np.arange(1, voices + 1)
    return harmonics(frequency, np.where(k % 2 == 1, 1 / k, 0.0))


def modes(
    frequencies: ArrayLike, t60s: ArrayLike, levels: ArrayLike, seconds: float, rng: np.random.Generator | None = None
) -> Signal:
    """A struck object: decaying sines. With `rng` the phases are random, else all start at zero crossing."""
    frequencies, t60s, levels = (np.asarray(v, dtype=float) for v in (frequencies, t60s, levels))
    t = time(seconds)
    out = np.zeros(len(t))
    for frequency, t60, level in zip(frequencies, t60s, levels, strict=True):
        if frequency > RATE / 2 - 500:
            continue
        n = min(len(t), count(1.3 * t60))
        start = rng.uniform(0, 2 * np.pi) if rng is not None else 0.0
        out[:n] += level * np.exp(-6.9078 * t[:n] / max(t60, 1e-4)) * np.sin(2 * np.pi * frequency * t[:n] + start)
    return out


def place(events: Sequence[tuple[float, Signal]], seconds: float) -> Signal:
    """Sums signals at their start times into one stretch; what hangs over the end is cut."""
    out = np.zeros(count(seconds))
    for start, event in events:
        at = round(start * RATE)
        if 0 <= at < len(out):
            n = min(len(event), len(out) - at)
            out[at : at + n] += event[:n]
    return out


def poisson(rng: np.random.Generator, rate: float, seconds: float) -> Signal:
    """Sorted event times of a Poisson process of `rate` events a second."""
    return np.sort(rng.uniform(0, seconds, rng.poisson(rate * seconds)))


def impulses(times: ArrayLike, levels: ArrayLike, seconds: float) -> Signal:
    """Single-sample pulses, to be filtered or convolved with one grain."""
    out = np.zeros(count(seconds))
    at = np.clip((np.asarray(times) * RATE).astype(int), 0, len(out) - 1)
    np.add.at(out, at, levels)
    return out


def convolve(x: Signal, kernel: Signal) -> Signal:
    """The signal through an impulse response, cut to the signal's length."""
    return signal.oaconvolve(x, kernel)[: len(x)]


def wander(rng: np.random.Generator, seconds: float, rate: float) -> Signal:
    """Smooth random curve of about unit level that changes about `rate` times a second (gusts, drift, jitter)."""
    knots = rng.standard_normal(max(4, int(seconds * rate) + 4))
    x = np.linspace(0, len(knots) - 1, count(seconds))
    left = x.astype(int).clip(0, len(knots) - 2)
    part = x - left
    blend = 0.5 - 0.5 * np.cos(np.pi * part)
    return knots[left] * (1 - blend) + knots[left + 1] * blend


def normalise(x: Signal, peak: float = 1.0) -> Signal:
    """The signal without its mean, scaled to a peak level."""
    x = np.asarray(x, dtype=float) - np.mean(x)
    return peak * x / (np.max(np.abs(x)) + 1e-12)

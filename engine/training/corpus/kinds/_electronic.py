"""Building blocks shared by the electronic and percussive kinds: oscillators, envelopes, filters that sweep.

Every signal is a mono float64 array at 48 kHz; frequencies are in Hz, times in seconds. All functions are pure:
randomness comes in as a `numpy.random.Generator`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import signal

RATE = 48000
Samples = NDArray[np.float64]

_WINDOW = 1024
_HOP = 512


def clock(seconds: float) -> Samples:
    """The time of every sample of a sound that lasts `seconds`."""
    return np.arange(max(1, round(seconds * RATE))) / RATE


def fall(time: Samples, t60: float) -> Samples:
    """Exponential decay that has lost 60 dB after `t60` seconds."""
    return np.exp(-6.9078 / t60 * time)


def glide(time: Samples, start: float, end: float, tau: float) -> Samples:
    """A pitch that leaves `start` at once and settles on `end` with time constant `tau` (drums, zaps)."""
    return end + (start - end) * np.exp(-time / tau)


def sweep(start: float, end: float, frames: int, bend: float = 1.0) -> Samples:
    """A pitch that moves geometrically from `start` to `end`; `bend` > 1 keeps most of the motion for the end."""
    return start * (end / start) ** (np.linspace(0.0, 1.0, frames) ** bend)


def hertz(note: ArrayLike) -> Samples:
    """Equal-tempered frequency of a MIDI note number (69 is 440 Hz)."""
    return np.asarray(440.0 * 2.0 ** ((np.asarray(note, dtype=float) - 69.0) / 12.0))


def turns(frequency: Samples, start: float = 0.0) -> Samples:
    """Phase in turns (1 = one cycle) of an oscillator with the given frequency at every sample."""
    return start + np.cumsum(frequency) / RATE


def sine(frequency: Samples, start: float = 0.0) -> Samples:
    """Sine oscillator; `start` is its first phase in turns."""
    return np.sin(2.0 * np.pi * turns(frequency, start))


def saw(frequency: Samples, start: float = 0.0) -> Samples:
    """Band-limited sawtooth by the polynomial step correction (PolyBLEP; Valimaki & Huovilainen 2007)."""
    step = np.maximum(frequency / RATE, 1e-6)
    phase = turns(frequency, start) % 1.0
    before, after = phase / step, (phase - 1.0) / step
    correction = np.where(before < 1.0, 2.0 * before - before**2 - 1.0, 0.0)
    correction += np.where(after > -1.0, after**2 + 2.0 * after + 1.0, 0.0)
    return 2.0 * phase - 1.0 - correction


def pulse(frequency: Samples, width: float = 0.5, start: float = 0.0) -> Samples:
    """Band-limited pulse wave of duty cycle `width` (0 to 1), as the difference of two sawtooths."""
    return 0.5 * (saw(frequency, start) - saw(frequency, start + width))


def partials(rng: np.random.Generator, frequencies: ArrayLike, levels: ArrayLike, frames: int) -> Samples:
    """A steady sum of any number of sines with random phases, drawn in one inverse FFT.

    Frequencies are rounded to the bins of a 5.12 s transform (0.2 Hz), so thousands of partials cost the same as one.
    """
    size = max(245760, frames)
    frequency, level = np.asarray(frequencies, dtype=float), np.asarray(levels, dtype=float)
    inside = (frequency > 15.0) & (frequency < RATE * 0.47)
    bins = np.round(frequency[inside] * size / RATE).astype(int)
    spectrum = np.zeros(size // 2 + 1, dtype=complex)
    np.add.at(spectrum, bins, level[inside] * np.exp(2j * np.pi * rng.random(bins.size)))
    return np.fft.irfft(spectrum, size)[:frames] * (size / 2)


def detuned_saws(
    rng: np.random.Generator, notes: Sequence[float], voices: int, cents: float, tilt: float, frames: int
) -> Samples:
    """A chord of detuned sawtooths: `voices` per note spread over ±`cents`, harmonics falling as 1/n**`tilt`."""
    roots = np.repeat(hertz(list(notes)), voices)
    roots = roots * 2.0 ** (rng.uniform(-cents, cents, roots.size) / 1200.0)
    harmonic = np.arange(1, 200)[:, None]
    return partials(rng, (harmonic * roots).ravel(), np.repeat(1.0 / harmonic**tilt, roots.size, 1).ravel(), frames)


def hiss(rng: np.random.Generator, frames: int) -> Samples:
    """White noise of unit variance."""
    return rng.standard_normal(frames)


def band(sound: Samples, low: float | None, high: float | None, order: int = 2) -> Samples:
    """Butterworth high-pass (`low` only), low-pass (`high` only) or band-pass."""
    if low is not None and high is not None:
        sections = signal.butter(order, (low, high), "bandpass", fs=RATE, output="sos")
    elif low is not None:
        sections = signal.butter(order, low, "highpass", fs=RATE, output="sos")
    else:
        sections = signal.butter(order, high, "lowpass", fs=RATE, output="sos")
    return np.asarray(signal.sosfilt(sections, sound))


def ring(rng: np.random.Generator, frequencies: ArrayLike, levels: ArrayLike, t60s: ArrayLike, frames: int) -> Samples:
    """Struck modes: each a sine that starts at phase zero and decays on its own; short modes cost little."""
    sound = np.zeros(frames)
    modes = np.broadcast_arrays(np.asarray(frequencies, dtype=float), levels, t60s)
    for frequency, level, t60 in zip(*(np.ravel(mode) for mode in modes), strict=True):
        if 15.0 < frequency < RATE * 0.47:
            time = np.arange(min(frames, int(1.2 * t60 * RATE) + 1)) / RATE
            sound[: time.size] += level * np.sin(2.0 * np.pi * frequency * time) * fall(time, t60)
    return sound


def moving_filter(
    sound: Samples, cutoff: Samples, resonance: float = 0.8, poles: int = 2, kind: str = "low"
) -> Samples:
    """A resonant filter whose cut-off moves: magnitude response applied frame by frame in a short-time transform.

    `cutoff` has one value per sample; `poles` counts second-order sections; `kind` is "low", "high" or "band".
    """
    padded = np.pad(sound, (_WINDOW, 2 * _WINDOW))
    starts = np.arange(0, sound.size + _WINDOW, _HOP)
    window = np.sqrt(signal.get_window("hann", _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[starts] * window
    centre = np.clip(starts - _WINDOW // 2, 0, sound.size - 1)
    ratio = np.fft.rfftfreq(_WINDOW, 1.0 / RATE) / np.asarray(cutoff)[centre, None]
    gain = 1.0 / np.sqrt((1.0 - ratio**2) ** 2 + (ratio / resonance) ** 2)
    gain *= {"low": np.ones_like(ratio), "high": ratio**2, "band": ratio / resonance}[kind]
    gain /= (1.0 + ratio**2) ** (poles - 1) if kind == "low" else 1.0
    grains = np.fft.irfft(np.fft.rfft(frames) * gain) * window
    out = np.zeros(padded.size)
    for offset in range(_WINDOW // _HOP):
        turn = grains[offset :: _WINDOW // _HOP].ravel()
        begin = offset * _HOP
        fitting = min(turn.size, out.size - begin)
        out[begin : begin + fitting] += turn[:fitting]
    return out[_WINDOW : _WINDOW + sound.size]


def edges(sound: Samples, attack: float = 0.001, release: float = 0.01) -> Samples:
    """The sound with raised-cosine edges, so that it starts and stops without a click."""
    out = np.array(sound, dtype=float)
    for length, slot in ((attack, slice(None)), (release, slice(None, None, -1))):
        count = min(out.size, max(1, round(length * RATE)))
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / count)
        out[slot][:count] *= ramp
    return out


def drive(sound: Samples, amount: float) -> Samples:
    """Soft saturation of the peak-normalised sound; `amount` 1 is gentle, 10 is fuzz."""
    return np.tanh(amount * normal(sound)) / np.tanh(amount)


def normal(sound: Samples) -> Samples:
    """The sound with its peak at 1 (silence stays silence)."""
    return sound / max(float(np.max(np.abs(sound))), 1e-9)


def crush(sound: Samples, hold: int, bits: float) -> Samples:
    """Sample-and-hold by `hold` samples and quantisation to `bits`: the aliasing grit of early digital gear."""
    steps = 2.0 ** (bits - 1)
    held = np.repeat(normal(sound)[::hold], hold)[: sound.size]
    return np.round(held * steps) / steps


def place(out: Samples, sound: Samples, at: float, level: float = 1.0) -> None:
    """Add `sound` into `out` beginning `at` seconds; what does not fit is dropped."""
    begin = round(at * RATE)
    fitting = min(sound.size, out.size - begin)
    if fitting > 0 and begin >= 0:
        out[begin : begin + fitting] += level * sound[:fitting]


def wander(rng: np.random.Generator, frames: int, rate: float, depth: float = 1.0) -> Samples:
    """A slow smooth random curve within ±`depth`, turning about `rate` times a second."""
    count = max(4, int(frames / RATE * rate) + 4)
    knots = rng.uniform(-depth, depth, count)
    where = np.linspace(0.0, count - 1.0, frames)
    left = np.minimum(where.astype(int), count - 2)
    mix = 0.5 - 0.5 * np.cos(np.pi * (where - left))
    return knots[left] * (1.0 - mix) + knots[left + 1] * mix

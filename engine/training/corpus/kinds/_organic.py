"""Building blocks of the sounds of nature, animals and people: noise, slow curves, resonators, a voice, bubbles.

Everything is mono at 48 kHz, one array per sound; `n` counts frames, frequencies and bandwidths are in Hz, times in
seconds. The voice is the usual source-filter model: the glottal flow derivative of Klatt & Klatt (1990, KLGLOTT88)
into parallel formant resonators. Bubbles follow van den Doel, "Physically based models for liquid sounds" (2005).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft, interpolate, signal

RATE = 48_000
_COARSE = 64  # frames between the knots of a slow curve; 1.3 ms is far below what the ear follows as a contour

Formant = tuple[float, float, float]  # frequency Hz, bandwidth Hz, linear gain


def count(seconds: float) -> int:
    """Frames in `seconds`, at least one."""
    return max(1, round(seconds * RATE))


def clock(n: int) -> np.ndarray:
    """Time of each frame in seconds, (n,)."""
    return np.arange(n) / RATE


def curve(n: int, points: Sequence[tuple[float, float]]) -> np.ndarray:
    """A smooth contour (n,) through (fraction of the length 0..1, value) points; it never overshoots them (PCHIP)."""
    places, values = np.array(points, dtype=float).T
    coarse = np.linspace(0.0, 1.0, max(2, n // _COARSE))
    smooth = interpolate.PchipInterpolator(places, values)(np.clip(coarse, places[0], places[-1]))
    return np.interp(np.linspace(0.0, 1.0, n), coarse, smooth)


def wander(rng: np.random.Generator, n: int, hertz: float) -> np.ndarray:
    """A slow random curve (n,) of about zero mean and unit deviation that turns about `hertz` times a second."""
    knots = rng.standard_normal(int(n / RATE * hertz) + 4)
    coarse = np.linspace(0.0, 1.0, max(2, n // _COARSE))
    span = np.linspace(0.0, 1.0, len(knots))
    smooth = interpolate.CubicSpline(span, knots)(coarse * (n / RATE * hertz) / (len(knots) - 1))
    return np.interp(np.linspace(0.0, 1.0, n), coarse, smooth)


def noise(rng: np.random.Generator, n: int, slope: float = 0.0) -> np.ndarray:
    """Noise (n,) of unit deviation whose spectrum falls by `slope` dB an octave: 0 white, 3 pink, 6 brown."""
    white = rng.standard_normal(n)
    if slope == 0.0:
        return white
    size = fft.next_fast_len(n, real=True)
    spectrum = fft.rfft(white, size)
    bins = np.arange(len(spectrum)) * (RATE / size)
    spectrum *= np.maximum(bins, 20.0) ** (-slope / 6.02)
    shaped = fft.irfft(spectrum, size)[:n]
    return shaped / (shaped.std() + 1e-12)


def band(x: np.ndarray, low: float | None, high: float | None, order: int = 2) -> np.ndarray:
    """Butterworth filter: band-pass, or high-pass / low-pass where the other edge is None."""
    top = RATE * 0.49
    if low is None:
        sos = signal.butter(order, min(float(high or top), top), "lowpass", fs=RATE, output="sos")
    elif high is None:
        sos = signal.butter(order, low, "highpass", fs=RATE, output="sos")
    else:
        sos = signal.butter(order, (low, min(high, top)), "bandpass", fs=RATE, output="sos")
    return signal.sosfilt(sos, x)


def resonate(x: np.ndarray, frequency: float, bandwidth: float) -> np.ndarray:
    """Two-pole resonator with zeros at 0 Hz and half the rate; about unit gain at its peak."""
    radius = np.exp(-np.pi * bandwidth / RATE)
    scale = (1.0 - radius * radius) / 2.0
    turn = 2.0 * np.pi * min(frequency, RATE * 0.48) / RATE
    return signal.lfilter([scale, 0.0, -scale], [1.0, -2.0 * radius * np.cos(turn), radius * radius], x)


def formants(x: np.ndarray, shape: Sequence[Formant]) -> np.ndarray:
    """Parallel resonators with alternating signs, so that the valleys between neighbours stay filled."""
    out = np.zeros_like(x)
    for index, (frequency, bandwidth, gain) in enumerate(shape):
        out += (gain if index % 2 == 0 else -gain) * resonate(x, frequency, bandwidth)
    return out


def scaled(shape: Sequence[Formant], factor: float) -> list[Formant]:
    """The same vowel from a vocal tract `factor` times shorter."""
    return [(frequency * factor, bandwidth * factor, gain) for frequency, bandwidth, gain in shape]


def morph(x: np.ndarray, keys: Sequence[tuple[float, Sequence[Formant]]]) -> np.ndarray:
    """Filter `x` by vowels that follow each other: (fraction of the length, vowel) keys, cross-faded."""
    places = [place for place, _ in keys]
    span = np.linspace(0.0, 1.0, len(x))
    out = np.zeros_like(x)
    for index, (_, shape) in enumerate(keys):
        weight = np.interp(span, places, np.eye(len(keys))[index])
        out += weight * formants(x, shape)
    return out


def phase_of(frequency: np.ndarray) -> np.ndarray:
    """Phase in cycles (n,) of an oscillator with that frequency contour, from 0."""
    return np.cumsum(frequency) / RATE


def sine(frequency: np.ndarray, start: float = 0.0) -> np.ndarray:
    """Sine (n,) with a frequency contour; `start` in cycles."""
    return np.sin(2.0 * np.pi * (phase_of(frequency) + start))


def partials(frequency: np.ndarray, gains: Sequence[float]) -> np.ndarray:
    """Harmonics 1, 2, 3... of a frequency contour with fixed gains, faded out below half the rate."""
    turn = np.exp(2j * np.pi * phase_of(frequency))
    out = np.zeros(len(frequency))
    power = np.ones_like(turn)
    for number, gain in enumerate(gains, 1):
        power = power * turn
        if number * frequency.min() > RATE / 2:
            break
        out += gain * np.clip(8.0 - number * frequency / 2700.0, 0.0, 1.0) * power.imag
    return out


def glottal(rng: np.random.Generator, frequency: np.ndarray, openness: float = 0.6, jitter: float = 0.01) -> np.ndarray:
    """Glottal flow derivative (n,): KLGLOTT88 pulses; `openness` 0.3 (pressed) to 0.9 (breathy), jitter as a ratio."""
    shaken = frequency * (1.0 + jitter * wander(rng, len(frequency), 90.0)) if jitter else frequency
    place = phase_of(shaken) % 1.0
    inside = place / openness
    pulse = np.where(inside < 1.0, 2.0 * inside - 3.0 * inside * inside, 0.0)
    width = shaken / RATE  # the closing step of -1 is softened over one frame either side (PolyBLEP)
    after, before = (place - openness) / width, (openness - place) / width
    pulse += np.where((after >= 0) & (after < 1), -0.5 * (1 - after) ** 2, 0.0)
    pulse += np.where((before > 0) & (before < 1), 0.5 * (1 - before) ** 2, 0.0)
    return pulse


def voice(
    rng: np.random.Generator,
    frequency: np.ndarray,
    vowels: Sequence[tuple[float, Sequence[Formant]]],
    *,
    openness: float = 0.6,
    jitter: float = 0.012,
    breath: float = 0.03,
    rough: float = 0.0,
) -> np.ndarray:
    """A voice (n,): pulses with a pitch contour, breath noise, roughness 0..1 (subharmonic, chaotic gain), vowels."""
    source = glottal(rng, frequency, openness, jitter + 0.05 * rough)
    if rough:
        half = 0.5 + 0.5 * sine(frequency / 2.0, rng.uniform())
        chaos = np.abs(wander(rng, len(frequency), 160.0))
        source = source * (1.0 - rough + rough * (0.7 * half + 0.8 * chaos))
    source = source + breath * rng.standard_normal(len(frequency))
    return morph(source, vowels)


def swell(n: int, rise: float, fall: float, power: float = 1.0) -> np.ndarray:
    """Gain (n,) that rises over `rise` s, holds, and falls over the last `fall` s, raised-cosine edges."""
    time = clock(n)
    up = np.clip(time / max(rise, 1e-4), 0.0, 1.0)
    down = np.clip((n / RATE - time) / max(fall, 1e-4), 0.0, 1.0)
    return (0.5 - 0.5 * np.cos(np.pi * up)) ** power * (0.5 - 0.5 * np.cos(np.pi * down)) ** power


def decay(n: int, seconds: float, attack: float = 0.0005) -> np.ndarray:
    """Gain (n,) that falls by 60 dB in `seconds` after an attack of `attack` s."""
    time = clock(n)
    return np.exp(-6.9078 * time / seconds) * np.clip(time / max(attack, 1e-5), 0.0, 1.0)


def modes(n: int, frequencies: ArrayLike, seconds: ArrayLike, gains: ArrayLike) -> np.ndarray:
    """A struck body (n,): damped sines, each falling 60 dB in its own `seconds`."""
    time = clock(n)[None, :]
    rate = 6.9078 / np.asarray(seconds, dtype=float)[:, None]
    turn = 2.0 * np.pi * np.asarray(frequencies, dtype=float)[:, None]
    return np.asarray(gains, dtype=float) @ (np.exp(-rate * time) * np.sin(turn * time))


def bubble(frequency: float, seconds: float, rise: float) -> np.ndarray:
    """One bubble: a damped sine (60 dB in `seconds`) whose pitch climbs by the ratio `rise` over its life."""
    n = count(seconds)
    progress = np.linspace(0.0, 1.0, n)
    return sine(frequency * (1.0 + rise * progress)) * decay(n, seconds, 0.0015) * swell(n, 0.0005, 0.002)


def moving_band(rng: np.random.Generator, frequency: np.ndarray, width: float) -> np.ndarray:
    """Narrow noise (n,) about `width` Hz wide whose centre follows a contour: slow complex noise on a carrier."""
    n = len(frequency)
    slow = band(rng.standard_normal((2, n)), None, width / 2.0)
    turn = 2.0 * np.pi * phase_of(frequency)
    out = slow[0] * np.cos(turn) - slow[1] * np.sin(turn)
    return out / (out.std() + 1e-12)


def place(out: np.ndarray, grain: np.ndarray, at: float, gain: float = 1.0) -> None:
    """Add `grain` into `out` from `at` seconds on; what lies outside is dropped."""
    start = round(at * RATE)
    if start < 0 or start >= len(out):
        return
    end = min(len(out), start + len(grain))
    out[start:end] += gain * grain[: end - start]


def sequence(parts: Sequence[tuple[float, np.ndarray]]) -> np.ndarray:
    """Mix sounds that begin at the given seconds into one array just long enough."""
    length = max(round(at * RATE) + len(part) for at, part in parts)
    out = np.zeros(length)
    for at, part in parts:
        place(out, part, at)
    return out


def scatter(
    rng: np.random.Generator, n: int, grains: Sequence[np.ndarray], times: np.ndarray, spread: float = 0.6
) -> np.ndarray:
    """Grains picked at random at the given times (s), with log-normal gains of deviation `spread` (natural log)."""
    out = np.zeros(n)
    picks = rng.integers(0, len(grains), len(times))
    gains = np.exp(spread * rng.standard_normal(len(times)))
    for at, pick, gain in zip(times, picks, gains, strict=True):
        place(out, grains[pick], at, gain)
    return out


def moments(rng: np.random.Generator, seconds: float, density: float) -> np.ndarray:
    """Random times (s) of a Poisson process with `density` events a second; at least one."""
    return rng.uniform(0.0, seconds, max(1, rng.poisson(seconds * density)))


def clicks(rng: np.random.Generator, n: int, density: float, spread: float = 0.8) -> np.ndarray:
    """Single-frame impulses (n,) of either sign at random times, log-normal in size: drops and crackles to filter."""
    out = np.zeros(n)
    total = max(1, rng.poisson(n / RATE * density))
    sizes = np.exp(spread * rng.standard_normal(total)) * rng.choice((-1.0, 1.0), total)
    np.add.at(out, rng.integers(0, n, total), sizes)
    return out


def level(x: np.ndarray) -> np.ndarray:
    """`x` without its mean and with unit root mean square, so that layers mix by plain gains."""
    x = x - x.mean()
    return x / (np.sqrt(np.mean(x * x)) + 1e-12)


def peak(x: np.ndarray) -> np.ndarray:
    """`x` without its mean and with unit peak."""
    x = x - x.mean()
    return x / (np.abs(x).max() + 1e-12)

"""Helpers for the man-made sounds: struck objects, friction, bursts, rotors.

Everything here works on mono float64 arrays at `RATE`. Frequencies are in Hz, times in seconds, and `t60` is the
time in which a vibration falls by 60 dB. Nothing is normalised: the framework levels a finished clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import signal

RATE = 48000
TOP = 19000.0  # partials above this are left out: nothing downstream hears them
BLOCK = 512


@dataclass(frozen=True)
class Material:
    """How a solid rings: `t60` at 1 kHz, how fast it shortens with frequency, and where its modes lie.

    Mode n lies near `pitch * n ** spread`: 1 for plates (modes evenly dense), 2 for bars. `tilt` is the fall of
    the mode levels with their number.
    """

    t60: float
    damping: float
    spread: float
    tilt: float


WOOD = Material(t60=0.07, damping=0.8, spread=1.15, tilt=0.9)
METAL = Material(t60=1.3, damping=0.45, spread=1.1, tilt=0.35)
STEEL_BAR = Material(t60=0.9, damping=0.3, spread=1.6, tilt=0.15)
BLADE = Material(t60=1.1, damping=0.3, spread=1.08, tilt=0.0)
GLASS = Material(t60=0.35, damping=0.5, spread=1.4, tilt=0.5)
CERAMIC = Material(t60=0.12, damping=0.6, spread=1.3, tilt=0.6)
PLASTIC = Material(t60=0.03, damping=0.7, spread=1.2, tilt=0.7)


def count(seconds: float) -> int:
    """Frames in `seconds`, at least one."""
    return max(1, round(seconds * RATE))


def times(frames: int) -> np.ndarray:
    """The time of each frame in seconds."""
    return np.arange(frames) / RATE


def fall(frames: int, t60: float) -> np.ndarray:
    """Exponential decay from 1, by 60 dB in `t60` seconds."""
    return np.exp(-6.91 / max(t60, 1e-4) * times(frames))


def curve(frames: int, points: Sequence[tuple[float, float]]) -> np.ndarray:
    """Straight lines through (position 0..1, value) points, stretched over `frames`."""
    where, value = zip(*points, strict=True)
    return np.interp(np.linspace(0.0, 1.0, frames), where, value)


def drift(rng: np.random.Generator, frames: int, speed: float, depth: float) -> np.ndarray:
    """A slow random curve around 0, `speed` turns a second, standard deviation about `depth`."""
    knots = max(3, round(frames / RATE * speed) + 2)
    return np.interp(np.linspace(0, knots - 1, frames), np.arange(knots), rng.normal(0.0, depth, knots))


def white(rng: np.random.Generator, frames: int) -> np.ndarray:
    """White noise of unit variance."""
    return rng.standard_normal(frames)


def band(x: np.ndarray, low: float | None, high: float | None, order: int = 2) -> np.ndarray:
    """Butterworth filter: high-pass at `low`, low-pass at `high`, band-pass when both are given."""
    top = min(high, TOP) if high is not None else None
    if low is not None and top is not None:
        return signal.sosfilt(signal.butter(order, [min(low, top * 0.9), top], "bandpass", fs=RATE, output="sos"), x)
    kind, edge = ("highpass", low) if top is None else ("lowpass", top)
    return signal.sosfilt(signal.butter(order, edge, kind, fs=RATE, output="sos"), x)


def noise_band(rng: np.random.Generator, frames: int, low: float | None, high: float | None) -> np.ndarray:
    """Band-limited noise of about unit variance."""
    x = band(white(rng, frames), low, high)
    return x / (np.std(x) + 1e-9)


def resonate(x: np.ndarray, poles: Sequence[tuple[float, float, float]]) -> np.ndarray:
    """Parallel two-pole resonators; `poles` are (frequency, bandwidth, gain), each with unit peak response."""
    out = np.zeros_like(x)
    for frequency, width, gain in poles:
        if not 15.0 < frequency < TOP:
            continue
        radius = np.exp(-np.pi * width / RATE)
        feedback = [1.0, -2 * radius * np.cos(2 * np.pi * frequency / RATE), radius * radius]
        out += gain * signal.lfilter([(1 - radius * radius) / 2, 0.0, -(1 - radius * radius) / 2], feedback, x)
    return out


def swept(x: np.ndarray, centre: np.ndarray, q: float) -> np.ndarray:
    """Band-pass whose centre moves: a bank of fixed bands, mixed by nearness to `centre` on a log axis.

    A bank stays stable and vectorised where a per-sample filter would not. `q` sets how narrow the mix is.
    """
    low, high = np.log2(max(centre.min(), 30.0)), np.log2(min(centre.max(), 17000.0))
    step = 0.5 if q > 1.5 else 1.0
    octaves = np.arange(low - 0.01, high + step, step)
    place_on_axis = np.log2(np.clip(centre, 30.0, 17000.0))
    out = np.zeros_like(x)
    for octave in octaves:
        weight = np.clip(1 - np.abs(place_on_axis - octave) / step, 0, None)
        frequency = 2.0**octave
        out += weight * resonate(x, [(frequency, frequency / q, 1.0)])
    return out


def modal(
    frequencies: np.ndarray, t60s: np.ndarray, gains: np.ndarray, frames: int, phases: np.ndarray | None = None
) -> np.ndarray:
    """Sum of damped sines. A block product of complex powers: frames x modes multiplications and few exponentials."""
    keep = (frequencies > 15.0) & (frequencies < TOP)
    pole = -6.91 / np.maximum(t60s[keep], 1e-4) / RATE + 2j * np.pi * frequencies[keep] / RATE
    turn = np.exp(1j * phases[keep]) if phases is not None else np.ones(int(keep.sum()))
    blocks = -(-frames // BLOCK)
    outer = np.exp(np.outer(np.arange(blocks) * BLOCK, pole)) * (gains[keep] * turn)
    inner = np.exp(np.outer(pole, np.arange(BLOCK)))
    return (outer.real @ inner.imag + outer.imag @ inner.real).reshape(-1)[:frames]


def modes_of(
    rng: np.random.Generator, material: Material, pitch: float, number: int, length: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequencies, t60s and gains of an object; `length` stretches its decays."""
    order = np.arange(1, number + 1)
    frequencies = pitch * order**material.spread * rng.uniform(0.93, 1.07, number)
    t60s = length * material.t60 * (frequencies / 1000.0) ** -material.damping * rng.uniform(0.7, 1.3, number)
    gains = rng.uniform(0.4, 1.0, number) * order**-material.tilt
    return frequencies, t60s, gains


def contact(rng: np.random.Generator, frames: int, t60: float, low: float | None, high: float | None) -> np.ndarray:
    """The click of a contact: a noise burst, peak near 1."""
    x = noise_band(rng, frames, low, high) * fall(frames, t60)
    return x / (np.max(np.abs(x)) + 1e-9)


def strike(
    rng: np.random.Generator, material: Material, pitch: float, seconds: float, number: int = 20, length: float = 1.0,
    click: float = 0.3,
) -> np.ndarray:
    """One blow on an object: its modes and a short contact click; peak near 1."""
    frames = count(seconds)
    x = modal(*modes_of(rng, material, pitch, number, length), frames, rng.uniform(-0.5, 0.5, number))
    x /= np.max(np.abs(x)) + 1e-9
    short = min(frames, count(0.03))
    x[:short] += click * contact(rng, short, 0.01, 1000.0, 12000.0)
    return x * release(frames, 0.01)


def release(frames: int, seconds: float) -> np.ndarray:
    """Ones that go to 0 over the last `seconds`."""
    gate = np.ones(frames)
    tail = min(frames, count(seconds))
    gate[frames - tail :] = np.linspace(1.0, 0.0, tail)
    return gate


def gate(frames: int, attack: float, fade: float) -> np.ndarray:
    """Ones that rise over `attack` and fall over the last `fade` seconds."""
    edge = release(frames, fade)
    rise = min(frames, count(attack))
    edge[:rise] *= np.linspace(0.0, 1.0, rise)
    return edge


def place(out: np.ndarray, sound: np.ndarray, at: int, gain: float = 1.0) -> None:
    """Add `sound` into `out` from frame `at`, cut at the end."""
    room = min(len(sound), len(out) - at)
    if at >= 0 and room > 0:
        out[at : at + room] += gain * sound[:room]


def scatter(rng: np.random.Generator, density: np.ndarray, spread: float = 1.0) -> np.ndarray:
    """Random impulses: `density` a second at each frame; log-normal heights of width `spread`, random signs."""
    frames = len(density)
    hit = np.flatnonzero(rng.random(frames) < density / RATE)
    out = np.zeros(frames)
    out[hit] = np.exp(rng.normal(0.0, spread, len(hit))) * rng.choice((-1.0, 1.0), len(hit))
    return out


def slips(rng: np.random.Generator, speed: np.ndarray, jitter: float) -> np.ndarray:
    """Stick-slip: one impulse each time the friction lets go, `speed` a second, with irregular timing and force."""
    phase = np.cumsum(np.maximum(speed, 0.0)) / RATE
    steps = max(1, int(phase[-1]) + 1)
    marks = np.arange(steps) + rng.normal(0.0, jitter, steps)
    marks[0] = 0.0  # the first slip is where the movement begins
    where = np.searchsorted(phase, np.sort(marks[marks >= 0]))
    out = np.zeros(len(speed))
    where = where[where < len(speed)]
    out[where] = rng.lognormal(0.0, jitter * 2, len(where))
    return out


def turning(frequency: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Read one cycle `table` at a moving `frequency`."""
    phase = (np.cumsum(frequency) / RATE) % 1.0
    return np.interp(phase * len(table), np.arange(len(table) + 1), np.append(table, table[0]))


def cycle(amplitudes: Sequence[float] | np.ndarray, phases: np.ndarray | None = None, size: int = 2048) -> np.ndarray:
    """One cycle of a wave from the amplitudes of its harmonics 1, 2, 3..."""
    levels = np.asarray(amplitudes, dtype=float)
    spectrum = np.zeros(size // 2 + 1, dtype=complex)
    turn = np.exp(1j * phases) if phases is not None else np.ones(len(levels))
    spectrum[1 : len(levels) + 1] = -1j * levels * turn
    return np.fft.irfft(spectrum, size) * size / 2


def echo_tail(rng: np.random.Generator, x: np.ndarray, seconds: float, t60: float, dull: float) -> np.ndarray:
    """The outdoor tail of a shot: `x` smeared by decaying noise that is dull above `dull` Hz."""
    frames = count(seconds)
    response = band(white(rng, frames), None, dull) * fall(frames, t60)
    response[: count(0.01)] = 0.0
    tail = signal.oaconvolve(x, response)
    return tail / (np.max(np.abs(tail)) + 1e-9)


def cut(x: np.ndarray, frames: int) -> np.ndarray:
    """`x` at most `frames` long, faded where it had to be cut."""
    return x if len(x) <= frames else x[:frames] * release(frames, 0.1)


def mixed(*parts: np.ndarray) -> np.ndarray:
    """Sum of clips of different lengths."""
    out = np.zeros(max(len(part) for part in parts))
    for part in parts:
        out[: len(part)] += part
    return out


def unit(x: np.ndarray) -> np.ndarray:
    """`x` with its peak at 1."""
    return x / (np.max(np.abs(x)) + 1e-9)


def convolved(x: np.ndarray, response: np.ndarray) -> np.ndarray:
    """`x` through an impulse response, at the length of `x`."""
    return signal.oaconvolve(x, response)[: len(x)]

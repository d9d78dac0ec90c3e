"""The voices of a drum kit, single hits as pure functions: used one by one and together in loops and rolls."""

from __future__ import annotations

import numpy as np

from engine.training.corpus.kinds._electronic import (
    RATE,
    Samples,
    band,
    clock,
    drive,
    edges,
    fall,
    glide,
    hiss,
    normal,
    partials,
    place,
    pulse,
    ring,
    sine,
)

_HAT_RATIOS = np.array([2.0, 3.0, 4.16, 5.43, 6.79, 8.21])
"""Inharmonic square-wave ratios of the classic analogue drum machines' cymbal source."""


def kick(rng: np.random.Generator, pitch: float, length: float, snap: float = 0.3, dirt: float = 1.2) -> Samples:
    """Bass drum: a sine that falls to `pitch` Hz over some tens of milliseconds, with a beater click."""
    time = clock(length)
    frequency = glide(time, pitch * rng.uniform(3.5, 7.0), pitch, rng.uniform(0.012, 0.035))
    body = sine(frequency) * fall(time, length * 0.95)
    click = band(hiss(rng, time.size), 1500.0, 7000.0) * fall(time, 0.02)
    return edges(drive(body + snap * click, dirt), 0.0005, 0.03)


def snare(
    rng: np.random.Generator, pitch: float, rattle: float, brightness: float = 1.0, steel: float = 0.0
) -> Samples:
    """Snare drum: two shell modes near `pitch` Hz under the wires' noise, which lasts `rattle` seconds.

    steel: level of a metal shell's ring, which outlasts the wires; 0 for a wooden shell.
    """
    time = clock(max(rattle * 1.1 + 0.05, 0.7 if steel else 0.0))
    tone = sine(glide(time, pitch * 1.6, pitch, 0.01)) * fall(time, rng.uniform(0.12, 0.22))
    tone += 0.6 * sine(np.full(time.size, pitch * rng.uniform(1.75, 1.95))) * fall(time, rng.uniform(0.08, 0.16))
    wires = band(hiss(rng, time.size), rng.uniform(900.0, 1800.0), 13000.0, 1) * fall(time, rattle)
    stick = band(hiss(rng, time.size), 3000.0, None) * fall(time, 0.012)
    sound = normal(tone) * 0.7 + normal(wires) * brightness + 0.6 * normal(stick)
    if steel:
        modes = pitch * np.array([3.1, 4.6, 6.3, 8.9])
        sound += steel * ring(rng, modes, (1.0, 0.8, 0.6, 0.4), (0.55, 0.5, 0.4, 0.3), time.size)
    return edges(sound, 0.0004, 0.02)


def clap(rng: np.random.Generator, centre: float, tail: float) -> Samples:
    """Several hands at once: three or four short noise bursts about 10 ms apart, then a room-like tail."""
    time = clock(tail + 0.12)
    envelope = np.zeros(time.size)
    at = 0.0
    for _ in range(int(rng.integers(3, 5))):
        place(envelope, fall(clock(0.02), 0.022), at)
        at += rng.uniform(0.008, 0.014)
    place(envelope, fall(time, tail) * rng.uniform(0.5, 0.8), at)
    noise = band(hiss(rng, time.size), centre * 0.65, centre * 1.6) + 0.25 * band(hiss(rng, time.size), 3000.0, 9000.0)
    return edges(noise * envelope, 0.0003, 0.02)


def hat(rng: np.random.Generator, ring_time: float, cutoff: float) -> Samples:
    """Hi-hat: six clashing square waves and noise above `cutoff` Hz, dying within `ring_time` seconds."""
    time = clock(ring_time * 1.1 + 0.01)
    base = rng.uniform(190.0, 260.0)
    metal = sum(pulse(np.full(time.size, base * ratio), 0.5, rng.random()) for ratio in _HAT_RATIOS)
    sound = band(normal(np.asarray(metal)) + 0.35 * hiss(rng, time.size), cutoff, None, 3)
    return edges(sound * (fall(time, ring_time) + 0.5 * fall(time, 0.03)), 0.0003, 0.008)


def crash(rng: np.random.Generator, length: float, low: float) -> Samples:
    """Crash cymbal: a dense wash of modes from `low` Hz up whose top end dies first."""
    time = clock(length)
    sound = np.zeros(time.size)
    for begin, end, share in ((low, 1200, 0.9), (1200, 3500, 0.75), (3500, 8000, 0.6), (8000, 17000, 0.42)):
        modes = np.exp(rng.uniform(np.log(begin), np.log(end), 260))
        layer = partials(rng, modes, rng.rayleigh(1.0, modes.size), time.size)
        sound += layer * fall(time, length * share * rng.uniform(0.9, 1.1)) * (begin / 500.0) ** 0.25
    strike = band(hiss(rng, time.size), 2500.0, None) * fall(time, 0.18)
    return edges(normal(sound) * (1.0 - 0.6 * np.exp(-time / 0.006)) + 0.35 * normal(strike), 0.0008, 0.1)


def tom(rng: np.random.Generator, pitch: float, length: float) -> Samples:
    """Tom: a tuned membrane (Bessel ratios of the ideal drumhead) whose pitch sags as it rings."""
    time = clock(length)
    frequency = glide(time, pitch * rng.uniform(1.25, 1.5), pitch, rng.uniform(0.05, 0.11))
    sound = sine(frequency) * fall(time, length)
    for ratio, level in ((1.594, 0.45), (2.136, 0.25), (2.653, 0.12)):
        sound += level * sine(frequency * ratio) * fall(time, length * 0.4 / ratio)
    stick = band(hiss(rng, time.size), 700.0, 5000.0) * fall(time, 0.03)
    return edges(normal(sound) + 0.35 * normal(stick), 0.0005, 0.03)


def rim(rng: np.random.Generator, pitch: float) -> Samples:
    """Rimshot: stick across rim and head; a hard crack of a few short high modes with a hint of snare wire."""
    frames = round(0.2 * RATE)
    ratios = np.array([1.0, 2.42, 3.9, 5.7]) * rng.uniform(0.97, 1.03, 4)
    crack = ring(rng, pitch * ratios, (1.0, 0.9, 0.6, 0.4), (0.09, 0.05, 0.035, 0.025), frames)
    time = clock(frames / RATE)
    wires = band(hiss(rng, frames), 2500.0, 10000.0) * fall(time, 0.07)
    return edges(drive(crack, 2.0) + 0.3 * normal(wires), 0.0002, 0.02)

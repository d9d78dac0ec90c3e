"""Frogs, insects, a rattlesnake and whales: pulse trains, wings, hiss and slow glides."""

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _organic as organic


def _ribbit(draw: Draw, rate: float, tract: list[tuple[float, float, float]]) -> np.ndarray:
    """Rib-bit: two croaks, each a creaky train of pulses through the vocal sac; the second is higher."""
    parts, at = [], 0.0
    for pitch, length in ((1.0, draw.uniform(0.13, 0.18)), (1.35, draw.uniform(0.15, 0.22))):
        n = organic.count(length)
        train = rate * pitch * organic.curve(n, [(0, 0.85), (1, 1.15)])
        shape = organic.scaled(tract, 1.0 if pitch == 1.0 else 1.18)
        croak = organic.voice(draw.rng, train, [(0, shape), (1, shape)], openness=0.12, breath=0.004, jitter=0.03)
        parts.append((at, organic.peak(croak * organic.curve(n, [(0, 0), (0.25, 0.7), (0.75, 1), (1, 0)]))))
        at += length + 0.04
    return organic.sequence(parts)


@kind("frog", group="animals", phrases=("frog", "frog croaking", "ribbit"), sustained=True)
def frog(draw: Draw) -> np.ndarray:
    """Croaks repeated at an unhurried pace."""
    size = draw.attribute("size", {"small": (1.35, 1.7), "big": (0.6, 0.78)})
    tract = organic.scaled(((720, 90, 1.0), (1550, 160, 0.35), (2300, 200, 0.7)), size)
    rate = draw.uniform(48, 62) * size**0.3
    out = np.zeros(draw.frames)
    at = 0.004
    period = draw.uniform(0.62, 1.05)
    call = _ribbit(draw, rate, tract)
    while at < draw.seconds:
        organic.place(out, call if draw.chance(0.5) else _ribbit(draw, rate, tract), at, draw.uniform(0.75, 1.0))
        at += period * draw.uniform(0.9, 1.15)
    return out


@kind("crickets", group="animals", phrases=("crickets", "crickets chirping", "cricket chirps"), sustained=True)
def crickets(draw: Draw) -> np.ndarray:
    """Chirps: bursts of three to five wing strokes on one high tone; other crickets answer further away."""
    n = draw.frames
    time = organic.clock(n)
    total = int(draw.attribute("count", {"a few": 2, "many": 6})) if draw.chance(0.6) else 1
    out = np.zeros(n)
    for index in range(total):
        tone = draw.uniform(3900, 5200)
        strokes = draw.integer(3, 5)
        stroke = draw.uniform(0.021, 0.03)
        period = draw.uniform(0.3, 0.62)
        offset = 0.0 if index == 0 else draw.uniform(0, period)
        place = (time - offset) * (1 + 0.004 * organic.wander(draw.rng, n, 1.0)) % period
        number, inside = np.divmod(place, stroke)
        pulse = np.where(number < strokes, np.clip(np.sin(np.pi * inside / (0.72 * stroke)), 0, 1), 0.0)
        pulse = np.where(inside < 0.72 * stroke, pulse, 0.0) * (0.6 + 0.4 * number / strokes)
        pitch = tone * (1 - 0.02 * inside / stroke)
        gain = 1.0 if index == 0 else draw.log_uniform(0.12, 0.5)
        out += gain * pulse * np.sin(2 * np.pi * organic.phase_of(pitch))
    return out + 0.003 * draw.rng.standard_normal(n)


@kind("bee buzz", group="animals", phrases=("bee buzz", "bee buzzing", "buzzing bee"), sustained=True)
def bee_buzz(draw: Draw) -> np.ndarray:
    """Wing beats: a rich buzz whose pitch wavers as the insect darts, swelling as it comes near."""
    n = draw.frames
    base = draw.attribute("size", {"small": (250, 320), "big": (120, 150)}, chance=0.4)
    dart = organic.wander(draw.rng, n, draw.uniform(1.0, 2.0))
    pitch = base * np.exp(0.075 * np.clip(dart, -2, 2) + 0.012 * organic.wander(draw.rng, n, 14))
    wings = organic.glottal(draw.rng, pitch, draw.uniform(0.5, 0.8), 0.004) + 0.05 * draw.rng.standard_normal(n)
    body = organic.formants(
        wings, ((base * 1.5, 200, 1.0), (draw.uniform(700, 1100), 500, 0.7), (2600, 1200, 0.4), (5200, 2500, 0.25))
    )
    near = np.exp(0.6 * np.clip(organic.wander(draw.rng, n, draw.uniform(0.5, 0.9)), -1.6, 1.4))
    return body * near * (1 + 0.12 * organic.wander(draw.rng, n, 20))


@kind("snake hiss", group="animals", phrases=("snake hiss", "hissing snake", "rattlesnake"), sustained=True)
def snake_hiss(draw: Draw) -> np.ndarray:
    """A hiss in long breaths over a rattle: dry shells that click some thirty times a second."""
    n = draw.frames
    rattle = draw.uniform(0.3, 0.5) if draw.chance(0.5) else draw.attribute("character", {"rattling": (1.3, 2.2)})
    period = draw.uniform(1.1, 1.9)
    breath = organic.sine((1 / period) * (1 + 0.12 * organic.wander(draw.rng, n, 1.0)), -0.05)
    swell = np.clip(0.55 + 0.6 * breath, 0.03, 1.2) ** 1.3
    low, high = draw.uniform(2600, 3600), draw.uniform(8000, 11000)
    hiss = organic.level(organic.band(draw.rng.standard_normal(n), low, high, 2)) * swell
    rate = draw.uniform(24, 38) * (1 + 0.08 * organic.wander(draw.rng, n, 2.0))
    strike = np.diff(np.floor(organic.phase_of(rate)), prepend=0.0) * (
        1 + 0.35 * np.clip(draw.rng.standard_normal(n), -2, 2)
    )
    shells = np.convolve(strike, organic.decay(400, 0.012))[:n] * draw.rng.standard_normal(n)
    dry = organic.resonate(shells, draw.uniform(5000, 7000), 1800) + organic.resonate(
        shells, draw.uniform(9000, 11500), 2500
    )
    shaking = np.clip(0.75 + 0.4 * organic.wander(draw.rng, n, 0.8), 0.3, 1.4)
    return hiss + rattle * organic.level(dry) * shaking


def _moan(draw: Draw, base: float) -> np.ndarray:
    """One whale unit: a long tone that glides slowly up or down, with a few harmonics, sometimes a wail at the end."""
    n = organic.count(draw.uniform(0.9, 2.0))
    start, middle, end = draw.choose(((0.6, 1.0, 1.9), (1.6, 1.0, 0.7), (0.8, 1.5, 0.8), (1.0, 0.8, 2.4)))
    pitch = base * organic.curve(n, [(0, start), (draw.uniform(0.35, 0.65), middle), (1, end)])
    pitch *= 1 + 0.012 * organic.sine(np.full(n, draw.uniform(3, 7)))
    tone = organic.partials(pitch, (1.0, draw.uniform(0.25, 0.7), draw.uniform(0.1, 0.4), 0.18, 0.08, 0.04))
    return (tone + 0.03 * organic.moving_band(draw.rng, pitch * 2, 300)) * organic.swell(n, 0.18, 0.35)


@kind("whale song", group="animals", phrases=("whale song", "whale calls", "humpback whale"), sustained=True)
def whale_song(draw: Draw) -> np.ndarray:
    """A humpback's moans and cries in slow succession, smeared by the sea's own late echoes."""
    n = draw.frames
    out = np.zeros(n)
    at = 0.0
    while at < draw.seconds - 0.4:
        moan = _moan(draw, draw.log_uniform(130, 420))
        organic.place(out, moan, at, draw.uniform(0.6, 1.0))
        at += len(moan) / organic.RATE * draw.uniform(0.8, 1.05)
    for lag in (0.31, 0.53, 0.79):
        delay = organic.count(lag * draw.uniform(0.9, 1.1))
        out[delay:] += 0.3 * np.exp(-lag) * out[:-delay]
    sea = organic.band(organic.noise(draw.rng, n, 5.0), 30, 250, 1)
    return organic.peak(out) + 0.012 * organic.level(sea)

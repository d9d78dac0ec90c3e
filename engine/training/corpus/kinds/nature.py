"""Weather and water."""

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _organic as organic


def _roof(draw: Draw, n: int, density: float) -> np.ndarray:
    """Drops on sheet metal: every drop rings a few panel modes."""
    drops = organic.clicks(draw.rng, n, density, 0.9)
    out = np.zeros(n)
    for _ in range(8):
        pitch = draw.log_uniform(650, 4500)
        out += draw.uniform(0.4, 1.0) * organic.resonate(drops, pitch, pitch * draw.log_uniform(0.03, 0.12))
    return organic.level(out) + 0.25 * organic.level(organic.band(drops, 3500, 14000))


def _leaves(draw: Draw, n: int, density: float) -> np.ndarray:
    """Drops on foliage: soft, dry taps with no ring."""
    drops = organic.clicks(draw.rng, n, density, 0.7)
    low, high = draw.uniform(1400, 2200), draw.uniform(5000, 8000)
    return organic.level(organic.band(drops, low, high, 1)) + 0.4 * organic.level(organic.resonate(drops, 900, 900))


def _window(draw: Draw, n: int, density: float) -> np.ndarray:
    """Drops on a pane: a low pat from the glass and a bright tick from each drop."""
    drops = organic.clicks(draw.rng, n, density, 1.0)
    pane = organic.resonate(drops, draw.uniform(260, 480), 140) + organic.resonate(drops, draw.uniform(700, 1100), 220)
    return organic.level(pane) + 0.8 * organic.level(organic.band(drops, 3000, 9000))


_SURFACES = (_roof, _leaves, _window)


@kind("rain", group="nature", phrases=("rain", "rainfall", "rain falling"), sustained=True)
def rain(draw: Draw) -> np.ndarray:
    """Thousands of drops on one surface over the hiss of all the others."""
    density = draw.attribute("intensity", {"light": (50, 130), "steady": (250, 600), "heavy": (1800, 4000)})
    surface = int(draw.attribute("surface", {"on a metal roof": 0, "on leaves": 1, "on a window": 2}))
    near = _SURFACES[surface](draw, draw.frames, density)
    hiss = organic.band(organic.noise(draw.rng, draw.frames, draw.uniform(0.5, 2.0)), draw.uniform(700, 1300), 16000)
    gain = 0.25 + 0.28 * np.log10(density / 50.0) * draw.uniform(0.8, 1.3)
    return near + gain * organic.level(hiss) * (1.0 + 0.06 * organic.wander(draw.rng, draw.frames, 1.0))


def _rumble(draw: Draw, n: int) -> np.ndarray:
    """Thunder's body: low noise whose gain is a random row of claps, later ones weaker and darker."""
    gain = np.zeros(n)
    time = organic.clock(n)
    for index in range(draw.integer(6, 11)):
        at = 0.0 if index == 0 else draw.uniform(0.15, 0.75) * n / organic.RATE
        clap = np.clip((time - at) / draw.uniform(0.02, 0.15), 0, 1) * np.exp(-(time - at) / draw.uniform(0.2, 0.7))
        gain += np.where(time >= at, clap, 0.0) * draw.uniform(0.4, 1.0) * np.exp(-at / 2.0)
    near = organic.band(organic.noise(draw.rng, n, 5.0), 25, draw.uniform(350, 800), 1)
    far = organic.band(organic.noise(draw.rng, n, 6.0), 22, draw.uniform(90, 160), 2)
    fade = np.exp(-time / draw.uniform(0.5, 1.0))
    return gain * (organic.level(near) * fade + organic.level(far) * (1.0 - 0.6 * fade))


@kind("thunder", group="nature", phrases=("thunder", "thunderclap", "thunder rolling"))
def thunder(draw: Draw) -> np.ndarray:
    """A tearing crack of many small discharges, then seconds of uneven low rolling."""
    n = min(draw.frames, organic.count(draw.uniform(3.8, 4.9)))
    crack = draw.attribute("character", {"rolling": (0.05, 0.15), "cracking": (0.8, 1.6)})
    body = _rumble(draw, n)
    tear = np.zeros(organic.count(0.5))
    for at in np.sort(draw.rng.exponential(0.09, draw.integer(8, 18))):
        burst = draw.rng.standard_normal(organic.count(0.06)) * organic.decay(
            organic.count(0.06), draw.uniform(0.02, 0.1)
        )
        organic.place(tear, burst, at, draw.uniform(0.3, 1.0) * np.exp(-at * 5))
    sharp = np.zeros(n)
    sharp[: len(tear)] = organic.band(tear, 180, draw.uniform(5000, 9000), 1)
    out = organic.peak(body) + crack * organic.peak(sharp)
    return out * organic.swell(n, 0.004, 1.2)


@kind("wind", group="nature", phrases=("wind", "wind blowing", "gusts of wind"), sustained=True)
def wind(draw: Draw) -> np.ndarray:
    """Gusts: low roar and one or two edge tones whose pitch and loudness climb together with the air speed."""
    n = draw.frames
    howl = draw.attribute("character", {"howling": (1.7, 2.4), "whistling": (1.0, 1.5), "soft": (0.2, 0.4)})
    base = draw.log_uniform(260, 480) * (1.9 if 1.0 <= howl < 1.6 else 1.0)  # thin edges whistle an octave higher
    gust = organic.wander(draw.rng, n, draw.uniform(0.4, 0.9))
    force = np.exp(0.55 * np.clip(gust, -1.8, 1.8))
    roar = organic.band(organic.noise(draw.rng, n, 4.5), 50, draw.uniform(500, 900), 1)
    out = organic.level(roar) * force
    for ratio in (1.0, draw.uniform(1.5, 2.2)):
        pitch = base * ratio * np.exp(0.28 * np.clip(gust, -2, 2) + 0.06 * organic.wander(draw.rng, n, 2.0))
        tone = organic.moving_band(draw.rng, pitch, draw.uniform(25, 70) * ratio)
        out += howl / ratio * tone * force**1.6 * (1.0 + 0.2 * organic.wander(draw.rng, n, 5.0))
    return out


@kind(
    "ocean waves", group="nature", phrases=("ocean waves", "waves breaking on the shore", "sea waves"), sustained=True
)
def ocean_waves(draw: Draw) -> np.ndarray:
    """Breakers: a low swell grows, crashes over the whole spectrum, and runs back as a bright, fading fizz."""
    n = draw.frames
    period = draw.attribute("speed", {"slow": (4.2, 5.0), "rolling": (2.8, 3.6)}, chance=0.4)
    time = organic.clock(n)
    layers = [
        organic.level(organic.band(organic.noise(draw.rng, n, 4.5), 40, 400, 1)),
        organic.level(organic.band(organic.noise(draw.rng, n, 3.0), 250, 5000, 1)),
        organic.level(organic.band(organic.noise(draw.rng, n, 0.0), 2500, 15000, 1)),
    ]
    gains = [np.full(n, 0.08), np.full(n, 0.05), np.full(n, 0.03)]
    crash = -draw.uniform(0.0, 0.8) * period
    while crash < draw.seconds + period:
        weight = draw.uniform(0.7, 1.1)
        since = time - crash
        for index, (rise, fall, late) in enumerate(((0.30, 0.22, 0.0), (0.13, 0.2, 0.03), (0.07, 0.38, 0.12))):
            shifted = (since - late * period) / period
            shape = np.where(shifted < 0, np.exp(shifted / rise * 1.6), np.exp(-shifted / fall * 1.3))
            gains[index] += weight * (0.9, 1.0, 0.55)[index] * shape
        crash += period * draw.uniform(0.85, 1.15)
    churn = 1.0 + 0.15 * organic.wander(draw.rng, n, 9.0)
    return sum(layer * gain for layer, gain in zip(layers, gains, strict=True)) * churn


@kind("stream", group="nature", phrases=("stream", "babbling brook", "creek flowing"), sustained=True)
def stream(draw: Draw) -> np.ndarray:
    """A brook: hundreds of small bubbles a second, each a short pitched chirp, over soft rushing water."""
    n = draw.frames
    density = draw.attribute("intensity", {"gentle": (90, 150), "rushing": (260, 400)})
    centre = draw.log_uniform(700, 1300)
    pool = [
        organic.bubble(centre * np.exp(draw.uniform(-0.8, 0.9)), draw.uniform(0.02, 0.07), draw.uniform(0.0, 0.5))
        for _ in range(48)
    ]
    drops = organic.scatter(draw.rng, n, pool, organic.moments(draw.rng, draw.seconds, density), 0.8)
    rush = organic.band(organic.noise(draw.rng, n, 3.0), 250, draw.uniform(3000, 6000), 1)
    gain = 0.22 * np.sqrt(density / 100.0)
    return organic.level(drops) + gain * organic.level(rush) * (1 + 0.15 * organic.wander(draw.rng, n, 3.0))


def _drip(draw: Draw, pitch: float) -> np.ndarray:
    """One drop into still water: the tick of the impact, then the entrained bubble's rising plink."""
    lag = draw.uniform(0.008, 0.025)
    plink = organic.bubble(pitch * draw.uniform(0.93, 1.07), draw.uniform(0.09, 0.2), draw.uniform(0.15, 0.5))
    tick = organic.band(draw.rng.standard_normal(480), 2500, 12000) * organic.decay(480, 0.006)
    parts = [(0.0, 0.25 * organic.peak(tick)), (lag, plink)]
    if draw.chance(0.35):
        parts.append((lag + draw.uniform(0.05, 0.11), 0.4 * organic.bubble(pitch * draw.uniform(1.3, 1.9), 0.06, 0.3)))
    return organic.sequence(parts)


@kind("water drips", group="nature", phrases=("water drips", "dripping water", "water dripping"), sustained=True)
def water_drips(draw: Draw) -> np.ndarray:
    """Single drops at a steady, slightly uneven pace."""
    gap = draw.attribute("speed", {"slow": (0.9, 1.3), "fast": (0.26, 0.4)})
    pitch = draw.log_uniform(900, 2300)
    out = np.zeros(draw.frames)
    at = 0.005
    while at < draw.seconds:
        organic.place(out, _drip(draw, pitch), at, draw.uniform(0.6, 1.0))
        at += gap * draw.uniform(0.88, 1.12)
    return out


@kind("bubbles", group="nature", phrases=("bubbles", "bubbling water", "underwater bubbles"), sustained=True)
def bubbles(draw: Draw) -> np.ndarray:
    """Big bubbles rising under water: separate low bloops that glide upwards."""
    n = draw.frames
    density = draw.attribute("speed", {"slow": (6, 9), "fast": (18, 28)})
    centre = draw.attribute("size", {"small": (520, 800), "big": (170, 300)})
    pool = [
        organic.bubble(centre * np.exp(draw.uniform(-0.45, 0.5)), draw.uniform(0.09, 0.22), draw.uniform(0.5, 1.4))
        for _ in range(28)
    ]
    times = np.append(organic.moments(draw.rng, draw.seconds, density), 0.005)
    muffled = organic.band(organic.noise(draw.rng, n, 4.0), 60, 500, 1)
    return organic.peak(organic.scatter(draw.rng, n, pool, times, 0.45)) + 0.02 * organic.level(muffled)


@kind("water splash", group="nature", phrases=("water splash", "splash", "splash into water"))
def water_splash(draw: Draw) -> np.ndarray:
    """Something falls in: a slap, the plunge of the closing cavity, then thrown drops pattering back."""
    size = draw.attribute("size", {"small": (0.45, 0.75), "big": (1.2, 1.9)})
    n = organic.count(min(2.4, 0.9 + 0.75 * size))
    slap = organic.band(organic.noise(draw.rng, n, 2.0), 200 / size, 11000, 1) * organic.decay(n, 0.35 * size, 0.006)
    spray = organic.band(draw.rng.standard_normal(n), 2200, 9000, 1) * organic.curve(
        n, [(0, 0), (0.08, 0.25), (0.2, 1.0), (0.45, 0.4), (1, 0)]
    )
    spray *= 1.0 + 0.5 * np.clip(organic.wander(draw.rng, n, 45.0), -1.5, 2.5)
    plunge = organic.bubble(draw.uniform(130, 210) / size, 0.35 * size, draw.uniform(0.5, 1.1))
    pool = [
        organic.bubble(draw.log_uniform(700, 2800), draw.uniform(0.02, 0.06), draw.uniform(0.1, 0.6)) for _ in range(24)
    ]
    times = 0.12 * size + draw.rng.exponential(0.22 * size, draw.integer(40, 90))
    drops = organic.scatter(draw.rng, n, pool, times, 0.7)
    out = organic.peak(slap) + 0.28 * organic.peak(spray) + 0.3 * organic.peak(drops)
    organic.place(out, plunge, 0.05 * size, 0.8)
    return out * organic.swell(n, 0.001, 0.15)

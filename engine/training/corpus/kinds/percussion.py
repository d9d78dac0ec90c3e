"""Hand and orchestral percussion: struck metal and wood, rattles, skins."""

from __future__ import annotations

import numpy as np

from engine.training.corpus.draw import Draw, kind
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


@kind("cowbell", group="percussion", phrases=("cowbell", "cow bell", "cowbell hit"))
def cowbell(draw: Draw) -> Samples:
    """Two clashing square waves a wide fifth apart, as the classic drum machines do it, behind a band-pass."""
    pitch = draw.attribute("pitch", {"low": (430.0, 500.0), "high": (590.0, 720.0)})
    length = draw.uniform(0.28, 0.5)
    time = clock(length)
    ratio = draw.uniform(1.46, 1.51)
    tone = sum(pulse(np.full(time.size, frequency), 0.5, draw.uniform(0, 1)) for frequency in (pitch, pitch * ratio))
    tone = band(np.asarray(tone), pitch * 0.8, pitch * 6.0, 1) * (0.6 * fall(time, length) + fall(time, 0.07))
    count = int(draw.attribute("count", {"single": 1, "repeated": 5}, chance=0.5))
    gap, out = draw.uniform(0.25, 0.36), np.zeros(round(2.4 * RATE) if count > 1 else time.size)
    for index in range(count):
        place(out, edges(tone, 0.0004, 0.02), index * gap, draw.uniform(0.7, 1.0))
    return out


@kind("shaker", group="percussion", phrases=("shaker", "egg shaker", "maracas"), sustained=True)
def shaker(draw: Draw) -> Samples:
    """Grains thrown against a shell: band noise with a soft swell forth and a softer one back, in tempo."""
    shell = ("wooden", "plastic", "metal")[int(draw.attribute("material", {"wooden": 0, "plastic": 1, "metal": 2}))]
    step = draw.attribute("speed", {"slow": (0.2, 0.26), "fast": (0.11, 0.14)})
    low = draw.attribute("size", {"small": (5500.0, 7000.0), "big": (3200.0, 4200.0)}, chance=0.5)
    envelope = np.zeros(draw.frames)
    for index in range(int(draw.seconds / step) + 1):
        accent = (1.0, 0.35, 0.7, 0.35)[index % 4] * draw.uniform(0.85, 1.1)
        width = draw.uniform(0.055, 0.085)
        time = clock(width)
        shape = np.sin(np.pi * np.clip(time / width, 0, 1) ** 0.8) ** 2
        place(envelope, shape, index * step + draw.uniform(0.0, 0.006), accent)
    grains = hiss(draw.rng, draw.frames) * (draw.rng.random(draw.frames) < 0.25)
    if shell == "wooden":
        heard = band(grains, 0.35 * low, 0.8 * low, 2)
    elif shell == "plastic":
        heard = band(grains, low, low * 2.2, 2)
    else:
        heard = band(grains, 1.3 * low, 15000.0, 2) + 1.5 * band(grains, 7800.0, 8300.0, 2)
    return heard * (envelope + 0.004)


@kind("tambourine", group="percussion", phrases=("tambourine", "tambourine shake", "tambourine hit"))
def tambourine(draw: Draw) -> Samples:
    """Pairs of little brass plates: high ringing modes set off in clusters of chinks, with a touch of skin."""
    rng = draw.rng
    jingles = np.exp(rng.uniform(np.log(4200.0), np.log(14000.0), 26))
    chink = ring(rng, jingles, rng.rayleigh(0.7, 26), rng.uniform(0.12, 0.4, 26), round(0.45 * RATE))
    shaken = draw.attribute("rhythm", {"shaken": 1.0, "struck": 0.0})
    gap = draw.uniform(0.11, 0.15) if shaken else draw.uniform(0.4, 0.55)
    count = draw.integer(10, 15) if shaken else draw.integer(1, 4)
    out = np.zeros(min(draw.frames, round((count * gap + 0.6) * RATE)))
    for index in range(count):
        for _ in range(5):
            spread = draw.uniform(0.0, 0.05) if shaken else draw.uniform(0.0, 0.03)
            place(out, chink, index * gap + spread, draw.uniform(0.15, 0.5))
        if not shaken:
            place(out, chink, index * gap, 1.0)
            thump = clock(0.1)
            place(out, sine(glide(thump, 330.0, 210.0, 0.02)) * fall(thump, 0.09), index * gap, 0.9)
    return edges(out, 0.0003, 0.05)


@kind("triangle", group="percussion", phrases=("triangle", "triangle ding", "orchestral triangle"))
def triangle(draw: Draw) -> Samples:
    """A bent steel rod: few, sparse, inharmonic and very long modes from about 1.5 to 15 kHz."""
    base = draw.attribute("pitch", {"low": (1150.0, 1400.0), "high": (1700.0, 2200.0)}, chance=0.5)
    open_ring = draw.attribute("character", {"ringing": (2.6, 4.2), "muted": (0.22, 0.35)})
    ratios = np.array([1.0, 2.27, 2.31, 3.61, 5.03, 5.09, 6.4, 8.1]) * draw.rng.uniform(0.985, 1.015, 8)
    levels = np.array([0.25, 0.7, 0.5, 1.0, 0.8, 0.5, 0.5, 0.3]) * draw.rng.uniform(0.7, 1.2, 8)
    frames = min(draw.frames, round(open_ring * 1.05 * RATE) + 2000)
    sound = ring(draw.rng, base * ratios, levels, open_ring * np.linspace(1.0, 0.5, 8), frames)
    tick = band(hiss(draw.rng, frames), 7000.0, None) * fall(clock(frames / RATE), 0.012)
    return edges(normal(sound) + 0.15 * normal(tick), 0.0006, 0.05)


@kind("woodblock", group="percussion", phrases=("woodblock", "wood block", "temple block"))
def woodblock(draw: Draw) -> Samples:
    """A hollow block of hardwood: one strong mode and a weaker one, gone in some 80 ms."""
    pitch = draw.attribute("pitch", {"low": (680.0, 880.0), "high": (1300.0, 1900.0)})
    frames = round(0.22 * RATE)
    count = int(draw.attribute("count", {"single": 1, "repeated": 6}, chance=0.5))
    gap = draw.uniform(0.16, 0.32)
    out = np.zeros(round(((count - 1) * gap + 0.25) * RATE))
    for index in range(count):
        note = pitch * (draw.choose((1.0, 0.75)) if count > 1 else 1.0)
        hit = ring(draw.rng, (note, note * 2.51, note * 3.8), (1.0, 0.35, 0.2), (0.13, 0.05, 0.03), frames)
        place(out, edges(hit, 0.0005, 0.02), index * gap, draw.uniform(0.7, 1.0))
    return out


@kind("conga", group="percussion", phrases=("conga", "conga drum", "congas"))
def conga(draw: Draw) -> Samples:
    """A hand pattern on one or two congas: ringing open tones and sharp slaps over muffled heel strokes."""
    pitch = draw.attribute("pitch", {"low": (170.0, 205.0), "high": (250.0, 310.0)})
    step = draw.attribute("speed", {"slow": (0.19, 0.23), "fast": (0.11, 0.14)}, chance=0.5)
    pattern = draw.choose(("o.s.oo.s", "o.ohs.oo", "s..oo.oo", "ohshohoo", "oo.s.oos"))
    out = np.zeros(min(draw.frames, round((len(pattern) * step + 0.5) * RATE)))
    for index, stroke in enumerate(pattern):
        if stroke != ".":
            drum = pitch * (0.79 if stroke == "o" and index > 3 else 1.0)
            place(out, _conga_stroke(draw, drum, stroke), index * step, draw.uniform(0.75, 1.0))
    return out


def _conga_stroke(draw: Draw, pitch: float, stroke: str) -> Samples:
    """o: open tone, s: slap, h: heel."""
    frames = round(0.5 * RATE)
    time = clock(0.5)
    if stroke == "s":
        modes = pitch * np.array([1.6, 2.9, 4.4, 6.1])
        tone = ring(draw.rng, modes, (0.6, 1.0, 0.8, 0.6), (0.1, 0.08, 0.06, 0.05), frames)
        return edges(normal(tone) + 0.5 * band(hiss(draw.rng, frames), 1500.0, 6000.0) * fall(time, 0.04), 0.0004)
    length = draw.uniform(0.35, 0.5) if stroke == "o" else 0.09
    sound = sine(glide(time, pitch * 1.06, pitch, 0.03)) * fall(time, length)
    sound += ring(draw.rng, pitch * np.array([1.59, 2.14, 2.65]), (0.35, 0.25, 0.15), length * 0.4, frames)
    skin = 0.25 * band(hiss(draw.rng, frames), 500.0, 2500.0) * fall(time, 0.03)
    return edges(sound + skin, 0.0008, 0.03) * (1.0 if stroke == "o" else 0.45)


@kind("gong", group="percussion", phrases=("gong", "gong strike", "tam-tam"))
def gong(draw: Draw) -> Samples:
    """A bronze plate: a deep hum at once, then energy climbs into a shimmering wash within half a second."""
    base = draw.attribute("size", {"small": (150.0, 210.0), "huge": (55.0, 85.0)})
    time = clock(min(draw.seconds, draw.uniform(4.2, 5.0)))
    hum = base * np.array([1.0, 1.48, 2.0, 2.41, 2.95, 3.3, 4.05])
    sound = partials(draw.rng, hum * 1.002, (1.0, 0.6, 0.8, 0.5, 0.5, 0.35, 0.3), time.size)
    sound += partials(draw.rng, hum * 0.998, (0.6, 0.5, 0.4, 0.4, 0.3, 0.3, 0.2), time.size)
    sound = normal(sound) * fall(time, draw.uniform(5.5, 8.0)) * (1.0 - np.exp(-time / 0.004))
    for begin, bloom, length, level in ((4.5, 0.12, 4.2, 0.5), (9.0, 0.3, 3.2, 0.38), (20.0, 0.5, 2.3, 0.2)):
        modes = base * np.exp(draw.rng.uniform(np.log(begin), np.log(begin * 2.3), 70))
        wash = normal(partials(draw.rng, modes, draw.rng.rayleigh(1.0, 70), time.size))
        sound += level * wash * (1.0 - np.exp(-time / bloom)) * fall(time, length)
    mallet = band(hiss(draw.rng, time.size), 60.0, 500.0) * fall(time, 0.12)
    return edges(drive(sound + 0.2 * normal(mallet), 0.6), 0.002, 0.3)

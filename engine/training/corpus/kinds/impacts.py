"""Blows, breaks and blasts."""

from __future__ import annotations

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _mechanical as m


@kind("glass break", group="impacts", phrases=("glass breaking", "shattering glass", "window smashing"))
def glass_break(draw: Draw) -> np.ndarray:
    """A crack, then shards that ring and fall in a thinning shower."""
    rng = draw.rng
    size = draw.attribute("size", {"small": (0.7, 1.0), "big": (1.5, 2.2)})
    out = np.zeros(m.count(min(1.1 * size, 2.4)))
    crack = m.count(0.25)
    m.place(out, m.contact(rng, crack, 0.12, 1500.0, 15000.0), 0, 1.2)
    m.place(out, m.strike(rng, m.GLASS, draw.uniform(700, 1200) / size, 0.5, 24), 0, 0.8)
    pitches = [draw.log_uniform(2500, 7500) for _ in range(12)]
    shards = [m.strike(rng, m.GLASS, pitch, 0.28, 4, draw.uniform(0.8, 1.8), 0.5) for pitch in pitches]
    for _ in range(int(28 * size)):
        at = rng.exponential(0.22 * size)
        m.place(out, shards[rng.integers(12)], int(at * m.RATE), draw.uniform(0.1, 0.6) * np.exp(-at / size))
    return out * m.release(len(out), 0.1)


@kind("metal clang", group="impacts", phrases=("metal clang", "clanging metal", "metallic bang"))
def metal_clang(draw: Draw) -> np.ndarray:
    """A plate or pipe struck once: dense inharmonic modes; steel rings, iron is dull, tin bright and short."""
    rng = draw.rng
    length, damping, bright = ((1.0, 0.35, 2500), (0.5, 0.6, 500), (0.22, 0.2, 9000))[
        int(draw.attribute("material", {"steel": 0, "iron": 1, "tin": 2}))
    ]
    pitch = draw.attribute("pitch", {"deep": (110, 170), "high": (320, 480)})
    seconds = draw.uniform(1.4, 2.4)
    partials = pitch * (1 + np.cumsum(np.append(0.0, rng.exponential(draw.uniform(0.5, 0.8), 54))))
    t60s = length * draw.uniform(0.7, 1.3) * (partials / 1000) ** -damping * rng.uniform(0.4, 1.2, 55)
    gains = rng.uniform(0.3, 1.0, 55) * (1 + partials / bright) ** (-0.4 if bright > 1000 else -1.0)
    blow = m.unit(m.modal(partials, t60s, gains, m.count(seconds), rng.uniform(-0.5, 0.5, 55)))
    blow[: m.count(0.03)] += 0.5 * m.contact(rng, m.count(0.03), 0.012, 1000, 12000)
    thud = m.noise_band(rng, m.count(0.12), 80, 400) * m.fall(m.count(0.12), 0.1)
    out = blow.copy()
    m.place(out, m.unit(thud), 0, 0.4)
    if draw.chance(0.35):  # the object rattles once more where it came to rest
        m.place(out, blow, m.count(draw.uniform(0.08, 0.2)), draw.uniform(0.2, 0.4))
    return out * m.release(len(out), 0.15)


@kind("metal scrape", group="impacts", phrases=("metal scraping", "scraping metal", "metal being dragged"))
def metal_scrape(draw: Draw) -> np.ndarray:
    """Metal dragged over metal: a screech whose slipping excites sharp, sliding resonances."""
    rng = draw.rng
    seconds = draw.attribute("speed", {"quick": (0.6, 1.0), "slow": (1.6, 2.4)})
    frames = m.count(seconds)
    speed = np.exp(m.drift(rng, frames, 6, 0.25)) * draw.uniform(600, 1100)
    grit = m.slips(rng, speed, 0.35) * 6 + 0.5 * m.white(rng, frames)
    shape = m.gate(frames, 0.02, 0.12) * np.clip(1 + m.drift(rng, frames, 9, 0.35), 0.15, None)
    centres = np.sort(np.exp(rng.uniform(np.log(1400), np.log(9000), 9)))
    body = m.resonate(grit * shape, [(f, f / draw.uniform(60, 160), 3.0) for f in centres])
    glide = draw.uniform(1700, 3000) * np.exp(m.drift(rng, frames, 4, 0.12))
    squeal = m.turning(glide, m.cycle([1, 0.6, 0.45, 0.25])) * np.clip(m.drift(rng, frames, 10, 0.7), 0, None)
    rasp = m.band(grit, 2500, 12000) * shape
    return body / np.std(body) + 0.2 * rasp / np.std(rasp) + 1.8 * squeal * shape


@kind("chain rattle", group="impacts", phrases=("chain rattling", "rattling chains", "chains clinking"))
def chain_rattle(draw: Draw) -> np.ndarray:
    """Links that knock in bursts: many short bright clinks over a few fixed link resonances."""
    rng = draw.rng
    iron = draw.attribute("material", {"steel": 0, "iron": 1}) == 1
    pitch = draw.attribute("size", {"heavy": (900, 1300), "thin": (2400, 3400)}) * (0.6 if iron else 1.0)
    seconds = draw.uniform(1.3, 2.4)
    out = np.zeros(m.count(seconds))
    metal, length = (m.CERAMIC, 0.5) if iron else (m.STEEL_BAR, 0.3)
    links = [m.strike(rng, metal, pitch * draw.uniform(0.8, 1.4), 0.2, 9, length, 0.5) for _ in range(6)]
    shakes = draw.uniform(3.0, 5.0)
    number = int(seconds * draw.uniform(26, 40))
    for at in rng.uniform(0, seconds, number):
        force = 0.15 + np.abs(np.sin(np.pi * shakes * at)) ** 3
        m.place(out, links[rng.integers(6)], int(at * m.RATE), force * draw.log_uniform(0.2, 1.0))
    m.place(out, links[0], 0, 0.9)
    return out * m.release(len(out), 0.1)


@kind("coin drop", group="impacts", phrases=("coin dropping", "dropped coin", "coin falling on a table"))
def coin_drop(draw: Draw) -> np.ndarray:
    """A coin falls, bounces in shortening steps and spins down in a fast flutter."""
    rng = draw.rng
    pitch = draw.attribute("size", {"large": (3000, 3800), "small": (5200, 6400)})
    ratios = np.array([1.0, 1.04, 1.72, 2.33, 2.9]) * rng.uniform(0.98, 1.02, 5)
    t60s = draw.uniform(0.35, 0.7) * np.array([1.0, 0.8, 0.7, 0.5, 0.4])
    ring = m.modal(pitch * ratios, t60s, rng.uniform(0.4, 1.0, 5), m.count(0.8))
    m.place(ring, m.contact(rng, m.count(0.02), 0.012, 2000, 14000), 0, 0.7)
    out = np.zeros(m.count(2.4))
    at, gap, force = 0.0, draw.uniform(0.28, 0.42), 1.0
    while gap > 0.02 and at < 1.9:
        m.place(out, ring, int(at * m.RATE), force * draw.uniform(0.8, 1.1))
        at, gap, force = at + gap, gap * draw.uniform(0.62, 0.78), force * 0.8
    while gap > 0.009 and at < 2.2:  # the spin on its edge
        m.place(out, ring, int(at * m.RATE), 0.22 * force * draw.uniform(0.6, 1.2))
        at, gap = at + gap, gap * 0.97
    length = m.count(min(2.4, at + 0.5))
    return out[:length] * m.release(length, 0.1)


@kind("gunshot", group="impacts", phrases=("gunshot", "gun firing", "gun being fired"))
def gunshot(draw: Draw) -> np.ndarray:
    """The blast wave, a very short bright burst, and a dull echo; sometimes several shots."""
    rng = draw.rng
    calibre = draw.attribute("size", {"small-calibre": (0.5, 0.7), "high-powered": (1.2, 1.7)})
    shots = int(draw.attribute("count", {"single": 1, "double": 2, "rapid": 4}, chance=0.6))
    frames = m.count(0.35)
    blast = m.white(rng, frames) * m.fall(frames, 0.09 * calibre)
    boom = m.band(m.white(rng, frames), None, 260 / calibre) * m.fall(frames, 0.25 * calibre) * 3.0
    shot = np.tanh(2.5 * (blast + boom))
    tail = m.echo_tail(rng, shot, 0.9, draw.uniform(0.5, 1.0), draw.uniform(900, 1800))
    one = m.mixed(shot, 0.3 * tail)
    gap = draw.uniform(0.11, 0.16) if shots == 4 else draw.uniform(0.35, 0.6)
    out = np.zeros(len(one) + m.count(gap) * (shots - 1))
    for index in range(shots):
        m.place(out, one, index * m.count(gap), draw.uniform(0.85, 1.0))
    return out * m.release(len(out), 0.2)


@kind("explosion", group="impacts", phrases=("explosion", "bomb exploding", "bomb blast"))
def explosion(draw: Draw) -> np.ndarray:
    """A saturated full-band blast that darkens while it dies, a sinking boom, and debris that patters down."""
    rng = draw.rng
    size = draw.attribute("size", {"small": (0.7, 0.9), "massive": (1.3, 1.7)})
    frames = m.count(2.6 * size)
    t = m.times(frames)
    dark = 60 + draw.uniform(5000, 8000) * np.exp(-t / (0.28 * size))
    roar = m.swept(m.white(rng, frames), dark, 0.7) * (m.fall(frames, 2.2 * size) + 0.15 * m.fall(frames, 4.0))
    boom = np.sin(2 * np.pi * np.cumsum(28 + 60 * np.exp(-t / 0.25)) / m.RATE) * m.fall(frames, 1.8 * size)
    rumble = m.noise_band(rng, frames, 35, 160) * m.fall(frames, 3.0 * size)
    crack = m.white(rng, frames) * m.fall(frames, 0.15)
    blast = np.tanh(1.6 * (3 * roar / np.std(roar) * 0.35 + 0.9 * boom + 0.5 * rumble + 0.8 * crack))
    debris = m.scatter(rng, 130 * m.curve(frames, [(0, 0), (0.15, 1), (0.5, 0.6), (1, 0)]), 0.8)
    patter = m.resonate(debris, [(f, f / 5, 1.0) for f in (900, 1900, 3700)])
    return m.cut((blast + 0.4 * m.unit(patter)) * m.release(frames, 0.5), draw.frames)


@kind("fireworks", group="impacts", phrases=("fireworks", "firework bursting", "fireworks display"))
def fireworks(draw: Draw) -> np.ndarray:
    """A rocket's rising whistle, the distant bang, then a shower of crackle."""
    rng = draw.rng
    rise = m.count(draw.uniform(0.5, 1.0))
    pitch = m.curve(rise, [(0, draw.uniform(1100, 1600)), (0.7, draw.uniform(2600, 3600)), (1, 3400)])
    pitch = pitch * (1 + 0.02 * np.sin(2 * np.pi * draw.uniform(9, 16) * m.times(rise)))
    whistle = m.turning(pitch, m.cycle([1, 0.25, 0.12])) * m.gate(rise, 0.01, 0.1)
    whistle += 0.3 * m.noise_band(rng, rise, 1500, 7000) * m.gate(rise, 0.005, 0.1)
    burst = m.count(2.0)
    bang = np.tanh(3 * m.band(m.white(rng, burst), 60, 2500) * m.fall(burst, 0.3))
    bang += 0.8 * m.noise_band(rng, burst, 50, 220) * m.fall(burst, 0.7)
    rate = draw.attribute("intensity", {"sparse": (40, 70), "dense": (160, 260)})
    sparks = m.scatter(rng, rate * m.curve(burst, [(0, 0), (0.12, 0), (0.2, 1), (0.6, 0.7), (1, 0)]), 0.7)
    crackle = m.resonate(sparks, [(f, f / 3, 1.0) for f in (2200, 4500, 8000)])
    out = np.zeros(rise + m.count(0.08) + burst)
    m.place(out, whistle, 0, 0.35)
    m.place(out, bang + 1.0 * m.unit(crackle), rise + m.count(0.08), 1.0)
    return m.cut(out * m.release(len(out), 0.3), draw.frames)


@kind("whoosh", group="impacts", phrases=("whoosh", "swoosh", "fast swish"))
def whoosh(draw: Draw) -> np.ndarray:
    """Something passes through the air: a noise band that rises, peaks and falls with its level."""
    rng = draw.rng
    seconds = draw.attribute("speed", {"fast": (0.3, 0.5), "slow": (0.9, 1.4)})
    top = draw.attribute("pitch", {"low": (900, 1400), "airy": (3200, 5000)})
    frames = m.count(seconds)
    peak = draw.uniform(0.4, 0.6)
    arc = m.curve(frames, [(0, 0.0), (peak, 1.0), (1, 0.0)])
    centre = top * (0.15 + 0.85 * arc**1.5)
    air = m.swept(m.white(rng, frames), centre, draw.uniform(1.6, 3.0))
    return air * (0.04 + arc**2.2) * m.gate(frames, 0.01, 0.05)


@kind("sword clash", group="impacts", phrases=("sword clash", "swords clashing", "blades clashing"))
def sword_clash(draw: Draw) -> np.ndarray:
    """Thin steel on steel: very bright ringing bars and a sliding shing."""
    rng = draw.rng
    pitch = draw.attribute("size", {"heavy": (1050, 1350), "light": (1800, 2300)})
    clashes = int(draw.attribute("count", {"single": 1, "repeated": 3}, chance=0.5))
    out = np.zeros(m.count(2.2))
    at = 0.0
    for _ in range(clashes):
        for _blade in range(2):
            blade = m.strike(rng, m.BLADE, pitch * draw.uniform(0.85, 1.2), 1.2, 11, draw.uniform(0.7, 1.1), 1.0)
            m.place(out, blade, int(at * m.RATE), draw.uniform(0.6, 1.0))
        slide = m.count(draw.uniform(0.2, 0.4))
        shing = m.swept(m.white(rng, slide), m.curve(slide, [(0, 4500), (1, draw.uniform(8500, 12000))]), 5.0)
        m.place(out, m.unit(shing) * m.curve(slide, [(0, 0), (0.3, 1), (1, 0)]), int(at * m.RATE), 0.6)
        at += draw.uniform(0.3, 0.5)
    length = m.count(min(2.2, at + 0.9))
    return out[:length] * m.release(length, 0.2)


@kind("ball bounce", group="impacts", phrases=("ball bouncing", "bouncing ball", "basketball bouncing"))
def ball_bounce(draw: Draw) -> np.ndarray:
    """A ball whose bounces come faster and weaker: hollow rubber, dull leather, or a light shell of plastic."""
    rng = draw.rng
    body, hollow, slapping, higher = ((1.0, 0.3, 0.5, 1.0), (1.0, 0.02, 0.9, 0.8), (0.12, 1.0, 0.3, 3.5))[
        int(draw.attribute("material", {"rubber": 0, "leather": 1, "plastic": 2}))
    ]
    pitch = draw.attribute("size", {"big": (75, 100), "small": (190, 280)})
    keep = draw.uniform(0.72, 0.82)
    frames = m.count(0.3)
    t = m.times(frames)
    thud = np.sin(2 * np.pi * np.cumsum(pitch * (1 + 0.6 * np.exp(-t / 0.015))) / m.RATE) * m.fall(frames, 0.2)
    cavity = np.array([5.2, 8.1, 11.4, 14.2]) * pitch * (higher if higher > 1 else 1.0) * draw.uniform(0.93, 1.07)
    rings = draw.uniform(0.12, 0.2) * (0.35 if higher > 1 else 1.0)
    ping = m.modal(cavity, np.full(4, rings), np.array([1.0, 0.6, 0.4, 0.25]), frames)
    slap = m.contact(rng, frames, 0.03, 400 * higher, (900 if higher < 1 else 4000) * max(1.0, higher / 2))
    bounce = body * thud + hollow * ping + slapping * slap
    out = np.zeros(m.count(2.8))
    at, gap, force = 0.0, draw.uniform(0.45, 0.62), 1.0
    while gap > 0.04 and at < 2.4:
        m.place(out, bounce, int(at * m.RATE), force)
        at, gap, force = at + gap, gap * keep, force * keep
    length = m.count(min(2.8, at + 0.3))
    return m.cut(out[:length] * m.release(length, 0.1), draw.frames)

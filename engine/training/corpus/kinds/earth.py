"""Fire, ice, ground and leaves."""

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _organic as organic


@kind("campfire", group="nature", phrases=("campfire", "crackling fire", "fire burning"), sustained=True)
def campfire(draw: Draw) -> np.ndarray:
    """Flames flutter low; wood snaps in clusters of short bright cracks, with now and then a deeper pop."""
    n = draw.frames
    density = draw.attribute("intensity", {"gentle": (5, 9), "roaring": (18, 30)})
    flutter = np.exp(0.6 * organic.wander(draw.rng, n, draw.uniform(6, 11)))
    flames = organic.level(organic.band(organic.noise(draw.rng, n, 5.0), 50, draw.uniform(300, 500), 1) * flutter)
    hiss = organic.level(organic.band(draw.rng.standard_normal(n), 3000, 9000, 1))
    pool = []
    for _ in range(20):
        m = organic.count(0.03)
        snap = organic.resonate(
            draw.rng.standard_normal(m) * organic.decay(m, draw.log_uniform(0.004, 0.02), 0.0001),
            draw.log_uniform(1400, 6000),
            draw.uniform(800, 2500),
        )
        pool.append(organic.peak(snap))
    for _ in range(3):
        pool.append(1.5 * organic.peak(organic.modes(2400, (draw.uniform(350, 600), 1300), (0.035, 0.02), (1, 0.6))))
    seeds = organic.moments(draw.rng, draw.seconds, density)
    follow = np.repeat(seeds, draw.rng.poisson(1.3, len(seeds)))
    times = np.concatenate([seeds, follow + draw.rng.exponential(0.03, len(follow))])
    cracks = organic.scatter(draw.rng, n, pool, times, 0.9)
    return 0.04 * draw.uniform(0.8, 1.6) * flames + 0.006 * hiss + 0.6 * organic.peak(cracks)


@kind("ice cracking", group="nature", phrases=("ice cracking", "cracking ice", "frozen lake cracking"))
def ice_cracking(draw: Draw) -> np.ndarray:
    """Fracture: a hard split and splinters, and the sheet's bending wave, whose highs arrive before its lows."""
    n = organic.count(draw.uniform(1.5, 2.4))
    out = np.zeros(n)
    pool = []
    for _ in range(14):
        m = organic.count(0.05)
        snap = draw.rng.standard_normal(m) * organic.decay(m, draw.log_uniform(0.006, 0.03), 0.0001)
        pool.append(organic.peak(organic.band(snap, draw.log_uniform(400, 2500), 13000, 1)))
    for at in np.concatenate([[0.002], draw.rng.exponential(0.42, draw.integer(28, 60))]):
        organic.place(out, draw.choose(pool), at, draw.uniform(0.3, 1.0) * np.exp(-at))
    for index in range(draw.integer(2, 4)):
        at = 0.004 if index == 0 else draw.uniform(0.1, 0.6) * n / organic.RATE
        m = organic.count(draw.uniform(0.22, 0.5))
        top, low = draw.log_uniform(3500, 7000), draw.log_uniform(110, 220)
        since = organic.clock(m)
        pitch = low + (top - low) / (1.0 + since / draw.uniform(0.006, 0.014)) ** 1.2
        wave = (
            organic.sine(pitch)
            + 0.5 * organic.sine(pitch * 1.04, 0.3)
            + 0.6 * organic.moving_band(draw.rng, pitch, 300)
        )
        organic.place(out, wave * organic.decay(m, 0.9 * m / organic.RATE, 0.001), at, draw.uniform(0.12, 0.3))
    thud = organic.modes(n, (draw.uniform(70, 110), draw.uniform(150, 260)), (0.25, 0.15), (0.8, 0.5))
    return (out + thud) * organic.swell(n, 0.0005, 0.3)


@kind(
    "earthquake rumble", group="nature", phrases=("earthquake rumble", "earthquake", "ground shaking"), sustained=True
)
def earthquake_rumble(draw: Draw) -> np.ndarray:
    """The ground's deep shaking, and the things of a room that knock and rattle in time with it."""
    n = draw.frames
    rate = draw.uniform(4.0, 7.0)
    heave = organic.wander(draw.rng, n, 0.8)
    turn = rate * np.exp(0.35 * organic.wander(draw.rng, n, 4.0))  # far from even, unlike a machine
    shake = (0.5 + 0.5 * organic.sine(turn)) * np.clip(0.6 + 0.4 * organic.wander(draw.rng, n, 5.0), 0.05, 1.4)
    ground = organic.band(organic.noise(draw.rng, n, 5.0), 22, draw.uniform(70, 110), 3)
    rumble = organic.level(ground) * (0.45 + shake) * np.exp(0.25 * heave)
    chance = shake**6 * np.exp(0.5 * heave)
    times = draw.rng.choice(n, draw.integer(70, 130), p=chance / chance.sum()) / organic.RATE
    pool = []
    for _ in range(14):
        pitch = draw.log_uniform(220, 1500)
        pool.append(
            organic.modes(organic.count(0.09), pitch * np.array((1, 1.57, 2.4)), (0.07, 0.05, 0.03), (1, 0.7, 0.5))
        )
    rattle = organic.scatter(draw.rng, n, pool, times, 0.6)
    grit = organic.band(organic.noise(draw.rng, n, 3.0), 150, 900, 1) * shake**2
    return rumble + 0.14 * draw.uniform(0.7, 1.4) * organic.level(rattle) + 0.08 * organic.level(grit)


@kind(
    "rustling leaves",
    group="nature",
    phrases=("rustling leaves", "leaves rustling", "dry leaves rustling"),
    sustained=True,
)
def rustling_leaves(draw: Draw) -> np.ndarray:
    """Dry leaves brushed in strokes: countless tiny scrapes, high and crisp, that come and go."""
    n = draw.frames
    rate = draw.attribute("speed", {"slow": (0.9, 1.4), "busy": (2.6, 3.8)}, chance=0.4)
    stroke = np.clip(0.55 + 0.8 * organic.wander(draw.rng, n, rate * 2), 0.22, 2.2)
    chance = stroke**2
    pool = []
    for _ in range(24):
        m = organic.count(draw.uniform(0.006, 0.02))
        scrape = organic.resonate(draw.rng.standard_normal(m), draw.log_uniform(2800, 9000), draw.uniform(1500, 4000))
        pool.append(organic.peak(scrape) * organic.swell(m, 0.001, 0.004))
    times = draw.rng.choice(n, draw.integer(700, 1300), p=chance / chance.sum()) / organic.RATE
    grains = organic.scatter(draw.rng, n, pool, times, 0.8)
    brush = organic.band(draw.rng.standard_normal(n), 3500, 12000, 1) * stroke**2
    return organic.level(grains) + 0.25 * organic.level(brush)

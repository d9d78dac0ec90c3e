"""Motors, engines and tools."""

from __future__ import annotations

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _mechanical as m


@kind("clock ticking", group="machines", phrases=("clock ticking", "clock", "clock tick"), sustained=True)
def clock_ticking(draw: Draw) -> np.ndarray:
    """An escapement: tick and tock alternate on an exact beat, each a tiny hard resonant click."""
    rng = draw.rng
    gap = draw.attribute("speed", {"fast": (0.2, 0.26), "slow": (0.9, 1.0), "steady": (0.45, 0.55)})
    pitch = draw.attribute("size", {"small": (2600, 3600), "grandfather": (1000, 1400)})
    ticks = []
    for ratio in (1.0, draw.uniform(0.72, 0.85)):
        click = m.strike(rng, m.Material(0.05, 0.4, 0.9, 0.4), pitch * ratio, 0.09, 6, 1.0, 0.9)
        second = np.zeros(m.count(0.13))  # the pallet drops a moment after it is released
        m.place(second, click, 0)
        m.place(second, click, m.count(draw.uniform(0.014, 0.024)), 0.4)
        ticks.append(second)
    out = np.zeros(draw.frames)
    for index in range(int(draw.seconds / gap) + 1):
        m.place(out, ticks[index % 2], int(index * gap * m.RATE), draw.uniform(0.92, 1.0))
    return out


@kind("car engine", group="machines", phrases=("car engine", "car motor", "automobile engine"), sustained=True)
def car_engine(draw: Draw) -> np.ndarray:
    """Exhaust pulses of uneven cylinders through the pipe's resonances; it idles, revs or pulls away."""
    rng = draw.rng
    frames = draw.frames
    mode = draw.attribute("character", {"idling": 0, "revving": 1, "accelerating": 2}, chance=0.85)
    idle = draw.uniform(5.5, 8.0)  # engine cycles a second: two turns of the crank
    if mode == 0:
        turns = np.full(frames, idle * 1.15)
    elif mode == 1:
        blips = np.clip(np.sin(2 * np.pi * (draw.uniform(0.35, 0.6) * m.times(frames)) + draw.uniform(0, 3)), 0, None)
        turns = idle * (1.5 + 4.0 * blips**0.8)
    else:
        turns = idle * m.curve(frames, [(0, 1.8), (0.42, 6.0), (0.45, 3.4), (0.92, 6.5), (1, 5.0)])
    turns = turns * np.exp(m.drift(rng, frames, 8, 0.012))
    cylinders = int(draw.choose((4, 4, 6, 8)))
    table = np.zeros(2048)
    spacing = 2048 // cylinders
    for index in range(cylinders):
        pulse = np.exp(-np.arange(spacing) / (0.22 * spacing)) * rng.uniform(0.55 if mode == 0 else 0.8, 1.15)
        start = index * spacing + int(rng.integers(0, 30))
        table[start : start + spacing] += pulse[: 2048 - start]
    exhaust = m.turning(turns, table - table.mean())
    load = (turns / turns.max()) ** 0.5
    burn = m.band(m.white(rng, frames), 200, 3500) * np.clip(exhaust, 0, None)
    pipe = [(f * draw.uniform(0.9, 1.1), f / 3, g) for f, g in ((85, 1.6), (190, 1.3), (430, 0.9), (950, 0.5))]
    body = m.resonate(exhaust + 0.5 * burn, pipe) + 0.12 * exhaust + 0.25 * burn
    engine = np.tanh(0.5 * body / np.std(body) * load)
    return engine - engine.mean()


def _chuff(rng: np.random.Generator, length: int, low: float) -> np.ndarray:
    """One exhaust beat of the cylinder up the chimney."""
    shape = m.curve(length, [(0, 0), (0.08, 1.0), (0.35, 0.5), (0.8, 0.08), (1, 0)])
    return (m.noise_band(rng, length, low, 1400) + 0.35 * m.noise_band(rng, length, 1400, 6000)) * shape


@kind("steam train", group="machines", phrases=("steam train", "steam locomotive", "steam engine"), sustained=True)
def steam_train(draw: Draw) -> np.ndarray:
    """Chuffs in fours with the first stressed, steam between them, and perhaps a chime whistle."""
    rng = draw.rng
    frames = draw.frames
    rate = draw.attribute("speed", {"slow": (2.2, 2.9), "fast": (5.0, 6.5)})
    out = 0.05 * m.noise_band(rng, frames, 2500, 9000) * np.clip(1 + m.drift(rng, frames, 3, 0.2), 0.3, None)
    low = draw.uniform(110, 220)
    chuffs = [_chuff(rng, m.count(0.85 / rate), low) for _ in range(5)]
    for index in range(int(draw.seconds * rate) + 1):
        stress = 1.0 if index % 4 == 0 else draw.uniform(0.6, 0.75)
        m.place(out, chuffs[index % 5], int(index / rate * m.RATE), stress)
    if draw.attribute("character", {"whistling": 1, "puffing": 0}, chance=0.8):
        blow = m.count(draw.uniform(0.9, 1.4))
        root = draw.uniform(290, 360)
        bend = m.curve(blow, [(0, 0.9), (0.12, 1.0), (0.85, 1.0), (1, 0.88)])
        chime = sum(m.turning(root * r * bend, m.cycle([1, 0.5, 0.3, 0.15])) for r in (1.0, 1.2, 1.5, 1.78))
        breath = m.noise_band(rng, blow, 400, 5000) * 0.5
        for at in (draw.uniform(0.2, 0.5), draw.uniform(2.7, 3.0)):
            m.place(out, (chime + breath) * m.gate(blow, 0.09, 0.25), m.count(at), 0.24)
    return out


@kind("helicopter", group="machines", phrases=("helicopter", "chopper", "helicopter hovering"), sustained=True)
def helicopter(draw: Draw) -> np.ndarray:
    """Blade slap: hard low thumps at the blade rate, with the turbine's whine above."""
    rng = draw.rng
    frames = draw.frames
    rate = draw.attribute("size", {"heavy": (10, 12.5), "light": (17, 21)})
    blades = np.full(frames, rate) * np.exp(m.drift(rng, frames, 1.0, 0.01))
    phase = (np.cumsum(blades) / m.RATE) % 1.0
    slap = np.exp(-phase / 0.16) * (1 - np.exp(-phase / 0.02))
    thump = m.noise_band(rng, frames, 40, 240) * slap * 2.6 + m.noise_band(rng, frames, 240, 2200) * slap**1.5 * 1.2
    pulse = m.band(slap - slap.mean(), 25, 180) * 3.0
    whine_pitch = draw.uniform(1500, 2600) * np.exp(m.drift(rng, frames, 1, 0.003))
    whine = m.turning(whine_pitch, m.cycle([1, 0.2, 0.3, 0.1])) * 0.13
    wash = 0.18 * m.noise_band(rng, frames, 500, 5000) * (0.5 + slap)
    swell = np.clip(1 + m.drift(rng, frames, 0.7, 0.15), 0.5, None)
    return np.tanh(0.8 * (thump + pulse)) * swell + whine + wash


@kind("jet flyover", group="machines", phrases=("jet flyover", "jet plane passing overhead", "fighter jet flying past"))
def jet_flyover(draw: Draw) -> np.ndarray:
    """A jet comes, passes and goes: roar that swells, a compressor whine that drops by Doppler, a dark tail."""
    rng = draw.rng
    seconds = draw.attribute("speed", {"fast": (3.2, 3.8), "slow": (4.6, 5.0)})
    frames = m.count(seconds)
    t = m.times(frames)
    past = draw.uniform(0.36, 0.46) * seconds
    width = draw.uniform(0.35, 0.55) * seconds / 4
    travel = (t - past) / width
    near = 1.0 / np.sqrt(1 + travel**2)
    doppler = 1 - 0.26 * travel * near
    centre = np.where(t < past, 3200, 700 + 2500 * np.exp(-np.clip(t - past, 0, None) / 0.5)) * (0.4 + 0.6 * near)
    roar = m.swept(m.white(rng, frames), centre, 0.6)
    rumble = m.noise_band(rng, frames, 40, 300) * m.curve(frames, [(0, 0.1), (past / seconds, 0.7), (1, 0.6)])
    whine_pitch = draw.uniform(1900, 2700) * doppler
    whine = m.turning(whine_pitch, m.cycle([1, 0.35, 0.15])) * np.clip(1.1 - 0.4 * travel, 0.1, 1) * near
    out = (roar / np.std(roar) + 0.5 * rumble) * near**1.3 + 0.35 * whine
    return m.cut(out * m.gate(frames, 0.02, 0.4), draw.frames)


@kind("drill", group="machines", phrases=("power drill", "electric drill", "drilling into a wall"), sustained=True)
def drill(draw: Draw) -> np.ndarray:
    """A brushed motor's buzz and gear whine that spins up, sags under load and stops, again and again."""
    rng = draw.rng
    frames = draw.frames
    top = draw.attribute("pitch", {"low": (150, 190), "high-pitched": (300, 380)})
    period = draw.uniform(1.2, 1.8)
    local = (m.times(frames) / period) % 1.0
    spin = np.interp(local, [0, 0.08, 0.3, 0.72, 0.86, 1.0], [0.35, 1.0, 0.86, 0.8, 0.35, 0.3])
    power = np.interp(local, [0, 0.03, 0.1, 0.75, 0.84, 1.0], [0.05, 0.7, 1.0, 1.0, 0.12, 0.03])
    pitch = top * spin * np.exp(m.drift(rng, frames, 14, 0.012))
    motor = m.turning(pitch, m.cycle(np.arange(1, 25) ** -0.75 * rng.uniform(0.3, 1, 24), rng.uniform(0, 6, 24)))
    gear = m.turning(pitch * draw.uniform(7.2, 8.8), m.cycle([1, 0.7, 0.4]))
    bite = m.noise_band(rng, frames, 1500, 9000) * (0.6 + 0.4 * np.sign(m.turning(pitch / 3, m.cycle([1.0]))))
    loaded = np.interp(local, [0, 0.2, 0.35, 0.72, 0.76, 1], [0, 0.1, 1, 1, 0, 0])
    return power * (m.unit(motor) + 0.35 * m.unit(gear) + 0.12 * bite * loaded)


@kind("hammering", group="machines", phrases=("hammering", "hammer hitting a nail", "hammering nails"), sustained=True)
def hammering(draw: Draw) -> np.ndarray:
    """Regular blows: the knock of what is struck and the nail's ping, a little higher with each blow as it goes in."""
    rng = draw.rng
    struck, higher, seconds, length, nailed = (
        (m.WOOD, 1.0, 0.25, 1.4, 0.42), (m.METAL, 2.6, 0.6, 0.45, 0.15), (m.CERAMIC, 3.0, 0.2, 0.6, 0.05),
    )[int(draw.attribute("material", {"on wood": 0, "on metal": 1, "on stone": 2}))]  # fmt: skip
    gap = draw.attribute("speed", {"fast": (0.26, 0.33), "slow": (0.6, 0.75)})
    plank = m.strike(rng, struck, higher * draw.uniform(190, 280), seconds, 14, length, 0.8)
    nail = draw.uniform(2300, 3000)
    blows = draw.integer(5, 8)
    out = np.zeros(draw.frames)
    at, blow = 0.0, 0
    while at < draw.seconds - 0.05:
        ratios = np.array([1.0, 1.47, 2.2, 3.1]) * nail * (1 + 0.035 * (blow % blows))
        ping = m.modal(ratios, np.array([0.16, 0.14, 0.1, 0.08]), np.array([1.0, 0.6, 0.5, 0.3]), m.count(0.2))
        force = draw.uniform(0.85, 1.0)
        m.place(out, plank, int(at * m.RATE), force)
        m.place(out, ping, int(at * m.RATE), nailed * force)
        at += gap * draw.uniform(0.95, 1.05)
        blow += 1
    return out


@kind("hand saw", group="machines", phrases=("hand saw", "sawing wood", "saw cutting a plank"), sustained=True)
def hand_saw(draw: Draw) -> np.ndarray:
    """Push and pull strokes: tooth-rate rasp through wood, brighter on the push."""
    rng = draw.rng
    frames = draw.frames
    rate = draw.attribute("speed", {"fast": (1.7, 2.2), "slow": (0.8, 1.05)})
    stroke = (m.times(frames) * rate) % 1.0
    speed = np.abs(np.sin(2 * np.pi * stroke))
    push = stroke < 0.5
    teeth = m.slips(rng, 40 + draw.uniform(240, 330) * speed, 0.2) * speed
    grit = teeth * 5 + m.white(rng, frames) * speed * 0.6
    bright = np.where(push, 3200.0, 1900.0) * (0.6 + 0.5 * speed)
    rasp = m.swept(grit, bright, 1.3)
    board = m.resonate(teeth, [(f * draw.uniform(0.9, 1.1), f / 6, 1.0) for f in (310, 640, 1150)])
    level = np.where(push, 1.0, 0.55) * np.clip(speed - 0.06, 0, None)
    return (rasp / np.std(rasp) + 0.5 * board / np.std(board)) * level


@kind("vacuum cleaner", group="machines", phrases=("vacuum cleaner", "hoover running", "vacuuming"), sustained=True)
def vacuum_cleaner(draw: Draw) -> np.ndarray:
    """A steady rush of air with the fan's harmonics standing in it and a high whistle; slow sweeps of the hose."""
    rng = draw.rng
    frames = draw.frames
    pitch = draw.attribute("pitch", {"low": (190, 230), "high": (330, 400)})
    sweep = np.sin(2 * np.pi * draw.uniform(0.35, 0.6) * m.times(frames) + draw.uniform(0, 6))
    turns = pitch * (1 + 0.012 * sweep) * np.exp(m.drift(rng, frames, 4, 0.001))
    motor = m.turning(turns, m.cycle(np.arange(1, 13) ** -0.5 * rng.uniform(0.4, 1, 12), rng.uniform(0, 6, 12)))
    fan = m.turning(turns * draw.choose((7.0, 9.0)), m.cycle([1, 0.4]))
    air = m.noise_band(rng, frames, 350, 5200)
    nozzle = m.resonate(air, [(draw.uniform(750, 1000), 220, 2.0), (draw.uniform(2300, 2900), 500, 1.5)])
    rush = air * 0.7 + 0.5 * nozzle * (1 + 0.3 * sweep)
    return rush * (1 + 0.12 * sweep) + 1.2 * m.unit(motor) + 0.4 * fan


@kind("electric hum", group="machines", phrases=("electric hum", "mains hum", "electrical buzzing"), sustained=True)
def electric_hum(draw: Draw) -> np.ndarray:
    """Mains hum: perfectly steady harmonics of 100 or 120 Hz, with a sharp buzz riding on the peaks."""
    rng = draw.rng
    frames = draw.frames
    mains = draw.choose((50.0, 60.0))
    buzz = draw.attribute("character", {"smooth": (0.02, 0.05), "harsh": (0.35, 0.6)})
    levels = np.zeros(40)
    levels[1::2] = rng.uniform(0.5, 1.0, 20) * np.arange(1, 21) ** -1.1
    levels[0::2] = 0.12 * rng.uniform(0.2, 1.0, 20) * np.arange(1, 21) ** -1.0
    levels[1] = 1.2
    hum = m.turning(np.full(frames, mains), m.cycle(levels, rng.uniform(0, 6, 40)))
    spark = m.turning(np.full(frames, 2 * mains), np.exp(-np.arange(2048) / 90.0))
    arc = m.noise_band(rng, frames, 1200, 9000) * spark
    comb = m.band(spark, 800, 8000)
    return m.unit(hum) + buzz * (1.2 * comb + 0.5 * arc) * np.clip(1 + m.drift(rng, frames, 9, 0.15), 0, None)

"""Doors, steps and handled things."""

from __future__ import annotations

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _mechanical as m


@kind("door slam", group="foley", phrases=("door slam", "slamming door", "door being slammed shut"))
def door_slam(draw: Draw) -> np.ndarray:
    """A panel hits its frame: one low broad thump, the panel's modes, the latch and a short shudder."""
    rng = draw.rng
    metal = draw.attribute("material", {"wooden": 0, "metal": 1}) == 1
    weight = draw.attribute("size", {"light": (0.75, 0.95), "heavy": (1.3, 1.7)})
    frames = m.count(1.5 if metal else 0.9)
    thump = m.unit(m.band(m.white(rng, frames), 35, 170 / weight) * m.fall(frames, 0.32 * weight))
    sheet = (m.METAL, 0.9) if metal else (m.WOOD, 2.2)
    panel = m.strike(rng, sheet[0], draw.uniform(85, 115) / weight, frames / m.RATE, 26, length=sheet[1], click=0.0)
    smack = m.contact(rng, frames, 0.2, 180, 6000 if metal else 3000)
    out = np.tanh(1.4 * (thump + 0.8 * panel + 1.2 * smack))
    latch = m.strike(rng, m.METAL, draw.uniform(1100, 1700), 0.12, 8, length=0.08, click=0.8)
    m.place(out, latch, m.count(draw.uniform(0.03, 0.07)), draw.uniform(0.2, 0.35))
    for index in range(draw.integer(1, 3)):  # the door shudders against the frame
        m.place(out, panel, m.count(0.05 + 0.055 * index), 0.25 * 0.6**index)
    return out * m.release(frames, 0.2)


@kind("door creak", group="foley", phrases=("door creaking", "creaky door", "squeaky hinge"))
def door_creak(draw: Draw) -> np.ndarray:
    """A dry hinge: stick-slip pulses whose rate wanders, heard through the door's or the gate's resonances."""
    rng = draw.rng
    iron = draw.attribute("material", {"wooden": 0, "iron": 1}) == 1
    seconds = draw.attribute("speed", {"quick": (0.8, 1.2), "slow": (1.8, 2.4)})
    frames = m.count(seconds)
    start, middle, end = draw.log_uniform(40, 110), draw.log_uniform(220, 520), draw.log_uniform(60, 260)
    speed = m.curve(frames, [(0, start), (draw.uniform(0.4, 0.7), middle), (1, end)])
    speed = speed * np.exp(m.drift(rng, frames, 7, 0.16))
    friction = m.slips(rng, speed, 0.07)
    scale = draw.uniform(0.85, 1.25) * (1.7 if iron else 1.0)
    narrow = (60, 140) if iron else (9, 18)
    modes = ((480, 1.2), (980, 1.4), (1750, 1.0), (2900, 1.1 if iron else 0.5))
    poles = [(f * scale, f / draw.uniform(*narrow), g) for f, g in modes]
    swell = m.gate(frames, 0.015, 0.15) * np.clip(0.7 + m.drift(rng, frames, 6, 0.3), 0.1, None)
    return m.resonate(friction, poles) * swell


@kind("door knock", group="foley", phrases=("knocking on a door", "door knock", "knuckles on a door"))
def door_knock(draw: Draw) -> np.ndarray:
    """Two to five knuckle raps on one hollow panel, a sheet of metal or a pane."""
    rng = draw.rng
    panel, higher, length, seconds = (
        (m.WOOD, 1.0, 1.8, 0.35), (m.METAL, 1.4, 0.5, 0.7), (m.GLASS, 3.2, 0.4, 0.35),
    )[int(draw.attribute("material", {"wooden": 0, "metal": 1, "glass": 2}))]  # fmt: skip
    number = int(draw.attribute("count", {"double": 2, "triple": 3, "repeated": 5}, chance=0.5))
    gap = draw.attribute("speed", {"rapid": (0.13, 0.18), "slow": (0.32, 0.42)})
    force = draw.uniform(0.8, 1.2)
    pitch = higher * draw.uniform(135, 200)
    frames = m.count(seconds)
    modes = m.modes_of(rng, panel, pitch, 16, length)
    out = np.zeros(m.count(gap * 1.1) * (number - 1) + frames)
    for index in range(number):
        rap = m.unit(m.modal(*modes, frames, rng.uniform(-0.4, 0.4, 16)))
        rap += 0.35 * force * m.contact(rng, frames, 0.012, 500, 3500)
        m.place(out, rap, int(index * gap * m.RATE * draw.uniform(0.97, 1.05)), draw.uniform(0.8, 1.0))
    return out * m.release(len(out), 0.05)


@kind("paper crumple", group="foley", phrases=("crumpling paper", "paper being crumpled", "paper crinkling"))
def paper_crumple(draw: Draw) -> np.ndarray:
    """Stiff folds that snap: irregular bursts of bright crackles in a few squeezes."""
    rng = draw.rng
    seconds = draw.uniform(1.4, 2.4)
    frames = m.count(seconds)
    dense = draw.attribute("intensity", {"gentle": (140, 220), "vigorous": (420, 650)})
    squeeze = np.clip(0.3 + m.drift(rng, frames, draw.uniform(6, 9), 0.9), 0.1, None) ** 1.4
    squeeze[: m.count(0.06)] = 1.2
    folds = m.scatter(rng, dense * squeeze, 0.9)
    stiff = draw.uniform(0.85, 1.2)
    body = ((1500, 0.8), (3300, 1.0), (6200, 1.0), (11000, 0.7))
    crackle = m.resonate(folds, [(f * stiff, f / 2.2, g) for f, g in body])
    rustle = m.noise_band(rng, frames, 2500, 12000) * squeeze * 0.05
    return (np.tanh(5 * m.unit(crackle)) + 0.5 * rustle) * m.release(frames, 0.08)


@kind("paper tear", group="foley", phrases=("tearing paper", "paper ripping", "paper being torn"))
def paper_tear(draw: Draw) -> np.ndarray:
    """One rip: fibres part ever faster while the band climbs."""
    rng = draw.rng
    seconds = draw.attribute("speed", {"quick": (0.25, 0.4), "slow": (0.8, 1.3)})
    frames = m.count(seconds)
    rate = m.curve(frames, [(0, 500), (0.8, draw.uniform(2200, 3200)), (1, 3500)])
    fibres = m.scatter(rng, rate, 0.7) + 0.15 * m.white(rng, frames)
    centre = m.curve(frames, [(0, draw.uniform(1100, 1600)), (0.9, draw.uniform(4500, 6500)), (1, 7500)])
    rip = m.swept(fibres, centre, 1.0) + 0.25 * m.band(fibres, 3000, 14000)
    level = m.curve(frames, [(0, 0.45), (0.75, 0.9), (0.95, 1.0), (1, 0.0)])
    return rip * level * np.clip(1 + m.drift(rng, frames, 40, 0.3), 0.2, None) * m.gate(frames, 0.004, 0.01)


@kind("zipper", group="foley", phrases=("zipper", "zipping up a jacket", "zip being pulled"))
def zipper(draw: Draw) -> np.ndarray:
    """Teeth that pass the slider: a buzz of clicks whose rate, and with it the pitch, sweeps up."""
    rng = draw.rng
    metal = draw.attribute("material", {"plastic": 0, "metal": 1}) == 1
    seconds = draw.attribute("speed", {"fast": (0.25, 0.4), "slow": (0.8, 1.2)})
    frames = m.count(seconds)
    top = draw.uniform(120, 210)
    rate = m.curve(frames, [(0, 0.25 * top), (0.6, 0.85 * top), (0.92, top), (1, 0.8 * top)])
    teeth = m.slips(rng, rate, 0.05)
    bright = m.curve(frames, [(0, draw.uniform(1300, 1700)), (1, draw.uniform(4500, 6000))])
    ring, narrow = ((4300, 9800), 30) if metal else ((1500, 2600), 4)
    buzz = m.swept(teeth, bright, 6.0) * 6 + (1.5 if metal else 0.8) * m.resonate(
        teeth, [(f, f / narrow, 1.0) for f in ring]
    )
    cloth = m.swept(m.white(rng, frames), bright, 1.0)
    stop = m.strike(rng, m.METAL, draw.uniform(1800, 2600), 0.1, 8, length=0.06, click=0.8)
    out = (m.unit(buzz) + 0.05 * m.unit(cloth)) * m.curve(frames, [(0, 0.5), (0.9, 1.0), (1, 0.7)])
    full = np.zeros(frames + len(stop))
    m.place(full, out * m.gate(frames, 0.005, 0.01), 0)
    m.place(full, stop, frames - m.count(0.005), 0.8 if metal else 0.25)
    return full


def _step(draw: Draw, surface: str, force: float, seconds: float) -> np.ndarray:
    """One footfall: heel and sole on the surface's own grit, over in `seconds`."""
    rng = draw.rng
    frames = m.count(seconds)
    heel = m.unit(m.band(m.white(rng, frames), 50, 220) * m.fall(frames, 0.08))
    if surface == "gravel":
        grit = m.scatter(rng, 2600 * m.curve(frames, [(0, 0.7), (0.15, 1.0), (0.4, 0.4), (0.75, 0)]), 1.0)
        stones = m.resonate(grit, [(f, f / 4, 1.0) for f in (1400, 2700, 4600, 7500)])
        return (m.unit(stones) + 0.25 * heel) * force
    if surface == "snow":  # compressed crystals: a creaking crunch without any click
        grit = m.scatter(rng, 5000 * m.curve(frames, [(0, 0.1), (0.2, 1.0), (0.6, 0.6), (0.85, 0)]), 0.5)
        crunch = m.resonate(grit, [(f, f / 3, g) for f, g in ((420, 0.7), (900, 1.0), (1700, 0.8), (3200, 0.4))])
        return (m.unit(crunch) + 0.15 * heel) * force
    if surface == "wood":
        board = m.strike(rng, m.WOOD, draw.uniform(75, 110), seconds, 14, length=2.0, click=0.1)
        return (board + 0.6 * heel + 0.15 * m.contact(rng, frames, 0.02, 300, 2500)) * force
    click = m.contact(rng, frames, 0.016, 1200, 7000)
    toe = np.zeros(frames)
    m.place(toe, m.contact(rng, m.count(0.06), 0.03, 800, 5000), m.count(0.075), 0.35)
    return (0.8 * click + toe + 0.35 * heel) * force


@kind("footsteps", group="foley", phrases=("footsteps", "person walking", "walking"), sustained=True)
def footsteps(draw: Draw) -> np.ndarray:
    """A steady walk or run over one surface."""
    floors = {"on gravel": 0, "on a wooden floor": 1, "in snow": 2, "on concrete": 3}
    surface = ("gravel", "wood", "snow", "concrete")[int(draw.attribute("surface", floors, chance=0.85))]
    gap = draw.attribute("speed", {"running": (0.29, 0.35), "slow": (0.68, 0.82), "brisk": (0.45, 0.52)})
    out = np.zeros(draw.frames)
    at = 0.0
    foot = 0
    while at < draw.seconds - 0.1:
        force = draw.uniform(0.8, 1.0) * (1.0 if foot % 2 else 0.88)
        m.place(out, _step(draw, surface, force, min(0.32, 0.72 * gap)), int(at * m.RATE))
        at += gap * draw.uniform(0.96, 1.04)
        foot += 1
    return out


@kind("keyboard typing", group="foley", phrases=("typing on a keyboard", "keyboard typing", "computer keyboard"),
      sustained=True)
def keyboard_typing(draw: Draw) -> np.ndarray:
    """Keys pressed in uneven runs: each a click, a bottoming tock and a softer release."""
    rng = draw.rng
    click = draw.attribute("character", {"mechanical": (0.9, 1.3), "soft": (0.15, 0.3)})
    rate = draw.attribute("speed", {"fast": (10, 13), "slow": (4.5, 6)})
    keys = [m.strike(rng, m.PLASTIC, draw.uniform(750, 1150), 0.08, 12, 1.3, click) for _ in range(6)]
    space = m.strike(rng, m.PLASTIC, draw.uniform(330, 450), 0.12, 14, 2.2, click)
    out = np.zeros(draw.frames)
    at = 0.0
    while at < draw.seconds:
        bar = draw.chance(0.14)
        m.place(out, space if bar else keys[rng.integers(6)], int(at * m.RATE), draw.uniform(0.5, 1.0))
        m.place(out, keys[rng.integers(6)], int((at + draw.uniform(0.055, 0.085)) * m.RATE), draw.uniform(0.12, 0.25))
        at += draw.uniform(0.6, 1.4) / rate + (draw.uniform(0.1, 0.3) if draw.chance(0.08) else 0.0)
    return out


@kind("camera shutter", group="foley", phrases=("camera shutter", "camera click", "camera taking a picture"))
def camera_shutter(draw: Draw) -> np.ndarray:
    """Mirror up, curtain, mirror down, and the small motor that winds on; sometimes a burst of shots."""
    rng = draw.rng
    shots = int(draw.attribute("count", {"single": 1, "rapid": 4}, chance=0.5))
    slow = draw.uniform(0.07, 0.11)
    up = m.strike(rng, m.PLASTIC, draw.uniform(900, 1300), 0.06, 14, 1.2, 0.9)
    down = m.strike(rng, m.PLASTIC, draw.uniform(650, 850), 0.09, 14, 1.8, 0.8)
    wind = m.count(draw.uniform(0.12, 0.2))
    pitch = m.curve(wind, [(0, 350), (0.3, draw.uniform(650, 850)), (1, 600)])
    motor = m.turning(pitch, m.cycle(1 / np.arange(1, 13) ** 0.6, rng.uniform(0, 6, 12))) * m.gate(wind, 0.02, 0.04)
    motor = m.unit(motor) + 0.3 * m.noise_band(rng, wind, 3000, 9000) * m.gate(wind, 0.02, 0.04)
    period = slow + 0.13
    out = np.zeros(m.count(period * shots + 0.3))
    for index in range(shots):
        at = index * period
        m.place(out, up, m.count(at) - 1, 1.0)
        m.place(out, down, m.count(at + slow), 0.9)
        m.place(out, motor, m.count(at + slow + 0.02), 0.16)
    return out * m.release(len(out), 0.02)


@kind("cork pop", group="foley", phrases=("cork popping", "champagne cork", "bottle being uncorked"))
def cork_pop(draw: Draw) -> np.ndarray:
    """The neck of the bottle released: one round resonant pop whose pitch leaps up, then fizz."""
    rng = draw.rng
    pitch = draw.attribute("pitch", {"deep": (330, 430), "bright": (700, 900)})
    frames = m.count(0.16)
    t = m.times(frames)
    rise = pitch * (1 + 0.9 * (1 - np.exp(-t / 0.02)))
    pop = m.turning(rise, m.cycle([1, 0.45, 0.2])) * m.fall(frames, draw.uniform(0.1, 0.15))
    pop += 0.7 * m.contact(rng, frames, 0.015, 600, 9000)
    fizzy = draw.attribute("character", {"fizzing": (0.05, 0.1), "dry": (0.0005, 0.001)})
    tail = m.count(draw.uniform(0.7, 1.3))
    foam = m.noise_band(rng, tail, 4000, 13000) * m.fall(tail, 1.6) * fizzy
    return m.mixed(pop, foam * m.release(tail, 0.3))


@kind("pouring water", group="foley", phrases=("pouring water into a glass", "water being poured", "pouring a drink"),
      sustained=True)
def pouring_water(draw: Draw) -> np.ndarray:
    """A vessel fills: gurgling bubbles and a hollow resonance that climbs as the air column shortens."""
    rng = draw.rng
    frames = draw.frames
    size = draw.log_uniform(0.7, 1.4)
    first, last = draw.uniform(380, 520) * size, draw.uniform(1100, 1500) * size
    column = m.curve(frames, [(0, first), (0.6, (first + last) / 2.4), (1, last)])
    column = column * np.exp(m.drift(rng, frames, 12, 0.02))
    flow = np.clip(1 + m.drift(rng, frames, 8, 0.25), 0.3, None)
    splash = m.band(m.white(rng, frames), 300, 6000) * flow
    hollow = m.swept(splash, column, 9.0)
    out = 1.4 * hollow / np.std(hollow) + 0.15 * splash / np.std(splash)
    for _ in range(int(draw.uniform(110, 170))):  # bubbles chirp up as they near the surface
        length = m.count(draw.uniform(0.02, 0.06))
        at = int(rng.integers(0, frames - length))
        ramp = m.curve(length, [(0, 1.0), (1, draw.uniform(1.1, 1.5))]) * column[at] * draw.log_uniform(0.8, 2.6)
        chirp = np.sin(2 * np.pi * np.cumsum(ramp) / m.RATE) * m.fall(length, 0.06)
        m.place(out, chirp, at, draw.log_uniform(0.8, 4.0))
    return out


@kind("spray can", group="foley", phrases=("spray can", "spray paint", "aerosol spray"))
def spray_can(draw: Draw) -> np.ndarray:
    """The shaken ball's rattle, then one to three gated jets of bright hiss."""
    rng = draw.rng
    shaken = draw.attribute("character", {"shaken": 1, "short": 0})
    out = np.zeros(m.count(2.4))
    at = 0.0
    if shaken:
        ball = m.strike(rng, m.METAL, draw.uniform(1900, 2600), 0.09, 8, 0.07, 0.9)
        for _ in range(draw.integer(5, 8)):
            m.place(out, ball, int(at * m.RATE), draw.uniform(0.5, 0.9))
            at += draw.uniform(0.08, 0.11)
        at += 0.08
    for _ in range(draw.integer(1, 3)):
        frames = m.count(draw.uniform(0.25, 0.7))
        jet = m.noise_band(rng, frames, draw.uniform(3000, 4500), 16000)
        jet += 0.6 * m.resonate(jet, [(draw.uniform(6000, 9000), 900, 2.0)])
        shape = m.curve(frames, [(0, 1.0), (0.1, 0.85), (1, 0.75)]) * m.gate(frames, 0.006, 0.03)
        m.place(out, jet * shape, int(at * m.RATE), 0.35)
        at += frames / m.RATE + draw.uniform(0.1, 0.2)
        if at > 1.7:
            break
    length = m.count(min(at, 2.4))
    return out[:length] * m.release(length, 0.02)

"""Bells, horns and warnings."""

from __future__ import annotations

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _mechanical as m


@kind("car horn", group="alarms", phrases=("car horn", "honking horn", "car honking"))
def car_horn(draw: Draw) -> np.ndarray:
    """Two reed horns a third apart, hard-edged and nasal; one long or several short honks."""
    rng = draw.rng
    honks = int(draw.attribute("count", {"long": 1, "double": 2, "repeated": 3}))
    low = draw.attribute("pitch", {"deep": (290, 340), "high": (430, 500)})
    length = draw.uniform(1.1, 1.9) if honks == 1 else draw.uniform(0.22, 0.38)
    frames = m.count(length)
    table = m.cycle(np.exp(-0.5 * ((np.arange(1, 23) - 5) / 5.0) ** 2) + 0.1, rng.uniform(0, 6, 22))
    onset = 1 - 0.05 * np.exp(-m.times(frames) / 0.015)
    third = draw.uniform(1.22, 1.27)
    reeds = m.turning(low * onset, table) + m.turning(low * third * onset, table)
    bell = m.resonate(reeds, [(1500, 700, 1.0), (2700, 900, 0.8)])
    honk = (m.unit(reeds) + 0.6 * m.unit(bell)) * m.gate(frames, 0.012, 0.03)
    gap = length + draw.uniform(0.1, 0.18)
    out = np.zeros(m.count(gap * (honks - 1) + length))
    for index in range(honks):
        m.place(out, honk, int(index * gap * m.RATE))
    return out


@kind("siren", group="alarms", phrases=("siren", "police siren", "ambulance siren"), sustained=True)
def siren(draw: Draw) -> np.ndarray:
    """An emergency vehicle: a slow wail, a quick yelp, or two alternating tones."""
    rng = draw.rng
    t = m.times(draw.frames) + draw.uniform(0, 3)
    mode = draw.attribute("rhythm", {"wailing": 0, "yelping": 1, "two-tone": 2}, chance=0.8)
    low, high = draw.uniform(520, 640), draw.uniform(1250, 1500)
    if mode == 2:
        beat = (t / draw.uniform(0.5, 0.65)) % 2 < 1
        pitch = np.where(beat, draw.uniform(430, 460), draw.uniform(575, 620))
    else:
        rate = draw.uniform(0.28, 0.4) if mode == 0 else draw.uniform(2.6, 3.4)
        turn = (t * rate) % 1.0
        arc = np.where(turn < 0.55, np.sin(0.5 * np.pi * turn / 0.55), np.cos(0.5 * np.pi * (turn - 0.55) / 0.45))
        pitch = low * (high / low) ** np.clip(arc, 0, 1)
    horn = m.turning(pitch, m.cycle(np.arange(1, 13) ** -0.8 * rng.uniform(0.6, 1, 12)))
    throat = m.resonate(horn, [(draw.uniform(1100, 1500), 700, 1.0), (draw.uniform(2400, 3000), 900, 0.6)])
    return m.unit(horn) + 0.8 * m.unit(throat)


@kind("alarm beep", group="alarms", phrases=("alarm beeping", "alarm clock", "beeping alarm"), sustained=True)
def alarm_beep(draw: Draw) -> np.ndarray:
    """One hard piezo tone: quick beeps in groups of four (a clock) or even longer ones (a smoke alarm)."""
    frames = draw.frames
    pitch = draw.uniform(1900, 2300) if draw.chance(0.5) else draw.uniform(2900, 3300)
    grouped = draw.attribute("rhythm", {"rapid": 1, "slow": 0})
    on, off = (draw.uniform(0.055, 0.07), draw.uniform(0.055, 0.07)) if grouped else (0.5, draw.uniform(0.45, 0.55))
    step = on + off
    beep = np.zeros(m.count(on))
    table = m.cycle([1, 0.1, 0.33, 0.05, 0.2])
    beep += m.turning(np.full(len(beep), pitch), table) * m.gate(len(beep), 0.002, 0.003)
    out = np.zeros(frames)
    at, index = 0.0, 0
    rest = draw.uniform(0.4, 0.5)
    while at < draw.seconds:
        m.place(out, beep, int(at * m.RATE))
        index += 1
        at += step + (rest if grouped and index % 4 == 0 else 0.0)
    return out


@kind("telephone ring", group="alarms", phrases=("telephone ringing", "phone ringing", "telephone bell"),
      sustained=True)
def telephone_ring(draw: Draw) -> np.ndarray:
    """A clapper that beats two small gongs twenty times a second, ringing in long or double bursts."""
    rng = draw.rng
    pitch = draw.attribute("pitch", {"low": (900, 1050), "bright": (1350, 1600)})
    rate = draw.uniform(19, 24)
    gongs = []
    for ratio in (1.0, draw.uniform(1.17, 1.27)):
        partials = pitch * ratio * np.array([1.0, 2.52, 4.3, 5.9]) * rng.uniform(0.99, 1.01, 4)
        gongs.append(m.modal(partials, np.array([1.1, 0.7, 0.45, 0.3]), np.array([1.0, 0.7, 0.4, 0.25]), m.count(0.9)))
    double = draw.attribute("rhythm", {"double": 1, "long": 0})
    bursts = [(0.0, 0.4), (0.6, 1.0)] if double else [(0.0, draw.uniform(1.3, 1.7))]
    period = draw.uniform(2.1, 2.4) if double else draw.uniform(2.3, 2.7)
    sides = [np.zeros(draw.frames), np.zeros(draw.frames)]
    start = 0.0
    while start < draw.seconds:
        for first, last in bursts:
            beats = np.arange(start + first, start + last, 1 / rate)
            where = (beats * m.RATE).astype(int)
            for side in (0, 1):
                spots = where[side::2][where[side::2] < draw.frames]
                sides[side][spots] = rng.uniform(0.8, 1.0, len(spots))
        start += period
    hits = sides[0] + sides[1]
    rings = np.asarray(sum(m.convolved(side, gong) for side, gong in zip(sides, gongs, strict=True)))
    clicks = m.convolved(hits, m.contact(rng, m.count(0.01), 0.008, 2000, 9000))
    return m.unit(rings) + 0.15 * clicks


@kind("bicycle bell", group="alarms", phrases=("bicycle bell", "bike bell", "ringing a bicycle bell"))
def bicycle_bell(draw: Draw) -> np.ndarray:
    """Drring-drring: two thumb strokes, each a flurry of taps that slows, on a small high bell that shimmers."""
    rng = draw.rng
    pitch = draw.attribute("pitch", {"low": (1900, 2200), "high": (2900, 3300)})
    partials = pitch * np.array([1.0, 1.004, 1.62, 1.627, 2.45, 3.3]) * rng.uniform(0.995, 1.005, 6)
    t60s = np.array([1.6, 1.5, 1.1, 1.1, 0.7, 0.5])
    ring = m.modal(partials, t60s, np.array([1, 0.9, 0.6, 0.6, 0.5, 0.3]), m.count(1.4), rng.uniform(-1, 1, 6))
    ring = m.unit(ring)
    ring[: m.count(0.008)] += 0.6 * m.contact(rng, m.count(0.008), 0.006, 3000, 12000)
    strokes = int(draw.attribute("count", {"single": 1, "double": 2}))
    out = np.zeros(m.count(2.4))
    start = 0.0
    for _ in range(strokes):
        at, gap = start, 0.026
        for _tap in range(draw.integer(7, 10)):
            m.place(out, ring, int(at * m.RATE), draw.uniform(0.35, 0.8))
            at, gap = at + gap, gap * 1.13
        start += draw.uniform(0.6, 0.75)
    length = m.count(min(2.4, start + 0.9))
    return out[:length] * m.release(length, 0.3)


@kind("church bell", group="alarms", phrases=("church bell", "bell tolling", "tower bell"))
def church_bell(draw: Draw) -> np.ndarray:
    """One stroke of a tuned bell: hum, prime, minor-third tierce, quint, nominal and up, each pair beating."""
    rng = draw.rng
    nominal = draw.attribute("pitch", {"deep": (420, 560), "high": (900, 1200)})
    ratios = np.array([0.25, 0.5, 0.6, 0.75, 1.0, 1.26, 1.5, 2.0, 2.53, 3.0, 3.75, 4.5])
    gains = np.array([0.45, 0.55, 0.9, 0.35, 1.0, 0.35, 0.5, 0.45, 0.3, 0.25, 0.15, 0.1])
    t60s = np.array([14, 9, 7, 5, 4.5, 3, 2.6, 2.0, 1.4, 1.1, 0.8, 0.6]) * draw.uniform(0.7, 1.1)
    split = 1 + rng.uniform(0.0006, 0.002, 12)
    frequencies = nominal * ratios * rng.uniform(0.996, 1.004, 12)
    frames = min(draw.frames, m.count(draw.uniform(4.2, 5.0)))
    gains = gains * rng.uniform(0.75, 1.25, 12)
    out = m.modal(np.append(frequencies, frequencies * split), np.tile(t60s, 2), np.append(gains, 0.6 * gains), frames)
    clang = m.strike(rng, m.METAL, nominal * 2.2, 0.4, 14, length=0.2, click=0.3)
    m.place(out, clang, 0, 0.7)
    return out * m.gate(frames, 0.001, 0.8)


@kind("kettle whistle", group="alarms", phrases=("kettle whistling", "whistling kettle", "boiling tea kettle"),
      sustained=True)
def kettle_whistle(draw: Draw) -> np.ndarray:
    """Steam through a hole-tone whistle: a shrill unsteady tone with a weak octave over a rush of steam."""
    rng = draw.rng
    frames = draw.frames
    pitch = draw.attribute("pitch", {"low": (1500, 1900), "shrill": (2500, 3100)})
    rise = 1 - draw.uniform(0.02, 0.1) * np.exp(-m.times(frames) / draw.uniform(0.6, 1.5))
    wobble = np.exp(m.drift(rng, frames, 14, 0.004)) * (1 + 0.004 * np.sin(2 * np.pi * 7.0 * m.times(frames)))
    tone = m.turning(pitch * rise * wobble, m.cycle([1, 0.22, 0.1]))
    second = m.turning(pitch * rise * wobble * draw.uniform(1.16, 1.22), m.cycle([1, 0.15])) * draw.choose((0.0, 0.5))
    breath = np.clip(1 + m.drift(rng, frames, 18, 0.12), 0.4, None)
    steam = m.noise_band(rng, frames, 1800, 11000)
    boil = m.noise_band(rng, frames, 80, 500) * np.clip(1 + m.drift(rng, frames, 12, 0.4), 0.1, None)
    return (tone + second) * breath + 0.13 * steam + 0.06 * boil

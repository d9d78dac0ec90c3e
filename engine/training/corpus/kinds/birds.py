"""Birds: whistled song, and calls from a syrinx through a short tract."""

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _organic as organic


def _syllable(draw: Draw, low: float, high: float) -> np.ndarray:
    """One whistled syllable: a sweep, an arch, a trill or a buzz between two pitches."""
    n = organic.count(draw.log_uniform(0.05, 0.2))
    shape = draw.integer(0, 4)
    if shape == 0:
        pitch = organic.curve(n, [(0, high), (1, low)])
    elif shape == 1:
        pitch = organic.curve(n, [(0, low), (1, high)])
    elif shape == 2:
        pitch = organic.curve(n, [(0, low), (draw.uniform(0.3, 0.7), high), (1, low * 1.1)])
    elif shape == 3:
        pitch = organic.curve(n, [(0, high), (draw.uniform(0.3, 0.7), low), (1, high * 0.95)])
    else:
        pitch = np.full(n, (low * high) ** 0.5) * (1 + 0.12 * organic.sine(np.full(n, draw.uniform(28, 55))))
    return organic.partials(pitch, (1.0, draw.uniform(0.03, 0.15))) * organic.swell(n, 0.012, 0.025)


@kind("songbird", group="animals", phrases=("songbird", "bird singing", "birdsong"), sustained=True)
def songbird(draw: Draw) -> np.ndarray:
    """A motif of whistled syllables, some repeated fast, sung again and again with short rests."""
    centre = draw.attribute("pitch", {"low": (2300, 2900), "high": (4300, 5400)}, chance=0.4)
    motif: list[tuple[float, np.ndarray]] = []
    at = 0.0
    for _ in range(draw.integer(3, 5)):
        low = centre * np.exp(draw.uniform(-0.35, 0.2))
        note = _syllable(draw, low, low * draw.uniform(1.2, 1.9))
        for _ in range(draw.choose((1, 1, 2, 4, 6))):
            motif.append((at, note * draw.uniform(0.7, 1.0)))
            at += len(note) / organic.RATE + draw.uniform(0.02, 0.05)
    song = organic.sequence(motif)
    out = np.zeros(draw.frames)
    rest = draw.uniform(0.25, 0.8)
    at = 0.005
    while at < draw.seconds:
        organic.place(out, song, at)
        at += len(song) / organic.RATE + rest * draw.uniform(0.8, 1.2)
    return out


def _series(draw: Draw, calls: list[np.ndarray], gap: float) -> np.ndarray:
    """Calls one after another with about `gap` s of rest."""
    parts, at = [], 0.004
    for call in calls:
        parts.append((at, organic.peak(call) * draw.uniform(0.75, 1.0)))
        at += len(call) / organic.RATE + gap * draw.uniform(0.8, 1.25)
    return organic.sequence(parts)[: draw.frames]


@kind("crow", group="animals", phrases=("crow", "crow cawing", "raven"))
def crow(draw: Draw) -> np.ndarray:
    """Caw: a hoarse, pressed call with noise across 1 to 4 kHz and hardly any glide."""
    base = draw.log_uniform(430, 580)
    tract = ((draw.uniform(1000, 1250), 260, 1.0), (draw.uniform(1650, 2000), 320, 0.8), (3100, 600, 0.35))
    calls = []
    total = int(draw.attribute("count", {"single": 1, "repeated": 4})) if draw.chance(0.7) else 3
    for _ in range(total):
        n = organic.count(draw.uniform(0.28, 0.42))
        pitch = organic.curve(n, [(0, base * 0.86), (0.25, base * 1.05), (0.7, base), (1, base * 0.75)])
        call = organic.voice(draw.rng, pitch, [(0, tract), (1, tract)], openness=0.4, breath=0.5, rough=0.75)
        call += 0.35 * organic.moving_band(draw.rng, np.full(n, 1500.0), 1200) * call.std()
        calls.append(call * organic.swell(n, 0.02, 0.1))
    return _series(draw, calls, draw.uniform(0.15, 0.25))


@kind("owl", group="animals", phrases=("owl", "owl hooting", "owl hoot"))
def owl(draw: Draw) -> np.ndarray:
    """Hoots: soft, nearly pure low tones in the great horned owl's rhythm, hoo, hu-hoo, hoo, hoo."""
    base = draw.attribute("pitch", {"deep": (240, 300), "high": (420, 540)}, chance=0.4)
    rhythm = draw.choose(
        (
            ((0.0, 0.36), (0.5, 0.12), (0.68, 0.36), (1.22, 0.34), (1.75, 0.4)),
            ((0.0, 0.45), (0.9, 0.12), (1.1, 0.14), (1.35, 0.75)),
            ((0.0, 0.5), (0.75, 0.5)),
            ((0.0, 0.2), (0.3, 0.22), (0.65, 0.8)),
        )
    )
    pace = draw.uniform(0.92, 1.12)
    parts = []
    for at, length in rhythm:
        n = organic.count(length * pace)
        pitch = base * organic.curve(n, [(0, 0.9), (0.25, 1.0), (0.7, 1.0), (1, 0.88)])
        if length > 0.6:
            pitch *= 1 + 0.02 * organic.sine(np.full(n, draw.uniform(9, 14)))
        tone = organic.partials(pitch, (1.0, draw.uniform(0.06, 0.14), 0.05, 0.01))
        air = 0.04 * organic.moving_band(draw.rng, pitch * 1.5, 300)
        parts.append((at * pace + 0.003, (tone + air) * organic.swell(n, 0.05, 0.09) * draw.uniform(0.8, 1.0)))
    return organic.sequence(parts)[: draw.frames]


@kind("rooster", group="animals", phrases=("rooster", "rooster crowing", "cock-a-doodle-doo"))
def rooster(draw: Draw) -> np.ndarray:
    """Crow: three short pushed syllables that climb, and a long bright one that breaks and falls."""
    base = draw.log_uniform(520, 680)
    pace = draw.uniform(0.9, 1.12)
    tract = ((1000, 220, 0.8), (draw.uniform(1700, 2100), 260, 1.0), (3100, 400, 0.7), (4600, 600, 0.3))
    shapes = (
        (0.0, 0.2, ((0, 0.75), (0.5, 0.95), (1, 0.9))),
        (0.27, 0.14, ((0, 1.0), (0.5, 1.15), (1, 1.1))),
        (0.46, 0.3, ((0, 1.15), (0.4, 1.4), (1, 1.35))),
        (0.8, draw.uniform(0.85, 1.2), ((0, 1.2), (0.12, 1.62), (0.45, 1.55), (0.8, 1.15), (1, 0.65))),
    )
    parts = []
    for at, length, points in shapes:
        n = organic.count(length * pace)
        pitch = base * organic.curve(n, points)
        call = organic.voice(
            draw.rng, pitch, [(0, tract), (1, tract)], openness=0.45, breath=0.12, rough=0.18, jitter=0.02
        )
        parts.append((at * pace + 0.003, organic.peak(call) * organic.swell(n, 0.02, 0.06 if length < 0.5 else 0.3)))
    return organic.sequence(parts)[: draw.frames]


@kind("duck", group="animals", phrases=("duck", "duck quacking", "quacking duck"))
def duck(draw: Draw) -> np.ndarray:
    """Quacks: short, flat, nasal buzzes with strong resonances, each a little weaker than the last."""
    base = draw.log_uniform(190, 270)
    tract = (
        (draw.uniform(950, 1150), 140, 1.0),
        (draw.uniform(2000, 2400), 200, 0.9),
        (3300, 300, 0.6),
        (5200, 500, 0.3),
    )
    calls = []
    total = int(draw.attribute("count", {"single": 1, "repeated": 6})) if draw.chance(0.6) else 4
    for index in range(total):
        n = organic.count(draw.uniform(0.16, 0.24) * (1 - 0.05 * index))
        pitch = base * organic.curve(n, [(0, 0.95), (0.2, 1.12), (1, 0.78)])
        closed = organic.scaled(tract, 0.82)
        call = organic.voice(
            draw.rng,
            pitch,
            [(0, closed), (0.25, tract), (0.8, tract), (1, closed)],
            openness=0.3,
            breath=0.06,
            rough=0.2,
        )
        calls.append(organic.peak(call) * organic.swell(n, 0.015, 0.05) * (1 - 0.07 * index))
    return _series(draw, calls, draw.uniform(0.09, 0.16))


@kind("seagull", group="animals", phrases=("seagull", "seagulls crying", "gull calls"))
def seagull(draw: Draw) -> np.ndarray:
    """Kyow: piercing calls with rich harmonics that leap up and fall, longer ones first, quick ones after."""
    base = draw.log_uniform(850, 1150)
    calls = []
    total = draw.integer(3, 6)
    for index in range(total):
        n = organic.count((0.46 if index == 0 else 0.3 - 0.02 * index) * draw.uniform(0.9, 1.1))
        pitch = base * organic.curve(n, [(0, 0.8), (0.14, 1.65), (0.4, 1.45), (1, 0.85)])
        gains = 0.9 ** np.arange(10) * np.array((0.45, 1, 0.9, 0.6, 0.5, 0.35, 0.25, 0.15, 0.1, 0.06))
        call = organic.partials(pitch, gains) * (1 + 0.3 * np.clip(organic.wander(draw.rng, n, 70), -2, 2))
        call += 0.15 * organic.moving_band(draw.rng, pitch * 2, 500)
        calls.append(call * organic.swell(n, 0.02, 0.1))
    return _series(draw, calls, draw.uniform(0.06, 0.12))

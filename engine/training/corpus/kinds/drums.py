"""The drum kit: single drums and cymbals, a roll and whole loops."""

from __future__ import annotations

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _kit
from engine.training.corpus.kinds._electronic import RATE, Samples, clock, edges, hiss, place

_STYLES = ("techno", "hip hop", "rock", "breakbeat")
_STEPS: dict[str, tuple[str, str, str]] = {
    "techno": ("x...x...x...x...", "....x.......x...", "..x...x...x...x."),
    "hip hop": ("x......x..x.....", "....x.......x...", "x.x.x.x.x.x.x.xx"),
    "rock": ("x.......x.x.....", "....x.......x...", "x.x.x.x.x.x.x.x."),
    "breakbeat": ("x.x.......xx....", "....x..x.x..x..x", "x.x.x.x.x.x.x.x."),
}
"""Sixteen steps a bar for kick, backbeat and hi-hat."""
_TEMPOS = {"techno": (122, 142), "hip hop": (76, 96), "rock": (100, 140), "breakbeat": (155, 176)}


def _strokes(draw: Draw, hit: Samples, count: int, gap: float) -> Samples:
    """The hit played `count` times in time, each a little different in level."""
    out = np.zeros(min(draw.frames, round((count - 1) * gap * RATE) + hit.size))
    for index in range(count):
        place(out, hit, index * gap, 1.0 if index == 0 else draw.uniform(0.7, 1.0))
    return out


@kind("kick drum", group="drums", phrases=("kick drum", "bass drum", "kick"))
def kick_drum(draw: Draw) -> Samples:
    length = draw.attribute("character", {"punchy": (0.28, 0.42), "boomy": (0.7, 1.1)})
    dirt = draw.attribute("intensity", {"soft": (0.6, 1.0), "distorted": (4.0, 8.0), "hard": (1.6, 2.6)}, chance=0.5)
    hit = _kit.kick(draw.rng, draw.log_uniform(40.0, 62.0), length, draw.uniform(0.1, 0.5), dirt)
    count = int(draw.attribute("count", {"single": 1, "repeated": 4}, chance=0.4))
    return _strokes(draw, hit, count, draw.uniform(0.4, 0.55))


@kind("snare drum", group="drums", phrases=("snare drum", "snare hit", "snare"))
def snare_drum(draw: Draw) -> Samples:
    rattle = draw.attribute("character", {"tight": (0.14, 0.2), "fat": (0.4, 0.6)})
    pitch = draw.attribute("pitch", {"low": (150.0, 185.0), "high": (215.0, 280.0)}, chance=0.5)
    steel = draw.attribute("material", {"wooden": 0, "steel": 1}, chance=0.5) == 1
    hit = _kit.snare(draw.rng, pitch, rattle, draw.uniform(0.7, 1.2), 0.7 if steel else 0.0)
    count = int(draw.attribute("count", {"single": 1, "repeated": 3}, chance=0.4))
    return _strokes(draw, hit, count, draw.uniform(0.5, 0.7))


@kind("hand clap", group="drums", phrases=("hand clap", "clap", "drum machine clap"))
def hand_clap(draw: Draw) -> Samples:
    tail = draw.attribute("character", {"tight": (0.08, 0.14), "big": (0.35, 0.6)})
    hit = _kit.clap(draw.rng, draw.log_uniform(950.0, 1600.0), tail)
    count = int(draw.attribute("count", {"single": 1, "repeated": 4}, chance=0.4))
    return _strokes(draw, hit, count, draw.uniform(0.42, 0.56))


@kind("closed hi-hat", group="drums", phrases=("closed hi-hat", "closed hat", "hi-hat tick"))
def closed_hat(draw: Draw) -> Samples:
    ring = draw.attribute("character", {"crisp": (0.05, 0.08), "loose": (0.1, 0.16)})
    hit = _kit.hat(draw.rng, ring, draw.log_uniform(5500.0, 8500.0))
    gap = draw.attribute("speed", {"slow": (0.26, 0.34), "fast": (0.09, 0.15)}, chance=0.6)
    return _strokes(draw, hit, draw.integer(4, 8), gap)


@kind("open hi-hat", group="drums", phrases=("open hi-hat", "open hat", "open hi-hat hit"))
def open_hat(draw: Draw) -> Samples:
    ring = draw.attribute("size", {"short": (0.4, 0.55), "long": (0.9, 1.3)})
    hit = _kit.hat(draw.rng, ring, draw.log_uniform(4500.0, 7500.0))
    if not draw.chance(0.3):
        return hit
    choked = edges(hit[: round(RATE * 0.26)], 0.0003, 0.02)
    return _strokes(draw, choked, 4, draw.uniform(0.4, 0.52))


@kind("crash cymbal", group="drums", phrases=("crash cymbal", "cymbal crash", "cymbal hit"))
def crash_cymbal(draw: Draw) -> Samples:
    length = draw.attribute("size", {"small": (1.6, 2.0), "big": (2.8, 4.0)})
    return _kit.crash(draw.rng, min(length, draw.seconds), draw.log_uniform(280.0, 480.0))


@kind("tom drum", group="drums", phrases=("tom drum", "tom-tom", "drum tom"))
def tom_drum(draw: Draw) -> Samples:
    pitch = draw.attribute("pitch", {"low": (68.0, 90.0), "high": (140.0, 190.0)})
    count = int(draw.attribute("count", {"single": 1, "double": 2, "repeated": 5}, chance=0.5))
    falling, gap = draw.chance(0.6), draw.uniform(0.15, 0.3)
    out = np.zeros(round(((count - 1) * gap + 1.1) * RATE))
    for index in range(count):
        step = 0.86**index if falling else 1.0
        place(out, _kit.tom(draw.rng, pitch * step, draw.uniform(0.55, 1.0)), index * gap, draw.uniform(0.8, 1.0))
    return out


@kind("rimshot", group="drums", phrases=("rimshot", "rim shot", "snare rim click"))
def rimshot(draw: Draw) -> Samples:
    pitch = draw.attribute("pitch", {"low": (380.0, 450.0), "high": (520.0, 640.0)}, chance=0.6)
    hit = _kit.rim(draw.rng, pitch)
    count = int(draw.attribute("count", {"single": 1, "double": 2, "repeated": 4}, chance=0.5))
    return _strokes(draw, hit, count, draw.uniform(0.18, 0.4))


@kind("drum roll", group="drums", phrases=("drum roll", "snare roll", "snare drum roll"), sustained=True)
def drum_roll(draw: Draw) -> Samples:
    rate = draw.attribute("speed", {"slow": (12.0, 15.0), "fast": (21.0, 28.0)})
    pitch, rattle = draw.log_uniform(150.0, 230.0), draw.uniform(0.16, 0.26)
    hits = [_kit.snare(draw.rng, pitch, rattle, draw.uniform(0.7, 1.0)) for _ in range(6)]
    out = np.zeros(draw.frames)
    at, left = 0.0, False
    while at < draw.seconds:
        place(out, draw.choose(hits), at, (0.82 if left else 1.0) * draw.uniform(0.75, 1.0))
        at += draw.uniform(0.9, 1.1) / rate
        left = not left
    swell = draw.attribute("intensity", {"steady": 0.0, "swelling": 1.0}, chance=0.5)
    wave = 0.6 - 0.4 * np.cos(2.0 * np.pi * clock(draw.seconds) / draw.uniform(2.0, 2.6))
    return out * (wave[: out.size] if swell else 1.0)


@kind("drum loop", group="drums", phrases=("drum loop", "drum beat", "drum groove"), sustained=True)
def drum_loop(draw: Draw) -> Samples:
    style = _STYLES[int(draw.attribute("character", {name: index for index, name in enumerate(_STYLES)}))]
    kicks, backs, hats = _STEPS[style]
    step = 15.0 / draw.uniform(*_TEMPOS[style])
    swing = draw.uniform(0.0, 0.18) if style == "hip hop" else 0.0
    rng = draw.rng
    kick = _kit.kick(rng, draw.log_uniform(44.0, 60.0), draw.uniform(0.22, 0.4), 0.4, draw.uniform(1.0, 2.5))
    clapping = style in ("techno", "hip hop") and draw.chance(0.6)
    back = _kit.clap(rng, 1200.0, 0.2) if clapping else _kit.snare(rng, draw.log_uniform(165.0, 220.0), 0.22)
    closed = _kit.hat(rng, 0.07, draw.uniform(6000.0, 8000.0))
    hat = _kit.hat(rng, 0.22, 6000.0) if style == "techno" else closed
    out = np.zeros(draw.frames)
    for index in range(int(draw.seconds / step) + 1):
        at, slot = (index + swing * (index % 2)) * step, index % 16
        accent = draw.uniform(0.85, 1.0)
        if kicks[slot] == "x":
            place(out, kick, at, accent)
        if backs[slot] == "x":
            place(out, back, at, 0.7 * accent * (1.0 if slot % 8 == 4 else 0.5))
        if hats[slot] == "x":
            place(out, hat, at, 0.3 * accent)
        elif style == "techno":
            place(out, closed, at, 0.16 * accent)
    return out + 1e-4 * hiss(rng, out.size)

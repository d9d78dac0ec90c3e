"""Mammals of the house, the farm and the wild: source-filter voices with each animal's pitch, tract and roughness."""

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds import _organic as organic


@kind("dog bark", group="animals", phrases=("dog bark", "dog barking", "barking dog"))
def dog_bark(draw: Draw) -> np.ndarray:
    """Barks: explosive, rough, a fast arch of pitch; a small dog yaps an octave higher through a shorter tract."""
    size = draw.attribute("size", {"small": (0.42, 0.55), "big": (1.15, 1.5)})
    base = 430 / size
    tract = organic.scaled(((560, 180, 1.0), (1150, 200, 0.9), (2100, 320, 0.5), (3600, 500, 0.25)), size**-0.5)
    parts, at = [], 0.002
    for _ in range(draw.integer(1, 4)):
        n = organic.count(draw.uniform(0.13, 0.2) * size**0.3)
        pitch = base * organic.curve(n, [(0, 0.75), (0.3, 1.1), (0.6, 0.95), (1, 0.5)])
        call = organic.voice(
            draw.rng,
            pitch,
            [(0, organic.scaled(tract, 0.75)), (0.35, tract), (1, tract)],
            openness=0.45,
            breath=0.22,
            rough=0.45,
        )
        parts.append((at, organic.peak(call * organic.swell(n, 0.012, 0.09)) * draw.uniform(0.8, 1.0)))
        at += n / organic.RATE + draw.uniform(0.16, 0.42)
        if at > 2.0:
            break
    return organic.sequence(parts)[: draw.frames]


@kind("cat meow", group="animals", phrases=("cat meow", "meowing cat", "cat meowing"))
def cat_meow(draw: Draw) -> np.ndarray:
    """Me-a-ow: a hummed start, the mouth opens and closes again, the pitch arches."""
    base = draw.attribute("pitch", {"low": (360, 440), "high": (680, 850)}, chance=0.4)
    n = organic.count(draw.uniform(0.65, 1.3))
    pitch = base * organic.curve(n, [(0, 0.85), (0.25, 1.12), (0.55, 1.18), (1, draw.uniform(0.68, 0.85))])
    pitch *= 1 + 0.008 * organic.wander(draw.rng, n, 12)
    hum = ((base, 150, 1.0), (2000, 500, 0.05), (3200, 400, 0.05))
    bright = ((700, 160, 0.6), (2500, 250, 1.0), (3600, 350, 0.7))
    wide = ((1150, 200, 1.0), (1900, 250, 0.9), (3500, 400, 0.4))
    rounded = ((560, 150, 1.0), (1050, 180, 0.5), (3300, 400, 0.06))
    call = organic.voice(
        draw.rng,
        pitch,
        [(0, hum), (0.12, hum), (0.27, bright), (0.55, wide), (0.85, rounded), (1, rounded)],
        openness=0.55,
        breath=0.02,
        rough=0.04,
    )
    return call * organic.curve(n, [(0, 0), (0.06, 0.35), (0.3, 1), (0.6, 0.9), (0.85, 0.4), (1, 0)])


@kind("cow moo", group="animals", phrases=("cow moo", "cow mooing", "mooing cow"))
def cow_moo(draw: Draw) -> np.ndarray:
    """Moo: a long, low, buzzing call that opens from a closed mouth and sags at the end."""
    base = draw.attribute("pitch", {"deep": (85, 105), "high": (160, 195)}, chance=0.4)
    n = organic.count(draw.uniform(1.5, 2.4))
    pitch = base * organic.curve(n, [(0, 0.8), (0.3, 1.0), (0.75, 1.08), (1, 0.78)])
    shut = ((220, 80, 1.0), (700, 150, 0.12), (2000, 400, 0.02))
    ajar = ((330, 90, 1.0), (780, 130, 0.7), (1900, 300, 0.16), (2800, 400, 0.1))
    call = organic.voice(
        draw.rng,
        pitch,
        [(0, shut), (0.22, shut), (0.5, ajar), (0.9, ajar), (1, shut)],
        openness=0.5,
        breath=0.02,
        rough=0.14,
    )
    return call * organic.curve(n, [(0, 0), (0.08, 0.45), (0.4, 0.9), (0.8, 1.0), (1, 0)])


@kind("sheep", group="animals", phrases=("sheep", "sheep bleating", "lamb bleating"))
def sheep(draw: Draw) -> np.ndarray:
    """Baa: a nasal flat vowel chopped by a strong quaver about eight times a second."""
    size = draw.attribute("pitch", {"low": (0.75, 0.88), "high": (1.5, 1.9)}, chance=0.4)
    n = organic.count(draw.uniform(0.8, 1.4))
    quaver = organic.sine(np.full(n, draw.uniform(7.0, 10.0)) * (1 + 0.05 * organic.wander(draw.rng, n, 4)))
    pitch = 235 * size * organic.curve(n, [(0, 0.9), (0.2, 1.05), (1, 0.85)]) * (1 + 0.07 * quaver)
    tract = organic.scaled(((680, 120, 1.0), (1650, 180, 0.9), (2500, 250, 0.6), (3700, 400, 0.3)), size**0.35)
    lips = organic.scaled(((300, 100, 0.8), (1200, 300, 0.1)), size**0.35)
    call = organic.voice(draw.rng, pitch, [(0, lips), (0.07, tract), (1, tract)], openness=0.4, breath=0.05, rough=0.2)
    return call * (0.55 + 0.45 * quaver) * organic.swell(n, 0.04, 0.25)


@kind("horse gallop", group="animals", phrases=("horse gallop", "galloping horse", "horse hooves"), sustained=True)
def horse_gallop(draw: Draw) -> np.ndarray:
    """Hooves in the gallop's three quick beats and a rest; turf thuds, stone clops."""
    stride = draw.attribute("speed", {"slow": (0.6, 0.68), "fast": (0.4, 0.46)}, chance=0.4)
    hard = draw.attribute("surface", {"on cobblestones": 1.0, "on dirt": 0.25, "on grass": 0.06})
    n = organic.count(0.16)
    hooves = []
    for _ in range(4):
        thud = organic.modes(n, (draw.uniform(60, 90), draw.uniform(120, 170)), (0.16, 0.09), (1.0, 0.6))
        clop = draw.uniform(620, 1150)
        ring = organic.modes(n, clop * np.array((1, 1.7, 2.6)), (0.07, 0.05, 0.03), (1.0, 0.7, 0.4))
        grit = organic.band(draw.rng.standard_normal(n), 300, 1200 + 4000 * hard, 1) * organic.decay(n, 0.07, 0.001)
        hooves.append((1.1 - 0.7 * hard) * thud + 0.9 * hard * ring + 0.5 * organic.peak(grit) * (1 - 0.5 * hard))
    out = np.zeros(draw.frames)
    at = 0.004
    beats = ((0.0, 0.8), (0.23, 0.9), (0.3, 0.65), (0.52, 1.0))
    while at < draw.seconds:
        for hoof, (offset, gain) in zip(hooves, beats, strict=True):
            organic.place(out, hoof, at + stride * offset + draw.uniform(0, 0.008), gain * draw.uniform(0.8, 1.1))
        at += stride * draw.uniform(0.98, 1.02)
    return out


@kind("pig", group="animals", phrases=("pig", "pig oinking", "pig grunting"))
def pig(draw: Draw) -> np.ndarray:
    """Oink: snorted grunts, slow rough pulses through a wide snout; an excited pig ends in a squeal."""
    squeal = draw.attribute("character", {"squealing": 1.0}) if draw.chance(0.35) else 0.0
    rate = draw.uniform(55, 85)
    snout = ((380, 130, 1.0), (1150, 260, 0.7), (2300, 500, 0.3))
    open_snout = ((620, 180, 1.0), (1600, 320, 0.8), (2900, 500, 0.45))
    parts, at = [], 0.003
    for _ in range(draw.integer(2, 4)):
        n = organic.count(draw.uniform(0.15, 0.28))
        pitch = rate * organic.curve(n, [(0, 0.8), (0.6, 1.15), (1, 1.4)])
        gate = (0.15 + np.clip(organic.sine(pitch), 0, 1)) * draw.rng.standard_normal(n)
        grunt = organic.morph(organic.glottal(draw.rng, pitch, 0.4, 0.08) + 0.8 * gate, [(0, snout), (1, open_snout)])
        parts.append((at, organic.peak(grunt * organic.swell(n, 0.025, 0.06)) * draw.uniform(0.7, 1.0)))
        at += n / organic.RATE + draw.uniform(0.1, 0.28)
    if squeal:
        n = organic.count(draw.uniform(0.5, 0.85))
        top = draw.uniform(1000, 1500)
        pitch = (
            top
            * organic.curve(n, [(0, 0.55), (0.2, 1.0), (0.7, 1.1), (1, 0.6)])
            * (1 + 0.03 * organic.wander(draw.rng, n, 25))
        )
        call = organic.voice(
            draw.rng,
            pitch,
            [(0, open_snout), (1, ((1300, 300, 1), (2900, 500, 1), (4300, 700, 0.7)))],
            openness=0.35,
            breath=0.1,
            rough=0.45,
        )
        parts.append((at, organic.peak(call * organic.swell(n, 0.04, 0.12))))
    return organic.sequence(parts)[: draw.frames]


@kind("wolf howl", group="animals", phrases=("wolf howl", "howling wolf", "wolf howling"))
def wolf_howl(draw: Draw) -> np.ndarray:
    """Awooo: a quick climb with a break, a long held rounded tone that drifts, and a slow fall."""
    base = draw.log_uniform(380, 620)
    n = min(draw.frames, organic.count(draw.uniform(3.2, 4.8)))
    pitch = base * organic.curve(
        n, [(0, 0.48), (0.06, 0.62), (0.14, 1.12), (0.2, 1.0), (0.6, draw.uniform(0.9, 1.05)), (0.82, 0.85), (1, 0.5)]
    )
    pitch *= 1 + 0.012 * organic.sine(np.full(n, draw.uniform(4, 5.5))) + 0.008 * organic.wander(draw.rng, n, 3)
    tone = organic.partials(pitch, (1.0, 0.32, 0.14, 0.07, 0.03, 0.02, 0.01))
    air = 0.05 * organic.moving_band(draw.rng, pitch * 1.5, 500)
    shape = organic.curve(n, [(0, 0.25), (0.06, 0.5), (0.18, 1), (0.65, 0.85), (1, 0)])
    return (tone + air) * shape * (1 + 0.05 * organic.wander(draw.rng, n, 6)) * organic.swell(n, 0.03, 0.5)


@kind("lion roar", group="animals", phrases=("lion roar", "roaring lion", "lion roaring"))
def lion_roar(draw: Draw) -> np.ndarray:
    """Roar: huge, low and torn: chaotic pulses and noise through a long throat that opens and closes."""
    n = organic.count(draw.uniform(1.8, 2.4))
    pitch = draw.uniform(70, 105) * organic.curve(n, [(0, 0.6), (0.25, 1.25), (0.6, 1.1), (1, 0.45)])
    throat = ((260, 90, 1.0), (640, 160, 0.8), (1250, 300, 0.35))
    gape = ((520, 150, 1.0), (980, 220, 0.95), (1900, 450, 0.5), (3100, 800, 0.25))
    growl = np.clip(0.55 + 0.6 * organic.sine(draw.uniform(22, 30) * (1 + 0.15 * organic.wander(draw.rng, n, 8))), 0, 2)
    torn = organic.glottal(draw.rng, pitch, 0.4, 0.12) * (0.4 + np.abs(organic.wander(draw.rng, n, 110)))
    source = (torn + 0.55 * draw.rng.standard_normal(n)) * growl
    call = organic.morph(source, [(0, throat), (0.25, gape), (0.6, gape), (1, throat)])
    return call * organic.curve(n, [(0, 0), (0.05, 0.45), (0.28, 1.0), (0.6, 0.8), (1, 0)])

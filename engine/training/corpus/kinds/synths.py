"""Synthesizer sounds: basses, sequences, chords, pads."""

from __future__ import annotations

import numpy as np

from engine.training.corpus.draw import Draw, kind
from engine.training.corpus.kinds._electronic import (
    RATE,
    Samples,
    band,
    clock,
    detuned_saws,
    drive,
    edges,
    fall,
    hertz,
    hiss,
    moving_filter,
    normal,
    partials,
    place,
    pulse,
    saw,
    sine,
    sweep,
    wander,
)

_CHORDS: dict[str, tuple[int, ...]] = {
    "major": (0, 4, 7, 12),
    "minor": (0, 3, 7, 12),
    "suspended": (0, 5, 7, 12),
}
_NAMES = tuple(_CHORDS)


def _chord(draw: Draw) -> tuple[int, ...]:
    """Intervals of a chord whose quality may be named."""
    return _CHORDS[_NAMES[int(draw.attribute("character", {name: k for k, name in enumerate(_NAMES)}, chance=0.5))]]


@kind("sub bass drop", group="synths", phrases=("sub bass drop", "bass drop", "808 drop"))
def sub_bass_drop(draw: Draw) -> Samples:
    """A nearly pure sine that sinks through the lowest two octaves, with a little saturation to be heard by."""
    length = draw.attribute("speed", {"quick": (0.9, 1.2), "slow": (2.0, 2.4)})
    time = clock(length)
    tone = sine(sweep(draw.uniform(130.0, 210.0), draw.uniform(26.0, 36.0), time.size, draw.uniform(0.55, 0.8)))
    grit = draw.attribute("intensity", {"clean": (0.3, 0.6), "distorted": (2.5, 4.0)}, chance=0.5)
    return edges(drive(tone, grit) * (1.0 - 0.4 * time / length), 0.004, 0.3 * length)


@kind("acid bass line", group="synths", phrases=("acid bass line", "acid bassline", "303 bassline"), sustained=True)
def acid_bass_line(draw: Draw) -> Samples:
    """One sawtooth or square voice in sixteenths with slides and accents through a squelching resonant low-pass."""
    step = draw.attribute("speed", {"slow": (0.135, 0.15), "fast": (0.1, 0.115)}, chance=0.5)
    root = draw.integer(31, 41)
    scale = (0, 0, 0, 12, 3, 7, 10, 12, 15)
    notes = [root + draw.choose(scale) for _ in range(16)]
    accents = draw.rng.random(16) < 0.35
    slides = draw.rng.random(16) < 0.3
    rests = draw.rng.random(16) < 0.12
    rests[0] = False
    slot = (np.arange(draw.frames) / (step * RATE)).astype(int) % 16
    within = (np.arange(draw.frames) / RATE) % step
    target = hertz(notes)[slot]
    before = hertz(np.roll(notes, 1))[slot]
    mix = np.where(slides[slot], np.exp(-within / 0.025), 0.0)
    frequency = target * (before / target) ** mix
    wave = saw(frequency) if draw.chance(0.65) else pulse(frequency, draw.uniform(0.35, 0.5))
    drift = 2.0 ** wander(draw.rng, draw.frames, 0.5, 0.9)
    opening = np.where(accents[slot], 3.4, 2.3) * np.exp(-within / draw.uniform(0.05, 0.09))
    cutoff = np.clip(draw.uniform(220.0, 380.0) * drift * 2.0**opening, 120.0, 7000.0)
    held = np.where(slides[slot], step, step * 0.75)
    gate = np.clip((held - within) / 0.006, 0.0, 1.0) * np.clip(within / 0.002, 0.0, 1.0)
    gate *= np.where(rests[slot], 0.0, np.where(accents[slot], 1.0, 0.75))
    squelch = moving_filter(wave, cutoff, draw.uniform(7.0, 13.0), 2) * gate
    return band(drive(squelch, draw.uniform(1.5, 4.0)), 25.0, None, 1)


@kind("synth pad", group="synths", phrases=("synth pad", "synthesizer pad", "ambient pad"), sustained=True)
def synth_pad(draw: Draw) -> Samples:
    """A wide chord of softly detuned saws behind a low-pass that breathes slowly."""
    bright = draw.attribute("pitch", {"warm": (450.0, 700.0), "bright": (2000.0, 3200.0)})
    root = draw.integer(43, 54)
    chord = [root + interval for interval in _chord(draw)] + [root + draw.choose((14, 16, 19)), root - 12]
    sound = detuned_saws(draw.rng, chord, 4, draw.uniform(8.0, 16.0), 1.15, draw.frames)
    sweep_curve = bright * 2.0 ** wander(draw.rng, draw.frames, draw.uniform(0.25, 0.6), 1.1)
    sound = moving_filter(sound, sweep_curve, 1.6, 2)
    ensemble = 1.0 + 0.12 * np.sin(2.0 * np.pi * draw.uniform(0.3, 0.9) * clock(draw.seconds))
    return edges(normal(sound) * ensemble[: sound.size], draw.uniform(0.05, 0.3), 0.05)


@kind("synth pluck", group="synths", phrases=("synth pluck", "plucky synth", "pluck synthesizer"))
def synth_pluck(draw: Draw) -> Samples:
    """Detuned saws through a filter that snaps shut; sometimes with the producer's dotted delay."""
    note = draw.attribute("pitch", {"low": (45.0, 52.0), "high": (69.0, 78.0)}, chance=0.6)
    length = draw.attribute("size", {"short": (0.3, 0.42), "long": (0.75, 1.1)}, chance=0.5)
    time = clock(length)
    chord = (0, 7, 12) if draw.chance(0.4) else (0, 12)
    notes = [round(note) + interval for interval in chord]
    tone = detuned_saws(draw.rng, notes, 3, draw.uniform(6.0, 14.0), 1.0, time.size)
    cutoff = 200.0 + draw.uniform(7000.0, 13000.0) * np.exp(-time / (length * draw.uniform(0.08, 0.13)))
    hit = edges(moving_filter(tone, cutoff, 1.8, 2) * fall(time, length * 1.1), 0.001, 0.04)
    echoing = draw.attribute("rhythm", {"echoing": 1.0, "dry": 0.0}, chance=0.6)
    gap = draw.uniform(0.24, 0.36)
    out = np.zeros(round(min(draw.seconds, length + (5 * gap if echoing else 0.0)) * RATE))
    for index in range(6 if echoing else 1):
        place(out, band(hit, None, 9000.0 * 0.75**index, 1) if index else hit, index * gap, 0.6**index)
    return out


@kind("arpeggio", group="synths", phrases=("synth arpeggio", "arpeggiated synth", "synth arpeggiator"), sustained=True)
def arpeggio(draw: Draw) -> Samples:
    """A chord's notes one after another over two or three octaves in strict sixteenths, each with a short decay."""
    step = draw.attribute("speed", {"slow": (0.16, 0.2), "fast": (0.085, 0.11)})
    ladder = [octave + interval for octave in (0, 12, 24) for interval in _chord(draw)[:3]]
    order = draw.attribute("rhythm", {"rising": 0.0, "falling": 1.0, "up and down": 2.0}, chance=0.5)
    notes = {0.0: ladder, 1.0: ladder[::-1], 2.0: ladder + ladder[-2:0:-1]}[order]
    root = draw.integer(55, 64)
    width = draw.choose((0.5, 0.25, 0.125)) if draw.chance(0.6) else 0.0
    ring = draw.uniform(0.16, 0.4)
    time = clock(max(ring, step))
    hits = {}
    for note in set(notes):
        frequency = np.full(time.size, float(hertz(root + note)))
        wave = pulse(frequency, width) if width else 0.5 * (saw(frequency) + saw(frequency * 1.006, 0.4))
        hits[note] = edges(wave * fall(time, ring), 0.002, 0.03)
    out = np.zeros(draw.frames)
    for index in range(int(draw.seconds / step) + 1):
        place(out, hits[notes[index % len(notes)]], index * step, 1.0 if index % 4 == 0 else 0.8)
    cutoff = draw.uniform(2500.0, 5000.0) * 2.0 ** wander(draw.rng, draw.frames, 0.3, 0.8)
    return moving_filter(out, cutoff, 1.3, 2)


@kind("supersaw chord", group="synths", phrases=("supersaw chord", "trance chord", "supersaw stab"))
def supersaw_chord(draw: Draw) -> Samples:
    """Seven detuned saws a note, wide open: the bright wall of trance, stabbed or held."""
    length = draw.attribute("size", {"short": (0.5, 0.8), "long": (1.9, 2.4)})
    root = draw.integer(50, 60)
    frames = round(length * RATE)
    chord = [root + interval for interval in _chord(draw)] + [root - 12, root + 12]
    sound = detuned_saws(draw.rng, chord, 7, draw.uniform(18.0, 32.0), 0.75, frames)
    sound = band(sound, 110.0, None)
    pumping = draw.chance(0.3) and length > 1.5
    beat = draw.uniform(0.42, 0.5)
    gate = np.clip((clock(length) % beat) / (beat * 0.6), 0.12, 1.0) if pumping else np.ones(frames)
    return edges(drive(sound * gate[: sound.size], 1.2), 0.003, min(0.3, length * 0.3))


@kind("dark drone", group="synths", phrases=("dark drone", "ominous drone", "low drone"), sustained=True)
def dark_drone(draw: Draw) -> Samples:
    """Low, slightly clashing partials that beat and drift; each register swells on its own."""
    root = draw.attribute("pitch", {"deep": (32.0, 42.0), "low": (52.0, 68.0)}, chance=0.6)
    clash = 2.0 ** (draw.choose((1, 6, 1, 11)) / 12.0)
    sound = np.zeros(draw.frames)
    for register, level in ((1.0, 1.0), (2.0, 0.8), (clash * 2.0, 0.5), (3.0, 0.45), (clash * 4.0, 0.3), (6.0, 0.18)):
        harmonic = np.repeat(np.arange(1, 7), 3)
        detune = draw.rng.uniform(0.992, 1.008, harmonic.size)
        layer = partials(draw.rng, root * register * harmonic * detune, 1.0 / harmonic**1.6, draw.frames)
        sound += level * normal(layer) * (0.65 + wander(draw.rng, draw.frames, 0.7, 0.35))
    air = band(hiss(draw.rng, draw.frames), root * 4.0, root * 9.0) * (0.6 + wander(draw.rng, draw.frames, 0.8, 0.4))
    return band(drive(sound + 0.12 * normal(air), draw.uniform(0.8, 1.8)), 20.0, None, 1)


@kind("riser", group="synths", phrases=("riser", "build-up riser", "synth riser"))
def riser(draw: Draw) -> Samples:
    """Tension for a build-up: saw and noise climb together, louder and louder, and stop dead."""
    length = draw.attribute("speed", {"quick": (1.2, 1.5), "slow": (2.0, 2.4)}, chance=0.6)
    time = clock(length)
    low = draw.uniform(80.0, 160.0)
    curve = sweep(low, low * draw.uniform(8.0, 14.0), time.size, draw.uniform(0.9, 1.3))
    tone = sum(saw(curve * ratio, draw.uniform(0, 1)) for ratio in (1.0, 1.008, 0.5, 1.5))
    noisy = draw.attribute("character", {"noisy": (1.2, 1.8), "tonal": (0.15, 0.3)}, chance=0.6)
    cutoff = sweep(300.0, 14000.0, time.size)
    noise = moving_filter(hiss(draw.rng, time.size), cutoff * 0.8, 2.0, 1, "band")
    tone = moving_filter(np.asarray(tone), cutoff, 1.2, 2)
    flutter = 1.0 - 0.35 * (0.5 + 0.5 * sine(sweep(4.0, 24.0, time.size)))
    swell = 10.0 ** (1.0 * (time / length - 1.0))
    return edges((normal(tone) + noisy * normal(noise)) * swell * flutter, 0.01, 0.012)


@kind("downlifter", group="synths", phrases=("downlifter", "downsweep", "falling sweep effect"))
def downlifter(draw: Draw) -> Samples:
    """The riser's mirror image after a drop: bright noise and tone at once, then everything sinks and fades."""
    length = draw.attribute("speed", {"quick": (1.2, 1.5), "slow": (2.0, 2.4)}, chance=0.6)
    time = clock(length)
    top = draw.uniform(900.0, 1700.0)
    curve = sweep(top, top / draw.uniform(9.0, 16.0), time.size, 0.85)
    tone = sum(saw(curve * ratio, draw.uniform(0, 1)) for ratio in (1.0, 1.01, 1.5))
    cutoff = sweep(14000.0, 250.0, time.size, 0.9)
    noise = moving_filter(hiss(draw.rng, time.size), cutoff, 1.8, 1, "band")
    tone = moving_filter(np.asarray(tone), cutoff, 1.2, 2)
    noisy = draw.attribute("character", {"noisy": (1.2, 1.8), "tonal": (0.7, 0.9)}, chance=0.6)
    shape = 10.0 ** (-1.5 * time / length)
    return edges((normal(tone) + noisy * normal(noise)) * shape, 0.008, 0.3)

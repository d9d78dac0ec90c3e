"""Musical instruments, played by FluidSynth from a General MIDI sound font.

Needs pyfluidsynth, and on Debian `apt install fluidsynth timgm6mb-soundfont`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from engine.training.corpus.draw import RATE, Draw, Samples, kind

SOUND_FONTS = (
    "/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/sounds/sf2/default-GM.sf2", "/usr/share/soundfonts/default.sf2",
)  # fmt: skip
STRINGS = {"acoustic guitar": {"nylon-string": 24, "steel-string": 25}}
"""What an instrument is strung with, and the program of each."""
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 3, 5, 7, 10))
CHORDS = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 11), (0, 5, 7), (0, 3, 7, 10))

# name: (General MIDI program from 0, lowest and highest note, phrases, figures it plays)
INSTRUMENTS: dict[str, tuple[int, int, int, tuple[str, ...], tuple[str, ...]]] = {
    "piano": (0, 36, 88, ("piano", "grand piano"), ("note", "chord", "melody")),
    "music box": (10, 72, 98, ("music box", "wind-up music box"), ("melody",)),
    "marimba": (12, 45, 84, ("marimba", "wooden marimba"), ("note", "melody")),
    "church organ": (19, 40, 76, ("church organ", "pipe organ"), ("chord", "note")),
    "accordion": (21, 53, 82, ("accordion", "squeezebox"), ("chord", "melody")),
    "acoustic guitar": (25, 40, 76, ("acoustic guitar", "unplugged guitar"), ("strum", "melody")),
    "distorted guitar": (30, 40, 64, ("distorted guitar", "heavy metal guitar"), ("power", "note")),
    "slap bass": (36, 28, 50, ("slap bass", "funk slap bass guitar"), ("melody", "note")),
    "violin": (40, 58, 90, ("violin", "solo violin"), ("note", "melody")),
    "pizzicato strings": (45, 43, 84, ("pizzicato strings", "plucked strings"), ("melody",)),
    "harp": (46, 40, 92, ("harp", "harp glissando"), ("run",)),
    "string ensemble": (48, 40, 84, ("string ensemble", "orchestral strings"), ("chord",)),
    "choir": (52, 48, 79, ("choir", "choir singing aah"), ("chord", "note")),
    "trumpet": (56, 56, 84, ("trumpet", "brass trumpet"), ("note", "melody")),
    "saxophone": (65, 46, 76, ("saxophone", "alto sax"), ("note", "melody")),
    "flute": (73, 62, 94, ("flute", "concert flute"), ("note", "melody")),
    "sitar": (104, 48, 76, ("sitar", "indian sitar"), ("melody", "note")),
    "banjo": (105, 50, 82, ("banjo", "bluegrass banjo"), ("run", "melody")),
    "steel drum": (114, 55, 84, ("steel drum", "steel pan"), ("melody",)),
    "timpani": (47, 36, 55, ("timpani", "kettledrum"), ("note", "roll")),
}


def sound_font() -> str:
    """The General MIDI sound font that $BRIDGE_SOUNDFONT names, or one in the usual places; else FileNotFoundError."""
    found = [p for p in (os.environ.get("BRIDGE_SOUNDFONT", ""), *SOUND_FONTS) if p and Path(p).is_file()]
    if not found:
        raise FileNotFoundError(f"no General MIDI sound font at {', '.join(SOUND_FONTS)}; set BRIDGE_SOUNDFONT")
    return found[0]


def _synth(program: int) -> Any:
    """A new synthesizer on one program: a used one keeps a little of what it played, even after a reset."""
    import fluidsynth

    synth = fluidsynth.Synth(gain=1.0, samplerate=float(RATE))
    synth.setting("synth.reverb.active", 0)
    synth.setting("synth.chorus.active", 0)
    synth.program_select(0, synth.sfload(sound_font()), 0, program)
    return synth


def play(program: int, notes: list[tuple[float, float, int, int]], seconds: float) -> Samples:
    """Notes (start s, length s, MIDI note, velocity) as mono samples."""
    synth = _synth(program)
    events = sorted([(s, 1, n, v) for s, _, n, v in notes] + [(s + d, 0, n, 0) for s, d, n, _ in notes])
    out, at = [], 0
    for moment, on, note, velocity in [*events, (seconds, 0, 0, 0)]:
        until = min(round(moment * RATE), round(seconds * RATE))
        if until > at:
            out.append(np.asarray(synth.get_samples(until - at), dtype=np.float64).reshape(-1, 2).mean(axis=1))
            at = until
        if on:
            synth.noteon(0, note, velocity)
        else:
            synth.noteoff(0, note)
    synth.delete()
    sound = np.concatenate(out) / 32768.0
    fade = min(len(sound), round(0.15 * RATE))
    sound[len(sound) - fade :] *= (0.5 - 0.5 * np.cos(np.pi * np.arange(fade) / fade))[::-1]
    return sound


def _figure(draw: Draw, figure: str, low: int, high: int, gap: float) -> list[tuple[float, float, int, int]]:
    """The notes of one figure: a long note, a chord, a strum, a melody, a run or a roll."""
    velocity = draw.integer(70, 120)
    root = draw.integer(low, max(low, high - 12))
    if figure == "note":
        return [(0.0, draw.uniform(1.2, 3.0), root, velocity)]
    if figure in ("chord", "strum", "power"):
        shape = (0, 7, 12) if figure == "power" else draw.choose(CHORDS)
        spread = draw.uniform(0.015, 0.04) if figure == "strum" else 0.0
        length = draw.uniform(1.2, 2.8)
        extra = (12,) if figure == "strum" else ()
        return [(k * spread, length, min(root + n, 108), velocity) for k, n in enumerate((*shape, *extra))]
    if figure == "roll":
        return [(k * 0.07, 0.1, root, 60 + min(60, k * 2)) for k in range(draw.integer(16, 32))]
    scale = draw.choose(SCALES)
    steps = draw.integer(10, 18) if figure == "run" else draw.integer(4, 12)
    gap = gap * (0.45 if figure == "run" else 1.0)
    degree, up, notes = draw.integer(0, 4), draw.choose((1, -1)), []
    for k in range(steps):
        note = root + 12 * (degree // len(scale)) + scale[degree % len(scale)]
        notes.append((k * gap, gap * 1.1, int(np.clip(note, low, high)), velocity + draw.integer(-12, 7)))
        degree += up if figure == "run" else draw.choose((-2, -1, 1, 1, 2, 3))
    return notes


def _register(name: str, program: int, low: int, high: int, phrases: tuple[str, ...], figures: tuple[str, ...]) -> None:
    @kind(name, group="instruments", phrases=phrases)
    def instrument(draw: Draw) -> Samples:
        played = int(draw.attribute("material", STRINGS[name])) if name in STRINGS else program
        middle = (low + high) // 2
        where = draw.attribute("pitch", {"low": 0.0, "high": 1.0}, chance=0.5)
        figure = draw.choose(figures)
        gap = draw.attribute("speed", {"slow": (0.38, 0.55), "fast": (0.13, 0.2)}) if figure == "melody" else 0.22
        words = {"note": "with a single note", "chord": "with a chord", "melody": "with a melody"}
        if figure in words and len(figures) > 1 and draw.chance(0.4):
            draw.words["rhythm"] = words[figure]
        span = (low, middle + 2) if where == 0.0 else (middle - 2, high)
        notes = _figure(draw, figure, *span, gap)
        ends = max(start + length for start, length, _, _ in notes)
        return play(played, notes, min(draw.seconds, ends + 1.2))


for _name, _row in INSTRUMENTS.items():
    _register(_name, *_row)

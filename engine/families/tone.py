"""tone: a family that answers at once with an exact sine. For tests, and for wiring up a session without a model.

The prompt says the pitch: "440 Hz", "1.2 kHz" or a note such as "A4" or "C#3"; any other text is mapped to a pitch
between 110 and 1760 Hz, always the same one. Of a recording it is the strongest frequency. The seed sets the phase, so
takes can be told apart.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.decoding import Decoding, Sketch
from engine.errors import BadRequest
from engine.family import State
from engine.params import TASKS
from engine.passes import Pass, Rendered

AMPLITUDE = 0.5
"""Peak of the sine before its level is set."""

_HERTZ = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*(k?)hz\b", re.IGNORECASE)
_NOTE = re.compile(r"(?<![\w#])([A-G])([#b]?)(-1|[0-9])(?!\w)")
_SEMITONE = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, kw_only=True, eq=False)
class ToneState(State):
    """A sine that waits until its steps are counted. frequency in Hz, one or, along the time, several, phase in
    radians."""

    frequency: float
    phase: float
    others: tuple[float, ...] = ()


class Tone:
    """The family. step_seconds, piece_seconds: how long every step, and the decoding of every piece of a quarter of a
    second, pretends to work, in seconds."""

    name = "tone"
    rate = 48000
    channels = 1
    tasks = TASKS
    ranks = False
    hears = True
    outlines = False
    any_rate = True
    window = 10.24
    defaults: Mapping[str, Any] = MappingProxyType({"steps": 8, "guidance": 1.0})
    qualities: Mapping[str, Mapping[str, Any]] = MappingProxyType({"draft": {"steps": 4}, "best": {"steps": 16}})
    edits: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, step_seconds: float = 0.0, piece_seconds: float = 0.0) -> None:
        self.step_seconds = step_seconds
        self.piece_seconds = piece_seconds

    def begin(self, asked: Pass) -> ToneState:
        """Read the pitch from what is wanted; of several, the geometric mean, or one after the other if it moves."""
        wanted, total = asked.wanted, asked.request.steps or 1
        pitches = [pitch(one.text) if one.audio is None else strongest(one.audio, self.rate) for one in wanted]
        weights = [one.weight for one in wanted]
        mean = math.exp(sum(w * math.log(p) for p, w in zip(pitches, weights, strict=True)) / sum(weights))
        return ToneState(
            asked=asked,
            batch_key=self.name,
            total=total,
            # A source is noised so far only, as in the samplers that are one.
            index=min(round((1.0 - asked.strength) * total), total) if asked.source is not None else 0,
            frequency=pitches[0] if len(pitches) == 1 else mean,
            phase=phase_of(asked.seed),
            others=tuple(pitches) if asked.moving else (),
        )

    def step(self, states: Sequence[ToneState]) -> list[ToneState]:
        """Count a step, after the pretended work."""
        if self.step_seconds > 0:
            time.sleep(self.step_seconds)
        return [dataclasses.replace(state, index=state.index + 1) for state in states]

    def decode(self, state: ToneState) -> Rendered:
        """The sine, computed at the rate that is wanted: exact at every rate, as nothing is resampled.

        In a loop it is the nearest one that fits in whole periods. What is held of a source is the source, and below
        full strength the source sounds through.
        """
        asked = state.asked
        rate = self.rate if asked.source is not None else asked.request.rate or self.rate
        frequency = state.frequency
        if asked.wrap:
            frequency = max(1, round(frequency * asked.frames / rate)) * rate / asked.frames
        if state.others:
            samples = glide(state.others, state.phase, asked.frames, rate)[0]
        else:
            samples = sine(frequency, state.phase, asked.frames, rate)[0]
        return Rendered(samples if asked.source is None else _edited(samples, asked, asked.source), score=1.0)

    def decoding(self, state: ToneState) -> Decoding:
        """The same, a quarter of a second after the other."""
        rendered = self.decode(state)
        length = (self.rate if state.asked.source is not None else state.asked.request.rate or self.rate) // 4
        for start in range(0, len(rendered.samples), length):
            if self.piece_seconds > 0:
                time.sleep(self.piece_seconds)
            yield rendered.samples[start : start + length]
        return rendered

    def preview(self, state: ToneState) -> Sketch:
        """What it will be in the end, at half the level."""
        yield
        return self.decode(state).samples / np.float32(2)

    def close(self) -> None:
        """Nothing to free."""


def strongest(samples: NDArray[np.float32], rate: int) -> float:
    """The frequency in Hz, 20 or more, that a recording has most of, to a few hertz; 440 for silence."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), n=max(len(samples), rate // 4)))
    hertz = np.linspace(0.0, rate / 2, len(spectrum))
    spectrum[hertz < 20.0] = 0.0
    return float(hertz[spectrum.argmax()]) if spectrum.max() > 0.0 else 440.0


def _edited(samples: NDArray[np.float32], asked: Pass, source: NDArray[np.float32]) -> NDArray[np.float32]:
    source = np.pad(source[: asked.frames], (0, max(0, asked.frames - len(source))))
    mixture = ((1.0 - asked.strength) * source + asked.strength * samples).astype(np.float32)
    if asked.hold_below > 0:
        mixture = source + samples
    for start, end in asked.hold:
        mixture[start:end] = source[start:end]
    return mixture


def load(*, dtype: str | None = None, step_seconds: float = 0.0, piece_seconds: float = 0.0) -> Tone:
    """The family. `dtype` is accepted for the sake of the others and changes nothing."""
    for name, value in (("step_seconds", step_seconds), ("piece_seconds", piece_seconds)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 60:
            raise BadRequest(name, f"{name} must be 0 to 60 s, got {value!r}")
    return Tone(step_seconds, piece_seconds)


def pitch(prompt: str) -> float:
    """The frequency in Hz that a prompt asks for; A4 is 440 Hz."""
    if match := _HERTZ.search(prompt):
        return float(match[1]) * (1000.0 if match[2] else 1.0)
    if match := _NOTE.search(prompt):
        sharp = {"#": 1, "b": -1, "": 0}[match[2]]
        return float(440.0 * 2.0 ** ((_SEMITONE[match[1]] + sharp - 9) / 12 + int(match[3]) - 4))
    digest = hashlib.blake2b(prompt.encode(), digest_size=4).digest()
    return float(110.0 * 16.0 ** (int.from_bytes(digest) / 2**32))


def phase_of(seed: int) -> float:
    """The phase in radians for a seed: steps of the golden ratio, so that neighbours are far apart; 0 for seed 0."""
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    return 2.0 * math.pi * ((seed * golden) % 1.0)


def sine(frequency: float, phase: float, frames: int, rate: int) -> NDArray[np.float32]:
    """A sine of shape (1, frames); silence where the rate cannot hold the frequency."""
    if frequency >= rate / 2:
        return np.zeros((1, frames), np.float32)
    angle = 2.0 * np.pi * frequency / rate * np.arange(frames) + phase
    return (AMPLITUDE * np.sin(angle))[None].astype(np.float32)


def glide(frequencies: Sequence[float], phase: float, frames: int, rate: int) -> NDArray[np.float32]:
    """A sine (1, frames) whose pitch moves through the frequencies, evenly in octaves."""
    places = np.linspace(0.0, 1.0, len(frequencies))
    octaves = np.interp(np.linspace(0.0, 1.0, frames), places, np.log2(frequencies))
    angle = 2.0 * np.pi * np.cumsum(np.minimum(2.0**octaves, rate / 2)) / rate + phase
    return (AMPLITUDE * np.sin(angle))[None].astype(np.float32)

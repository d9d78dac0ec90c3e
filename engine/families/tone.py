"""tone: a family that answers at once with an exact sine. For tests, and for wiring up a session without a model.

The prompt says the pitch: "440 Hz", "1.2 kHz" or a note such as "A4" or "C#3"; any other text is mapped to a pitch
between 110 and 1760 Hz, always the same one. The seed sets the phase, so takes can be told apart.
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

from engine.errors import BadRequest
from engine.family import State
from engine.finish import finish
from engine.request import Request, Take

AMPLITUDE = 0.5
"""Peak of the sine before its level is set."""

_HERTZ = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*(k?)hz\b", re.IGNORECASE)
_NOTE = re.compile(r"(?<![\w#])([A-G])([#b]?)(-1|[0-9])(?!\w)")
_SEMITONE = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, kw_only=True, eq=False)
class ToneState(State):
    """A sine that waits until its steps are counted. frequency in Hz, phase in radians."""

    frequency: float
    phase: float


class Tone:
    """The family. step_seconds: how long every step pretends to work, in seconds."""

    name = "tone"
    rate = 48000
    channels = 1
    tasks = ("generate",)
    ranks = False
    defaults: Mapping[str, Any] = MappingProxyType({"steps": 8, "guidance": 1.0})

    def __init__(self, step_seconds: float = 0.0) -> None:
        self.step_seconds = step_seconds

    def begin(self, request: Request) -> ToneState:
        """Read the pitch from the prompt."""
        frequency, phase = pitch(request.prompt), phase_of(request.seed or 0)
        return ToneState(
            request=request, batch_key=self.name, total=request.steps or 1, frequency=frequency, phase=phase
        )

    def step(self, states: Sequence[ToneState]) -> list[ToneState]:
        """Count a step, after the pretended work."""
        if self.step_seconds > 0:
            time.sleep(self.step_seconds)
        return [dataclasses.replace(state, index=state.index + 1) for state in states]

    def finish(self, state: ToneState) -> Take:
        """The sine, computed at the request's own rate: exact at every rate, as nothing is resampled."""
        request = state.request
        samples = sine(state.frequency, state.phase, request.frames, request.rate)
        return Take(finish(samples, request.rate, request), request, score=1.0)

    def close(self) -> None:
        """Nothing to free."""


def load(*, dtype: str | None = None, step_seconds: float = 0.0) -> Tone:
    """The family. `dtype` is accepted for the sake of the others and changes nothing."""
    if isinstance(step_seconds, bool) or not isinstance(step_seconds, (int, float)) or not 0 <= step_seconds <= 60:
        raise BadRequest("step_seconds", f"step_seconds must be 0 to 60 s, got {step_seconds!r}")
    return Tone(step_seconds)


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

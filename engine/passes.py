"""What a task asks of a model: passes, each one denoising run, and the work that it is to do.

A task is a plan over the loop: a generator that yields lists of passes, gets their samples back, and returns a clip.
It knows nothing of networks; a family knows nothing of tasks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.request import Clip, Request

Samples = NDArray[np.float32]

Plan = Generator[list["Pass"], list[Samples], Clip]
"""A task at work. The passes of one list are stepped in one batch where they fit together."""

LOUD = 0.89
"""The highest sample that a network should be shown, -1 dBFS: its training clips went up to there."""
MOST_GAIN = 100.0
"""What is quieter than this can make up for, -41 dBFS, is shown as it is, only louder."""


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What a rendering is to sound like: words, or a recording, with a weight.

    audio: mono float32 samples at the family's rate, instead of words. weight: 0 or more, beside the other conditions'.
    looseness: 0 for what CLAP hears in `audio`; above that, its outline is taken, of so many by so many patches to one
    vector, and `text` is read beside it.
    """

    text: str = ""
    audio: Samples | None = None
    weight: float = 1.0
    looseness: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pass:
    """One denoising run. Samples are mono float32 at the family's rate (`Work.rate`), counted from the run's start.

    request: resolved, one take; steps, guidance, sampler and prompts are read from it.
    frames: how many samples the result has to cover. seed: of the noise; equal seeds and lengths give equal noise.
    source: the recording that the run begins from or holds; None for a fresh one.
    strength: how far `source` is noised before the run begins; 1 begins at pure noise. Of no meaning without `source`.
    hold: spans (start, end) of `source` that are kept at every step. hold_below: in Hz, everything of `source` below it
    is kept at every step.
    begins: the sample at which a new event is to begin, however much of `source` is held before it.
    wrap: the end runs into the beginning; the result has exactly `frames` samples then.
    conditions: what to sound like; the request's prompt if empty. moving: the conditions follow one another along the
    time, each fading into the next, instead of being mixed.
    """

    request: Request
    frames: int
    seed: int
    source: Samples | None = None
    strength: float = 1.0
    hold: tuple[tuple[int, int], ...] = ()
    hold_below: float = 0.0
    begins: int = 0
    wrap: bool = False
    conditions: tuple[Condition, ...] = ()
    moving: bool = False

    @property
    def wanted(self) -> tuple[Condition, ...]:
        """The conditions that count: those with a weight, or the request's prompt."""
        return tuple(one for one in self.conditions if one.weight > 0) or (Condition(self.request.prompt),)

    @property
    def gain(self) -> float:
        """What `source` is multiplied by before a network sees it, so that quiet recordings are like what it knows.

        Results are divided by it again.
        """
        peak = 0.0 if self.source is None else float(np.abs(self.source).max(initial=0.0))
        return min(LOUD / peak, MOST_GAIN) if peak > 0 else 1.0


def fresh(request: Request, rate: int) -> Pass:
    """The pass of a sound that comes from nothing but the request, at `rate` Hz."""
    # Rounded first, as 0.29 s at 100 Hz are 28.999999999999996 samples.
    return Pass(request=request, frames=math.ceil(round(request.seconds * rate, 6)), seed=request.seed or 0)


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """What a run came to: mono float32 samples at the family's rate, `Pass.frames` of them or more where they go on
    after that; and how well they fit what was wanted, higher is better, 0 where the model cannot tell."""

    samples: Samples
    score: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Work:
    """What a task is given.

    request: resolved, one take, own seed. source: the clip to edit as it was read, at its own rate and with all its
    channels; None if there is none. rate: of passes, in Hz. window: seconds that the model renders well at once.
    model: its name. hears: whether it takes recordings as conditions. outlines: whether it takes their outlines.
    expect: call it with the number of lists of passes that the task is going to yield, as soon as that is known, so
    that progress is told truly; 1 is assumed.
    """

    request: Request
    source: Clip | None
    rate: int
    window: float
    model: str = ""
    hears: bool = False
    outlines: bool = False
    expect: Callable[[int], None] = lambda _: None

"""speak: a transcript, said by the voice that the prompt describes, in a take as long as that lasts."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from engine.finish import finish
from engine.passes import Condition, Pass, Samples, Work, fresh
from engine.request import Clip

VOICE = "a person is speaking clearly"
"""The voice where the prompt describes none."""
FRAME = 0.02
"""Seconds over which the level is told."""
SILENT = 10 ** (-45 / 20)
"""What is 45 dB below the loudest moment is not speech any more."""
AFTER = 0.15
"""Seconds that stay after the last sound."""


def run(work: Work) -> Generator[list[Pass], list[Samples], Clip]:
    """One pass over all that the model says at once, cut where nothing more is said.

    The models outline a speech for their whole window, so a shorter pass would break off in the middle of it.
    """
    request = work.request
    whole = replace(fresh(request, work.rate), frames=round(work.window * work.rate))
    voice = Condition(request.prompt or VOICE)
    (samples,) = yield [replace(whole, conditions=(voice,))]
    spoken = samples[: end_of_speech(samples[: whole.frames], work.rate)]
    return finish(spoken[None], work.rate, request.replace(seconds=len(spoken) / work.rate))


def end_of_speech(samples: Samples, rate: int) -> int:
    """How many of the samples it takes to hear everything, with a breath after it; all if there is only silence."""
    frame = max(1, round(FRAME * rate))
    padded = np.pad(samples, (0, -len(samples) % frame)).reshape(-1, frame)
    level = np.sqrt(np.mean(np.square(padded, dtype=np.float64), axis=1))
    heard = np.flatnonzero(level > SILENT * level.max(initial=0.0))
    if not len(heard):
        return len(samples)
    return min(len(samples), (int(heard[-1]) + 1) * frame + round(AFTER * rate))

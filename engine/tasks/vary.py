"""vary: a new sound that is like a recording, and like a prompt as far as one is given."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from engine.errors import ModelError
from engine.finish import finish, resample
from engine.passes import Condition, Pass, Samples, Work, fresh
from engine.request import Clip
from engine.tasks.delivery import source_of


def run(work: Work) -> Generator[list[Pass], list[Samples], Clip]:
    """One pass, steered by the embedding of the source (all channels mixed), `audio_weight` beside the prompt's.

    Raises `ModelError` if the model cannot hear.
    """
    source, request = source_of(work), work.request
    if not work.hears:
        text = f"{work.model} cannot vary a clip: it has no audio tower, the half of its CLAP that would hear the clip"
        raise ModelError(f"{text}; pocket and AudioLDM checkpoints with one can")
    mono = resample(source.samples.mean(axis=0, keepdims=True), source.rate, work.rate)[0]
    weight = request.audio_weight if request.prompt else 1.0
    heard = Condition(audio=np.ascontiguousarray(mono), weight=weight)
    wanted = (heard, Condition(request.prompt, weight=1.0 - weight))
    (samples,) = yield [replace(fresh(request, work.rate), conditions=wanted)]
    return finish(samples[None], work.rate, request)

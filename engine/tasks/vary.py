"""vary: a new sound that is like a recording, and like a prompt as far as one is given."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from engine.errors import ModelError
from engine.finish import finish, fit, resample
from engine.passes import Condition, Pass, Samples, Work, fresh
from engine.request import Clip
from engine.tasks.delivery import source_of


def run(work: Work) -> Generator[list[Pass], list[Samples], Clip]:
    """One pass, steered by what is heard in the source, all channels mixed.

    That is its embedding, `audio_weight` beside the prompt's; or, with a `looseness`, its outline. Raises `ModelError`
    if the model cannot hear it.
    """
    source, request = source_of(work), work.request
    if request.looseness:
        samples = yield from _outlined(work, source)
        return finish(samples[None], work.rate, request)
    if not work.hears:
        text = f"{work.model} cannot vary a clip: it has no audio tower, the half of its CLAP that would hear the clip"
        raise ModelError(f"{text}; pocket and AudioLDM checkpoints with one can")
    weight = request.audio_weight if request.prompt else 1.0
    heard = Condition(audio=_mono(work, source), weight=weight)
    wanted = (heard, Condition(request.prompt, weight=1.0 - weight))
    (samples,) = yield [replace(fresh(request, work.rate), conditions=wanted)]
    return finish(samples[None], work.rate, request)


def _outlined(work: Work, source: Clip) -> Generator[list[Pass], list[Samples], Samples]:
    """One pass that follows the source's outline and, as far as that leaves room, the prompt."""
    request = work.request
    if not work.outlines:
        text = f"{work.model} cannot vary a clip by looseness {request.looseness}: it has no AudioMAE"
        raise ModelError(f"{text}; an AudioLDM 2 loaded with one can (option audiomae), and looseness 0 goes by CLAP")
    heard = Condition(request.prompt, audio=_mono(work, source), looseness=request.looseness)
    (samples,) = yield [replace(fresh(request, work.rate), conditions=(heard,))]
    return samples


def _mono(work: Work, source: Clip) -> Samples:
    """The source at the model's rate, its channels mixed, a sample or longer."""
    there = resample(source.samples.mean(axis=0, keepdims=True), source.rate, work.rate)
    return np.ascontiguousarray(fit(there, max(1, there.shape[1]))[0])

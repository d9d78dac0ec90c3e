"""morph: a sound between several prompts, or one that goes from the first to the last along the time."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from engine.finish import finish
from engine.passes import Condition, Pass, Samples, Work, fresh
from engine.request import Clip


def run(work: Work) -> Generator[list[Pass], list[Samples], Clip]:
    """One pass. Fixed: steered by the weighted mean of the prompts' embeddings. Moving: by each of them at every step,
    the predictions mixed along the time by weights that go from the first prompt to the last."""
    request = work.request
    wanted = tuple(Condition(prompt, weight=weight) for prompt, weight in request.weighted_prompts)
    asked = replace(fresh(request, work.rate), conditions=wanted, moving=request.motion == "moving")
    (samples,) = yield [asked]
    return finish(samples[None], work.rate, request)

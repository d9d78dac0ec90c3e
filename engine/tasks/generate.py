"""generate: a sound from a prompt. Several at once, the best first, are the task takes."""

from __future__ import annotations

from collections.abc import Generator

from engine.finish import finish
from engine.passes import Pass, Samples, Work, fresh
from engine.request import Clip


def run(work: Work) -> Generator[list[Pass], list[Samples], Clip]:
    """One pass, finished: the request's rate, exact length, fades and level."""
    (samples,) = yield [fresh(work.request, work.rate)]
    return finish(samples[None], work.rate, work.request)

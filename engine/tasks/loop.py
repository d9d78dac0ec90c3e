"""loop: a sound whose end runs into its beginning, exactly so many bars or seconds long."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from engine.errors import ModelError
from engine.finish import set_level
from engine.passes import Pass, Samples, Work, fresh
from engine.periodic import resample_loop
from engine.request import DEFAULT_RATE, Clip


def run(work: Work) -> Generator[list[Pass], list[Samples], Clip]:
    """One pass that wraps around, brought to the exact number of frames as the loop that it is: it is never cut or
    faded, only its level is set."""
    request = work.request
    rate, frames = request.rate or DEFAULT_RATE, request.frames
    native = max(1, round(frames * work.rate / rate))
    (samples,) = yield [replace(fresh(request, work.rate), frames=native, wrap=True)]
    if not np.isfinite(samples).all():
        raise ModelError("the model computed samples that are not finite numbers")
    return Clip(set_level(resample_loop(samples[None], frames), request), rate)

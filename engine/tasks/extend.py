"""extend: a recording that goes on, after its end, before its beginning, or both, for as long as is asked for."""

from __future__ import annotations

import numpy as np

from engine.finish import fade_in, fade_out
from engine.passes import Plan, Work
from engine.request import Clip
from engine.tasks.delivery import delivered, source_of
from engine.tasks.filling import OVERLAP, Filling, fill
from engine.windows import along

CONTEXT = 3.5
"""Seconds of what is there that each window goes on from."""
FADE_IN = 0.001
"""Seconds of fade-in where what is put before the source begins with a jump."""


def run(work: Work) -> Plan:
    """`seconds` more on the `side` asked for, on each with "both"; the source in it stays as it is, bit for bit.

    Windows follow from one another. Level and spectrum of the first one on each side hold for those after it, so an
    extension of minutes does not fade away.
    """
    source, request = source_of(work), work.request
    rate, more = source.rate, round(request.seconds * source.rate)
    before, after = (more if request.side in sides else 0 for sides in (("before", "both"), ("after", "both")))
    samples = np.pad(source.samples, ((0, 0), (before, after)))
    frames, end = samples.shape[1], before + source.frames
    window, context, overlap = (round(seconds * rate) for seconds in (work.window, CONTEXT, OVERLAP))
    chains = []
    if after:
        chains.append(along(end, frames, frames, window, context, overlap))
    if before:
        chains.append(along(0, before, frames, window, context, overlap, backwards=True))
    yield from fill(Filling(work, rate), samples, chains)
    if after:
        samples[:, end:] = fade_out(samples[:, end:], round(request.fade * rate))
    if before:
        samples[:, :before] = fade_in(samples[:, :before], round(FADE_IN * rate))
    return delivered(Clip(samples, rate), request)

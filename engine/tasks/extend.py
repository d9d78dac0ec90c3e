"""extend: a recording that goes on, after its end, before its beginning, or both, for as long as is asked for."""

from __future__ import annotations

import numpy as np

from engine.finish import fade_in, fade_out
from engine.passes import Plan, Work
from engine.request import Clip
from engine.splice import QUIET, Samples, level
from engine.tasks.delivery import delivered, source_of
from engine.tasks.filling import OVERLAP, Filling, fill
from engine.windows import along

CONTEXT = 3.5
"""Seconds of what is there that each window goes on from."""
FADE_IN = 0.001
"""Seconds of fade-in where what is put before the source begins with a jump."""


def run(work: Work) -> Plan:
    """`seconds` more on the `side` asked for, on each with "both"; the source in it stays as it is, bit for bit.

    Windows follow from one another, and each is made as loud, and of the same colour, as the source is on that side:
    an extension of minutes does not fade away. Where the sound has died away, it begins anew.

    With `prompts` it goes on as their mixture, and with `motion` "moving" it goes over into that: as loud, but of a
    colour of its own. Of a short source less than `CONTEXT` is gone on from then, so one window holds more that is new.
    """
    source, request = source_of(work), work.request
    rate, more = source.rate, round(request.seconds * source.rate)
    before, after = (more if request.side in sides else 0 for sides in (("before", "both"), ("after", "both")))
    samples = np.pad(source.samples, ((0, 0), (before, after)))
    frames, end = samples.shape[1], before + source.frames
    window, context, overlap = (round(seconds * rate) for seconds in (work.window, CONTEXT, OVERLAP))
    if request.prompts:
        context = min(context, source.frames)
    chains, examples = [], []
    if after:
        examples.append(example(source.samples[:, -context:], source.samples))
        chains.append(along(end, frames, frames, window, context, overlap))
    if before:
        examples.append(example(source.samples[:, :context], source.samples))
        chains.append(along(0, before, frames, window, context, overlap, backwards=True))
    filling = Filling(work, rate, examples=tuple(examples), goes_over=request.motion == "moving")
    yield from fill(filling, samples, chains)
    if after:
        samples[:, end:] = fade_out(samples[:, end:], round(request.fade * rate))
    if before:
        samples[:, :before] = fade_in(samples[:, :before], round(FADE_IN * rate))
    return delivered(Clip(samples, rate), request)


def example(near: Samples, source: Samples) -> Samples:
    """What an extension is to be like: the source near its end, or all of it if that end is silent."""
    return near if level(near) > QUIET else source

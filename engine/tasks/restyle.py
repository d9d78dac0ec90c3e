"""restyle: the recording itself, rendered again after a prompt. Strength 0 is the source, 1 owes it only its level."""

from __future__ import annotations

from engine.finish import fade_in, fade_out
from engine.passes import Plan, Work
from engine.request import Clip
from engine.splice import Samples
from engine.tasks.delivery import delivered, source_of
from engine.tasks.filling import OVERLAP, Filling, fill
from engine.windows import along

CONTEXT = 1.0
"""Seconds that a window holds of the one before it."""
STILL = 1e-3
"""-60 dBFS: a source that begins or ends below it is at rest there, and so is what is made of it."""


def run(work: Work) -> Plan:
    """The source noised to `strength` and denoised again, channel by channel, exactly as long and as loud."""
    source, request = source_of(work), work.request
    if request.strength == 0.0:
        return delivered(source, request)
    samples, rate = source.samples.copy(), source.rate
    window, context, overlap = (round(seconds * rate) for seconds in (work.window, CONTEXT, OVERLAP))
    chain = along(0, source.frames, source.frames, window, context, overlap)
    yield from fill(Filling(work, rate, request.strength, anew=False), samples, [chain])
    return delivered(Clip(_at_rest(samples, source, request.fade), rate), request)


def _at_rest(samples: Samples, source: Clip, fade: float) -> Samples:
    """Faded at the ends where the source is at rest, as what is made of silence need not be silent."""
    if abs(source.samples[:, :1]).max(initial=0.0) < STILL:
        samples = fade_in(samples, round(0.001 * source.rate))
    if abs(source.samples[:, -1:]).max(initial=0.0) < STILL:
        samples = fade_out(samples, round(fade * source.rate))
    return samples

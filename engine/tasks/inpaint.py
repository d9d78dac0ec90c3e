"""inpaint: regions of a recording made anew after a prompt and the sound around them; the rest is not touched."""

from __future__ import annotations

from engine.errors import BadRequest
from engine.passes import Plan, Work
from engine.request import Clip
from engine.tasks.delivery import delivered, source_of
from engine.tasks.filling import OVERLAP, Filling, fill
from engine.windows import around

CONTEXT = 2.0
"""Seconds of the recording on each side of a region, for the model to go by."""


def run(work: Work) -> Plan:
    """Every region rendered within a window around it; outside the regions the clip is the source, bit for bit.

    Inside, the sound begins and ends as the source goes on by linear prediction, at its level on the other side of
    each seam. Raises `BadRequest` if there is no region, or one that does not lie in the source.
    """
    source, request = source_of(work), work.request
    spans = request.spans(source.rate, source.frames)
    if not spans:
        raise BadRequest("regions", "regions must name at least one span to inpaint, such as 1.5-2.25, got none")
    samples, rate = source.samples.copy(), source.rate
    window, context, overlap = (round(seconds * rate) for seconds in (work.window, CONTEXT, OVERLAP))
    yield from fill(Filling(work, rate), samples, around(spans, source.frames, window, context, overlap))
    return delivered(Clip(samples, rate), request)

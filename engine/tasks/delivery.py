"""What edits begin and end with: the source, and the result at the rate that was asked for."""

from __future__ import annotations

from engine.errors import BadRequest
from engine.finish import fit, resample
from engine.passes import Work
from engine.request import Clip, Request


def source_of(work: Work) -> Clip:
    """The clip to edit. Raises `BadRequest` if there is none or it has no frames."""
    if work.source is None or work.source.frames == 0:
        got = "none" if work.source is None else "one without frames"
        raise BadRequest("source", f"source must be a clip to {work.request.task}, got {got}")
    return work.source


def delivered(clip: Clip, request: Request) -> Clip:
    """The clip at the request's rate; untouched where that is the source's or is not given."""
    if request.rate in (None, clip.rate):
        return clip
    rate = int(request.rate)
    return Clip(fit(resample(clip.samples, clip.rate, rate), max(1, round(clip.frames * rate / clip.rate))), rate)

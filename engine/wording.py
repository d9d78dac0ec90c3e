"""The parameters that are small texts of their own: the regions of an inpainting, the prompts of a morph.

Also what the parameters of a task must be beside one another. Pure; every error names the part that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.errors import BadRequest
from engine.params import PARAMS, shown

if TYPE_CHECKING:
    from engine.request import Request

LOOSENESS = (0, 1, 2, 4, 8)
"""Poolings of a clip's outline that AudioLDM 2 was trained with, and 0 for none."""
SLOWEST = 20.0
"""Beats a minute of the slowest loop."""

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_REGION = re.compile(rf"{_NUMBER}\s*s?\s*(?:-|\u2013|to)\s*{_NUMBER}\s*(s|seconds|samples|frames)?")
_WEIGHT = re.compile(r":\s*([^:|]*)$")


def regions_of(text: str) -> tuple[tuple[float, float, bool], ...]:
    """Regions as (start, end, whether in samples) in the order in which they are written. Raises `BadRequest`."""
    regions = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        match = _REGION.fullmatch(part)
        if match is None:
            form = "regions must be like '1.5-2.25, 4-4.5' in seconds or '72000-96000 samples'"
            raise BadRequest("regions", f"{form}, got {shown(part)}")
        start, end = float(match[1]), float(match[2])
        if not start < end < 1e12:
            raise BadRequest("regions", f"regions must end after they start, got {shown(part)}")
        regions.append((start, end, match[3] in ("samples", "frames")))
    return tuple(regions)


def spans_of(text: str, rate: int, frames: int) -> tuple[tuple[int, int], ...]:
    """Regions as (start, end) in frames of a source of `frames` at `rate` Hz; sorted, those that touch made one.

    A region may end up to 10 ms after the source, as lengths are shown rounded. Raises `BadRequest` for any other that
    does not lie in the source, or has no frame.
    """
    spans: list[tuple[int, int]] = []
    for start, end, in_samples in regions_of(text):
        first, last = (round(one * (1 if in_samples else rate)) for one in (start, end))
        if last > frames + (0 if in_samples else rate // 100) or first >= frames:
            unit = f"{frames} samples" if in_samples else f"{frames / rate:g} s"
            raise BadRequest("regions", f"regions must lie in 0 to {unit}, got {start:g}-{end:g}")
        if first == last:
            raise BadRequest("regions", f"regions must be a sample or longer, got {start:g}-{end:g} s at {rate} Hz")
        spans.append((first, min(last, frames)))
    return merged(spans)


def merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans in order, those that touch or overlap made one."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def prompts_of(text: str, least: int = 1) -> tuple[tuple[str, float], ...]:
    """Prompts with weights that add up to 1, from "rain : 0.7 | thunder : 0.3"; one without a weight counts 1.

    Raises `BadRequest` for less than `least` of them, an empty or too long one, or weights that are negative or all 0.
    """
    parts = [part.strip() for part in text.split("|")]
    if len(parts) < least:
        form = "prompts must be two or more, like 'rain : 0.7 | thunder : 0.3'"
        raise BadRequest("prompts", f"{form}, got {shown(text)}")
    found = [_weighted(part) for part in parts]
    total = sum(weight for _, weight in found)
    if total <= 0.0:
        raise BadRequest("prompts", f"prompts must have a weight above 0 among them, got {shown(text)}")
    return tuple((prompt, weight / total) for prompt, weight in found)


def _weighted(part: str) -> tuple[str, float]:
    match = _WEIGHT.search(part)
    prompt, weight = part, 1.0
    if match is not None:
        number = re.fullmatch(_NUMBER, match[1].strip())
        # A colon in a prompt is no weight unless a number follows; "-1" was meant as one.
        if number is not None or re.fullmatch(r"[-+].*", match[1].strip()):
            if number is None or float(number[1]) > 1e6:
                raise BadRequest("prompts", f"a prompt's weight must be 0 to 1000000, got {shown(match[1].strip())}")
            prompt, weight = part[: match.start()].strip(), float(number[1])
    if not 1 <= len(prompt) <= PARAMS["prompt"].high:
        text = f"each of the prompts must be 1 to {PARAMS['prompt'].high:g} characters long, got {shown(part)}"
        raise BadRequest("prompts", text)
    return prompt, weight


def check_task(request: Request) -> None:
    """Raise `BadRequest` if the parameters of the request's task are not fit beside one another."""
    if request.task == "inpaint" and not regions_of(request.regions):
        raise BadRequest("regions", "regions must name a region to inpaint, such as 1.5-2.25, got none")
    if request.looseness not in LOOSENESS:
        known = " | ".join(map(str, LOOSENESS))
        raise BadRequest("looseness", f"looseness must be {known}, got {request.looseness}")
    if request.task == "morph":
        prompts_of(request.prompts, least=2)
    if request.task == "extend" and request.prompts:
        prompts_of(request.prompts)
    if request.task == "speak" and not request.transcript:
        longest = PARAMS["transcript"].high
        raise BadRequest("transcript", f"transcript must be 1 to {longest:g} characters to speak, got none")
    if request.task == "loop" and request.bars > 0:
        if request.bpm < SLOWEST:
            highest = PARAMS["bpm"].high
            raise BadRequest("bpm", f"bpm must be {SLOWEST:g} to {highest:g} for a loop of bars, got {request.bpm:g}")
        low, high = PARAMS["seconds"].low, PARAMS["seconds"].high
        seconds = request.bars * request.beats * 60.0 / request.bpm
        if not low <= seconds <= high:
            raise BadRequest("bars", f"bars must make a loop of {low:g} to {high:g} s, got one of {seconds:g} s")

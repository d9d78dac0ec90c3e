"""Two little languages of a request: spans of a clip ("1.5-2.25, 4-4.5") and prompts with weights ("rain : 2 | wind")."""

from __future__ import annotations

import re

from engine.errors import BadRequest
from engine.params import shown

Spans = tuple[tuple[int, int], ...]

MOST_PROMPTS = 8
_NUMBER = r"\d+(?:\.\d+)?"
_SPAN = re.compile(rf"\s*({_NUMBER})\s*-\s*({_NUMBER})\s*(s|sec|seconds|smp|samples|frames)?\s*")
_FRAMES = ("smp", "samples", "frames")
_WEIGHTED = re.compile(rf"(.*\S)\s*:\s*({_NUMBER})\s*", re.DOTALL)


def parsed_spans(text: str, rate: int, frames: int) -> Spans:
    """Spans (start, end) in frames of a clip of `frames` at `rate` Hz; sorted, those that touch made one.

    Seconds unless "samples" follows. Raises `BadRequest` for what cannot be read, is empty or does not lie in the clip.
    """
    spans = [_span(part, rate, frames) for part in re.split(r"[,;]", text) if part.strip()]
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)


def _span(text: str, rate: int, frames: int) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise BadRequest("regions", f"regions must be spans such as 1.5-2.25 or 0-4800 samples, got {shown(text)}")
    first, last = (float(found[k]) if found[3] in _FRAMES else float(found[k]) * rate for k in (1, 2))
    start, end = round(first), round(last)
    if end == frames + 1:  # the clip's own length, rounded by whoever wrote it
        end = frames
    if not 0 <= start < end <= frames:
        length = f"0 to {frames / rate:.6g} s ({frames} samples)"
        raise BadRequest("regions", f"regions must begin before they end and lie in {length}, got {text.strip()}")
    return start, end


def parsed_prompts(text: str) -> tuple[tuple[str, float], ...]:
    """Prompts of a morph with weights that add up to 1. Raises `BadRequest` unless there are 2 to 8 of them."""
    parts = [part.strip() for part in text.split("|")]
    if not 2 <= len(parts) <= MOST_PROMPTS or not all(parts):
        got = len([part for part in parts if part])
        form = "rain : 0.7 | thunder : 0.3"
        raise BadRequest("prompts", f"prompts must be 2 to {MOST_PROMPTS} prompts such as {form}, got {got}")
    found = [_weighted(part) for part in parts]
    total = sum(weight for _, weight in found)
    if total <= 0:
        raise BadRequest("prompts", "prompts must have a weight above 0, got none")
    return tuple((prompt, weight / total) for prompt, weight in found)


def _weighted(text: str) -> tuple[str, float]:
    match = _WEIGHTED.fullmatch(text)
    return (match[1], float(match[2])) if match else (text, 1.0)

"""Running out of memory: telling that it is that, making room, and finding out what would have fitted."""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.family import Family

if TYPE_CHECKING:
    from engine.passes import Pass

SHORTEST = 0.5
"""Seconds below which nothing is tried any more."""


def is_memory(error: BaseException) -> bool:
    """Whether memory did not suffice, on the processor or on a graphics card."""
    # torch.OutOfMemoryError is told by its name, as this module does not import torch; on a processor torch raises a
    # RuntimeError of its allocator.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "not enough memory" in str(error)


def free_memory(error: BaseException) -> None:
    """Give back what the work that failed with `error` held: the frames that it came through still know its tensors."""
    traceback.clear_frames(error.__traceback__)
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def what_fits(family: Family, asked: Pass | None) -> str:
    """The text for a job that does not fit, with what would: tried out, by halves, at a step each.

    asked: the pass that did not fit; None if it is not known.
    """
    if asked is None:
        return "out of memory: ask for fewer candidates or fewer seconds"
    wanted = _words(family, asked)
    for smaller in _smaller(family, asked):
        if _fits(family, smaller):
            return f"out of memory: {wanted} do not fit, {_words(family, smaller)} would"
    return f"out of memory: {wanted} do not fit, and nothing smaller does; free some, or load a smaller model"


def _smaller(family: Family, asked: Pass) -> Iterator[Pass]:
    """Fewer candidates, then less of the sound; of an edit, whose length its source decides, only the former."""
    while (candidates := asked.request.candidates or 1) > 1:
        asked = replace(asked, request=asked.request.replace(candidates=candidates // 2))
        yield asked
    while asked.source is None and asked.frames > 2 * SHORTEST * family.rate:
        asked = replace(asked, frames=asked.frames // 2)
        yield asked


def _fits(family: Family, asked: Pass) -> bool:
    from engine.decoding import Previews  # brings numpy, which the bridge's own process has no use for

    try:
        state = family.begin(asked)
        if not state.done:
            (state,) = family.step([state])
        while not state.done and isinstance(family, Previews) and family.preview(state) is None:
            (state,) = family.step([state])  # until there is something to decode
        family.decode(state)
    except Exception as error:
        free_memory(error)
        return not is_memory(error)
    return True


def _words(family: Family, asked: Pass) -> str:
    seconds = asked.frames / (asked.request.rate or family.rate if family.any_rate else family.rate)
    candidates = asked.request.candidates or 1
    return f"{seconds:.3g} s" + (f" with {candidates} candidates" if candidates > 1 else "")

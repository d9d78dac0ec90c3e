"""Decoding in pieces: how a family that can do it is asked, and how one that cannot is asked all the same.

A decoding is a generator. It stops wherever the device may do something else for a moment, and gives samples as soon as
they are final; what it returns is the whole.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol, TypeVar, runtime_checkable

from engine.family import Family
from engine.passes import Rendered, Samples

Decoding = Generator[Samples | None, None, Rendered]
"""Yields None, or the next samples (frames,) of what it returns in the end: from the first one on, without a gap."""

Sketch = Generator[None, None, Samples]
"""Yields None, and returns samples (frames,)."""

T = TypeVar("T")


@runtime_checkable
class DecodesInPieces(Protocol):
    """A family that decodes in pieces. Where they are cut depends on nothing but the state."""

    def decoding(self, state: Any) -> Decoding:
        """The decoding of a state that is done; gives what `decode` gives."""


@runtime_checkable
class Previews(Protocol):
    """A family that can tell what a run will come to."""

    def preview(self, state: Any) -> Sketch | None:
        """What a state that has done one step or more sounds like so far, as cheaply as that can be had; None as long
        as it has come to nothing that sounds."""


def decoding(family: Family, state: Any) -> Decoding:
    """The decoding of a state that is done: in pieces where the family can, else in one."""
    if isinstance(family, DecodesInPieces):
        return (yield from family.decoding(state))
    return family.decode(state)


def sketch(family: Family, state: Any) -> Sketch | None:
    """The preview of a state, where the family has such."""
    return family.preview(state) if isinstance(family, Previews) else None


def run_out(work: Generator[Any, None, T]) -> T:
    """Do all of it at once; returns what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value

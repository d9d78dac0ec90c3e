"""Which parts of a long recording are rendered, and in what order. Pure.

A model sees some ten seconds at once. What an edit makes is cut into pieces, each in a window with enough of the
recording around it; pieces that follow from one another form a chain, chains do not know of one another. Everything
is counted in frames of the recording.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.splice import Spans


@dataclass(frozen=True, slots=True)
class Piece:
    """start, end: the window that is rendered. made: the spans in it that become new sound.

    overlap: so many frames of `made`, at the side from which the chain comes, were made by the piece before, too, and
    are crossfaded. backwards: the chain runs from right to left. last: no other piece goes on from this one.
    """

    start: int
    end: int
    made: Spans
    overlap: int = 0
    backwards: bool = False
    last: bool = True

    @property
    def open(self) -> Spans:
        """What the model is free to make: half of the overlap is held as the piece before made it, which ties the two
        together; the other half lay at the end of a window, where no model is at its best."""
        spans, held = list(self.made), self.overlap // 2
        if self.backwards:
            spans[-1] = (spans[-1][0], spans[-1][1] - held)
        else:
            spans[0] = (spans[0][0] + held, spans[0][1])
        return tuple(spans)


Chain = tuple[Piece, ...]


def around(spans: Spans, frames: int, window: int, context: int, overlap: int) -> tuple[Chain, ...]:
    """Chains that make `spans` of a recording of `frames` frames: neighbours share a window where they fit with
    `context` frames on both sides, and a span that is too long for one window becomes a chain of several."""
    chains: list[Chain] = []
    group: list[tuple[int, int]] = []
    for span in spans:
        if group and span[1] - group[0][0] + 2 * context > window:
            chains.append(_chain_of(group, frames, window, context, overlap))
            group = []
        group.append(span)
    if group:
        chains.append(_chain_of(group, frames, window, context, overlap))
    return tuple(chains)


def _chain_of(group: list[tuple[int, int]], frames: int, window: int, context: int, overlap: int) -> Chain:
    if len(group) == 1:
        return along(*group[0], frames, window, context, overlap)
    start, end = group[0][0], group[-1][1]
    return (Piece(max(0, start - context), min(frames, end + context), tuple(group)),)


def along(
    start: int, end: int, frames: int, window: int, context: int, overlap: int, backwards: bool = False
) -> Chain:
    """A chain of equal pieces that make the frames from `start` to `end`, each with `context` frames of what is
    there before it and the last with as many after it. Raises `ValueError` if a window cannot hold context and
    overlap."""
    room = window - context - max(context, overlap)
    if room <= 2 * overlap:
        raise ValueError(f"a window of {window} frames is too short for {context} of context and {overlap} of overlap")
    if backwards:
        return tuple(_mirrored(along(frames - end, frames - start, frames, window, context, overlap), frames))
    count = max(1, -(-(end - start) // room))
    edges = [start + (end - start) * index // count for index in range(count + 1)]
    pieces = []
    for index in range(count):
        last = index == count - 1
        until = edges[index + 1] if last else min(end, edges[index + 1] + overlap)
        stop = min(frames, until + context) if last else until
        made = ((edges[index], until),)
        pieces.append(Piece(max(0, edges[index] - context), stop, made, overlap if index else 0, last=last))
    return tuple(pieces)


def _mirrored(chain: Iterable[Piece], frames: int) -> Iterable[Piece]:
    for piece in chain:
        made = tuple((frames - b, frames - a) for a, b in reversed(piece.made))
        yield Piece(frames - piece.end, frames - piece.start, made, piece.overlap, not piece.backwards, piece.last)

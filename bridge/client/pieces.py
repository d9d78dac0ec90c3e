"""Takes that come in pieces: from what the bridge tells to samples, and to all of them exactly once."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from bridge.client.events import Event, Piece, Stream, TakeReady


def decoded(stream: Stream, first: int, text: str) -> Piece:
    """A piece of a stream: base64 of big-endian 32-bit floats, the channels of a frame side by side."""
    import numpy as np  # of those who ask for samples only

    samples = np.frombuffer(base64.b64decode(text), ">f4").reshape(-1, stream.channels).T.astype(np.float32)
    return Piece(stream.id, stream.take, first, stream.rate, samples)


class Joined:
    """Puts pieces together. One that comes again, after the loss of an engine, holds the same samples; what did not
    come at all is in the take."""

    def __init__(self) -> None:
        self._next: dict[int, int] = {}

    def hear(self, event: Event) -> Iterator[Piece]:
        """What is new with an event."""
        if isinstance(event, Piece):
            yield from self._new(event)
        elif isinstance(event, TakeReady) and self._next.get(event.take.index, 0) < event.take.frames:
            take = event.take
            yield from self._new(Piece(event.id, take.index, 0, take.rate, take.samples))

    def _new(self, piece: Piece) -> Iterator[Piece]:
        begin = self._next.get(piece.take, 0)
        if piece.first <= begin < piece.first + piece.frames:
            self._next[piece.take] = piece.first + piece.frames
            yield Piece(piece.id, piece.take, begin, piece.rate, piece.samples[:, begin - piece.first :])

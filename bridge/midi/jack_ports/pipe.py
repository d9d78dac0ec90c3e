"""What the bridge and its JACK client say to each other: pieces, each for a port, with a time. Pure.

Port 0 is none: its pieces are JSON, a question from the bridge and one answer to it. All others are MIDI messages.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

CONTROL = 0
"""The number that is no port's."""

_HEAD = struct.Struct("<IdI")  # port, seconds, bytes that follow


class Piece(NamedTuple):
    """``time``: seconds of `time.monotonic`, when it arrived or is meant to leave. ``data``: one complete message."""

    port: int
    time: float
    data: bytes


def packed(port: int, time: float, data: bytes) -> bytes:
    """A piece as it travels."""
    return _HEAD.pack(port, time, len(data)) + data


def asked(**what: Any) -> bytes:
    """A question, or an answer, as it travels."""
    return packed(CONTROL, 0.0, json.dumps(what).encode())


def pieces(pipe: IO[bytes]) -> Iterator[Piece]:
    """What comes out of a pipe, until it ends; the last one may be cut off, and is left out."""
    while len(head := pipe.read(_HEAD.size)) == _HEAD.size:
        port, time, size = _HEAD.unpack(head)
        data = pipe.read(size)
        if len(data) < size:
            return
        yield Piece(port, time, data)

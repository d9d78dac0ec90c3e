"""WAV files that are written while they sound, of any length, with a cue for everything that happened.

Layout: RIFF, a place kept free for the sizes of RF64 (EBU Tech 3306), ``fmt `` for 32-bit float, ``data``, and at the
end ``cue `` and ``LIST``/``adtl`` with a label for each cue.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.audio.ring import Block
from bridge.audio.source import CHANNELS

_HEAD = 12 + 36 + 26 + 12 + 8
_LIMIT = 2**32 - 1
_FRAME = 4 * CHANNELS


@dataclass(frozen=True, slots=True)
class Cue:
    """A moment of a recording: its frame, and what began there."""

    frame: int
    label: str


class WavWriter:
    """A file of two channels of 32-bit floats. Raises OSError, as writing does."""

    def __init__(self, path: Path, rate: int) -> None:
        self.frames = 0
        self._rate = rate
        self._file = path.open("xb")
        self._write_head(0)

    def write(self, block: Block) -> None:
        """Append samples of shape (frames, 2)."""
        self._file.write(np.ascontiguousarray(block, "<f4").tobytes())
        self.frames += len(block)

    def settle(self) -> None:
        """Make the file complete as it is, so that what was written can be read if no more comes."""
        self._write_head(0)
        self._file.flush()

    def close(self, cues: Sequence[Cue] = ()) -> None:
        """Write the cues and the sizes, and close the file."""
        try:
            chunks = cue_chunks(cues)
            self._file.write(chunks)
            self._write_head(len(chunks))
        finally:
            self._file.close()

    def _write_head(self, more: int) -> None:
        sound = self.frames * _FRAME
        whole = _HEAD - 8 + sound + more
        large = whole > _LIMIT
        sizes = struct.pack("<QQQI", whole, sound, self.frames, 0)
        self._file.seek(0)
        self._file.write(
            struct.pack("<4sI4s", b"RF64" if large else b"RIFF", _LIMIT if large else whole, b"WAVE")
            + struct.pack("<4sI", b"ds64" if large else b"JUNK", 28) + (sizes if large else bytes(28))
            + struct.pack("<4sIHHIIHHH", b"fmt ", 18, 3, CHANNELS, self._rate, self._rate * _FRAME, _FRAME, 32, 0)
            + struct.pack("<4sII", b"fact", 4, min(self.frames, _LIMIT))
            + struct.pack("<4sI", b"data", _LIMIT if large else sound)
        )  # fmt: skip
        self._file.seek(0, 2)


def cue_chunks(cues: Sequence[Cue]) -> bytes:
    """``cue `` and its labels, as bytes to stand at the end of a file; nothing without cues."""
    if not cues:
        return b""
    points = b"".join(
        struct.pack("<II4sIII", number, cue.frame, b"data", 0, 0, cue.frame) for number, cue in enumerate(cues, 1)
    )
    labels = b"".join(
        _chunk(b"labl", struct.pack("<I", number) + cue.label.encode() + b"\0") for number, cue in enumerate(cues, 1)
    )
    return _chunk(b"cue ", struct.pack("<I", len(cues)) + points) + _chunk(b"LIST", b"adtl" + labels)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)

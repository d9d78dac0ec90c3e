"""The ring between the mixer and a player: blocks that are mixed and not yet heard.

The one real-time rule: a player's callback calls `Ring.read_into` and nothing else. It takes no lock and allocates
nothing; every step of it that other threads can see is one operation on a `collections.deque`, which CPython makes
atomic. The mixer may put a better block in the place of one that was not read yet: either the reader took the old
one, or it will get the new one.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from bridge.audio.source import CHANNELS

Block = NDArray[np.float32]
"""Interleaved, as devices take it: shape (frames, 2), contiguous."""


class Ring:
    """Blocks in order: one thread writes, one reads."""

    def __init__(self) -> None:
        self._blocks: deque[Block] = deque()
        self._current: Block = np.zeros((0, CHANNELS), np.float32)
        self._at = 0
        self.underruns = 0
        """How often the reader found nothing, and played silence."""
        self.missing = 0
        """Frames of that silence."""
        self.read = 0
        """Frames that were read, silence left out."""

    def __len__(self) -> int:
        """Blocks that the reader has not begun."""
        return len(self._blocks)

    def append(self, block: Block) -> None:
        """Put a block at the end."""
        self._blocks.append(block)

    def replace(self, from_newest: int, block: Block) -> bool:
        """Put a block in the place of an unread one, counted from the newest, which is 1. False if it was read
        already, or begun."""
        try:
            self._blocks[-from_newest] = block
        except IndexError:
            return False
        return True

    def clear(self) -> None:
        """Drop what is unread. Not while somebody reads."""
        self._blocks.clear()
        self._current, self._at = self._current[:0], 0

    def read_into(self, out: NDArray[np.float32]) -> None:
        """Copy the next frames to ``out``, of shape (frames, 2); what is missing is silence, and counted."""
        done, frames = 0, len(out)
        while done < frames:
            left = len(self._current) - self._at
            if left == 0:
                try:
                    self._current = self._blocks.popleft()
                except IndexError:
                    out[done:] = 0.0
                    self.underruns += 1
                    self.missing += frames - done
                    break
                self._at, left = 0, len(self._current)
            count = min(left, frames - done)
            out[done : done + count] = self._current[self._at : self._at + count]
            self._at += count
            done += count
        self.read += done

"""Which frame of the mixer belongs to which time: what is to begin on a beat has to know it to the sample.

A player takes blocks in steps, now and then late, and the mixer notices that a moment later still. But never early: so
the least of (time of noticing − frame / rate), over a few seconds, is when frame 0 was taken, and what is above it is
lateness.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from bridge.audio.mixer import Mixer
from bridge.audio.ring import Block

BUCKET = 0.25
BUCKETS = 16
"""Four seconds are looked back on: enough to see a block that was on time, and few enough for two clocks to agree."""


class FrameClock:
    """Listens to a mixer. ``now`` is the clock, in seconds."""

    def __init__(self, mixer: Mixer, now: Callable[[], float] = time.monotonic) -> None:
        self._mixer, self._now = mixer, now
        self._buckets: deque[tuple[float, float]] = deque(maxlen=BUCKETS)
        self._of = (0, 0)
        self._last = 0.0
        mixer.listen(self._hear)

    def frame_at(self, moment: float) -> int | None:
        """The frame that the player takes at a moment, of `time.monotonic`, and a block more: so a moment that has not
        come yet is a frame that can still be reached, and all are late by the same. None while nobody reads."""
        buckets = tuple(self._buckets)
        if not buckets or self._now() - self._last > 1.0:
            return None
        offset = min(least for _, least in buckets)
        return round((moment - offset) * self._mixer.rate) + self._mixer.block

    def _hear(self, frame: int, block: Block) -> None:
        now, of = self._now(), (self._mixer.rate, self._mixer.ring.missing)
        if of != self._of:  # another rate, or silence in between: frames are at other times now
            self._of = of
            self._buckets.clear()
        offset = now - frame / self._mixer.rate
        if self._buckets and now - self._buckets[-1][0] < BUCKET:
            began, least = self._buckets[-1]
            self._buckets[-1] = (began, min(least, offset))
        else:
            self._buckets.append((now, offset))
        self._last = now

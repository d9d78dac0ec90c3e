"""The reel: what the stream plays. The mixer reads it in its own thread; windows are put to its end in another.

Its frames are counted from its beginning. After the end of the last window it goes on with that window's `cycle`, for
ever, so that it is never silent: what is read of that is counted as short.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from bridge.audio.source import Samples
from bridge.live.join import blend, most_alike

FADE_IN = 0.02
"""Seconds at the stream's beginning."""
FADE_OUT = 0.5
"""Seconds at its end."""
JOIN = 0.25
"""Seconds over which a late window takes over from the cycle."""
REACH = 0.03
"""Seconds at a late window's beginning that may be left out, so that the two are alike where they join."""
NOTICE = 0.1
"""Seconds before such a join by which it is decided: it takes less to compute."""


class Reel:
    """A `bridge.audio.source.Source`. ``rate`` in Hz, ``channels`` 1 or 2, ``gain`` a factor, which may be changed."""

    def __init__(self, rate: int, channels: int = 1, gain: float = 1.0, fade_in: float = FADE_IN) -> None:
        self.rate, self.channels, self.gain = rate, channels, gain
        self._lock = threading.Lock()
        self._parts: deque[Samples] = deque()
        self._cycle: Samples = np.zeros((channels, 0), np.float32)
        self._at = self._end = 0
        self._gain = gain
        self._fade_in = max(1, round(fade_in * rate))
        self._going: int | None = None
        self.short = 0
        """Frames that were read of a cycle."""
        self.shortfalls = 0
        """How often a cycle was begun."""
        self._behind = False

    @property
    def position(self) -> int:
        """The next frame to be read."""
        return self._at

    @property
    def end(self) -> int:
        """The frame after the last window."""
        return self._end

    @property
    def stock(self) -> float:
        """Seconds that are there to be read."""
        return max(0, self._end - self._at) / self.rate

    @property
    def behind(self) -> bool:
        """True while a cycle is read."""
        return self._behind

    def read(self, frames: int) -> Samples:
        """The next frames, or fewer after `stop`."""
        with self._lock:
            first = self._at
            out = np.empty((self.channels, frames), np.float32)
            done = 0
            while done < frames and self._parts:
                part = self._parts[0]
                count = min(frames - done, part.shape[1])
                out[:, done : done + count] = part[:, :count]
                if count < part.shape[1]:
                    self._parts[0] = part[:, count:]
                else:
                    self._parts.popleft()
                done += count
            if done < frames:
                out[:, done:] = self._around(first + done, frames - done)
                self.short += frames - done
                self.shortfalls += not self._behind
            self._behind = done < frames
            self._at += frames
            return self._shaped(out, first)

    def _around(self, frame: int, frames: int) -> Samples:
        """Frames of the cycle from ``frame`` on, which is at or after the end."""
        length = self._cycle.shape[1]
        if length == 0:
            return np.zeros((self.channels, frames), np.float32)
        return self._cycle[:, np.arange(frame - self._end, frame - self._end + frames) % length]

    def _shaped(self, out: Samples, first: int) -> Samples:
        """The gain, and the fades at both ends."""
        frames = out.shape[1]
        if self._gain != self.gain or self._gain != 1.0:
            out *= np.linspace(self._gain, self.gain, frames, dtype=np.float32)
            self._gain = self.gain
        if first < self._fade_in:
            out *= np.clip((first + np.arange(frames, dtype=np.float32)) / self._fade_in, 0.0, 1.0)
        if self._going is not None:
            length = max(1, round(FADE_OUT * self.rate))
            left = self._going - np.arange(frames)
            out *= (np.maximum(left, 0) / length).astype(np.float32) ** 2
            self._going -= frames
            out = out[:, : max(0, min(frames, int(left[0])))]
        return out

    def put(self, samples: Samples, cycle: Samples) -> int:
        """Put a window to the end, or, where that has passed, let it take over from the cycle as soon as can be.
        Returns the frame at which it begins. To be called by one thread at a time; may take some milliseconds."""
        while True:
            with self._lock:
                start = self._end
                if self._at <= start:
                    self._append(start, samples, cycle)
                    return start
                start = self._at + round(NOTICE * self.rate)
                join = min(round(JOIN * self.rate), samples.shape[1] // 2)
                old = self._around(start, join)
            skip = most_alike(old, samples, round(REACH * self.rate)) if old.any() else 0
            taken = np.concatenate((blend(old, samples[:, skip : skip + join]), samples[:, skip + join :]), axis=1)
            with self._lock:
                if self._at <= start:
                    self._append(start, taken, cycle)
                    return start

    def _append(self, start: int, samples: Samples, cycle: Samples) -> None:
        """A window at ``start``; until then the cycle goes on."""
        if start > self._end:
            between = self._around(self._at, start - self._at)
            self.short += between.shape[1]
            self._parts.append(between)
        self._parts.append(samples)
        self._cycle, self._end = cycle, start + samples.shape[1]

    def stop(self) -> None:
        """Fade out, and end."""
        with self._lock:
            if self._going is None:
                self._going = round(FADE_OUT * self.rate)

    def at_rate(self, rate: int, resample: Callable[[Samples], Samples]) -> Reel:
        """What is still to be read of it, as a reel at another rate, which begins with frame 0."""
        with self._lock:
            other = Reel(rate, self.channels, self.gain, 0.0)
            there = np.concatenate([np.zeros((self.channels, 0), np.float32), *self._parts], axis=1)
            turned = np.roll(self._cycle, -(max(0, self._at - self._end) % max(1, self._cycle.shape[1])), axis=1)
            other._append(0, resample(there) if there.size else there, resample(turned) if turned.size else turned)
            other.short, other.shortfalls = round(self.short * rate / self.rate), self.shortfalls
            other._behind, other._gain = self._behind, self._gain
            return other

"""A musician and a listener in one client of JACK: plays MIDI at exact frames, and records what comes to its input."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

_WRAP = 1 << 32
_SOON = 0.2
_WAIT_SECONDS = 60.0

Event = tuple[int, bytes]
"""A frame, counted from when the peer began, and a message."""


class Peer:
    """``with Peer("player", 60.0) as peer``: ports ``keys`` and ``tap``; it records for so many seconds at the most."""

    def __init__(self, name: str, seconds: float) -> None:
        import jack

        self._client = jack.Client(name, no_start_server=True)
        self.rate = int(self._client.samplerate)
        self.block = int(self._client.blocksize)
        self._keys: Any = self._client.midi_outports.register("keys")
        self._tap: Any = self._client.inports.register("tap")
        self._samples = np.zeros(round(seconds * self.rate), np.float32)
        self._waiting: deque[Event] = deque()
        self._first: int | None = None
        self._next = 0
        self.sent: list[Event] = []
        """What was played, with the frame at which it really was."""
        self._pace: list[float] = []
        self.skipped = 0
        """Frames of cycles that JACK left out, as the machine was busy."""
        self._client.set_process_callback(self._cycle)

    def __enter__(self) -> Peer:
        self._client.activate()
        until(lambda: self._first is not None, "JACK does not run")
        return self

    def __exit__(self, *failure: object) -> None:
        with contextlib.suppress(Exception):  # a server that has ended
            self._client.deactivate()
            self._client.close()

    @property
    def now(self) -> int:
        """The frame after the last one that was recorded."""
        return self._next

    @property
    def soon(self) -> int:
        """A frame that is reached in a moment."""
        return self._next + round(_SOON * self.rate)

    @property
    def samples(self) -> NDArray[np.float32]:
        """What was heard until now, of shape (frames,)."""
        return self._samples[: self._next]

    def behind(self, begin: int, end: int) -> float:
        """Seconds by which cycles of these frames came late, at the most: a server without a sound card falls behind
        where the machine is busy, and then no other clock agrees with its frames."""
        part = self._pace[begin // self.block : end // self.block]
        return max(part) - min(part) if part else 0.0

    def play(self, events: Iterable[Event]) -> None:
        """Play these, in order; after those of before."""
        self._waiting.extend(events)

    def wait(self, frame: int) -> None:
        """Until this frame was recorded, however slow the server is."""
        while self._next < frame:
            before = self._next
            time.sleep(max(0.005, min(0.1, (frame - before) / self.rate)))
            if self._next == before:
                until(lambda before=before: self._next > before, "JACK stands still")  # type: ignore[misc]

    def listen_to_the_bridge(self) -> None:
        """Connect the left channel of the only other client that plays to the tap."""

        def outputs() -> list[Any]:
            ports = self._client.get_ports(is_output=True, is_audio=True)
            return [port for port in ports if not port.name.startswith("system:")]

        until(outputs, "nobody plays")
        self._client.connect(outputs()[0], self._tap)

    def _cycle(self, frames: int) -> None:
        last = self._client.last_frame_time
        if self._first is None:
            self._first = last
        at = (last - self._first) % _WRAP
        self._pace.append(time.monotonic() - at / self.rate)
        self.skipped += at - self._next
        room = self._samples[at : at + frames]
        room[:] = self._tap.get_array()[: len(room)]
        self._keys.clear_buffer()
        while self._waiting and self._waiting[0][0] < at + frames:
            frame, data = self._waiting.popleft()
            frame = max(frame, at)
            self._keys.write_midi_event(frame - at, data)
            self.sent.append((frame, data))
        self._next = at + frames


def until(happened: Callable[[], object], what: str, seconds: float = _WAIT_SECONDS) -> None:
    """Wait for something. TimeoutError with ``what`` if it does not happen."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.02)

"""Takes in pieces: samples to the connections that asked for them, each as fast as it reads.

What a connection has not taken yet waits here, and so do all later replies about the same job, so that it is told
everything in order. The engine and other clients never wait for it; what waits is bounded, and a connection that takes
nothing any more loses the rest of its stream, not its job: the take is a file all the same.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bridge.clients import Address
from bridge.hub import Args
from engine import Clip

MAX_BLOB = 4096
"""Bytes of samples in one piece."""

MAX_BYTES = 32 << 20
"""Bytes of samples that may wait for one connection: a minute of stereo at 48 kHz, and some."""

MAX_ALL = 128 << 20
"""Bytes of samples that may wait for all connections together."""

STALLED_SECONDS = 30.0
"""How long a connection may take nothing before the rest of its stream is dropped."""

_RETRY_SECONDS = 0.005

Deliver = Callable[[Address, str, Args], None]
Room = Callable[[Address], bool | None]


@dataclass(slots=True)
class _Box:
    """What waits for a connection about one job. since: when it took something last."""

    since: float
    waiting: deque[tuple[str, Args, int]] = field(default_factory=deque)
    bytes: int = 0


@dataclass(slots=True)
class _Told:
    """How far a take was told: the frame and the number of the next piece, and to whom."""

    to: tuple[Address, ...]
    id: str
    encoding: str
    next: int = 0
    number: int = 0


class Streams:
    """The streams of one daemon.

    ``deliver(to, address, args)`` sends one reply to a connection; ``room(to)`` says whether that would not have to
    wait there, and None if the connection is gone. ``clock`` gives seconds.
    """

    def __init__(self, deliver: Deliver, room: Room, clock: Callable[[], float] = time.monotonic) -> None:
        self._deliver, self._room, self._clock = deliver, room, clock
        self._boxes: dict[tuple[Address, str], _Box] = {}
        self._takes: dict[tuple[str, int], _Told] = {}
        self._all = 0
        self._again: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Bytes of samples that wait."""
        return self._all

    def holds(self, to: Address, address: str, args: Args) -> bool:
        """Keep a reply back for this connection if it must not overtake pieces; False if it can be sent."""
        if not self._boxes or not address.startswith("/job/") or not args or not isinstance(args[0], str):
            return False
        box = self._boxes.get((to, args[0]))
        if box is None:
            return False
        box.waiting.append((address, args, 0))
        return True

    def begin(
        self, key: str, index: int, id: str, to: tuple[Address, ...], frames: int, clip: Clip, encoding: str
    ) -> None:
        """A take begins, or begins anew: tell what will come of it. key: the job's; to: who is told, if connected.

        frames: of the whole take. clip: its beginning, for its rate and channels.
        """
        connected = tuple(one for one in to if can_stream(one))
        self._takes[key, index] = _Told(connected, id, encoding)
        for one in connected:
            self._put(one, id, "/job/stream", (id, index, frames, clip.rate, clip.channels, encoding))

    def feed(self, key: str, index: int, first: int, clip: Clip) -> None:
        """Tell what of `clip`, which begins at frame `first` of the take, was not told yet; nothing for a gap."""
        told = self._takes.get((key, index))
        if told is None or not told.to or not first <= told.next < first + clip.frames:
            return
        samples = encoded(clip.samples[:, told.next - first :], told.encoding)
        frame = len(samples) // (first + clip.frames - told.next)
        step = max(1, MAX_BLOB // frame) * frame
        for start in range(0, len(samples), step):
            blob = samples[start : start + step]
            args = (told.id, index, told.number, told.next, blob)
            for one in told.to:
                self._put(one, told.id, "/job/piece", args, len(blob))
            told.next += len(blob) // frame
            told.number += 1

    def told(self, key: str, index: int) -> int | None:
        """How many frames of this take were told so far; None if it was not begun."""
        found = self._takes.get((key, index))
        return None if found is None else found.next

    def end(self, key: str, index: int) -> None:
        """A take is complete, or its job has ended: no more pieces of it come."""
        self._takes.pop((key, index), None)

    def cut(self, id: str) -> None:
        """A job came to nothing: the pieces that wait are not sent any more, what follows them is."""
        for (_, job), box in self._boxes.items():
            if job == id:
                box.waiting = deque(one for one in box.waiting if not one[2])
                self._all -= box.bytes
                box.bytes = 0

    def _put(self, to: Address, id: str, address: str, args: Args, size: int = 0) -> None:
        box = self._boxes.setdefault((to, id), _Box(self._clock()))
        if size and (box.bytes + size > MAX_BYTES or self._all + size > MAX_ALL):
            self._drop(to, id, "more samples waited for it than may")
            return
        box.waiting.append((address, args, size))
        box.bytes += size
        self._all += size
        self._pump()

    def _pump(self) -> None:
        """Send what can be sent; look again in a moment if something is left."""
        for to, id in tuple(self._boxes):
            self._empty(to, id)
        if self._boxes and self._again is None:
            self._again = asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._again = None
        self._pump()

    def _empty(self, to: Address, id: str) -> None:
        box = self._boxes[to, id]
        while box.waiting:
            room = self._room(to)
            if room is None:
                self._forget(to, id)
                return
            if not room:
                if self._clock() - box.since > STALLED_SECONDS:
                    self._drop(to, id, f"nothing of it was read for {STALLED_SECONDS:g} s")
                return
            address, args, size = box.waiting.popleft()
            box.since = self._clock()
            box.bytes -= size
            self._all -= size
            self._deliver(to, address, args)
        del self._boxes[to, id]

    def _forget(self, to: Address, id: str) -> None:
        """Drop what waits for a connection, and send it no more pieces of this job."""
        box = self._boxes.pop((to, id))
        self._all -= box.bytes
        for told in self._takes.values():
            if told.id == id:
                told.to = tuple(one for one in told.to if one != to)

    def _drop(self, to: Address, id: str, why: str) -> None:
        """Give up a stream; the other replies are still told, as the connection may read again."""
        others = [(address, args) for address, args, size in self._boxes[to, id].waiting if not size]
        self._forget(to, id)
        text = f"the stream of this job was given up: {why}; its takes are files all the same"
        for address, args in [("/bridge/error", ("too-slow", text, id)), *others]:
            self._deliver(to, address, args)


def can_stream(to: Address) -> bool:
    """Whether pieces can be sent there: to a TCP connection or a WebSocket."""
    return len(to) == 3 and to[2].startswith(("tcp", "ws"))


def encoded(samples: np.ndarray, encoding: str) -> bytes:
    """Samples (channels, frames) as big-endian numbers, the channels of a frame side by side: 32-bit floats, or whole
    numbers of 16 bits, rounded and clipped."""
    if encoding == "float32":
        return samples.T.astype(">f4").tobytes()
    return np.clip(np.rint(samples.T * 32768.0), -32768, 32767).astype(">i2").tobytes()

"""What a player is, and the clock of those that have no device to be driven by."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bridge.audio.ring import Ring
from bridge.audio.source import CHANNELS
from bridge.audio.urgent import hurry

log = logging.getLogger("bridge")

MOST_LATE = 0.05
"""Seconds of lateness that are made up for; what is later is skipped, as sound that comes too late is of no use."""


class CannotPlay(Exception):
    """A player cannot be used; the text says why and what there is."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """One way out, as `/player/list` names it: the player, its device, and what it is."""

    player: str
    device: str
    about: str


class Player(Protocol):
    """Reads a ring until it is stopped. ``rate`` in Hz; ``period`` in frames, how much is read at once; ``delay`` in
    seconds, from reading to hearing, as far as it is known; ``faults``: gaps that the device counted itself."""

    outlet: Outlet
    rate: int
    period: int

    @property
    def delay(self) -> float: ...

    @property
    def faults(self) -> int: ...

    def start(self, ring: Ring) -> None:
        """Begin to read. Raises CannotPlay."""
        ...

    def stop(self) -> None:
        """Read no more. Returns when the last read is over."""
        ...


class Pacer:
    """Says when so many frames are due, counted from the start: errors of single waits do not add up.

    Where a program is stopped for longer than `MOST_LATE`, the count goes on from now, and what was skipped is counted.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._began = clock()
        self._frames = 0
        self.skipped = 0

    def wait(self, frames: int, stopping: threading.Event) -> bool:
        """Wait until the next ``frames`` are due. False if it is over."""
        due = self._began + self._frames / self._rate
        self._frames += frames
        late = self._clock() - due
        if late > MOST_LATE:
            self._began += late
            self.skipped += 1
        return not stopping.wait(-late) if late < 0 else not stopping.is_set()


class PacedPlayer:
    """A player without a device: a thread reads ``period`` frames at their time and hands them to `send`."""

    def __init__(self, outlet: Outlet, rate: int, period: int, speed: float = 1.0) -> None:
        self.outlet, self.rate, self.period = outlet, rate, period
        self._speed = speed
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._pacer: Pacer | None = None

    @property
    def delay(self) -> float:
        """Seconds: it is heard as soon as it is read."""
        return 0.0

    @property
    def faults(self) -> int:
        """How often this machine was so late that sound had to be skipped."""
        return self._pacer.skipped if self._pacer else 0

    def send(self, block: np.ndarray) -> None:
        """Take in what was read: shape (period, 2). It is overwritten afterwards."""

    def start(self, ring: Ring) -> None:
        """Begin to read."""
        self._thread = threading.Thread(target=self._run, args=(ring,), name=self.outlet.player, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, ring: Ring) -> None:
        hurry()
        block = np.zeros((self.period, CHANNELS), np.float32)
        self._pacer = Pacer(self.rate * self._speed)
        while self._pacer.wait(self.period, self._stopping):
            ring.read_into(block)
            try:
                self.send(block)
            except Exception:  # the sound goes on elsewhere: recordings and listeners hear it, too
                log.exception("the player %s failed at a block", self.outlet.player)

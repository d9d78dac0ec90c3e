"""Clock out: 24 pulses a quarter note, start, stop and song position, for others to follow."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from bridge.midi.pulses import PER_BEAT
from bridge.transport import Transport

log = logging.getLogger("bridge")

_CLOCK, _START, _CONTINUE, _STOP, _POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
_SIXTEENTH = PER_BEAT // 4
_FURTHEST = 16383
_SLICE = 0.01
"""Seconds that are slept at most: so soon a start is noticed."""
_NEAR = 1e-6
_LATE = 0.03
"""Seconds by which the first pulses may be late, so that a song that has just begun is told from its beginning."""


class Pulse:
    """What is sent next: a state machine without a clock of its own, which `ClockOut` runs."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._playing = False
        self._next = 0
        """The number of the next pulse of a song that plays, counted from its beginning."""
        self._due = 0.0

    def run(self, transport: Transport, now: float) -> float:
        """Send what is due at this moment. Returns when to come again, in seconds of `time.monotonic`."""
        if transport.playing != self._playing or (transport.playing and self._is_off(transport, now)):
            self._turn(transport, now)
        if transport.playing:
            self._due = transport.time_of(self._next / PER_BEAT)
        if self._due <= now:
            self._send(bytes((_CLOCK,)))
            self._next += 1
            period = 60.0 / transport.tempo / PER_BEAT
            late = not transport.playing and now - self._due > period
            self._due = now + period if late else self._due + period
        return min(self._due, now + _SLICE)

    def _is_off(self, transport: Transport, now: float) -> bool:
        """True if the song has jumped."""
        return abs(transport.position_at(now) * PER_BEAT - self._next) > PER_BEAT

    def _turn(self, transport: Transport, now: float) -> None:
        """Start, go on from a place, or stop. Places are sixteenth notes."""
        if self._playing:
            self._send(bytes((_STOP,)))
        self._playing = transport.playing
        if not self._playing:
            self._due = max(self._due, now)
            return
        place = max(0, math.ceil(transport.position_at(now - _LATE) * 4 - _NEAR))
        if place == 0:
            self._send(bytes((_START,)))
        else:
            told = min(place, _FURTHEST)
            self._send(bytes((_POSITION, told & 127, told >> 7)))
            self._send(bytes((_CONTINUE,)))
        self._next = place * _SIXTEENTH


class ClockOut:
    """A thread that sends the clock of a transport until it is closed."""

    def __init__(self, transport: Callable[[], Transport], send: Callable[[bytes], None]) -> None:
        self._transport, self._pulse = transport, Pulse(send)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Send no more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            now = time.monotonic()
            try:
                wait = max(0.0, self._pulse.run(self._transport(), now) - time.monotonic())
            except Exception:  # a defect of ours must not end the clock for good
                log.exception("a pulse of the clock was not sent")
                wait = 1.0

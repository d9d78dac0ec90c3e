"""Who is told what controllers do, for a minute each."""

from __future__ import annotations

import time

from bridge.clients import Address
from bridge.midi.controls import Control, Hit, Move, Program, Release
from bridge.midi.scaling import Value
from bridge.osc import shorten
from bridge.replies import MAX_TEXT, Replies, To

WATCHED = 60.0
"""Seconds for which a client is told what controllers do."""
MOST_EVENTS = 200
"""A second; more are left out."""


class Watchers:
    """Clients that watch. To be told in the daemon's loop; whether there are any may be asked from any thread."""

    def __init__(self, replies: Replies) -> None:
        self._replies = replies
        self._until: dict[Address, float] = {}
        self._second = (0.0, 0)

    def __bool__(self) -> bool:
        return bool(self._until)

    def watch(self, clients: To, on: bool) -> None:
        """These are told from now on, or no more."""
        for address in clients:
            self._until.pop(address, None)
            if on:
                self._until[address] = time.monotonic() + WATCHED

    def saw(self, port: str, control: Control) -> None:
        """A controller did something; time is left out."""
        match control:
            case Hit():
                name, value = f"note {control.note}", control.velocity
            case Release():
                name, value = f"note {control.note}", 0.0
            case Move():
                name, value = control.control, float(control.step) if control.step else control.value
            case Program():
                name, value = f"program {control.bank}", float(control.program)
            case _:
                return
        self._tell("/midi/event", (shorten(port, 200), name, control.channel, value))

    def trouble(self, text: str) -> None:
        """Something was done in vain."""
        self._tell("/midi/trouble", (shorten(text, MAX_TEXT),))

    def _tell(self, address: str, args: tuple[Value, ...]) -> None:
        now = time.monotonic()
        self._until = {to: until for to, until in self._until.items() if until > now}
        begin, count = self._second
        self._second = (begin, count + 1) if now - begin < 1.0 else (now, 1)
        if self._second[1] <= MOST_EVENTS:
            self._replies.send(tuple(self._until), address, args)

"""How much one client may ask for in a second. Pure but for the clock, which can be given.

Each client has a bucket that fills at a constant rate and holds `BURST_SECONDS` of it. What it sends is taken out, and
what it is answered counts, too, as one small message can ask for a long list. Who has an empty bucket waits: a
connection is not read from for so long, and nothing is lost; a datagram or a request is refused.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from bridge.clients import Address
from bridge.osc import BadPacket, Message

BURST_SECONDS = 2.0
"""Seconds of its rate that a client may ask for at once."""

REPLIES_A_MESSAGE = 20
"""Replies that cost as much as one message."""

MAX_BUCKETS = 1024
"""Clients whose buckets are remembered; the one that was silent for longest is forgotten first."""

PORTS_OF_A_HOST = 8
"""UDP ports at full rate that all senders of one machine have together: tools use a new port for every message."""

COMPLAINTS = 50.0
"""Times a second that a client is told that it is too fast."""

_WRONG_TOKEN = 0.1  # seconds of its rate that a wrong token costs

Key = tuple[Any, ...]


class Limiter:
    """The buckets of one daemon's clients. ``rate`` is messages a second; 0 is no bound."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._buckets: OrderedDict[Key, tuple[float, float]] = OrderedDict()  # level, and when it was that

    def wait(self, client: Address) -> float:
        """Seconds until this client may ask again; 0 if it may now."""
        if not self.rate:
            return 0.0
        return max(0.0, *(-self._level(key, share) / (self.rate * share) for key, share in _keys(client)))

    def charge(self, client: Address, cost: float) -> None:
        """Take so many messages out of a client's bucket."""
        if not self.rate:
            return
        for key, share in _keys(client):
            level = self._level(key, share) - cost
            self._buckets.pop(key, None)
            self._buckets[key] = (level, self._clock())
        while len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)

    def wrong_token(self, client: Address) -> None:
        """What guessing costs."""
        self.charge(client, self.rate * _WRONG_TOKEN)

    def forget(self, client: Address) -> None:
        """A connection has ended, and its name is not used again."""
        self._buckets.pop(client, None)

    def _level(self, key: Key, share: int) -> float:
        full = self.rate * share * BURST_SECONDS
        level, then = self._buckets.get(key, (full, self._clock()))
        return min(full, level + (self._clock() - then) * self.rate * share)


def _keys(client: Address) -> tuple[tuple[Key, int], ...]:
    """The buckets that a client draws from, and how many clients' rate each has."""
    if len(client) == 2:
        return ((client, 1), ((client[0], "udp"), PORTS_OF_A_HOST))
    if client[2].startswith("http"):  # each request is a client of its own
        return (((client[0], "http"), 1),)
    return ((client, 1),)


Take = Callable[[list[Message | BadPacket], Address], None]


class Gate:
    """What every transport gives its messages to: it counts what a client asks and is answered, and passes it on.

    ``receive`` answers messages, ``refuse`` says of messages that they came too fast.
    """

    def __init__(self, limiter: Limiter, receive: Take, refuse: Take) -> None:
        self.limiter = limiter
        self._receive = receive
        self._refuse = refuse
        self._complaints = Limiter(COMPLAINTS)
        self._told = 0

    def told(self, number: int) -> None:
        """So many replies were sent."""
        self._told += number

    def receive(self, elements: list[Message | BadPacket], sender: Address) -> None:
        """Pass on, and charge for it. For what can wait: the caller asks `Limiter.wait` for how long."""
        before = self._told
        self._receive(elements, sender)
        self.limiter.charge(sender, len(elements) + (self._told - before) / REPLIES_A_MESSAGE)

    def take(self, elements: list[Message | BadPacket], sender: Address) -> None:
        """Pass on what may be passed on, and refuse the rest, in words while there are not too many of them."""
        if not self.limiter.wait(sender):
            self.receive(elements, sender)
        elif not self._complaints.wait(sender):
            self._complaints.charge(sender, len(elements))
            self._refuse(elements, sender)

"""Clients that are told in other words than OSC datagrams: requests and sockets of the HTTP port. No sockets itself."""

from __future__ import annotations

import itertools
from typing import Protocol

from bridge.clients import Address
from bridge.commands import JOB
from bridge.pads.rows import PUBLIC as OF_PADS

Args = tuple[int | float | str, ...]

PUBLIC = frozenset((*JOB, "/bridge/ready", "/bridge/loading", *OF_PADS))
"""Replies that everybody on this machine may overhear."""


class Session(Protocol):
    """One that can be told something."""

    address: Address

    def wants(self, address: str, args: Args) -> bool:
        """True if it wants to overhear this reply to somebody else, which is one of `PUBLIC`."""
        ...

    def tell(self, address: str, args: Args) -> None:
        """Take in one reply. Does not block and raises nothing."""
        ...


class Hub:
    """The sessions of one daemon. Each is told what is for it, and what it wants to overhear, once."""

    def __init__(self) -> None:
        self._sessions: dict[Address, Session] = {}
        self._numbers = itertools.count(1)

    def __len__(self) -> int:
        return len(self._sessions)

    def name(self, host: str, port: int, kind: str) -> Address:
        """An address for a new session; never the same twice."""
        return (host, port, f"{kind}-{next(self._numbers)}")

    def join(self, session: Session) -> None:
        """Tell this one, too, from now on."""
        self._sessions[session.address] = session

    def leave(self, session: Session) -> None:
        """Tell it nothing more."""
        self._sessions.pop(session.address, None)

    def send(self, to: tuple[Address, ...], address: str, args: Args) -> None:
        """Tell the sessions that are meant, and those that overhear."""
        for session in tuple(self._sessions.values()):
            if session.address in to or (address in PUBLIC and session.wants(address, args)):
                session.tell(address, args)

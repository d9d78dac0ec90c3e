"""Clients that are told in other words than OSC datagrams: requests and sockets of the HTTP port. No sockets itself."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from typing import Protocol

from bridge.clients import Address
from bridge.commands import JOB
from bridge.live.rows import PUBLIC as OF_LIVE
from bridge.midi.rows import PUBLIC as OF_MIDI
from bridge.pads.rows import PUBLIC as OF_PADS

log = logging.getLogger("bridge")

Args = tuple[int | float | str | bytes, ...]

PUBLIC = frozenset((*JOB, "/bridge/ready", "/bridge/loading", *OF_PADS, *OF_LIVE, *OF_MIDI))
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

    def send(
        self, to: tuple[Address, ...], address: str, args: Args, hold: Callable[[Address], bool] = lambda to: False
    ) -> None:
        """Tell the sessions that are meant, and those that overhear; but not those for which it is held back."""
        for session in tuple(self._sessions.values()):
            try:
                meant = session.address in to or (address in PUBLIC and session.wants(address, args))
                if meant and not hold(session.address):
                    session.tell(address, args)
            except Exception:  # a defect of ours in one listener is nothing to the one who speaks
                log.exception("a listener could not be told %s", address)

    def tell(self, to: Address, address: str, args: Args) -> None:
        """Tell one session and nobody else."""
        if (session := self._sessions.get(to)) is not None:
            session.tell(address, args)

    def room(self, to: Address) -> bool | None:
        """Whether a session takes more without letting it wait for long; None if it is not here."""
        session = self._sessions.get(to)
        return None if session is None else bool(getattr(session, "room", True))

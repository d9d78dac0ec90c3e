"""Who is answered where.

The rule, first match wins:

1. a request that carries the key ``reply_port`` is answered at that port of the sender's machine;
2. a sender (address and port) that said hello is answered where its hello said: the reply port it named, or its own;
3. a sender that never said hello is answered at its own port, and also at the reply port that the latest hello from
   the same machine named. Tools such as ``oscsend`` use a new port for every message, so that is where they listen.

A packet that cannot be read at all is answered at the sender's own port only. To a sender over a connection, its own
port is that connection; a reply port is a UDP port there, too. Rule 3 is
not for HTTP and WebSocket, whose clients need no other port.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from bridge.osc import shorten

Address = tuple[str, int] | tuple[str, int, str]
"""Host and UDP port; or host and port of a connection, and the connection's name."""

MAX_CLIENTS = 256
"""Hellos that are remembered; the oldest is forgotten first."""

MAX_NAME = 100
"""Bytes of a client's name that are remembered."""


@dataclass(frozen=True, slots=True)
class Client:
    """One that said hello: its name, and where it is answered."""

    name: str
    reply_to: Address
    named_port: bool


class Clients:
    """The hellos of one daemon. Knows no socket."""

    def __init__(self) -> None:
        self._by_sender: OrderedDict[Address, Client] = OrderedDict()

    def hello(self, sender: Address, name: str, reply_port: int | None) -> Client:
        """Remember a client; a new hello from the same sender replaces its old one."""
        reply_to = (sender[0], reply_port) if reply_port is not None else sender
        client = Client(shorten(name, MAX_NAME), reply_to, reply_port is not None)
        self._by_sender.pop(sender, None)
        self._by_sender[sender] = client
        while len(self._by_sender) > MAX_CLIENTS:
            self._by_sender.popitem(last=False)
        return client

    def forget(self, sender: Address) -> None:
        """Forget a connection that has ended, unless its hello named a port that is still there."""
        known = self._by_sender.get(sender)
        if known is not None and not known.named_port:
            del self._by_sender[sender]

    def answer_to(self, sender: Address, reply_port: int | None = None) -> tuple[Address, ...]:
        """The addresses that a request from ``sender`` is answered at, by the rule above."""
        if reply_port is not None:
            return ((sender[0], reply_port),)
        known = self._by_sender.get(sender)
        if known is not None:
            return (known.reply_to,)
        if len(sender) == 3 and not sender[2].startswith("tcp"):
            return (sender,)
        for client in reversed(self._by_sender.values()):
            if client.named_port and client.reply_to[0] == sender[0]:
                return tuple(dict.fromkeys((sender, client.reply_to)))
        return (sender,)

    def name(self, sender: Address) -> str:
        """What a sender called itself, or its port if it said no hello. For people."""
        known = self._by_sender.get(sender)
        return repr(known.name) if known is not None else f"port {sender[1]}"

    def share(self, sender: Address) -> str:
        """Whose share of the engine's time a sender's jobs have: that of a client that said hello, whichever its ports,
        of a connection, or of a machine's datagrams and single HTTP requests, which come from a new port each time."""
        known = self._by_sender.get(sender)
        if known is not None and known.name:
            return f"client {known.name}"
        if len(sender) == 3 and not sender[2].startswith("http"):
            return f"connection {sender[2]}"
        return f"machine {sender[0]}"

    def all(self) -> tuple[Address, ...]:
        """Every reply address that is remembered, each once."""
        return tuple(dict.fromkeys(client.reply_to for client in self._by_sender.values()))

    def known(self) -> tuple[tuple[Address, Client], ...]:
        """Those that said hello, by where they said it, the latest last."""
        return tuple(self._by_sender.items())

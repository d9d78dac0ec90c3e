"""Hosts as a benchmark plays them: the same few methods over UDP, TCP in both framings, and both kinds of WebSocket."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from collections.abc import Iterator
from typing import Protocol

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from bridge.commands import BY_ADDRESS, REPLIES
from bridge.framing import Framing, Unframer, frame
from bridge.osc import Message, decode, encode

Value = int | float | str
Reply = tuple[str, tuple[Value, ...]]
"""A reply's address and arguments."""

ENDS = frozenset({"/job/done", "/job/failed", "/job/cancelled"})
_BUFFER = 4 << 20
_ARGS = {reply.address: [arg.name for arg in reply.args] for reply in REPLIES}


class Gone(Exception):
    """The daemon is not there any more; a new host has to be made."""


class Host(Protocol):
    """A client of the daemon."""

    def send(self, address: str, *args: Value) -> None:
        """Send one command. Raises Gone."""

    def receive(self, seconds: float) -> Reply | None:
        """The next reply, None after so many seconds without one. Raises Gone."""

    def close(self) -> None:
        """Leave."""


class Datagrams:
    """OSC over UDP. A datagram to a daemon that is not there is lost, as for any host."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.bind(("127.0.0.1", 0))
        self._daemon = ("127.0.0.1", port)

    def send(self, address: str, *args: Value) -> None:
        """Send one command."""
        self._socket.sendto(encode(address, *args), self._daemon)

    def receive(self, seconds: float) -> Reply | None:
        """The next reply, None after so many seconds without one."""
        return _reply(self._socket.recv(65536)) if _readable(self._socket, seconds) else None

    def close(self) -> None:
        """Leave."""
        self._socket.close()


class Stream:
    """OSC over TCP."""

    def __init__(self, port: int, framing: Framing) -> None:
        """Raises Gone."""
        self._framing = framing
        self._unframer = Unframer()
        self._waiting: list[bytes] = []
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        except OSError as error:
            raise Gone(str(error)) from None

    def send(self, address: str, *args: Value) -> None:
        """Send one command. Raises Gone."""
        try:
            self._socket.sendall(frame(encode(address, *args), self._framing))
        except OSError as error:
            raise Gone(str(error)) from None

    def receive(self, seconds: float) -> Reply | None:
        """The next reply, None after so many seconds without one. Raises Gone."""
        end = time.monotonic() + seconds
        while not self._waiting:
            if not _readable(self._socket, end - time.monotonic()):
                return None
            try:
                data = self._socket.recv(65536)
            except OSError as error:
                raise Gone(str(error)) from None
            if not data:
                raise Gone("the connection was ended")
            self._waiting += [packet for packet in self._unframer.feed(data) if isinstance(packet, bytes)]
        return _reply(self._waiting.pop(0))

    def close(self) -> None:
        """Leave."""
        self._socket.close()


class WebSocket:
    """A WebSocket: OSC packets as binary messages, or with ``json`` the commands and replies of ``/events``."""

    def __init__(self, port: int, *, json: bool) -> None:
        """Raises Gone."""
        self._json = json
        self._open = contextlib.ExitStack()
        try:
            self._socket = self._open.enter_context(connect(f"ws://127.0.0.1:{port}/{'events' if json else ''}"))
        except (OSError, WebSocketException) as error:
            raise Gone(str(error)) from None

    def send(self, address: str, *args: Value) -> None:
        """Send one command. Raises Gone."""
        try:
            self._socket.send(_as_json(address, args) if self._json else encode(address, *args))
        except (OSError, ConnectionClosed) as error:
            raise Gone(str(error)) from None

    def receive(self, seconds: float) -> Reply | None:
        """The next reply, None after so many seconds without one. Raises Gone."""
        try:
            data = self._socket.recv(timeout=max(0.0, seconds))
        except TimeoutError:
            return None
        except (OSError, ConnectionClosed) as error:
            raise Gone(str(error)) from None
        return _reply(data) if isinstance(data, bytes) else _from_json(data)

    def close(self) -> None:
        """Leave."""
        self._open.close()


KINDS = ("udp", "tcp count", "websocket json", "udp", "tcp slip", "websocket osc", "udp", "tcp count")
"""Eight clients over every transport that the daemon has."""


def host(kind: str, osc_port: int, http_port: int) -> Host:
    """A host of one of `KINDS`. Raises Gone if the daemon is not there."""
    match kind.split():
        case ["udp"]:
            return Datagrams(osc_port)
        case ["tcp", framing]:
            return Stream(osc_port, Framing(framing))
        case ["websocket", form]:
            return WebSocket(http_port, json=form == "json")
    raise ValueError(f"kind must be one of {', '.join(sorted(set(KINDS)))}, got {kind!r}")


def until(host: Host, *addresses: str, id: str = "", seconds: float = 60.0) -> Iterator[tuple[float, Reply]]:
    """The replies, each with when it came, up to the first at one of the addresses (and about the job).
    Raises TimeoutError, Gone."""
    end = time.monotonic() + seconds
    while True:
        reply = host.receive(end - time.monotonic())
        now = time.perf_counter()
        if reply is None:
            raise TimeoutError(f"none of {', '.join(addresses)} came within {seconds:g} s")
        yield now, reply
        if reply[0] in addresses and id in ("", *reply[1][:1]):
            return


def _readable(one: socket.socket, seconds: float) -> bool:
    return bool(select.select([one], [], [], max(0.0, seconds))[0])


def _reply(packet: bytes) -> Reply:
    (message,) = decode(packet)
    assert isinstance(message, Message), f"the daemon sent what is no OSC: {message}"
    return message.address, tuple(value for value in message.args if isinstance(value, Value))


def _as_json(address: str, args: tuple[Value, ...]) -> str:
    own = [arg.name for arg in BY_ADDRESS[address].args]
    pairs = zip(args[len(own) :: 2], args[len(own) + 1 :: 2], strict=True)
    return json.dumps({"address": address, "args": dict(zip(own, args, strict=False)) | dict(pairs)})


def _from_json(text: str) -> Reply:
    reply = json.loads(text)
    return reply["address"], tuple(reply["args"][name] for name in _ARGS[reply["address"]] if name in reply["args"])

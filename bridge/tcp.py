"""The OSC port for streams: packets over TCP, framed as each client frames them.

A client that reads slower than it is answered is not read from until it has caught up; one that reads nothing at all is
let go, and can ask for its jobs again when it is back. So no client makes the daemon wait, or grow.

One that comes from another machine sends the token first, and nothing else it sends is looked at before.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
import socket
import sys
from collections.abc import Callable, Sequence

from bridge.access import is_local
from bridge.clients import Address
from bridge.framing import BadStream, Framing, Unframer, frame
from bridge.limits import Gate
from bridge.osc import BadPacket, Message, decode, encode
from bridge.token import Keys
from bridge.udp import PortInUse

log = logging.getLogger("bridge")

MAX_CONNECTIONS = 64
MAX_FROM_ONE = 16
"""Of these, connections from one other machine."""

FIRST_SECONDS = 30.0
"""How long a connection may take to send its first packet."""

PACKET_SECONDS = 10.0
"""How long a packet that has begun may take to be complete, and a client to take in what waits for it."""

TOKEN_SECONDS = 5.0
"""How long a client of another machine may take to send the token."""

MAX_STRANGE = 1024
"""Bytes that are read of a client before it has sent the token."""

MAX_WAITING = 1 << 20
"""Bytes of replies that may wait for one client; one that lets more pile up is let go."""

_CHUNK = 16384
_TRIES = 20
_PATIENT = 64 << 10  # bytes of waiting replies above which a client is not read from

Gone = Callable[[Address], None]


class Untrusted(Exception):
    """A client did not send the token in force; the text says what it is to do."""


class Connection:
    """One client's stream. ``keys`` is None for a client that needs no token."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: Address, keys: Keys | None = None
    ) -> None:
        self.address = address
        self._reader = reader
        self._writer = writer
        self._unframer = Unframer()
        self._keys = keys
        self._token: str | None = None
        self._until: float | None = None  # when what has begun must be complete, by the loop's clock
        self._strange = 0

    def send(self, packet: bytes) -> None:
        """Send one packet, framed as the client does it. Never blocks; a client that does not read is let go."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        transport.write(frame(packet, self._unframer.framing or Framing.COUNT))
        if transport.get_write_buffer_size() > MAX_WAITING:
            log.warning("the client at %s:%d reads nothing and was let go", *self.address[:2])
            transport.abort()

    @property
    def room(self) -> bool:
        """Whether so little waits for the client that more can be sent."""
        return self._writer.transport.get_write_buffer_size() < _PATIENT

    async def serve(self, gate: Gate) -> None:
        """Pass on what the client sends until it leaves."""
        self._patience(TOKEN_SECONDS if self._keys else FIRST_SECONDS)
        try:
            while data := await self._read():
                for packet in self._unframer.feed(data):
                    elements: list[Message | BadPacket] = [packet] if isinstance(packet, BadPacket) else decode(packet)
                    gate.receive(self._let_in(elements), self.address)
                    self._patience(None)  # what begins next has its own time
                    await self._let_it_read(gate)
        except BadStream as bad:
            if not self._keys or self._token is not None:
                gate.receive([BadPacket(str(bad))], self.address)
        except Untrusted as error:
            gate.limiter.wrong_token((self.address[0], 0, "http"))  # as guessing over HTTP
            self.send(encode("/bridge/error", "token", str(error)))
        except (TimeoutError, OSError) as error:
            log.debug("the client at %s:%d is gone: %s", *self.address[:2], str(error) or "it took too long")

    def _patience(self, seconds: float | None) -> None:
        self._until = None if seconds is None else asyncio.get_running_loop().time() + seconds

    async def _read(self) -> bytes:
        if self._until is None and self._unframer.unfinished:
            self._patience(PACKET_SECONDS)  # for all of it: bytes that drip in do not make it longer
        async with asyncio.timeout_at(self._until):
            data = await self._reader.read(_CHUNK if self._trusted else MAX_STRANGE)
        self._strange += 0 if self._trusted else len(data)
        if self._strange > MAX_STRANGE:
            raise Untrusted("the first packet is /bridge/token with the token that `bridge token` shows there")
        return data

    @property
    def _trusted(self) -> bool:
        return self._keys is None or self._token is not None

    def _let_in(self, elements: list[Message | BadPacket]) -> list[Message | BadPacket]:
        """What a client says, less the token. Raises Untrusted, also when the token was replaced meanwhile."""
        if self._keys is None:
            return elements
        if self._token is None:
            match elements:
                case [Message("/bridge/token", (str(token),)), *elements] if self._keys.accepts(token):
                    self._token = token
                    self.send(encode("/bridge/trusted"))
        elif not self._keys.accepts(self._token):
            raise Untrusted("the token was replaced; `bridge token` shows the new one there")
        if self._token is None:
            raise Untrusted("the first packet is /bridge/token with the token that `bridge token` shows there")
        return elements

    async def _let_it_read(self, gate: Gate) -> None:
        """Read no faster than the client reads, nor than it may ask."""
        if seconds := gate.limiter.wait(self.address):
            await asyncio.sleep(seconds)
        if self._writer.transport.get_write_buffer_size() > _PATIENT:
            async with asyncio.timeout(PACKET_SECONDS):
                await self._writer.drain()
        else:
            await asyncio.sleep(0)  # others have their turn between two packets of a burst

    async def close(self) -> None:
        """Close the connection; what waits to leave still has a moment."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()
        self._writer.transport.abort()


class StreamPort:
    """A listening TCP port. Made by `open_stream_port`."""

    def __init__(self, gate: Gate, gone: Gone, keys: Keys) -> None:
        self._gate = gate
        self._gone = gone
        self._keys = keys
        self._connections: dict[Address, Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self.servers: list[asyncio.Server] = []

    def __len__(self) -> int:
        return len(self._connections)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Called by asyncio for each new connection."""
        host, port = (writer.get_extra_info("peername") or ("", 0))[:2]  # it may be gone already
        if not host or self.refuses(host):
            writer.transport.abort()
            return
        _notice_death(writer)
        keys = None if is_local(host) else self._keys
        connection = Connection(reader, writer, (host, port, f"tcp-{next(self._numbers)}"), keys)
        self._connections[connection.address] = connection
        task = asyncio.create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def refuses(self, host: str) -> bool:
        """Whether there is no room for one more, for anybody or for another machine, or that one has guessed at tokens
        too often. Programs here keep half of the room."""
        far = [known[0] for known in self._connections if not is_local(known[0])]
        full = len(self._connections) >= MAX_CONNECTIONS
        if not is_local(host):
            if self._gate.limiter.wait((host, 0, "http")):  # the same bucket as over HTTP
                return True
            full |= far.count(host) >= MAX_FROM_ONE or len(far) >= MAX_CONNECTIONS // 2
        if full:
            log.warning("a TCP connection from %s was refused: %d are open already", host, len(self._connections))
        return full

    async def _serve(self, connection: Connection) -> None:
        try:
            await connection.serve(self._gate)
        except Exception:  # a defect of ours costs this connection only
            log.exception("the connection of %s:%d failed", *connection.address[:2])
        finally:
            del self._connections[connection.address]
            self._gone(connection.address)
            self._gate.limiter.forget(connection.address)
            await connection.close()

    def __contains__(self, address: Address) -> bool:
        return address in self._connections

    def room(self, to: Address) -> bool:
        """Whether little waits for a connection."""
        connection = self._connections.get(to)
        return connection is not None and connection.room

    def send(self, to: Address, address: str, args: tuple[int | float | str | bytes, ...]) -> None:
        """Send one message to a connection; nothing happens if it is gone."""
        if (connection := self._connections.get(to)) is not None:
            connection.send(encode(address, *args))

    async def close(self) -> None:
        """Close the port and every connection."""
        for server in self.servers:
            server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def open_stream_port(hosts: Sequence[str], port: int, gate: Gate, gone: Gone, keys: Keys) -> StreamPort:
    """Listen on a TCP port of each host. Raises PortInUse, or OSError when there is another reason."""
    streams = StreamPort(gate, gone, keys)
    for sock in listening_sockets(hosts, port):
        streams.servers.append(await asyncio.start_server(streams.accept, sock=sock, limit=_CHUNK))
    return streams


def _notice_death(writer: asyncio.StreamWriter) -> None:
    """Have the system ask now and then whether a silent client's machine is still there."""
    sock = writer.get_extra_info("socket")
    for level, name, value in (
        (socket.SOL_SOCKET, "SO_KEEPALIVE", 1), (socket.IPPROTO_TCP, "TCP_KEEPIDLE", 60),
        (socket.IPPROTO_TCP, "TCP_KEEPINTVL", 20), (socket.IPPROTO_TCP, "TCP_KEEPCNT", 3),
    ):  # fmt: skip
        with contextlib.suppress(OSError, AttributeError):  # not every system has every one
            sock.setsockopt(level, getattr(socket, name), value)


def listening_sockets(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """A bound TCP socket for each host, all with the same port; 0 takes any that is free on all of them. Raises
    PortInUse, or OSError, with nothing left open."""
    for tries_left in reversed(range(_TRIES)):
        socks: list[socket.socket] = []
        try:
            for host in hosts:
                socks.append(_listening_socket(host, socks[0].getsockname()[1] if socks else port))
            return socks
        except OSError as error:
            for sock in socks:
                sock.close()
            if port or not tries_left or not isinstance(error, PortInUse):  # else the first one's was taken there
                raise
    raise AssertionError


def _listening_socket(host: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # where it would let two programs share the port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a restart waits for old connections
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # IPv4 has a socket of its own
        sock.bind((host, port))
        sock.listen(128)  # at once: a port that is only bound may be bound twice with that option
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(error.errno, f"TCP port {port} on {host} is in use") from error
        raise
    sock.setblocking(False)
    return sock

"""The OSC port for streams: packets over TCP, framed as each client frames them.

A client that reads slower than it is answered is not read from until it has caught up; one that reads nothing at all is
let go, and can ask for its jobs again when it is back. So no client makes the daemon wait, or grow.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
import socket
import sys
from collections.abc import Callable

from bridge.clients import Address
from bridge.framing import BadStream, Framing, Unframer, frame
from bridge.osc import BadPacket, decode, encode
from bridge.udp import PortInUse, Receive

log = logging.getLogger("bridge")

MAX_CONNECTIONS = 64
FIRST_SECONDS = 30.0
"""How long a connection may take to send its first packet."""

PACKET_SECONDS = 10.0
"""How long a packet that has begun may take to be complete, and a client to take in what waits for it."""

MAX_WAITING = 1 << 20
"""Bytes of replies that may wait for one client; one that lets more pile up is let go."""

_CHUNK = 16384
_PATIENT = 64 << 10  # bytes of waiting replies above which a client is not read from

Gone = Callable[[Address], None]


class Connection:
    """One client's stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: Address) -> None:
        self.address = address
        self._reader = reader
        self._writer = writer
        self._unframer = Unframer()
        self._proven = False

    def send(self, packet: bytes) -> None:
        """Send one packet, framed as the client does it. Never blocks; a client that does not read is let go."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        transport.write(frame(packet, self._unframer.framing or Framing.COUNT))
        if transport.get_write_buffer_size() > MAX_WAITING:
            log.warning("the client at %s:%d reads nothing and was let go", *self.address[:2])
            transport.abort()

    async def serve(self, receive: Receive) -> None:
        """Pass on what the client sends until it leaves."""
        try:
            while data := await self._read():
                for packet in self._unframer.feed(data):
                    self._proven = True
                    receive([packet] if isinstance(packet, BadPacket) else decode(packet), self.address)
                    await self._let_it_read()
        except BadStream as bad:
            receive([BadPacket(str(bad))], self.address)
        except (TimeoutError, OSError) as error:
            log.debug("the client at %s:%d is gone: %s", *self.address[:2], str(error) or "it took too long")

    async def _read(self) -> bytes:
        if self._unframer.unfinished:
            seconds: float | None = PACKET_SECONDS
        else:
            seconds = None if self._proven else FIRST_SECONDS
        async with asyncio.timeout(seconds):
            return await self._reader.read(_CHUNK)

    async def _let_it_read(self) -> None:
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

    def __init__(self, receive: Receive, gone: Gone) -> None:
        self._receive = receive
        self._gone = gone
        self._connections: dict[Address, Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self.server: asyncio.Server | None = None

    def __len__(self) -> int:
        return len(self._connections)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Called by asyncio for each new connection."""
        if len(self._connections) >= MAX_CONNECTIONS:
            log.warning("a TCP connection was refused: %d are open already", MAX_CONNECTIONS)
            writer.transport.abort()
            return
        host, port = writer.get_extra_info("peername")[:2]
        connection = Connection(reader, writer, (host, port, f"tcp-{next(self._numbers)}"))
        self._connections[connection.address] = connection
        task = asyncio.create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, connection: Connection) -> None:
        try:
            await connection.serve(self._receive)
        finally:
            del self._connections[connection.address]
            self._gone(connection.address)
            await connection.close()

    def send(self, to: Address, address: str, args: tuple[int | float | str, ...]) -> None:
        """Send one message to a connection; nothing happens if it is gone."""
        if (connection := self._connections.get(to)) is not None:
            connection.send(encode(address, *args))

    async def close(self) -> None:
        """Close the port and every connection."""
        if self.server is not None:
            self.server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def open_stream_port(host: str, port: int, receive: Receive, gone: Gone) -> StreamPort:
    """Listen on a TCP port. Raises PortInUse, or OSError when there is another reason."""
    sock = listening_socket(host, port)
    streams = StreamPort(receive, gone)
    streams.server = await asyncio.start_server(streams.accept, sock=sock, limit=_CHUNK)
    return streams


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound TCP socket; port 0 takes any free one. Raises PortInUse, or OSError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # where it would let two programs share the port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # else a restart waits for old connections
        sock.bind((host, port))
        sock.listen(128)  # at once: a port that is only bound may be bound twice with that option
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(error.errno, f"TCP port {port} on {host} is in use") from error
        raise
    sock.setblocking(False)
    return sock

"""uvicorn in the daemon's own loop, with bounds on what a connection may take."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from weakref import WeakValueDictionary

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from bridge.access import is_local
from bridge.http.calls import MAX_BODY
from bridge.http.guard import App
from bridge.tcp import listening_sockets

MAX_CONNECTIONS = 128
MAX_FAR = 32
"""Of these, connections from other machines; programs on this one keep the rest."""

MAX_FROM_ONE = 16
"""Of these, connections from one other machine."""

HEAD_SECONDS = 10.0
"""How long a client may take to send a request's headers."""

STALL_SECONDS = 30.0
"""How long a client may leave what waits for it: 64 kB or more."""

MAX_WAITING = 1 << 20
"""Bytes that may wait for one WebSocket, whoever asked for them."""

MAX_FRAGMENTS = 1024
"""Frames of one WebSocket message."""


_transports: WeakValueDictionary[tuple[str, int], asyncio.Transport] = WeakValueDictionary()


def abort(host: str, port: int) -> None:
    """Let go of the client at this address at once, with what waits to be sent to it."""
    if (transport := _transports.get((host, port))) is not None:
        transport.abort()


class _Bounded(H11Protocol):
    """uvicorn's protocol, which would wait for ever for headers that come byte by byte or not at all, and for a client
    that does not read."""

    _patience: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer = (transport.get_extra_info("peername") or ("", 0))[:2]
        if _no_room(peer[0]):
            transport.abort()
            return
        _transports[peer] = transport
        self._patience = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._patience is None:
            self._patience = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def pause_writing(self) -> None:
        """Called by asyncio when the client does not read what it is sent."""
        super().pause_writing()
        self._stalled = self._stalled or self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Called by asyncio when the client has read most of it."""
        super().resume_writing()
        self._moved()

    def _moved(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        self._moved()
        super().connection_lost(exc)

    def _stop(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        waits = self.cycle is None or self.cycle.response_complete
        if waits and self.transport.get_protocol() is self:  # and not a WebSocket's by now
            self.transport.close()


class _BoundedSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which would keep any number of pongs that are not read, and of empty pieces of a message."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_write_buffer_size() > MAX_WAITING or len(self.frames) > MAX_FRAGMENTS:
            self.transport.abort()


def _no_room(host: str) -> bool:
    """Whether another machine has as many connections as it may have, or all of them together."""
    if is_local(host):
        return False
    open_ones = [address for address, transport in tuple(_transports.items()) if not transport.is_closing()]
    far = [known for known, _ in open_ones if not is_local(known)]
    return far.count(host) >= MAX_FROM_ONE or len(far) >= MAX_FAR


class _Server(uvicorn.Server):
    """uvicorn's server; signals are the daemon's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


class HttpPort:
    """An application's port on each host; port 0 takes any free one. Clients may connect from the beginning on, and are
    answered from `serve` on. Raises PortInUse, or OSError."""

    def __init__(self, hosts: Sequence[str], port: int, app: App) -> None:
        self._socks = listening_sockets(hosts, port)
        self.port = int(self._socks[0].getsockname()[1])
        config = uvicorn.Config(
            app, http=_Bounded, ws=_BoundedSocket, ws_max_size=MAX_BODY, lifespan="off", log_config=None,
            access_log=False, server_header=False, proxy_headers=False, limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=30, timeout_graceful_shutdown=1, h11_max_incomplete_event_size=16384,
        )  # fmt: skip
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Answer from now on."""
        self._task = asyncio.create_task(self._server.serve(sockets=self._socks))
        while not self._server.started and not self._task.done():
            await asyncio.sleep(0.01)
        if self._task.done():
            self._task.result()

    async def close(self) -> None:
        """Let the responses that are under way end, for a moment, and close the port."""
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        for sock in self._socks:
            sock.close()

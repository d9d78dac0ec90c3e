"""WebSockets: each one is a client like any other, that is told in JSON and may overhear what others are told."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection

from starlette.websockets import WebSocket, WebSocketDisconnect

from bridge.clients import Address
from bridge.desk import Desk
from bridge.http.calls import as_json, packet, parse
from bridge.http.guard import SUBPROTOCOL, TOKEN
from bridge.http.server import abort
from bridge.hub import Args, Hub
from bridge.inbox import Refused
from bridge.limits import Gate
from bridge.osc import BadPacket, decode, encode
from bridge.replies import Replies
from bridge.tcp import TOKEN_SECONDS
from bridge.token import Keys

log = logging.getLogger("bridge")

MAX_SOCKETS = 64
MAX_WAITING = 1000
"""Replies that may wait for one socket; one that lets more pile up is closed."""

MAX_PATHS = 256
"""Paths that one socket listens to."""

TOO_SLOW = 1013
"""Close code: try again later."""

NO_TOKEN = 1008
"""Close code: against the rules."""


class Socket:
    """A WebSocket session: what it is told waits in a bounded queue until the socket takes it."""

    def __init__(self, socket: WebSocket, address: Address, gate: Gate) -> None:
        self.address = address
        self._socket = socket
        self._gate = gate
        self._waiting: asyncio.Queue[tuple[str, Args] | None] = asyncio.Queue(MAX_WAITING)
        self._too_slow = asyncio.Event()

    def wants(self, address: str, args: Args) -> bool:
        """Whether to overhear a reply to somebody else."""
        raise NotImplementedError

    async def take(self, data: str | bytes) -> None:
        """Take in what the client sent."""
        raise NotImplementedError

    async def put(self, socket: WebSocket, address: str, args: Args) -> None:
        """Send one reply."""
        raise NotImplementedError

    def refused_token(self) -> None:
        """Charge for a token that is not the one."""
        self._gate.limiter.wrong_token((self.address[0], 0, "http"))

    @property
    def room(self) -> bool:
        """Whether so little waits for it that more can be told."""
        return self._waiting.qsize() < MAX_WAITING // 10

    def tell(self, address: str, args: Args) -> None:
        """Queue a reply; a client that does not take them is given up."""
        try:
            self._waiting.put_nowait((address, args))
        except asyncio.QueueFull:
            self._too_slow.set()

    async def serve(self, keys: Keys) -> None:
        """Serve an accepted socket until either side ends it, or the token that let it in is replaced."""
        tasks = [
            asyncio.create_task(self._read(keys)),
            asyncio.create_task(self._write()),
            asyncio.create_task(self._too_slow.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect | OSError):
                    log.error("a WebSocket failed", exc_info=result)
        if self._too_slow.is_set():
            log.warning("the WebSocket client at %s:%d reads too slowly and was let go", *self.address[:2])
            if self._socket.client is not None:
                abort(self._socket.client.host, self._socket.client.port)  # it would not take a goodbye either
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):  # it may be closed already
            async with asyncio.timeout(1.0):
                await self._socket.close()

    async def _read(self, keys: Keys) -> None:
        token = self._socket.scope.get(TOKEN)
        while (data := await _next(self._socket)) is not None:
            if token is not None and not keys.accepts(token):
                return
            await self.take(data)
            # others have their turn between two messages of a burst, and who sends too many has to wait
            await asyncio.sleep(self._gate.limiter.wait(self.address))

    async def _write(self) -> None:
        while (reply := await self._waiting.get()) is not None:
            await self.put(self._socket, *reply)


class Events(Socket):
    """``/events``: commands in, replies out, both as JSON; and what all jobs, or those named, are doing."""

    def __init__(self, socket: WebSocket, address: Address, desk: Desk, gate: Gate, ids: Collection[str]) -> None:
        super().__init__(socket, address, gate)
        self._desk = desk
        self._ids = frozenset(ids)

    def wants(self, address: str, args: Args) -> bool:
        """All jobs, or those that were named; and the state of the model."""
        return not self._ids or address.startswith("/bridge/") or (bool(args) and args[0] in self._ids)

    async def take(self, data: str | bytes) -> None:
        """One command: ``{"address": …, "args": {…}}``."""
        sent = packet(data)
        if isinstance(sent, BadPacket) and _token(data) is not None:  # to be let in, which it is
            self.tell("/bridge/trusted", ())
        else:
            self._gate.receive([sent], self.address)

    async def put(self, socket: WebSocket, address: str, args: Args) -> None:
        """One reply."""
        await socket.send_json(as_json(address, args))

    def begin(self) -> None:
        """Tell how things stand, so that nothing is missed between a command and this socket."""
        voice = Replies(lambda to, address, args: self.tell(address, args), self._desk.jobs)
        here = (self.address,)
        voice.state(here, self._desk.model, self._desk.ready)
        for job in self._desk.jobs:
            if job.id in self._ids or (not self._ids and not job.state.ended):
                self._desk.retelling.tell(job, here, voice)


class Query(Socket):
    """Any other path, for OSCQuery: OSC packets as binary messages, both ways, and LISTEN and IGNORE as JSON."""

    def __init__(self, socket: WebSocket, address: Address, gate: Gate) -> None:
        super().__init__(socket, address, gate)
        self._paths: set[str] = set()

    def wants(self, address: str, args: Args) -> bool:
        """What is listened to, or is below it."""
        return any(path in (address, "") or address.startswith(f"{path}/") for path in self._paths)

    async def take(self, data: str | bytes) -> None:
        """A packet, or ``{"COMMAND": "LISTEN", "DATA": "/job/step"}``."""
        if isinstance(data, bytes):
            self._gate.receive(decode(data), self.address)
            return
        self._gate.limiter.charge(self.address, 1)
        try:
            match parse(data):
                case {"COMMAND": "LISTEN", "DATA": str(path)} if len(self._paths) < MAX_PATHS:
                    self._paths.add(path.rstrip("/"))
                case {"COMMAND": "IGNORE", "DATA": str(path)}:
                    self._paths.discard(path.rstrip("/"))
                case {"token": str()}:
                    self.tell("/bridge/trusted", ())
                case _:
                    raise Refused("bad-packet", f"taken are LISTEN, for up to {MAX_PATHS} paths, and IGNORE")
        except Refused as refused:
            self.tell("/bridge/error", (refused.code, str(refused)))

    async def put(self, socket: WebSocket, address: str, args: Args) -> None:
        """One packet."""
        await socket.send_bytes(encode(address, *args))


async def serve(socket: WebSocket, session: Socket, hub: Hub, desk: Desk, keys: Keys) -> None:
    """Accept a socket and serve its session, which is a client of the desk meanwhile."""
    try:
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope.get("subprotocols", ()) else None)
        if not await _admitted(socket, session, keys):
            return
        hub.join(session)
        if isinstance(session, Events):
            session.begin()
        await session.serve(keys)
    except WebSocketDisconnect:
        log.debug("a WebSocket client has gone")
    finally:
        hub.leave(session)
        desk.gone(session.address)


async def _admitted(socket: WebSocket, session: Socket, keys: Keys) -> bool:
    """Whether the client may go on: it is on this machine, or has shown the token, by now or in its first message."""
    if socket.scope.get(TOKEN, "") is not None:
        return True
    token: str | None = None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TOKEN_SECONDS):
            token = _token(await _next(socket) or b"")
    if token is None or not keys.accepts(token):
        session.refused_token()
        with contextlib.suppress(RuntimeError):  # it may be closed already
            await socket.close(NO_TOKEN, "the first message is the token that `bridge token` shows there")
        return False
    socket.scope[TOKEN] = token
    await session.put(socket, "/bridge/trusted", ())
    return True


async def _next(socket: WebSocket) -> str | bytes | None:
    """The next message; None when the client is gone."""
    received = await socket.receive()
    if received["type"] == "websocket.disconnect":
        return None
    data = received.get("text")
    return data if data is not None else received.get("bytes") or b""


def _token(data: str | bytes) -> str | None:
    """The token of a first message; None for anything else."""
    with contextlib.suppress(Refused):
        match parse(data):
            case {"token": str(token)}:
                return token
    return None

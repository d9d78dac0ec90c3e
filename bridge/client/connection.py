"""The WebSocket to a bridge: commands out, replies in, and made again when it is lost. The home of websockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from bridge.client.address import Where
from bridge.client.errors import BridgeError, NoAnswer, NotAllowed, TookTooLong

_PING_SECONDS = 10.0  # how soon a machine that has vanished is noticed
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)  # between tries; the last one repeats
_MAX_MESSAGE = 1 << 24
_NO_TOKEN = 1008  # the close code of `bridge.http.sockets` when the token is not in force any more

Reply = dict[str, Any]
OWN = "?jobs=own"
"""Of the events only those of our own jobs."""


class Connection:
    """One conversation.

    ``on_reply`` gets each reply as ``{"address": …, "args": {…}}``. ``on_open`` is awaited whenever there is a new
    connection, before anybody else can send. ``on_lost`` is called once, when the bridge did not come back within
    ``patience`` seconds.
    """

    def __init__(
        self, where: Where, timeout: float, patience: float, on_reply: Callable[[Reply], None],
        on_open: Callable[[Connection], Awaitable[None]], on_lost: Callable[[BridgeError], None],
    ) -> None:  # fmt: skip
        self._where = where
        self._timeout = timeout
        self._patience = patience
        self._on_reply, self._on_open, self._on_lost = on_reply, on_open, on_lost
        self._socket: ClientConnection | None = None
        self._open = asyncio.Event()
        self._over: BridgeError | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect. Raises NoAnswer, NotAllowed or TookTooLong."""
        socket = await _connected(self._where, OWN, self._timeout)
        self._task = asyncio.create_task(self._follow(socket))
        await self._opened()

    async def send(self, address: str, args: dict[str, Any]) -> None:
        """Send a command; while the connection is being made again, that is waited for. Raises as `open` does."""
        await self._opened()
        await self.send_now(address, args)

    async def send_now(self, address: str, args: dict[str, Any]) -> None:
        """As `send`, for ``on_open``. What is lost with a connection is sent again by ``on_open`` of the next one."""
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(json.dumps({"address": address, "args": args}, ensure_ascii=False))

    async def close(self) -> None:
        """End the conversation."""
        self._over = self._over or NoAnswer("the client was closed")
        self._open.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    async def _opened(self) -> None:
        try:
            await asyncio.wait_for(self._open.wait(), max(self._timeout, self._patience))
        except TimeoutError:
            raise TookTooLong(f"the bridge at {self._where} did not answer in time") from None
        if self._over is not None:
            raise self._over

    async def _follow(self, socket: ClientConnection | None) -> None:
        """Read for ever; connect again, until patience is at its end."""
        while socket is not None:
            self._socket = socket
            try:
                await self._on_open(self)
                self._open.set()
                async for text in socket:
                    self._on_reply(json.loads(text))
            except ConnectionClosed:
                pass
            except (ValueError, LookupError, TypeError, AttributeError) as error:  # who waits must not do so for ever
                self._give_up(NoAnswer(f"what {self._where} says is not understood: {error or type(error).__name__}"))
                await socket.close()
                return
            self._open.clear()
            if socket.close_code == _NO_TOKEN:
                text = f"the bridge at {self._where} wants its token: {socket.close_reason}"
                self._give_up(NotAllowed(text, "token"))
                return
            socket = await self._again()

    async def _again(self) -> ClientConnection | None:
        end, tries = time.monotonic() + self._patience, 0
        while True:
            try:
                return await _connected(self._where, OWN, self._timeout)
            except BridgeError as error:
                if isinstance(error, NotAllowed):
                    self._give_up(error)
                    return None
                if time.monotonic() >= end:
                    self._give_up(NoAnswer(f"the bridge at {self._where} does not answer any more"))
                    return None
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries += 1

    def _give_up(self, why: BridgeError) -> None:
        self._over = why
        self._open.set()
        self._on_lost(why)


async def listen(where: Where, timeout: float) -> AsyncIterator[Reply]:
    """What all clients are told, until the bridge ends. Raises as `Connection.open` does."""
    socket = await _connected(where, "", timeout)
    try:
        async for text in socket:
            yield json.loads(text)
    except ConnectionClosed:
        return
    finally:
        await socket.close()


async def _connected(where: Where, query: str, timeout: float) -> ClientConnection:
    try:
        return await connect(
            f"{where.websocket}/events{query}", additional_headers=where.headers, open_timeout=timeout,
            ping_interval=_PING_SECONDS, ping_timeout=2 * _PING_SECONDS, max_size=_MAX_MESSAGE, close_timeout=1.0,
            compression=None, proxy=None,
        )  # fmt: skip
    except InvalidStatus as refused:
        status = refused.response.status_code
        if status in (401, 403):
            raise _not_allowed(refused, where) from None
        raise NoAnswer(f"what answers at {where} with status {status} is no bridge") from None
    except TimeoutError:
        raise TookTooLong(f"the bridge at {where} did not answer within {timeout:g} s") from None
    except (OSError, InvalidHandshake, ConnectionClosed) as error:
        hint = "" if isinstance(error, OSError) else "; is it the HTTP port?"
        raise NoAnswer(f"no bridge answers at {where}{hint}") from None


def _not_allowed(refused: InvalidStatus, where: Where) -> NotAllowed:
    """What the bridge says of it; a refusal of a WebSocket may come without words."""
    try:
        told = json.loads(refused.response.body or b"")
        return NotAllowed(str(told["text"]), str(told["code"]))
    except (ValueError, KeyError, TypeError):
        code = "forbidden" if where.token is None else "token"
        return NotAllowed(f"the bridge at {where} does not let us in: {code}", code)

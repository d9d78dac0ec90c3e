"""What a client and a bridge tell each other: which jobs live, and how they are found again on a new connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from bridge.client import values
from bridge.client.address import Where
from bridge.client.connection import Connection, Reply
from bridge.client.errors import BridgeError, NoAnswer, TookTooLong
from bridge.client.job import ENDS, AsyncJob, settle
from engine import EngineError

_STATES = ("/bridge/ready", "/bridge/loading")


class Conversation:
    """The conversation of one client. It is begun by the first call, and once it was lost by the next."""

    def __init__(self, where: Where, name: str, timeout: float, reconnect: float) -> None:
        self.jobs: dict[str, AsyncJob] = {}
        """Those that live, by their ids."""
        self._where, self._name, self._timeout, self._reconnect = where, name, timeout, reconnect
        self._rejoining: set[str] = set()
        self._listeners: list[asyncio.Queue[Reply | BridgeError]] = []
        self._status: values.Status | None = None
        self._introduced = asyncio.Event()
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()

    async def open(self) -> Connection:
        """Connect, unless it has. Raises NoAnswer, NotAllowed or TookTooLong."""
        async with self._connecting:
            if self._connection is None:
                connection = Connection(
                    self._where, self._timeout, self._reconnect, self._hear, self._begin, self._lost
                )  # fmt: skip
                await connection.open()
                self._connection = connection
            return self._connection

    async def close(self) -> None:
        """End it."""
        if self._connection is not None:
            await self._connection.close()
        self._lost(NoAnswer("the client was closed"))

    async def send(self, address: str, args: dict[str, Any]) -> None:
        """Send a command. Raises as `open` does."""
        await (await self.open()).send(address, args)

    async def status(self) -> values.Status:
        """What the bridge said of itself last. Raises as `open` does."""
        await self.open()
        try:
            await asyncio.wait_for(self._introduced.wait(), self._timeout)
        except TimeoutError:
            raise TookTooLong(f"the bridge did not answer within {self._timeout:g} s") from None
        assert self._status is not None
        return self._status

    async def taken(self, job: AsyncJob, address: str, args: dict[str, Any]) -> AsyncJob:
        """Send what asks for a job, and wait until the bridge has taken it. Raises what it refuses it with."""
        before, self.jobs[job.id] = self.jobs.get(job.id), job
        try:
            connection = await self.open()
            job.asking = (address, args)
            await connection.send(address, args)
            await asyncio.wait_for(asyncio.shield(job.taken), self._timeout)
        except EngineError:
            self.jobs.pop(job.id, None)
            if before is not None and not before.ended:  # a living one under the same id goes on
                self.jobs[job.id] = before
            raise
        except TimeoutError:
            raise TookTooLong(f"the bridge did not answer within {self._timeout:g} s") from None
        return job

    @contextlib.asynccontextmanager
    async def replies(self) -> AsyncIterator[Callable[[], Awaitable[Reply]]]:
        """Everything that is told meanwhile: the next reply, again and again. Raises NoAnswer or NotAllowed when the
        bridge does not come back."""
        queue: asyncio.Queue[Reply | BridgeError] = asyncio.Queue()

        async def following() -> Reply:
            told = await queue.get()
            if isinstance(told, BridgeError):
                raise told
            return told

        self._listeners.append(queue)
        try:
            yield following
        finally:
            self._listeners.remove(queue)

    async def _begin(self, connection: Connection) -> None:
        """On every new connection: what has become of our jobs? Only then who we are, as that begins anew there."""
        for job in [job for job in self.jobs.values() if not job.ended]:
            if job.asking is None:  # sent by who asked for this connection
                continue
            if job.taken.done():
                self._rejoining.add(job.id)
                await connection.send_now("/job/follow", {"id": job.id})
            else:  # whether this has arrived is not known; twice the same is once
                await connection.send_now(*job.asking)
            if job.cancelling:
                await connection.send_now("/job/cancel", {"id": job.id})
        await connection.send_now("/bridge/hello", {"client": self._name})

    def _hear(self, reply: Reply) -> None:
        address, args = reply["address"], reply["args"]
        for queue in self._listeners:
            queue.put_nowait(reply)
        if address in _STATES:
            self._status = values.status(args, address == _STATES[0])
            self._introduced.set()
        job = self.jobs.get(args.get("id", ""))
        if job is None:
            return
        again = job.id in self._rejoining
        self._rejoining.discard(job.id)
        if again and address == "/job/failed" and args["code"] == "unknown-job":
            self._tell_anew(job)
            return
        job.hear(address, args)
        if job.ended or address in ENDS:
            self.jobs.pop(job.id, None)

    def _tell_anew(self, job: AsyncJob) -> None:
        """The bridge has lost a job, as one does that keeps no journal: the same request is the same job."""
        if job.cancelling:
            job.hear("/job/cancelled", {})
        elif job.command is None:
            job.refuse(BridgeError(f"the bridge has lost job {job.id}", "unknown-job"))
        elif self._connection is not None:
            settle(self._connection.send_now(*job.command))

    def _lost(self, why: BridgeError) -> None:
        for queue in self._listeners:
            queue.put_nowait(type(why)(str(why), why.code))
        for job in list(self.jobs.values()):
            job.refuse(type(why)(str(why), why.code))
        self.jobs.clear()
        self._connection = None

"""`AsyncClient`: a bridge from a program that has an event loop. `Client` is the same for all others."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bridge.client.address import where
from bridge.client.asking import arguments
from bridge.client.connection import Connection, Reply, listen
from bridge.client.errors import BridgeError, NoAnswer, TookTooLong, error
from bridge.client.job import AsyncJob, settle
from bridge.client.sources import file_of, name_and_content
from bridge.client.takes import Take
from bridge.client.tasks import Tasks
from engine import Busy, EngineError, FileError

if TYPE_CHECKING:
    from bridge.client.web import Web

LOAD_SECONDS = 600.0
"""How long a model may take to load."""

_BUSY_PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Status:
    """What a bridge says of itself. `rate` is the model's own in Hz and `tasks` are those it can do, once it is
    `ready`; jobs are taken before that, too."""

    version: str
    model: str
    ready: bool
    rate: int | None = None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A job that the bridge knows, whoever asked for it. `position` is how many are before it while it lives."""

    id: str
    state: str
    task: str
    prompt: str
    model: str
    seed: int | None
    position: int | None
    step: int
    of: int
    code: str
    text: str
    takes: int


@dataclass(frozen=True, slots=True)
class Told:
    """A reply of the bridge: its address in the table of commands, and its arguments by name."""

    address: str
    args: dict[str, Any]


class AsyncClient(Tasks[Awaitable[AsyncJob]]):
    """A bridge. Each task is a method that sends a job and returns it as soon as the bridge has taken it.

        async with AsyncClient() as bridge:
            job = await bridge.generate("rain on a tin roof", seconds=4)
            take = await job
            print(take.path, take.samples.shape, take.rate)

    address: a port of this machine, "host", "host:port" or a URL; None is the bridge that this machine's settings
    describe. token: for a bridge on another machine; BRIDGE_TOKEN, or this machine's own, if not given. name: what the
    bridge calls us. timeout: seconds within which the bridge must answer. reconnect: seconds for which a lost
    connection is made again; jobs go on meanwhile, and what was missed is told again. patience: seconds for which a
    job is offered again to a bridge that is busy. shared_disk: whether files are found under the same paths here and
    there; None finds out. Without one, sources and takes travel over the network.

    Jobs go on when the client is closed.
    """

    def __init__(
        self, address: str | int | None = None, *, token: str | None = None, name: str | None = None,
        timeout: float = 10.0, reconnect: float = 60.0, patience: float = 0.0, shared_disk: bool | None = None,
    ) -> None:  # fmt: skip
        self._where = where(address, token)
        self.name = name or f"python-{os.getpid()}-{secrets.token_hex(2)}"
        self._timeout, self._reconnect, self._patience = timeout, reconnect, patience
        self._shared_disk = self._where.local if shared_disk is None else shared_disk
        self._finds_out = shared_disk is None
        self._jobs: dict[str, AsyncJob] = {}
        self._rejoining: set[str] = set()
        self._waiting: list[asyncio.Queue[Reply]] = []
        self._status: Status | None = None
        self._introduced = asyncio.Event()
        self._connection: Connection | None = None
        self._connecting = asyncio.Lock()
        self._web: Web | None = None

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def connect(self) -> None:
        """Connect, unless it has. The first call of anything does it, too. Raises NoAnswer, NotAllowed, TookTooLong."""
        await self._connected()

    async def close(self) -> None:
        """End the conversation. Jobs go on; those of this client raise NoAnswer where they are waited for."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        self._lost(NoAnswer("the client was closed"))
        if self._web is not None:
            await self._web.close()
            self._web = None

    # jobs

    async def submit(self, task: str, *, id: str | None = None, source: Any = None, **settings: Any) -> AsyncJob:
        """Send a job of any task, with its parameters by name; each task has a method of its own, too.

        Returns when the bridge has taken it. The same id with the same parameters is the same job, also for another
        client; with others it is refused. Raises the engine's BadRequest, Busy, FileError …, and BridgeError.
        """
        id = id or f"{self.name}-{secrets.token_hex(4)}"
        path = None if source is None or (not self._shared_disk) else file_of(source)
        command = arguments(task, id, settings, str(path) if path else ("sent" if source is not None else None))
        if source is None or path is not None:
            try:
                return await self._offer(id, command)
            except FileError:  # it is not there, or may not be read, for the bridge
                if path is None or not self._finds_out or not path.is_file():
                    raise
        return await self._offer_sent(id, command, source)

    async def job(self, id: str) -> AsyncJob:
        """Follow a job, whoever sent it. Raises BridgeError with the code unknown-job."""
        known = self._jobs.get(id)
        if known is not None:
            return known
        job = self._jobs[id] = self._make(id, None)
        return await self._taken(job, "/job/follow", {"id": id})

    async def cancel(self, id: str) -> None:
        """Stop a job, whoever sent it. Raises BridgeError with the code unknown-job."""
        await self.command("/job/cancel", id=id)

    async def jobs(self) -> list[Entry]:
        """The jobs that the bridge knows: those that live, and the latest that ended."""
        return [_entry(one) for one in (await self._http().get("/jobs"))["jobs"]]

    # the bridge

    async def status(self) -> Status:
        """What the bridge says of itself."""
        await self._connected()
        try:
            await asyncio.wait_for(self._introduced.wait(), self._timeout)
        except TimeoutError:
            raise TookTooLong(f"the bridge did not answer within {self._timeout:g} s") from None
        assert self._status is not None
        return self._status

    async def vitals(self) -> dict[str, Any]:
        """What the bridge is doing at this moment, as `bridge top` shows it: jobs, clients, step times, memory."""
        return dict(await self._http().get("/vitals"))

    async def models(self) -> dict[str, str]:
        """The models that the bridge can load: what each is, by its name."""
        replies = await self.command("/bridge/models")
        return {told.args["name"]: told.args["about"] for told in replies if told.address == "/bridge/known"}

    async def use(self, model: str, timeout: float = LOAD_SECONDS) -> None:
        """Have the bridge use another model, and wait until it is loaded. Raises ModelError, or TookTooLong."""
        connection = await self._connected()
        queue: asyncio.Queue[Reply] = asyncio.Queue()
        self._waiting.append(queue)
        try:
            async with asyncio.timeout(timeout):
                await connection.send("/bridge/model", {"name": model})
                while True:
                    reply = await queue.get()
                    if reply["address"] == "/bridge/error" and "id" not in reply["args"]:
                        raise error(reply["args"]["code"], reply["args"]["text"])
                    if reply["address"] == "/bridge/ready" and reply["args"]["model"] == model:
                        return
        except TimeoutError:
            raise TookTooLong(f"{model} is not ready after {timeout:g} s") from None
        finally:
            self._waiting.remove(queue)

    async def command(self, address: str, **args: Any) -> list[Told]:
        """Send any command of the table and return what is answered at once. Raises what a refusal says."""
        replies = await self._http().command(address, args)
        return [Told(one["address"], one["args"]) for one in replies]

    async def overhear(self) -> AsyncIterator[Told]:
        """What every client is told about jobs and models, from now on."""
        async for reply in listen(self._where, self._timeout):
            yield Told(reply["address"], reply["args"])

    # inside

    def _task(self, task: str, given: dict[str, Any]) -> Awaitable[AsyncJob]:
        return self.submit(task, **given)

    async def _offer(self, id: str, command: tuple[str, dict[str, Any]]) -> AsyncJob:
        """Send a job until it is taken; to a busy bridge again, for as long as patience lasts."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        while True:
            job = self._jobs.get(id)
            if job is None or job.ended or job.command != command:
                job = self._make(id, command)
            before, self._jobs[id] = self._jobs.get(id), job
            try:
                return await self._taken(job, *command)
            except EngineError as problem:
                if before is not None and before is not job:
                    self._jobs[id] = before
                if not isinstance(problem, Busy) or loop.time() >= end:
                    raise
            await asyncio.sleep(_BUSY_PAUSE)

    async def _offer_sent(self, id: str, command: tuple[str, dict[str, Any]], source: Any) -> AsyncJob:
        """Send the source first. The copy is removed when the job has ended."""
        name, content = name_and_content(source)
        try:
            there = await self._http().send_clip(name, content)
        except OSError as problem:
            if isinstance(problem, EngineError):
                raise
            raise FileError(f"{name} cannot be read: {problem.strerror or problem}") from None
        try:
            job = await self._offer(id, (command[0], {**command[1], "path": there}))
        except EngineError:
            settle(self._http().remove_clip(there))
            raise
        settle(self._remove_after(job, there))
        return job

    async def _remove_after(self, job: AsyncJob, path: str) -> None:
        await job.wait()
        if self._web is not None:
            await self._web.remove_clip(path)

    async def _taken(self, job: AsyncJob, address: str, args: dict[str, Any]) -> AsyncJob:
        connection = await self._connected()
        await connection.send(address, args)
        try:
            await asyncio.wait_for(asyncio.shield(job.taken), self._timeout)
        except EngineError:
            if self._jobs.get(job.id) is job:
                del self._jobs[job.id]
            raise
        except TimeoutError:
            raise TookTooLong(f"the bridge did not answer within {self._timeout:g} s") from None
        return job

    def _make(self, id: str, command: tuple[str, dict[str, Any]] | None) -> AsyncJob:
        return AsyncJob(id, command, self._send, self._fetch)

    async def _send(self, address: str, args: dict[str, Any]) -> None:
        await (await self._connected()).send(address, args)

    async def _fetch(self, id: str, args: dict[str, Any]) -> Take:
        """A take as it was told: by its path where that leads to it, else its bytes."""
        there = str(args["path"])
        path, name = Path(there), there.replace("\\", "/").rpartition("/")[2]
        here = self._shared_disk and (not self._finds_out or await asyncio.to_thread(path.is_file))
        content = None if here else await self._http().take(id, args["take"])
        return Take(
            args["take"], name, path if here else None, args["frames"], args["rate"], args["seed"],
            float(args["score"] or 0.0), content,
        )  # fmt: skip

    def _http(self) -> Web:
        if self._web is None:
            from bridge.client.web import Web  # not needed by those who only render on a shared disk

            self._web = Web(self._where, self._timeout)
        return self._web

    async def _connected(self) -> Connection:
        async with self._connecting:
            if self._connection is None:
                connection = Connection(
                    self._where, self._timeout, self._reconnect, self._hear, self._begin, self._lost
                )  # fmt: skip
                await connection.open()
                self._connection = connection
        return self._connection

    async def _begin(self, connection: Connection) -> None:
        """On every new connection: what has become of our jobs? Only then who we are, as that begins anew there."""
        for job in [job for job in self._jobs.values() if not job.ended]:
            self._rejoining.add(job.id)
            await connection.send_now("/job/follow", {"id": job.id})
            if job.cancelling:
                await connection.send_now("/job/cancel", {"id": job.id})
        await connection.send_now("/bridge/hello", {"client": self.name})

    def _hear(self, reply: Reply) -> None:
        address, args = reply["address"], reply["args"]
        for queue in self._waiting:
            queue.put_nowait(reply)
        if address in ("/bridge/ready", "/bridge/loading"):
            self._status = Status(
                args["version"], args["model"], address == "/bridge/ready", args.get("rate"),
                tuple(args.get("capability", ())),
            )  # fmt: skip
            self._introduced.set()
        job = self._jobs.get(args.get("id", ""))
        if job is None:
            return
        again = job.id in self._rejoining
        self._rejoining.discard(job.id)
        if again and address == "/job/failed" and args["code"] == "unknown-job":
            self._tell_anew(job)
            return
        job.hear(address, args)
        if job.ended or address in ("/job/done", "/job/failed", "/job/cancelled"):
            self._jobs.pop(job.id, None)

    def _tell_anew(self, job: AsyncJob) -> None:
        """The bridge has lost a job, as one does that keeps no journal: the same request is the same job."""
        if job.cancelling:
            job.hear("/job/cancelled", {})
        elif job.command is None:
            job.refuse(BridgeError(f"the bridge has lost job {job.id}", "unknown-job"))
        elif self._connection is not None:
            settle(self._connection.send_now(*job.command))

    def _lost(self, why: BridgeError) -> None:
        for job in list(self._jobs.values()):
            job.refuse(type(why)(str(why), why.code))
        self._jobs.clear()
        self._connection = None


def _entry(told: dict[str, Any]) -> Entry:
    names = Entry.__dataclass_fields__
    facts: dict[str, Any] = {name: told[name] for name in names}
    return Entry(**facts | {"takes": len(told["takes"])})

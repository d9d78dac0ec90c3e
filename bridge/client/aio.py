"""`AsyncClient`: a bridge from a program that has an event loop. `Client` is the same for all others."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bridge.client.address import where
from bridge.client.asking import Command, arguments, with_source
from bridge.client.connection import listen
from bridge.client.conversation import Conversation
from bridge.client.errors import TookTooLong, error
from bridge.client.job import AsyncJob, settle
from bridge.client.sources import file_of, name_and_content
from bridge.client.takes import Take
from bridge.client.tasks import Tasks
from bridge.client.values import Entry, Status, Told, entry
from engine import Busy, EngineError, FileError

if TYPE_CHECKING:
    from bridge.client.web import Web

LOAD_SECONDS = 600.0
"""How long a model may take to load."""

_BUSY_PAUSE = 0.5


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
        self._timeout, self._patience = timeout, patience
        self._shared_disk = self._where.local if shared_disk is None else shared_disk
        self._finds_out = shared_disk is None
        self._talk = Conversation(self._where, self.name, timeout, reconnect)
        self._web: Web | None = None

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def connect(self) -> None:
        """Connect, unless it has. The first call of anything does it, too. Raises NoAnswer, NotAllowed, TookTooLong."""
        await self._talk.open()

    async def close(self) -> None:
        """End the conversation. Jobs go on; those of this client raise NoAnswer where they are waited for."""
        await self._talk.close()
        if self._web is not None:
            await self._web.close()
            self._web = None

    # jobs

    async def submit(self, task: str, *, id: str | None = None, source: Any = None, **settings: Any) -> AsyncJob:
        """Send a job of any task, with its parameters by name; each task has a method of its own, too.

        Returns when the bridge has taken it. The same id with the same parameters is the same job, also for another
        client; with others it is refused. Raises the engine's BadRequest, Busy, FileError …, and BridgeError.
        """
        id = id or self._new_id()
        return await self._submit(id, arguments(task, id, settings, None if source is None else "a clip"), source)

    async def preset(self, name: str, *, id: str | None = None, source: Any = None, **settings: Any) -> AsyncJob:
        """Render a preset by its name; its variables, and parameters that go before its own, by theirs.

        Raises as `submit` does, and BridgeError with the code unknown-preset.
        """
        id = id or self._new_id()
        given = {key: value for key, value in settings.items() if value is not None}
        return await self._submit(id, ("/render/preset", {"id": id, "name": name, **given}), source)

    async def _submit(self, id: str, command: Command, source: Any) -> AsyncJob:
        """Send a job, whose source, if it has one, is a file that both see, or is sent first."""
        path = file_of(source) if self._shared_disk else None
        if path is not None:
            command = with_source(command, str(path))
        if source is None or path is not None:
            try:
                return await self._offer(id, command)
            except FileError:  # it is not there, or may not be read, for the bridge
                if path is None or not self._finds_out or not path.is_file():
                    raise
        return await self._offer_sent(id, command, source)

    async def job(self, id: str) -> AsyncJob:
        """Follow a job, whoever sent it. Raises BridgeError with the code unknown-job."""
        known = self._talk.jobs.get(id)
        return known or await self._talk.taken(self._make(id, None), "/job/follow", {"id": id})

    async def cancel(self, id: str) -> None:
        """Stop a job, whoever sent it. Raises BridgeError with the code unknown-job."""
        await self.command("/job/cancel", id=id)

    async def jobs(self) -> list[Entry]:
        """The jobs that the bridge knows: those that live, and the latest that ended."""
        return [entry(one) for one in (await self._http().get("/jobs"))["jobs"]]

    # the bridge

    async def status(self) -> Status:
        """What the bridge says of itself."""
        return await self._talk.status()

    async def vitals(self) -> dict[str, Any]:
        """What the bridge is doing at this moment, as `bridge top` shows it: jobs, clients, step times, memory."""
        return dict(await self._http().get("/vitals"))

    async def models(self) -> dict[str, str]:
        """The models that the bridge can load: what each is, by its name."""
        replies = await self.command("/bridge/models")
        return {told.args["name"]: told.args["about"] for told in replies if told.address == "/bridge/known"}

    async def use(self, model: str, timeout: float = LOAD_SECONDS) -> None:
        """Have the bridge use another model, and wait until it is loaded. Raises ModelError, or TookTooLong."""
        try:
            async with asyncio.timeout(timeout), self._talk.replies() as following:
                await self._talk.send("/bridge/model", {"name": model})
                while True:
                    reply = await following()
                    if reply["address"] == "/bridge/error" and "id" not in reply["args"]:
                        raise error(reply["args"]["code"], reply["args"]["text"])
                    if reply["address"] == "/bridge/ready" and reply["args"]["model"] == model:
                        return
        except TimeoutError as late:
            if isinstance(late, EngineError):
                raise
            raise TookTooLong(f"{model} is not ready after {timeout:g} s") from None

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

    async def _offer(self, id: str, command: Command) -> AsyncJob:
        """Send a job until it is taken; to a busy bridge again, for as long as patience lasts."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        while True:
            known = self._talk.jobs.get(id)
            job = known if known is not None and known.command == command else self._make(id, command)
            try:
                return await self._talk.taken(job, *command)
            except Busy:
                if loop.time() >= end:
                    raise
            await asyncio.sleep(_BUSY_PAUSE)

    def _new_id(self) -> str:
        return f"{self.name}-{secrets.token_hex(4)}"

    async def _offer_sent(self, id: str, command: Command, source: Any) -> AsyncJob:
        """Send the source first. The copy is removed when the job has ended."""
        name, content = name_and_content(source)
        try:
            there = await self._http().send_clip(name, content)
        except OSError as problem:
            if isinstance(problem, EngineError):
                raise
            raise FileError(f"{name} cannot be read: {problem.strerror or problem}") from None
        try:
            job = await self._offer(id, with_source(command, there))
        except EngineError:
            settle(self._http().remove_clip(there))
            raise
        settle(self._remove_after(job, there))
        return job

    async def _remove_after(self, job: AsyncJob, path: str) -> None:
        await job.wait()
        if self._web is not None:
            await self._web.remove_clip(path)

    def _make(self, id: str, command: Command | None) -> AsyncJob:
        return AsyncJob(id, command, self._talk.send, self._fetch, self._here)

    async def _fetch(self, id: str, args: dict[str, Any]) -> Take:
        """A take as it was told: by its path where that leads to it, else its bytes."""
        there = str(args["path"])
        name = there.replace("\\", "/").rpartition("/")[2]
        here = await asyncio.to_thread(self._here, there)
        content = None if here else await self._http().take(id, args["take"])
        return Take(
            args["take"], name, here, args["frames"], args["rate"], args["seed"],
            float(args["score"] or 0.0), content,
        )  # fmt: skip

    def _here(self, there: str) -> Path | None:
        """A file of the bridge's, if it is on a disk that we share."""
        path = Path(there)
        return path if self._shared_disk and (not self._finds_out or path.is_file()) else None

    def _http(self) -> Web:
        if self._web is None:
            from bridge.client.web import Web  # not needed by those who only render on a shared disk

            self._web = Web(self._where, self._timeout)
        return self._web

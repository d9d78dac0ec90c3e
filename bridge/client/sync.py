"""`Client`: a bridge from a program without an event loop. The work is `AsyncClient`'s, in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, Generic, Self, TypeVar

from bridge.client.aio import LOAD_SECONDS, AsyncClient
from bridge.client.events import Event, Piece, Step
from bridge.client.job import AsyncJob
from bridge.client.takes import Take
from bridge.client.tasks import Tasks
from bridge.client.values import Entry, Status, Told
from engine import EngineError

T = TypeVar("T")


class _Loop:
    """An event loop in a thread that ends with the program."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bridge-client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something there and wait for it. Ctrl-C ends the waiting and what is waited for."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except (KeyboardInterrupt, concurrent.futures.CancelledError):
            future.cancel()
            raise

    def walk(self, found: AsyncIterator[T]) -> Iterator[T]:
        """What an asynchronous iterator yields."""
        walk = _Walk(found)
        try:
            while True:
                try:
                    yield self.run(walk.next())
                except StopAsyncIteration:
                    return
        finally:
            self.run(walk.close())

    def close(self) -> None:
        """End the loop and its thread."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Walk(Generic[T]):
    """An asynchronous iterator that can be closed while its next value is waited for: Ctrl-C may come at any moment,
    also when that has been asked for and nobody waits for it yet."""

    def __init__(self, found: AsyncIterator[T]) -> None:
        self._found = found
        self._asking: asyncio.Task[Any] | None = None

    async def next(self) -> T:
        self._asking = asyncio.current_task()
        return await anext(self._found)

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait((self._asking,))
        if hasattr(self._found, "aclose"):
            await self._found.aclose()


class Job:
    """A job of the bridge. Made by a client.

        job = bridge.generate("rain on a tin roof", seconds=4)
        for step in job:
            print(f"{step.part:.0%}")
        take = job.result()                  # the first take; job.results() has all of them
    """

    def __init__(self, job: AsyncJob, loop: _Loop) -> None:
        self._job, self._loop = job, loop

    @property
    def id(self) -> str:
        """Its name, on the bridge, too."""
        return self._job.id

    @property
    def state(self) -> str:
        """queued, rendering, done, failed or cancelled."""
        return self._job.state

    @property
    def position(self) -> int:
        """How many jobs are before it while it is queued."""
        return self._job.position

    @property
    def step(self) -> Step | None:
        """The latest step; None before the first."""
        return self._job.step

    @property
    def takes(self) -> tuple[Take, ...]:
        """The takes that are complete, in their order."""
        return self._job.takes

    @property
    def ended(self) -> bool:
        """True when nothing more will happen."""
        return self._job.ended

    @property
    def error(self) -> EngineError | None:
        """Why it failed or that it was cancelled; None for a job that did neither."""
        return self._job.error

    def result(self, timeout: float | None = None) -> Take:
        """Wait for the end and return the first take. Raises why it failed, RenderCancelled, or TookTooLong after
        ``timeout`` seconds, when the job goes on."""
        return self._loop.run(self._job.result(timeout))

    def results(self, timeout: float | None = None) -> tuple[Take, ...]:
        """Wait for the end and return all takes. Raises as `result` does."""
        return self._loop.run(self._job.results(timeout))

    def wait(self, timeout: float | None = None) -> str:
        """Wait for the end and return the state. Raises TookTooLong."""
        return self._loop.run(self._job.wait(timeout))

    def cancel(self) -> None:
        """Ask the bridge to stop it, at the latest after its current step. What `result` then raises says so."""
        self._loop.run(self._job.cancel())

    def events(self) -> Iterator[Event]:
        """Everything that happens to it, from its beginning to its end."""
        return self._loop.walk(self._job.events())

    def pieces(self) -> Iterator[Piece]:
        """The samples of its takes, without a gap and without repetition; of a job with ``stream=1`` as they are
        decoded, of others take by take. What was missed while the connection was lost comes from the take's file."""
        return self._loop.walk(self._job.pieces())

    def __iter__(self) -> Iterator[Step]:
        """Its steps, until it ends, however it ends."""
        return self._loop.walk(aiter(self._job))

    def __repr__(self) -> str:
        return repr(self._job).replace("AsyncJob", "Job")


class Client(Tasks[Job]):
    """A bridge. Each task is a method that sends a job and returns it as soon as the bridge has taken it.

        with Client() as bridge:
            take = bridge.generate("rain on a tin roof", seconds=4).result()
            print(take.path, take.samples.shape, take.rate)

    address: a port of this machine, "host", "host:port" or a URL; None is the bridge that this machine's settings
    describe. token: for a bridge on another machine; BRIDGE_TOKEN, or this machine's own, if not given. name: what the
    bridge calls us. timeout: seconds within which the bridge must answer. reconnect: seconds for which a lost
    connection is made again; jobs go on meanwhile, and what was missed is told again. patience: seconds for which a
    job is offered again to a bridge that is busy. shared_disk: whether files are found under the same paths here and
    there; None finds out. Without one, sources and takes travel over the network.

    May be used from several threads. Jobs go on when the client is closed.
    """

    def __init__(
        self, address: str | int | None = None, *, token: str | None = None, name: str | None = None,
        timeout: float = 10.0, reconnect: float = 60.0, patience: float = 0.0, shared_disk: bool | None = None,
    ) -> None:  # fmt: skip
        self._client = AsyncClient(
            address, token=token, name=name, timeout=timeout, reconnect=reconnect, patience=patience,
            shared_disk=shared_disk,
        )  # fmt: skip
        self._loop: _Loop | None = None
        self._starting = threading.Lock()

    @property
    def name(self) -> str:
        """What the bridge calls us."""
        return self._client.name

    def __enter__(self) -> Self:
        try:
            self.connect()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self) -> None:
        """Connect, unless it has. The first call of anything does it, too. Raises NoAnswer, NotAllowed, TookTooLong."""
        self._run(self._client.connect())

    def close(self) -> None:
        """End the conversation. Jobs go on; those of this client raise NoAnswer where they are waited for."""
        with self._starting:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.run(self._client.close())
            loop.close()

    def submit(self, task: str, *, id: str | None = None, source: Any = None, **settings: Any) -> Job:
        """Send a job of any task, with its parameters by name; each task has a method of its own, too.

        Returns when the bridge has taken it. The same id with the same parameters is the same job, also for another
        client; with others it is refused. Raises the engine's BadRequest, Busy, FileError …, and BridgeError.
        """
        return self._job(self._client.submit(task, id=id, source=source, **settings))

    def preset(self, name: str, *, id: str | None = None, source: Any = None, **settings: Any) -> Job:
        """Render a preset by its name; its variables, and parameters that go before its own, by theirs.

        Raises as `submit` does, and BridgeError with the code unknown-preset.
        """
        return self._job(self._client.preset(name, id=id, source=source, **settings))

    def job(self, id: str) -> Job:
        """Follow a job, whoever sent it. Raises BridgeError with the code unknown-job."""
        return self._job(self._client.job(id))

    def cancel(self, id: str) -> None:
        """Stop a job, whoever sent it. Raises BridgeError with the code unknown-job."""
        self._run(self._client.cancel(id))

    def jobs(self) -> list[Entry]:
        """The jobs that the bridge knows: those that live, and the latest that ended."""
        return self._run(self._client.jobs())

    def status(self) -> Status:
        """What the bridge says of itself."""
        return self._run(self._client.status())

    def vitals(self) -> dict[str, Any]:
        """What the bridge is doing at this moment, as `bridge top` shows it: jobs, clients, step times, memory."""
        return self._run(self._client.vitals())

    def models(self) -> dict[str, str]:
        """The models that the bridge can load: what each is, by its name."""
        return self._run(self._client.models())

    def use(self, model: str, timeout: float = LOAD_SECONDS) -> None:
        """Have the bridge use another model, and wait until it is loaded. Raises ModelError, or TookTooLong."""
        self._run(self._client.use(model, timeout))

    def command(self, address: str, **args: Any) -> list[Told]:
        """Send any command of the table and return what is answered at once. Raises what a refusal says."""
        return self._run(self._client.command(address, **args))

    def overhear(self) -> Iterator[Told]:
        """What every client is told about jobs and models, from now on. Ends when the bridge does."""
        return self._running().walk(self._client.overhear())

    def _task(self, task: str, given: dict[str, Any]) -> Job:
        return self.submit(task, **given)

    def _job(self, submitting: Coroutine[Any, Any, AsyncJob]) -> Job:
        loop = self._running()
        return Job(loop.run(submitting), loop)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._running().run(work)

    def _running(self) -> _Loop:
        with self._starting:
            self._loop = self._loop or _Loop()
            return self._loop

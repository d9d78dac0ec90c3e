"""A job as a client follows it: its state, its takes, its history; and the end, which comes exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

from bridge.client.asking import Command
from bridge.client.errors import BridgeError, TookTooLong, error
from bridge.client.events import Ended, Event, Piece, Preview, Queued, Step, Stream, TakeReady
from bridge.client.pieces import Joined, decoded
from bridge.client.takes import Take
from engine import EngineError

Fetch = Callable[[str, dict[str, Any]], Awaitable[Take]]
Seen = Callable[[str], Path | None]
Send = Callable[[str, dict[str, Any]], Awaitable[None]]
ENDS = {"/job/done": "done", "/job/failed": "failed", "/job/cancelled": "cancelled"}


class AsyncJob:
    """A job of the bridge. Made by a client.

        job = await bridge.generate("rain on a tin roof", seconds=4)
        async for step in job:
            print(f"{step.part:.0%}")
        take = await job                     # the first take; job.results() has all of them

    id: its name, on the bridge, too. state: queued, rendering, done, failed or cancelled. position: how many jobs are
    before it. step: the latest one, None before the first. takes: those that are complete, in their order.
    """

    def __init__(self, id: str, command: Command | None, send: Send, fetch: Fetch, seen: Seen) -> None:
        self.id = id
        self.state = "queued"
        self.position = 0
        self.step: Step | None = None
        self.command = command
        """Address and arguments that ask for it; the same again is the same job. None for one of somebody else."""
        self.asking: Command | None = None
        """What was sent last to have it; None before that."""
        self.cancelling = False
        self._send = send
        self._fetch = fetch
        self._seen = seen
        self._takes: dict[int, Take] = {}
        self._told: set[int] = set()
        self._fetching: list[asyncio.Task[None]] = []
        self._history: list[Event] = []
        self._streams: dict[int, Stream] = {}
        self._changed = asyncio.Event()
        self._error: EngineError | None = None
        self._ending = False
        self.taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the bridge has taken the job, or refused it."""

    @property
    def takes(self) -> tuple[Take, ...]:
        """The takes that are complete."""
        return tuple(self._takes[index] for index in sorted(self._takes))

    @property
    def ended(self) -> bool:
        """True when nothing more will happen."""
        return self.state in ENDS.values()

    @property
    def error(self) -> EngineError | None:
        """Why it failed; None for a job that did not."""
        return self._error

    async def result(self, timeout: float | None = None) -> Take:
        """Wait for the end and return the first take. Raises why it failed, RenderCancelled, or TookTooLong after
        ``timeout`` seconds, when the job goes on."""
        takes = await self.results(timeout)
        if not takes:
            raise BridgeError(f"job {self.id} is done, and its takes are gone", "no-take")
        return takes[0]

    async def results(self, timeout: float | None = None) -> tuple[Take, ...]:
        """Wait for the end and return all takes. Raises as `result` does."""
        await self.wait(timeout)
        if self._error is not None:
            raise self._error
        return self.takes

    async def wait(self, timeout: float | None = None) -> str:
        """Wait for the end and return the state. Raises TookTooLong."""
        try:
            async with asyncio.timeout(timeout):
                while not self.ended:
                    await self._change()
        except TimeoutError:
            raise TookTooLong(f"job {self.id} has not ended after {timeout:g} s") from None
        return self.state

    async def cancel(self) -> None:
        """Ask the bridge to stop it, at the latest after its current step. What `result` then raises says so."""
        if not self.ended:
            self.cancelling = True
            await self._send("/job/cancel", {"id": self.id})

    async def events(self) -> AsyncIterator[Event]:
        """Everything that happens to it, from its beginning to its end."""
        at = 0
        while True:
            while at < len(self._history):
                yield self._history[at]
                at += 1
            if self.ended:
                return
            await self._change()

    async def pieces(self) -> AsyncIterator[Piece]:
        """The samples of its takes, without a gap and without repetition; of a job with ``stream=1`` as they are
        decoded, of others take by take. What was missed while the connection was lost comes from the take's file."""
        joined = Joined()
        async for event in self.events():
            for piece in joined.hear(event):
                yield piece

    async def __aiter__(self) -> AsyncIterator[Step]:
        """Its steps, until it ends, however it ends."""
        async for event in self.events():
            if isinstance(event, Step):
                yield event

    def __await__(self) -> Generator[Any, None, Take]:
        return self.result().__await__()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.state}, {len(self._takes)} takes>"

    async def _change(self) -> None:
        await self._changed.wait()

    def _add(self, event: Event) -> None:
        self._history.append(event)
        self._changed.set()
        self._changed = asyncio.Event()

    # what its client calls

    def hear(self, address: str, args: dict[str, Any]) -> None:
        """Take in a reply of the bridge about this job."""
        if self._ending:
            return
        if address == "/bridge/error":  # about what was sent, and not the job's end
            if not self.taken.done():
                self.refuse(error(args["code"], args["text"]))
            return
        match address:
            case "/job/queued":
                self.state, self.position = "queued", args["position"]
                self._add(Queued(self.id, self.position))
            case "/job/step":
                self.state, self.step = "rendering", Step(self.id, args["step"], args["of"])
                self._add(self.step)
            case "/job/preview":
                path = self._seen(args["path"])
                self._add(Preview(self.id, args["step"], path, args["frames"], args["rate"]))
            case "/job/stream":
                stream = Stream(self.id, args["take"], args["frames"], args["rate"], args["channels"])
                self._streams[stream.take] = stream
                self._add(stream)
            case "/job/piece" if args["take"] in self._streams:
                self._add(decoded(self._streams[args["take"]], args["first"], args["samples"]))
            case "/job/take" if args["take"] not in self._told:
                self._told.add(args["take"])
                self._fetching.append(asyncio.create_task(self._get(args)))
            case "/job/failed" if not self.taken.done() and (self.command or args["code"] == "unknown-job"):
                self.refuse(error(args["code"], args["text"]))
            case "/job/done" | "/job/failed" | "/job/cancelled":
                self._ending = True
                self._fetching.append(asyncio.create_task(self._end(ENDS[address], args)))
        if not self.taken.done():
            self.taken.set_result(None)

    def refuse(self, why: EngineError) -> None:
        """It came to nothing before it was taken, or nothing can be heard of it any more."""
        if self.ended:
            return
        self._ending, self.state, self._error = True, "failed", why
        if not self.taken.done():
            self.taken.set_exception(why)
            self.taken.exception()  # nobody may be waiting any more, which is no reason for a complaint
        self._add(Ended(self.id, "failed", 0, why.code, str(why)))

    async def _get(self, args: dict[str, Any]) -> None:
        try:
            take = await self._fetch(self.id, args)
        except EngineError as problem:
            self.refuse(problem)
            return
        self._takes[take.index] = take
        self._add(TakeReady(self.id, take))

    async def _end(self, state: str, args: dict[str, Any]) -> None:
        """The end is told when every take that was promised is here."""
        await asyncio.gather(*self._fetching[:-1], return_exceptions=True)
        if self.ended:
            return
        code, text = str(args.get("code", "")), str(args.get("text", ""))
        if state == "cancelled":
            code, text = "cancelled", f"job {self.id} was cancelled"
        self.state = state
        self._error = error(code, text) if code else None
        self._add(Ended(self.id, state, len(self._takes), code, text))


def settle(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Run something whose outcome nobody waits for; what goes wrong with it is of no consequence."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task

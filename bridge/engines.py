"""The engines' processes, by the model that each has: one in use, and another while models are being changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from bridge.child import EngineChild, Lost
from engine import Event, Handling, Invalid, Request

_WAITING = 16  # events that are read ahead; takes are large, and the pipe holds the engine back

Said = Event | Invalid | Lost


class Renderer(Protocol):
    """Who has requests rendered: `Engines`, or the one engine of a stream without a bridge. Neither method raises."""

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        """Let a model render a request; what becomes of it is told by events with this key."""

    def cancel(self, model: str, key: str) -> None:
        """Stop it at its next step."""


class Engines:
    """Starts, feeds and ends engine processes. ``make(model)`` builds the one for a model, or raises."""

    def __init__(self, make: Callable[[str], EngineChild]) -> None:
        self._make = make
        self._children: dict[str, EngineChild] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._said: asyncio.Queue[tuple[str, EngineChild, Said | Exception]] = asyncio.Queue(_WAITING)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that have a process, the oldest first."""
        return tuple(self._children)

    @property
    def pids(self) -> dict[str, int | None]:
        """Their process ids by their models; None for one that is being started again."""
        return {model: child.pid for model, child in self._children.items()}

    def start(self, model: str) -> None:
        """Start the process for a model, unless there is one. Raises what ``make`` raises."""
        if model not in self._children:
            child = self._children[model] = self._make(model)
            self._keep(self._follow(model, child))

    def retire(self, model: str) -> None:
        """End the process of a model; nothing that it says is heard any more."""
        if (child := self._children.pop(model, None)) is not None:
            self._keep(child.close())

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        """Send a job to a model's engine. Without a living one nothing happens."""
        if (child := self._children.get(model)) is not None:
            child.submit(key, request, handling)

    def cancel(self, model: str, key: str) -> None:
        """Stop a job at its next step. Without a living engine nothing happens."""
        if (child := self._children.get(model)) is not None:
            child.cancel(key)

    async def events(self) -> AsyncGenerator[tuple[str, Said], None]:
        """What the engines say, each with its model, for ever. Raises what a child's `events` raises."""
        while True:
            model, child, said = await self._said.get()
            if isinstance(said, Exception):
                raise said
            if self._children.get(model) is child:
                yield model, said

    async def close(self) -> None:
        """End all of them, each by asking and then by force."""
        await asyncio.gather(*(child.close() for child in self._children.values()))
        for task in tuple(self._tasks):  # an engine that was retired a moment ago is still being ended
            if not task.done():
                await asyncio.wait([task], timeout=5.0)
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def kill(self) -> None:
        """End all of them at once."""
        for child in self._children.values():
            child.kill()

    def _keep(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, model: str, child: EngineChild) -> None:
        try:
            async for said in child.events():
                await self._said.put((model, child, said))
        except Exception as error:
            await self._said.put((model, child, error))

"""The seam: jobs go in, events come out, whoever does the work.

`Service` is the protocol; `LocalService` does the work in a thread of this process. The engine process is a
`LocalService` with pipes (`engine.worker`).
"""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Protocol

from engine.errors import BadRequest, Busy, EngineError
from engine.events import Broken, Cancelled, Done, Event, Failed, Ready, Started, Step, TakeReady
from engine.handling import Handling
from engine.model import Model, Progress
from engine.params import shown
from engine.request import Request, Take


class Service(Protocol):
    """Something that renders jobs. Every job ends in exactly one of `Done`, `Failed` or `Cancelled`."""

    def submit(self, id: str, request: Request, handling: Handling | None = None) -> None:
        """Take on a job under an id that no unfinished job has. handling: how to serve it; None: as any other.

        Raises `Busy` or `BadRequest`.
        """

    def cancel(self, id: str) -> None:
        """Stop a job at its next step. A job that is unknown or over is left alone."""

    def events(self, timeout: float | None = None) -> list[Event]:
        """What happened since the last call; waits up to `timeout` seconds (None: for ever) for something."""

    def close(self) -> None:
        """Cancel all jobs and end."""


class LocalService:
    """A service in a thread of its own, which alone loads, uses and closes the model.

    load: called in that thread; `Ready` follows when the model is warm, or `Broken` if it raised. Jobs may be
    submitted before that and wait. The thread works in ticks: a tick is one step of the oldest job, all its takes in
    one batch, and between ticks cancels are seen. A job that fails, fails alone.
    """

    def __init__(self, load: Callable[[], Model], version: str = "") -> None:
        self._load = load
        self._version = version
        self._events: queue.Queue[Event | None] = queue.Queue()
        # The lock guards changes of the three below; looking up one id needs none.
        # A job's id stays in _jobs until its last event is posted.
        self._changed = threading.Condition()
        self._jobs: dict[str, Request] = {}
        self._cancelled: set[str] = set()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """False once the thread has ended; the last events may still be waiting."""
        return self._thread.is_alive()

    def submit(self, id: str, request: Request, handling: Handling | None = None) -> None:
        """Queue a job. Raises `Busy` if the id is in use or the service is closed, `BadRequest` if the id is empty."""
        if not id:
            raise BadRequest("id", "id must be 1 or more characters long, got 0")
        with self._changed:
            if id in self._jobs:
                raise Busy(f"id {shown(id)} belongs to a job that is not over yet")
            if self._closing or not self.alive:
                raise Busy("the engine is closed")
            self._jobs[id] = request
            self._changed.notify()

    def cancel(self, id: str) -> None:
        """Cancel a queued or running job; it ends with `Cancelled` before its next step."""
        with self._changed:
            if id in self._jobs:
                self._cancelled.add(id)

    def events(self, timeout: float | None = None) -> list[Event]:
        """All events so far, oldest first, after waiting up to `timeout` seconds for one; may be empty.

        With no timeout, an empty list means that the service has ended.
        """
        found: list[Event] = []
        try:
            event = self._events.get(timeout=timeout)
            while event is not None:
                found.append(event)
                event = self._events.get_nowait()
            self._events.put(None)  # the end stays in the queue, so that no later call waits for more
        except queue.Empty:
            pass
        return found

    def close(self, timeout: float | None = None) -> None:
        """Cancel all jobs, end after the current step and wait for that, at most `timeout` seconds."""
        with self._changed:
            self._closing = True
            self._cancelled.update(self._jobs)
            self._changed.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        """The thread: load, then job after job until closed."""
        try:
            model = self._loaded()
            if model is not None:
                with model:
                    self._work(model)
        finally:
            self._events.put(None)

    def _loaded(self) -> Model | None:
        model = None
        try:
            model = self._load()
            model.warm_up()
        except Exception as error:
            if model is not None:
                model.close()
            self._break(error)
            return None
        family = model.family
        self._events.put(Ready(model.name, family.rate, self._version, tuple(family.tasks)))
        return model

    def _break(self, error: Exception) -> None:
        """Without a model every job fails with the same reason, and no more are taken."""
        code, text = explained(error)
        with self._changed:
            self._closing = True
            waiting = list(self._jobs)
            self._jobs.clear()
        for id in waiting:
            self._events.put(Failed(id, code, text))
        self._events.put(Broken(code, text))

    def _work(self, model: Model) -> None:
        while (job := self._next()) is not None:
            id, request = job
            try:
                last = self._render(model, id, request)
            except Exception as error:
                last = Failed(id, *explained(error))
            with self._changed:
                del self._jobs[id]
                self._cancelled.discard(id)
            self._events.put(last)

    def _next(self) -> tuple[str, Request] | None:
        """The oldest job, after waiting for one; None when closing and nothing is left to be cancelled."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closing)
            # A dict keeps the order of submission.
            return next(iter(self._jobs.items()), None)

    def _render(self, model: Model, id: str, request: Request) -> Event:
        """Do one job, posting what happens; returns its last event."""
        if id in self._cancelled:
            return Cancelled(id)
        self._events.put(Started(id))
        takes = 0
        for result in _until(lambda: id in self._cancelled, model.rendering(request)):
            if isinstance(result, Take):
                takes += 1
                self._events.put(TakeReady(id, result))
            elif isinstance(result, Progress):
                self._events.put(Step(id, result.index, result.total))
            else:
                return Cancelled(id)
        return Done(id, takes)


def _until(stopped: Callable[[], bool], results: Iterator[Progress | Take]) -> Iterator[Progress | Take | None]:
    """The results, until `stopped` says so before the next one is computed; then None."""
    while not stopped():
        try:
            yield next(results)
        except StopIteration:
            return
    yield None


def explained(error: Exception) -> tuple[str, str]:
    """Code and text for an error, whatever it is. An unexpected one is also written to stderr in full."""
    if isinstance(error, EngineError):
        return error.code, error.text
    traceback.print_exception(error)
    # torch.OutOfMemoryError is told by its name, as this module does not import torch.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return "memory", "out of memory: ask for fewer takes or fewer seconds"
    return "render", f"the model failed: {type(error).__name__}: {error}"

"""The seam: jobs go in, events come out, whoever does the work.

`Service` is the protocol; `LocalService` does the work in a thread of this process. The engine process is a
`LocalService` with pipes (`engine.worker`).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Protocol

from engine.errors import BadRequest, Busy
from engine.events import Broken, Cancelled, Done, Event, Failed, Ready, Submit
from engine.handling import Handling
from engine.model import Model
from engine.pace import LATENCY
from engine.params import shown
from engine.request import Request
from engine.workload import Workload, explained


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
    submitted before that and wait. The thread works in ticks (`engine.workload`): a tick is at most one step of the
    most urgent jobs, and between ticks jobs come and go. A job that fails, fails alone.
    latency: seconds that a step should take at most where that can be chosen, more than 0.
    """

    def __init__(self, load: Callable[[], Model], version: str = "", latency: float = LATENCY) -> None:
        if not latency > 0:
            raise BadRequest("latency", f"latency must be more than 0 s, got {latency}")
        self._load = load
        self._version = version
        self._latency = latency
        self._events: queue.Queue[Event | None] = queue.Queue()
        # The lock guards changes of the four below; looking up one id needs none.
        # A job's id stays in _jobs until its last event is posted.
        self._changed = threading.Condition()
        self._jobs: dict[str, None] = {}  # in the order in which they came
        self._new: list[Submit] = []
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
            self._jobs[id] = None
            self._new.append(Submit(id, request, handling or Handling()))
            self._changed.notify()

    def cancel(self, id: str) -> None:
        """Cancel a queued or running job; it ends with `Cancelled` before its next step or piece of decoding."""
        with self._changed:
            if id in self._jobs:
                self._cancelled.add(id)
                self._changed.notify()

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
            waiting = [job.id for job in self._new]
            self._new.clear()
            self._jobs.clear()
        for id in waiting:
            self._events.put(Failed(id, code, text))
        self._events.put(Broken(code, text))

    def _work(self, model: Model) -> None:
        """Tick after tick, until closed."""
        load = Workload(
            model,
            self._post,
            latency=self._latency,
            stopped=lambda id: id in self._cancelled,
            interrupted=lambda: bool(self._new),
        )
        while self._take_in(load):
            load.tick()

    def _take_in(self, load: Workload) -> bool:
        """Let jobs come and go, after waiting for one; False when closing, and all were told."""
        with self._changed:
            self._changed.wait_for(lambda: load or self._new or self._cancelled or self._closing)
            new, self._new = self._new, []
            cancelled = [id for id in self._jobs if id in self._cancelled] if self._cancelled else []
            closing = self._closing
        for job in new:
            load.add(job.id, job.request, job.handling)
        for id in cancelled:
            load.remove(id)
            self._post(Cancelled(id))
        return not closing

    def _post(self, event: Event) -> None:
        """Tell an event. With a job's last one its id is free again."""
        if isinstance(event, Done | Failed | Cancelled):
            with self._changed:
                self._jobs.pop(event.id, None)
                self._cancelled.discard(event.id)
        self._events.put(event)

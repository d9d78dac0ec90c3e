"""The workshop: jobs, the engines that render them, and which model is in use.

It knows no socket and no process: it is given engines to submit to, a voice to tell clients with, and a folder.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol

from bridge.child import Lost
from bridge.clients import Address, Clients
from bridge.delivery import FAILED, Delivery, Undelivered
from bridge.endings import Endings
from bridge.engines import Renderer
from bridge.handover import Handover
from bridge.jobs import Job, Jobs, State, blamed
from bridge.journal import Found, Journal
from bridge.replies import Replies
from bridge.streams import Streams
from engine import (
    Broken,
    Cancelled,
    Done,
    Event,
    Failed,
    Invalid,
    Piece,
    Preview,
    Ready,
    Started,
    Step,
    TakeReady,
    Turn,
)

log = logging.getLogger("bridge")

MAX_ATTEMPTS = 2
"""How often a job is rendered when the engine is lost under it."""

MAX_LOSSES = 3
"""So often in a row the engine may be lost while it loads its model before jobs that wait for it are given up."""


class Engines(Renderer, Protocol):
    """What the workshop needs of the engines; `bridge.engines.Engines` has it. Each model has an engine of its own."""

    @property
    def models(self) -> tuple[str, ...]:
        """Those that have an engine, the oldest first."""

    def start(self, model: str) -> None:
        """Start a model's engine, unless there is one. Raises ModelError."""

    def retire(self, model: str) -> None:
        """End a model's engine; nothing that it says is heard any more."""


class Workshop:
    """Takes jobs on, changes models, and takes in what the engines say.

    ``model`` is the one that new jobs get. While it is being loaded in place of another, that other engine goes on with
    its own jobs, and is ended when the new one is ready and the old jobs are done. If the new one cannot be loaded, the
    old one is in use again.
    """

    def __init__(
        self, model: str, folder: Path, engines: Engines, jobs: Jobs, clients: Clients, replies: Replies,
        journal: Journal, streams: Streams | None = None,
    ) -> None:  # fmt: skip
        self.model = model
        self._engines = engines
        self._jobs = jobs
        self._clients = clients
        self._replies = replies
        self._journal = journal
        self._before: str | None = None  # what was in use before a change that is not over
        self._left = False
        self._askers: tuple[Address, ...] = ()
        self._delivery = Delivery(folder, replies, journal, streams)
        self._endings = Endings(replies, journal, self._delivery)
        self._handover = Handover(engines.start, jobs, replies, journal, self._endings)
        self._ready: dict[str, Ready] = {}
        self._turns: dict[str, frozenset[str]] = {}  # of jobs' keys, by the model that works on them

    @property
    def ready(self) -> Ready | None:
        """What the engine of the model in use said of itself; None while it is being loaded."""
        return self._ready.get(self.model)

    def tell_state(self, to: tuple[Address, ...]) -> None:
        """Answer with the model in use."""
        self._replies.state(to, self.model, self.ready)

    # jobs

    def take_on(self, job: Job) -> None:
        """Queue a job; the engine gets it when it is ready. Raises JournalError: then it is not taken."""
        self._journal.add(job)
        self._jobs.add(job)
        self._replies.queued(job)
        if job.model in self._ready:
            self._engines.submit(job.model, job.key, job.request, job.handling)

    def cancel(self, job: Job) -> None:
        """Stop a job that lives."""
        self._engines.cancel(job.model, job.key)
        if job.state is State.RENDERING:
            job.cancelling = True  # told when the engine has stopped, at its next step
        else:
            self._endings.end(job, State.CANCELLED)

    def fail_all(self, code: str, text: str, model: str | None = None) -> None:
        """End every live job, or those of one model, with the same reason."""
        for job in self._jobs.live():
            if model in (None, job.model):
                self._endings.fail(job, code, text)

    def leave_all(self, code: str, text: str) -> None:
        """Leave every live job to the next daemon. That an engine stops them now is not heard any more."""
        self._left = True
        self._handover.leave(code, text)

    def go_on(self, found: Found) -> None:
        """Take over the jobs of an earlier daemon."""
        self._handover.take_over(found)

    # models

    def change(self, model: str, to: tuple[Address, ...]) -> None:
        """Load another model and use it for the jobs from now on. Raises what starting its engine raises."""
        if model == self.model:
            self._askers += to
        else:
            self._engines.start(model)
            log.info("changing the model from %s to %s", self.model, model)
            self._before = self._before or self.model
            self.model, self._askers = model, to
            if self.ready is not None:  # it was in use a moment ago, and is still here
                self._settle()
        self.tell_state(tuple(dict.fromkeys((*to, *self._clients.all()))))

    def _settle(self) -> None:
        self._before = None
        self._retire_idle()

    def _retire_idle(self) -> None:
        """End the engines that are not in use and have nothing left to do."""
        busy = {self.model, self._before, *(job.model for job in self._jobs.live())}
        for model in self._engines.models:
            if model not in busy:
                self._engines.retire(model)
                self._ready.pop(model, None)

    def _not_loaded(self, model: str, code: str, text: str) -> None:
        """A model that was to be changed to cannot be loaded: the one before is in use again."""
        self.fail_all(code, text, model)
        self._engines.retire(model)
        if model == self.model and self._before is not None:
            self.model, self._before = self._before, None
            to = tuple(dict.fromkeys((*self._askers, *self._clients.all())))
            self._replies.error(to, code, f"the model is still {self.model}: {text}")
            self.tell_state(to)
        self._retire_idle()

    # what the engines say

    async def on_event(self, model: str, event: Event | Invalid | Lost) -> None:
        """Take in one event of a model's engine. To be called for one event after the other, in their order."""
        if self._left or model not in self._engines.models:
            return  # all is over, or it was retired meanwhile
        match event:
            case Ready():
                self._on_ready(model, event)
            case Broken():
                log.error("the engine cannot load the model %s: %s", model, event.text)
                if self._is_new(model):
                    self._not_loaded(model, event.code, event.text)
                else:
                    self.fail_all(event.code, event.text, model)
            case Lost():
                self._on_lost(model, event)
            case Turn():
                self._turns[model] = frozenset(event.ids)
            case _:
                if (found := self._jobs.with_key(event.id)) is not None:
                    await self._on_job_event(found, event)

    def _is_new(self, model: str) -> bool:
        """True for a model that has not been ready since a change to it, or away from it, began."""
        return model not in self._ready and (self._before is not None or model != self.model) and model != self._before

    def _on_ready(self, model: str, event: Ready) -> None:
        self._ready[model] = event
        for job in self._jobs.live():
            if job.model == model:
                self._engines.submit(model, job.key, job.request, job.handling)
        if model == self.model:
            self._settle()
            self.tell_state(self._clients.all())
        else:
            self._retire_idle()

    async def _on_job_event(self, job: Job, event: Event | Invalid) -> None:
        if job.state is State.QUEUED and isinstance(event, Started | Step | Preview | Piece | TakeReady | Done):
            job.move(State.RENDERING)
            self._journal.save(job)
        match event:
            case Step():
                job.step, job.steps = event.index, event.total
                self._replies.step(job)
            case Preview():
                await self._delivery.preview(job, event)
            case Piece():
                self._delivery.piece(job, event)
            case TakeReady():
                try:
                    await self._delivery.take(job, event.take)
                except Undelivered as error:
                    self._give_up(job, error.code, str(error))
            case Failed() | Invalid():
                self._endings.fail(job, event.code, event.text)
            case Done() | Cancelled():
                self._endings.end(job, State.DONE if isinstance(event, Done) else State.CANCELLED)
        if job.state.ended:
            self._retire_idle()

    def _on_lost(self, model: str, lost: Lost) -> None:
        """Jobs wait for the next engine. Those whose turn it was are tried once more, each alone, and then fail."""
        if self._is_new(model):
            self._not_loaded(model, "engine-lost", f"{lost.text} while loading the model {model}")
            return
        self._ready.pop(model, None)
        if model == self.model:
            self.tell_state(self._clients.all())
        live = [job for job in self._jobs.live() if job.model == model]
        guilty = blamed(live, self._turns.pop(model, frozenset())) if lost.was_ready else []
        for job in guilty:
            job.attempts += 1
            # Of several that shared a step one is the reason: alone, it cannot take the others with it again.
            job.handling = job.handling.replace(alone=True)
        for job in live:
            if job.cancelling:  # it was rendering; those that waited are cancelled at once
                self._endings.end(job, State.CANCELLED)
            elif job in guilty and job.attempts >= MAX_ATTEMPTS:
                self._endings.fail(job, "engine-lost", f"{lost.text}, twice while rendering this job")
            elif job.state is State.RENDERING:
                job.move(State.QUEUED)
                job.step = 0
                self._replies.queued(job)
        if not lost.was_ready and lost.losses >= MAX_LOSSES:
            text = f"{lost.text} while loading the model, after {lost.losses} losses in a row"
            self.fail_all("engine-lost", text, model)

    def give_up_on(self, event: Event | Invalid | Lost) -> None:
        """End the job of an event that could not be taken in, so that its client does not wait for ever."""
        try:
            if (job := self._jobs.with_key(getattr(event, "id", ""))) is not None:
                self._give_up(job, "internal", FAILED)
        except Exception:  # it failed at ending it, too
            log.exception("a job could not be given up")

    def _give_up(self, job: Job, code: str, text: str) -> None:
        """End a job that the engine still renders."""
        self._engines.cancel(job.model, job.key)
        if not job.state.ended:
            self._endings.fail(job, code, text)

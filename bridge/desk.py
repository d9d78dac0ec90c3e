"""The desk: takes requests from clients, hands them to the engine, and tells the clients what became of them.

It knows no socket and no process: it is given a way to send, an engine to submit to, and the folder for takes.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from collections.abc import Callable
from datetime import date
from typing import Protocol

from bridge import inbox
from bridge.child import Lost
from bridge.clients import Address, Clients
from bridge.commands import COMMANDS, REPLY_ADDRESSES, signature
from bridge.config import Config
from bridge.inbox import Call, Refused
from bridge.jobs import Job, Jobs, State, Written
from bridge.osc import BadPacket, Message, shorten
from bridge.takes import take_name, write_new
from engine import (
    Broken,
    Cancelled,
    Done,
    Event,
    Failed,
    Invalid,
    Ready,
    Request,
    Started,
    Step,
    Take,
    TakeReady,
    __version__,
    wav_bytes,
)

log = logging.getLogger("bridge")

MAX_TEXT = 600
"""Bytes of any text of ours in a reply."""

CLOSING = "the bridge was stopped"

MAX_ATTEMPTS = 2
"""How often a job is rendered when the engine is lost under it."""

MAX_LOSSES = 3
"""So often in a row the engine may be lost before jobs that wait for it are given up."""

Send = Callable[[tuple[Address, ...], str, tuple[int | float | str, ...]], None]


class Engine(Protocol):
    """What the desk needs of an engine; `bridge.child.EngineChild` is one."""

    def submit(self, key: str, request: Request) -> None: ...

    def cancel(self, key: str) -> None: ...


class Desk:
    """The daemon's logic. Clients' packets come in by `receive`, the engine's events by `on_event`."""

    def __init__(self, config: Config, engine: Engine, send: Send) -> None:
        self._config = config
        self._engine = engine
        self._send = send
        self._clients = Clients()
        self._jobs = Jobs(max_live=config.max_live)
        self._numbers = itertools.count(1)
        self._closing = False
        self.ready: Ready | None = None

    def close(self) -> None:
        """Take no more jobs, and end those that live."""
        self._closing = True
        self.fail_all("closing", CLOSING)

    # what clients send

    def receive(self, elements: list[Message | BadPacket], sender: Address) -> None:
        """Answer a packet's messages in order. Raises nothing for anything that can arrive."""
        for element in elements:
            if element.address in REPLY_ADDRESSES:
                continue  # two daemons that answer each other's answers would never stop
            try:
                call = inbox.read(element)
                getattr(self, call.command.handler)(call, sender)
            except Refused as refused:
                readable = isinstance(element, Message)
                self._refuse(refused, self._clients.answer_to(sender, refused.reply_port) if readable else (sender,))
            except Exception:  # a defect of ours must not end the session
                log.exception("a message to %s could not be answered", element.address)
                self._refuse(Refused("internal", "the bridge failed at this; its log says why"), (sender,))

    def hello(self, call: Call, sender: Address) -> None:
        """Answer /bridge/hello. The client begins anew: ids of its ended jobs are free again."""
        client = self._clients.hello(sender, call.args["client"], call.args.get("reply_port"))
        self._jobs.forget_ended(client.reply_to)
        self._send((client.reply_to,), *self._state())

    def list_commands(self, call: Call, sender: Address) -> None:
        """Answer /bridge/commands."""
        to = self._clients.answer_to(sender)
        for command in COMMANDS:
            self._send(to, "/bridge/command", (command.address, signature(command), command.help))
        self._send(to, "/bridge/listed", (len(COMMANDS),))

    def generate(self, call: Call, sender: Address) -> None:
        """Answer /render/generate."""
        asked = inbox.request(call, self._config.model)
        to = self._clients.answer_to(sender, call.reply_port)
        known = self._jobs.get(call.id)
        if known is not None and not known.state.free:
            self._repeat(known, asked, to)
            return
        if self._closing:
            raise Refused("closing", CLOSING, call.id, call.reply_port)
        if self._jobs.full:
            text = f"{self._config.max_live} jobs are waiting already, which is the most; ask again when one has ended"
            raise Refused("busy", text, call.id, call.reply_port)
        # the seed is drawn here, so that rendering again after a crash gives the takes that were promised
        seeded = asked if asked.seed is not None else asked.replace(seed=secrets.randbelow(2**31))
        job = Job(call.id, f"job-{next(self._numbers)}", asked, seeded, to)
        self._jobs.add(job)
        log.info("job %s of %s: %r", job.id, self._clients.name(sender), shorten(asked.prompt, 100))
        self._tell_queued(job, to)
        if self.ready is not None:
            self._engine.submit(job.key, job.request)

    def cancel(self, call: Call, sender: Address) -> None:
        """Answer /job/cancel. A job that has ended tells its end again."""
        job = self._jobs.get(call.id)
        if job is None:
            raise Refused("unknown-job", f"there is no job {call.id!r}", call.id)
        to = self._clients.answer_to(sender)
        job.answer_also(to)
        if job.state.ended:
            self._tell_end(job, to)
            return
        self._engine.cancel(job.key)
        if job.state is State.RENDERING:
            job.cancelling = True  # told when the engine has stopped, at its next step
        else:
            self._end(job, State.CANCELLED)

    def list_jobs(self, call: Call, sender: Address) -> None:
        """Answer /job/list."""
        to = self._clients.answer_to(sender)
        for job in self._jobs:
            entry = (job.id, job.state.value, len(job.takes), shorten(job.request.prompt, MAX_TEXT))
            self._send(to, "/job/entry", entry)
        self._send(to, "/job/listed", (len(self._jobs),))

    def _repeat(self, job: Job, asked: Request, to: tuple[Address, ...]) -> None:
        """The id is known. The same request again: its client may have missed our replies, so tell where it is."""
        if job.asked != asked:
            text = f"the id {job.id!r} belongs to another request ({shorten(job.asked.prompt, 100)!r}); choose a new id"
            raise Refused("id-in-use", text, job.id)
        job.answer_also(to)
        if not job.state.ended:
            self._tell_queued(job, to)
        if job.state is State.RENDERING and job.step:
            self._send(to, "/job/step", (job.id, job.step, job.steps))
        for written in job.takes.values():
            self._tell_take(job, written, to)
        if job.state.ended:
            self._tell_end(job, to)

    # what the engine says

    async def on_event(self, event: Event | Invalid | Lost) -> None:
        """Take in one event of the engine. To be called for one event after the other, in their order."""
        match event:
            case Ready():
                self.ready = event
                self._send(self._clients.all(), *self._state())
                for job in self._jobs.live():
                    self._engine.submit(job.key, job.request)
            case Broken():
                self.fail_all(event.code, event.text)
            case Lost():
                self._on_lost(event)
            case _:
                if (found := self._jobs.with_key(event.id)) is not None:
                    await self._on_job_event(found, event)

    async def _on_job_event(self, job: Job, event: Event | Invalid) -> None:
        if job.state is State.QUEUED and isinstance(event, Started | Step | TakeReady | Done):
            job.move(State.RENDERING)
            job.attempts += 1
        match event:
            case Step():
                job.step, job.steps = event.index, event.total
                self._send(job.reply_to, "/job/step", (job.id, job.step, job.steps))
            case TakeReady():
                await self._on_take(job, event.take)
            case Failed() | Invalid():
                self._fail(job, event.code, event.text)
            case Done() | Cancelled():
                self._end(job, State.DONE if isinstance(event, Done) else State.CANCELLED)

    async def _on_take(self, job: Job, take: Take) -> None:
        written = job.takes.get(take.index)
        if written is not None:
            return  # told already, before the engine was lost; the same seed gave the same samples
        try:
            written = await asyncio.to_thread(self._write, take)
        except OSError as error:
            text = f"the take could not be written to {self._config.takes}: {error.strerror or error}"
            self._give_up(job, "disk", text)
            return
        except Exception:  # a defect of ours must not end the session
            log.exception("a take of job %s could not be made into a file", job.id)
            self._give_up(job, "internal", "the bridge failed at this; its log says why")
            return
        if job.state.ended:
            return  # the bridge was stopped meanwhile, and the client was told
        job.takes[take.index] = written
        self._tell_take(job, written, job.reply_to)

    def _give_up(self, job: Job, code: str, text: str) -> None:
        """End a job that the engine still renders."""
        self._engine.cancel(job.key)
        if not job.state.ended:
            self._fail(job, code, text)

    def _write(self, take: Take) -> Written:
        request = take.request
        seed = request.seed or 0
        name = take_name(date.today(), request.prompt, seed, request.seconds, take.index + 1)
        path = write_new(self._config.takes, name, wav_bytes(take))
        return Written(take.index, path, take.clip.frames, take.clip.rate, seed, take.score)

    def _on_lost(self, lost: Lost) -> None:
        """Jobs wait for the next engine. The one it was rendering is tried once more, then it fails."""
        self.ready = None
        self._send(self._clients.all(), *self._state())
        live = self._jobs.live()
        rendering = [job for job in live if job.state is State.RENDERING]
        if lost.was_ready and live and not rendering:
            live[0].attempts += 1  # it was lost between taking this one and saying so
            rendering = live[:1]
        for job in live:
            if job.cancelling:  # it was rendering; those that waited are cancelled at once
                self._end(job, State.CANCELLED)
            elif job in rendering and job.attempts >= MAX_ATTEMPTS:
                self._fail(job, "engine-lost", f"{lost.text}, twice while rendering this job")
            elif job.state is State.RENDERING:
                job.move(State.QUEUED)
                job.step = 0
                self._tell_queued(job, job.reply_to)
        if not lost.was_ready and lost.losses >= MAX_LOSSES:
            self.fail_all("engine-lost", f"{lost.text} while loading the model, after {lost.losses} losses in a row")

    def fail_all(self, code: str, text: str) -> None:
        """End every live job with the same reason."""
        for job in self._jobs.live():
            self._fail(job, code, text)

    # what clients are told

    def _state(self) -> tuple[str, tuple[int | float | str, ...]]:
        if self.ready is None:
            return "/bridge/loading", (__version__, self._config.model)
        return "/bridge/ready", (self.ready.version, self.ready.model, self.ready.rate, *self.ready.tasks)

    def _tell_queued(self, job: Job, to: tuple[Address, ...]) -> None:
        self._send(to, "/job/queued", (job.id, self._jobs.position(job)))

    def _tell_take(self, job: Job, take: Written, to: tuple[Address, ...]) -> None:
        args = (job.id, take.index, str(take.path), take.frames, take.rate, take.seed, float(take.score))
        self._send(to, "/job/take", args)

    def _tell_end(self, job: Job, to: tuple[Address, ...]) -> None:
        match job.state:
            case State.DONE:
                self._send(to, "/job/done", (job.id, len(job.takes)))
            case State.CANCELLED:
                self._send(to, "/job/cancelled", (job.id,))
            case State.FAILED:
                self._send(to, "/job/failed", (job.id, job.code, shorten(job.text, MAX_TEXT)))

    def _end(self, job: Job, state: State) -> None:
        job.move(state)
        log.info("job %s %s, %d takes", job.id, state, len(job.takes))
        self._tell_end(job, job.reply_to)

    def _fail(self, job: Job, code: str, text: str) -> None:
        job.fail(code, text)
        log.warning("job %s failed: %s", job.id, text)
        self._tell_end(job, job.reply_to)

    def _refuse(self, refused: Refused, to: tuple[Address, ...]) -> None:
        text = shorten(str(refused), MAX_TEXT)
        known = self._jobs.get(refused.id)
        if known is not None and not known.state.ended:
            # the job itself goes on, and must not look as if it had ended
            self._send(to, "/bridge/error", (refused.code, text, refused.id))
        elif refused.id:
            self._send(to, "/job/failed", (refused.id, refused.code, text))
        else:
            self._send(to, "/bridge/error", (refused.code, text))

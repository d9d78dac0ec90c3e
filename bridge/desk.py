"""The desk: reads what clients send and answers it. Rendering and models are the workshop's.

It knows no socket and no process: it is given a way to send, engines to submit to, and the store of models.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable

from bridge import inbox
from bridge.admission import Admission
from bridge.child import Lost
from bridge.clients import Address, Clients
from bridge.commands import COMMANDS, REPLY_ADDRESSES, signature
from bridge.conductor import Conductor
from bridge.config import Config, builtin
from bridge.folders import default_midi
from bridge.inbox import Call, Refused
from bridge.jobs import Job, Jobs
from bridge.journal import Journal, JournalError
from bridge.midi.answers import MidiAnswers
from bridge.midi.link import LinkSession
from bridge.midi.shelf import MapShelf
from bridge.models import Store, StoreError
from bridge.osc import BadPacket, Message, shorten
from bridge.pads.answers import Answers
from bridge.replies import MAX_TEXT, Replies, Send
from bridge.retelling import Retelling
from bridge.roots import Roots
from bridge.shelf import Shelf
from bridge.shelf_answers import ShelfAnswers
from bridge.streams import Streams, can_stream
from bridge.transport_answers import TransportAnswers
from bridge.workshop import Engines, Workshop
from engine import Event, Invalid, Ready

log = logging.getLogger("bridge")

NOBODY: Address = ("127.0.0.1", 0, "midi")
"""The client that controllers are: what it is answered, nobody hears."""

CLOSING = "the bridge was stopped"
LEAVING = "the bridge was stopped; the job goes on when it is started again"


class Desk:
    """The daemon's logic. Clients' packets come in by `receive`, the engines' events by `on_event`."""

    def __init__(
        self, config: Config, engines: Engines, send: Send, store: Store | None = None, journal: Journal | None = None,
        streams: Streams | None = None,
    ) -> None:  # fmt: skip
        self._config = config
        self._engines = engines
        self._store = store or Store()
        self._clients = Clients()
        self._jobs = Jobs(max_live=config.max_live)
        self._replies = Replies(send, self._jobs)
        self._journal = journal or Journal()
        self._workshop = Workshop(
            config.model, config.takes, engines, self._jobs, self._clients, self._replies, self._journal, streams
        )
        self._roots = Roots(config.takes, config.roots)
        self._answers = Answers(config, engines, self._clients, self._replies, self._roots)
        self._shelf = ShelfAnswers(Shelf(), self._clients, self._replies, lambda: self.model)
        self._admission = Admission(config, self._jobs, self._journal, self._roots, self._shelf)
        self._retelling = Retelling(self._jobs, self._journal, self._replies)
        self._parts: tuple[object, ...] = (self, self._answers, self._answers.live, self._shelf, *self._time())
        self._numbers = itertools.count(1)
        self._closing = False

    def _time(self) -> tuple[MidiAnswers, TransportAnswers]:
        """Controllers and musical time."""
        stage, clients, replies = self._answers.stage, self._clients, self._replies
        conductor = Conductor(stage.mixer, LinkSession)
        stage.clock = conductor.frame_of
        self._midi = MidiAnswers(
            self._config.midi, MapShelf(default_midi()), stage, conductor, clients, replies, self.perform,
            lambda: self._shelf.shelf.library,
        )  # fmt: skip
        return self._midi, TransportAnswers(conductor, clients, replies)

    @property
    def model(self) -> str:
        """The model in use, or being loaded for use."""
        return self._workshop.model

    @property
    def ready(self) -> Ready | None:
        """What the engine of the model in use said of itself; None while it is being loaded."""
        return self._workshop.ready

    @property
    def jobs(self) -> Jobs:
        """The jobs that are known, for reading."""
        return self._jobs

    @property
    def clients(self) -> Clients:
        """Who said hello, for reading."""
        return self._clients

    def go_on(self) -> None:
        """Go on with the jobs that the journal holds. To be called once, when the engine was started."""
        self._numbers = itertools.count(self._journal.last_number() + 1)
        found = self._journal.find()
        missed = [job for job in found.jobs if job.state.ended and not job.heard]
        self._workshop.go_on(found)
        for job in missed:  # at once: a client that does not notice that we are new says no hello
            self._retelling.tell(job, job.reply_to)
        self._answers.open(self.model)
        self._shelf.shelf.prepare()

    def hear(self) -> None:
        """Hear MIDI controllers from now on. In the daemon's loop."""
        self._midi.open()

    def drain(self) -> int:
        """Take no more jobs. Returns how many live."""
        self._closing = True
        return len(self._jobs.live())

    def close(self) -> None:
        """Take no more jobs. Those that live are left to the next daemon, or ended where no journal would tell it."""
        self._closing = True
        if self._journal.path is None:
            self._workshop.fail_all("closing", CLOSING)
        else:
            self._workshop.leave_all("closing", LEAVING)

    def abandon(self) -> None:
        """Take no more jobs, and end those that live."""
        self._closing = True
        self._workshop.fail_all("closing", CLOSING)

    async def on_event(self, model: str, event: Event | Invalid | Lost) -> None:
        """Take in one event of a model's engine, in order. Raises nothing: a defect of ours costs the event's job."""
        try:
            await self._workshop.on_event(model, event)
        except Exception:
            log.exception("what the engine of %s said could not be taken in", model)
            self._workshop.give_up_on(event)
        try:
            self._answers.on_event(self.model, model, event)
        except Exception:
            log.exception("what the engine of %s said did not reach the pads", model)

    @property
    def answers(self) -> Answers:
        """Pads and players."""
        return self._answers

    async def close_parts(self) -> None:
        """Play no more, and complete what is being written. After `close`."""
        await self._midi.close()
        await self._answers.close()

    def _handler(self, name: str) -> Callable[[Call, Address], None]:
        """The method that answers a command: the desk's own, or one of its parts'."""
        return next(getattr(part, name) for part in self._parts if hasattr(part, name))

    def gone(self, sender: Address) -> None:
        """A client's connection has ended. Its jobs go on: it may come back and ask for them."""
        self._clients.forget(sender)
        for job in self._jobs.of(sender):
            job.silence(sender)

    def receive(self, elements: list[Message | BadPacket], sender: Address) -> None:
        """Answer a packet's messages in order. Raises nothing for anything that can arrive."""
        for element in elements:
            if element.address in REPLY_ADDRESSES:
                continue  # two daemons that answer each other's answers would never stop
            try:
                call = inbox.read(element)
                self._handler(call.command.handler)(call, sender)
            except Refused as refused:
                readable = isinstance(element, Message)
                self._refuse(refused, self._clients.answer_to(sender, refused.reply_port) if readable else (sender,))
            except Exception:  # a defect of ours must not end the session
                log.exception("a message to %r could not be answered", shorten(element.address, 100))
                self._refuse(Refused("internal", "the bridge failed at this; its log says why"), (sender,))
            if isinstance(element, Message) and element.address != "/bridge/hello":
                self._retelling.hear(self._clients.answer_to(sender))

    def perform(self, address: str, args: tuple[int | float | str, ...]) -> str:
        """Do a command that no client sent, such as one that a knob is bound to. Returns what is wrong with it."""
        try:
            call = inbox.read(Message(address, args))
            self._handler(call.command.handler)(call, NOBODY)
        except Refused as refused:
            return str(refused)
        return ""

    def too_fast(self, elements: list[Message | BadPacket], sender: Address) -> None:
        """Answer messages that come faster than one client may send them."""
        text = f"one client may send {self._config.client_rate:g} messages a second; send it again in a moment"
        for element in elements:
            if element.address not in REPLY_ADDRESSES:
                values = element.args if isinstance(element, Message) else element.values
                self._refuse(Refused("rate", text, inbox.readable_id(element.address, values)), (sender,))

    def trust(self, call: Call, sender: Address) -> None:
        """Answer /bridge/token. Who gets this far is trusted already."""
        self._replies.send((sender,), "/bridge/trusted", ())

    def hello(self, call: Call, sender: Address) -> None:
        """Answer /bridge/hello. The client begins anew: ids of its ended jobs are free again. What it may have missed
        is told again: where its living jobs are, and the ends after which it was not heard of any more."""
        self._admission.check_reply_port(call, sender, call.args.get("reply_port"))
        client = self._clients.hello(sender, call.args["client"], call.args.get("reply_port"))
        self._workshop.tell_state((client.reply_to,))
        for job in self._jobs.of(client.reply_to, self._clients.name(sender)):
            job.answer_also((client.reply_to,))
            if job.state.ended and job.heard:
                self._jobs.forget(job)
                self._journal.later(job)
            else:
                job.forgotten = job.state.ended
                self._retelling.tell(job, (client.reply_to,))

    def list_commands(self, call: Call, sender: Address) -> None:
        """Answer /bridge/commands."""
        to = self._clients.answer_to(sender)
        for command in COMMANDS:
            self._replies.send(to, "/bridge/command", (command.address, signature(command), command.help))
        self._replies.send(to, "/bridge/listed", (len(COMMANDS),))

    def change_model(self, call: Call, sender: Address) -> None:
        """Answer /bridge/model."""
        if self._closing:
            raise Refused("closing", CLOSING)
        try:
            self._workshop.change(call.args["name"], self._clients.answer_to(sender))
        except StoreError as error:
            raise Refused("model", f"the model is still {self.model}: {error}") from None

    def list_models(self, call: Call, sender: Address) -> None:
        """Answer /bridge/models."""
        known = [(name, "comes with the engine") for name in builtin()]
        known += [(record.name, record.summary) for record in self._store.records()]
        to = self._clients.answer_to(sender)
        for name, about in known:
            self._replies.send(to, "/bridge/known", (name, shorten(about, MAX_TEXT)))
        self._replies.send(to, "/bridge/listed", (len(known),))

    def render(self, call: Call, sender: Address) -> None:
        """Answer a command that renders: /render/ and the task."""
        self._admission.check_reply_port(call, sender, call.reply_port)
        to = self._clients.answer_to(sender, call.reply_port)
        loaded = self._engines.models
        known = self._admission.asked_before(call, (self.model, *loaded))
        if known is not None and (not known.state.ended or self._admission.is_whole(known)):
            self._jobs.adopt(known)
            known.answer_also(to)
            self._retelling.tell(known, to)
            return
        asked = self._admission.request(call, self.model, loaded)
        client = self._clients.name(sender)
        if self._closing:
            raise Refused("closing", CLOSING, call.id, call.reply_port)
        self._admission.check_room(call, client)
        handling = inbox.handling(call, self._clients.share(sender))
        if handling.stream and not all(can_stream(one) for one in to):
            text = "stream must be 0 over UDP and in HTTP requests, got 1: pieces need a connection, TCP or WebSocket"
            raise Refused("bad-value", text, call.id, call.reply_port)
        settled = self._admission.settled(asked, call, sender, known)
        job = Job(
            call.id, f"job-{next(self._numbers)}", asked, settled, to, client=client, created=time.time(),
            handling=handling,
        )  # fmt: skip
        try:
            self._workshop.take_on(job)
        except JournalError as error:
            raise Refused("disk", str(error), call.id, call.reply_port) from None
        log.info("job %s of %s: %s %r", job.id, client, asked.task, shorten(asked.prompt, 100),
                 extra={"job": job.id, "client": client, "task": asked.task})  # fmt: skip

    def cancel(self, call: Call, sender: Address) -> None:
        """Answer /job/cancel. A job that has ended tells its end again."""
        job, to = self._known(call.id), self._clients.answer_to(sender)
        job.answer_also(to)
        if job.state.ended:
            self._replies.end(job, to)
        else:
            self._workshop.cancel(job)

    def follow(self, call: Call, sender: Address) -> None:
        """Answer /job/follow: who lost a connection, or was started again, goes on with a job."""
        job, to = self._known(call.id), self._clients.answer_to(sender)
        job.answer_also(to)
        self._retelling.tell(job, to)

    def find(self, id: str) -> Job | None:
        """The job of this id, for reading. Also one that ended and whose client began anew: whoever was told of it
        finds it as it was told."""
        return self._jobs.get(id) or self._journal.ended(id)

    def _known(self, id: str) -> Job:
        """The job of this id. Raises Refused."""
        job = self.find(id)
        if job is None:
            raise Refused("unknown-job", f"there is no job {id!r}", id)
        return job

    def list_jobs(self, call: Call, sender: Address) -> None:
        """Answer /job/list."""
        to = self._clients.answer_to(sender)
        entries = {entry.id: entry for entry in self._journal.recent()}  # of jobs with the same id the latest
        for entry in entries.values():
            text = shorten(entry.prompt, MAX_TEXT)
            self._replies.send(to, "/job/entry", (entry.id, entry.state.value, len(entry.takes), text))
        self._replies.send(to, "/job/listed", (len(entries),))

    def note_told(self, job: Job) -> None:
        """Somebody hears of a job's takes at this moment, so they are kept for another while."""
        self._retelling.note_told(job)

    def _refuse(self, refused: Refused, to: tuple[Address, ...]) -> None:
        self._replies.refused(refused.id, refused.code, str(refused), to)

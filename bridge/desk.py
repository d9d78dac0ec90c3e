"""The desk: reads what clients send and answers it. Rendering and models are the workshop's.

It knows no socket and no process: it is given a way to send, engines to submit to, and the store of models.
"""

from __future__ import annotations

import logging
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
from bridge.job_answers import JobAnswers
from bridge.jobs import Job, Jobs
from bridge.journal import Journal
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
from bridge.streams import Streams
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
        self.retelling = Retelling(self._jobs, self._journal, self._replies)
        roots = Roots(config.takes, config.roots)
        self._answers = Answers(config, engines, self._clients, self._replies, roots)
        self._shelf = ShelfAnswers(Shelf(), self._clients, self._replies, lambda: self.model)
        self._admission = Admission(config, self._jobs, self._journal, roots, self._shelf)
        self._of_jobs = JobAnswers(
            engines, self._workshop, self._admission, self.retelling, self._jobs, self._clients, self._replies,
            self._journal,
        )  # fmt: skip
        self._parts: tuple[object, ...] = (
            self, self._of_jobs, self._answers, self._answers.live, self._shelf, *self._time()
        )  # fmt: skip

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

    def find(self, id: str) -> Job | None:
        """The job of this id, for reading."""
        return self._of_jobs.find(id)

    def needed(self) -> set[str]:
        """The files that something is made from: those of living jobs and of pads."""
        of_jobs = (job.request for job in self._jobs.live())
        of_pads = (pool.pad.request for pool in self._answers.stage.pools)
        return {str(request.source) for request in (*of_jobs, *of_pads)}

    def go_on(self) -> None:
        """Go on with the jobs that the journal holds. To be called once, when the engine was started."""
        self._of_jobs.number_from(self._journal.last_number() + 1)
        found = self._journal.find()
        missed = [job for job in found.jobs if job.state.ended and not job.heard]
        self._workshop.go_on(found)
        for job in missed:  # at once: a client that does not notice that we are new says no hello
            self.retelling.tell(job, job.reply_to)
        self._answers.open(self.model)
        self._shelf.shelf.prepare()

    def hear(self) -> None:
        """Hear MIDI controllers from now on. In the daemon's loop."""
        self._midi.open()

    def drain(self) -> int:
        """Take no more jobs. Returns how many live."""
        self._admission.close(CLOSING)
        return len(self._jobs.live())

    def close(self) -> None:
        """Take no more jobs. Those that live are left to the next daemon, or ended where no journal would tell it."""
        self._admission.close(CLOSING)
        if self._journal.path is None:
            self._workshop.fail_all("closing", CLOSING)
        else:
            self._workshop.leave_all("closing", LEAVING)

    def abandon(self) -> None:
        """Take no more jobs, and end those that live."""
        self._admission.close(CLOSING)
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
                self.retelling.hear(self._clients.answer_to(sender))

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
        self.retelling.begin_anew(client.reply_to, self._clients.name(sender))

    def list_commands(self, call: Call, sender: Address) -> None:
        """Answer /bridge/commands."""
        to = self._clients.answer_to(sender)
        for command in COMMANDS:
            self._replies.send(to, "/bridge/command", (command.address, signature(command), command.help))
        self._replies.send(to, "/bridge/listed", (len(COMMANDS),))

    def change_model(self, call: Call, sender: Address) -> None:
        """Answer /bridge/model."""
        self._admission.check_open(call)
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

    def _refuse(self, refused: Refused, to: tuple[Address, ...]) -> None:
        self._replies.refused(refused.id, refused.code, str(refused), to)

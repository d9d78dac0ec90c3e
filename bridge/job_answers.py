"""The part of the desk that answers commands about jobs."""

from __future__ import annotations

import itertools
import logging
import time

from bridge import inbox
from bridge.admission import Admission
from bridge.clients import Address, Clients
from bridge.inbox import Call, Refused
from bridge.jobs import Job, Jobs
from bridge.journal import Journal, JournalError
from bridge.osc import shorten
from bridge.replies import MAX_TEXT, Replies
from bridge.retelling import Retelling
from bridge.streams import can_stream
from bridge.workshop import Engines, Workshop

log = logging.getLogger("bridge")


class JobAnswers:
    """Handlers of /render/… and /job/…."""

    def __init__(
        self, engines: Engines, workshop: Workshop, admission: Admission, retelling: Retelling, jobs: Jobs,
        clients: Clients, replies: Replies, journal: Journal,
    ) -> None:  # fmt: skip
        self._engines = engines
        self._workshop = workshop
        self._admission = admission
        self._retelling = retelling
        self._jobs = jobs
        self._clients = clients
        self._replies = replies
        self._journal = journal
        self._numbers = itertools.count(1)

    def number_from(self, first: int) -> None:
        """Give new jobs numbers from this one on: a number is never used twice."""
        self._numbers = itertools.count(first)

    def render(self, call: Call, sender: Address) -> None:
        """Answer a command that renders: /render/ and the task."""
        self._admission.check_reply_port(call, sender, call.reply_port)
        to = self._clients.answer_to(sender, call.reply_port)
        loaded = self._engines.models
        known = self._admission.asked_before(call, (self._workshop.model, *loaded))
        if known is not None and (not known.state.ended or self._admission.is_whole(known)):
            self._jobs.adopt(known)
            known.answer_also(to)
            self._retelling.tell(known, to)
            return
        asked = self._admission.request(call, self._workshop.model, loaded)
        client = self._clients.name(sender)
        self._admission.check_open(call)
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

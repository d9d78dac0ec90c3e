"""Whether a job is taken: what is asked for, whether it was asked before, and whether there is room."""

from __future__ import annotations

import secrets

from bridge import inbox
from bridge.access import is_local
from bridge.clients import Address
from bridge.config import Config
from bridge.inbox import Call, Refused
from bridge.jobs import Job, Jobs
from bridge.journal import Journal
from bridge.osc import shorten
from bridge.roots import Roots
from bridge.shelf_answers import ShelfAnswers
from bridge.sources import BadSource
from engine import SEED_LIMIT, Request


class Admission:
    """Judges commands that render, by the jobs that are known and the settings."""

    def __init__(self, config: Config, jobs: Jobs, journal: Journal, roots: Roots, shelf: ShelfAnswers) -> None:
        self._config = config
        self._jobs = jobs
        self._journal = journal
        self._roots = roots
        self._shelf = shelf
        self._closed = ""

    def close(self, why: str) -> None:
        """Take nothing more."""
        self._closed = why

    def check_open(self, call: Call) -> None:
        """Raises Refused where nothing is taken any more."""
        if self._closed:
            raise Refused("closing", self._closed, call.id, call.reply_port)

    def request(self, call: Call, model: str, loaded: tuple[str, ...]) -> Request:
        """What is asked for, of this model where the call names none. Raises Refused."""
        read = self._shelf.request if call.command.variables else inbox.request
        return read(call, model, loaded)

    def asked_before(self, call: Call, loaded: tuple[str, ...]) -> Job | None:
        """The job that this request is a repetition of: its client may have missed our replies. Raises Refused where
        the id is another request's."""
        known = self._jobs.get(call.id) or self._journal.ended(call.id)
        if known is None or known.state.free or (known.forgotten and known.heard):
            return None
        # without a model it means the one that was in use then, whether that is still here or not
        asked = self.request(call, known.asked.model or "", loaded)
        if known.asked == asked:
            return known
        if known.forgotten:
            return None
        text = f"the id {known.id!r} belongs to another request ({shorten(known.asked.prompt, 100)!r}); choose a new id"
        raise Refused("id-in-use", text, known.id, call.reply_port)

    @staticmethod
    def is_whole(job: Job) -> bool:
        """True if a job that is done has its takes, and nobody has moved or deleted one."""
        return len(job.takes) == job.request.takes and all(take.path.is_file() for take in job.takes.values())

    def settled(self, asked: Request, call: Call, sender: Address, before: Job | None) -> Request:
        """The request with what only we can know: which file it means, and its seed; the same as ``before``, of the
        same request, whose takes are gone."""
        changes: dict[str, str | int] = {}
        if isinstance(asked.source, str) and asked.source:
            try:
                changes["source"] = str(self._roots.readable(asked.source, is_local(sender[0])))
            except BadSource as error:
                raise Refused("bad-file", str(error), call.id, call.reply_port) from None
        if asked.seed is None and before is not None:
            changes["seed"] = before.request.seed or 0
        elif asked.seed is None:  # drawn here, so that rendering again after a crash gives the takes that were promised
            changes["seed"] = secrets.randbelow(SEED_LIMIT)
        return asked.replace(**changes)

    def check_reply_port(self, call: Call, sender: Address, port: int | None) -> None:
        """Raises Refused where a reply would have to leave the machine as a datagram."""
        if port is not None and not is_local(sender[0]):
            text = "reply_port is for programs on the bridge's machine: no datagram leaves it, replies come over this "
            raise Refused("bad-value", f"{text}connection", call.id)

    def check_room(self, call: Call, client: str) -> None:
        """Raises Refused where as many jobs wait as may."""
        if self._jobs.full:
            text = f"{self._config.max_live} jobs are waiting already, which is the most; ask again when one has ended"
            raise Refused("busy", text, call.id, call.reply_port)
        most = self._config.client_jobs
        if most and sum(job.client == client for job in self._jobs.live()) >= most:
            text = f"{most} jobs of this client are waiting already, which is the most; ask again when one has ended"
            raise Refused("busy", text, call.id, call.reply_port)

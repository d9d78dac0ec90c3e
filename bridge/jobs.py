"""Jobs: what was asked, by whom, and how far it is. A value with a state table; no sockets, no clock, no files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bridge.clients import Address
from engine import HANDLING, Handling, Request

PRIORITIES = HANDLING["priority"].choices
"""The most urgent first."""

MAX_REPLY_TO = 8
"""Addresses that are told about one job."""


class State(StrEnum):
    """Where a job is. Every job ends in exactly one of done, failed, cancelled."""

    QUEUED = "queued"
    RENDERING = "rendering"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """True when nothing more will happen."""
        return not TRANSITIONS[self]

    @property
    def free(self) -> bool:
        """True when the job's id may be used again: it came to nothing, so there is nothing to tell again."""
        return self in (State.FAILED, State.CANCELLED)


TRANSITIONS: dict[State, frozenset[State]] = {
    # a killed engine puts a rendering job back into the queue
    State.QUEUED: frozenset({State.RENDERING, State.FAILED, State.CANCELLED}),
    State.RENDERING: frozenset({State.QUEUED, State.DONE, State.FAILED, State.CANCELLED}),
    State.DONE: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A take that lies complete on disk."""

    index: int
    path: Path
    frames: int
    rate: int
    seed: int
    score: float
    told: float = 0.0
    """When the client was told, in seconds since 1970."""


@dataclass(slots=True)
class Job:
    """A request in the daemon.

    ``asked`` is the request as it came, to recognise a repetition; ``request`` is what the engine renders (its seed
    drawn), so that rendering again after a crash gives the same samples. ``key`` names it towards the engine: unlike
    the client's id it is never used twice.

    ``lives`` counts the daemons that ended while it was rendered; ``created`` and ``ended`` are seconds since 1970.
    ``heard``: its client has sent something since its end, so it was there to be told. ``forgotten``: its client began
    anew, and may use the id for another request. ``found``: an earlier daemon took it. ``handling``: how the engine
    serves it.
    """

    id: str
    key: str
    asked: Request
    request: Request
    reply_to: tuple[Address, ...]
    state: State = State.QUEUED
    step: int = 0
    steps: int = 0
    attempts: int = 0
    cancelling: bool = False
    takes: dict[int, Written] = field(default_factory=dict)
    code: str = ""
    text: str = ""
    client: str = ""
    lives: int = 0
    created: float = 0.0
    ended: float = 0.0
    heard: bool = False
    forgotten: bool = False
    found: bool = False
    handling: Handling = field(default_factory=Handling)

    @property
    def number(self) -> int:
        """The key as a number, for the journal."""
        return int(self.key.rpartition("-")[2])

    @property
    def model(self) -> str:
        """The model that renders it."""
        return self.request.model or ""

    def answer_also(self, to: tuple[Address, ...]) -> None:
        """Tell these addresses, too. Of a sender with a new port for every message, only the latest few are kept."""
        self.reply_to = (*(known for known in self.reply_to if known not in to), *to)
        if len(self.reply_to) > MAX_REPLY_TO:
            self.reply_to = (*self.reply_to[:1], *self.reply_to[1 - MAX_REPLY_TO :])

    def silence(self, address: Address) -> None:
        """Tell this address no more: its connection has ended."""
        self.reply_to = tuple(known for known in self.reply_to if known != address)

    def move(self, state: State) -> None:
        """Go to another state. Raises RuntimeError for a step that the table does not have."""
        if state not in TRANSITIONS[self.state]:
            raise RuntimeError(f"job {self.id} cannot go from {self.state} to {state}")
        self.state = state

    def fail(self, code: str, text: str) -> None:
        """End the job with a reason."""
        self.move(State.FAILED)
        self.code, self.text = code, text


class Jobs:
    """All jobs that are known: the live ones, and the latest ended ones so that a repeated request can be answered."""

    def __init__(self, *, max_live: int = 64, max_ended: int = 100) -> None:
        self.max_live = max_live
        self._max_ended = max_ended
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def __iter__(self) -> Iterator[Job]:
        return iter(tuple(self._jobs.values()))

    def __len__(self) -> int:
        return len(self._jobs)

    def get(self, id: str) -> Job | None:
        """The job with this id, if it is known."""
        return self._jobs.get(id)

    def add(self, job: Job) -> None:
        """Take a job in; the oldest ended ones are forgotten above the bound."""
        self._jobs.pop(job.id, None)  # its place in the order was the old one's
        self._jobs[job.id] = job
        ended = [known.id for known in self if known.state.ended]
        for id in ended[: max(0, len(ended) - self._max_ended)]:
            del self._jobs[id]

    def adopt(self, job: Job) -> None:
        """Know a job again that the journal had kept."""
        if self._jobs.get(job.id) is not job:
            self.add(job)

    def of(self, reply_to: Address, client: str = "") -> list[Job]:
        """The jobs that are told to this address, and those of the named client that nobody is told about; the oldest
        first."""

        def orphan(job: Job) -> bool:
            return bool(client) and not job.reply_to and job.client == client

        return [job for job in self if reply_to in job.reply_to or orphan(job)]

    def forget(self, job: Job) -> None:
        """Forget an ended job."""
        job.forgotten = True
        del self._jobs[job.id]

    def with_key(self, key: str) -> Job | None:
        """The live job that the engine knows by this key."""
        return next((job for job in self._jobs.values() if job.key == key and not job.state.ended), None)

    def live(self) -> list[Job]:
        """Jobs that have not ended, oldest first."""
        return [job for job in self if not job.state.ended]

    @property
    def full(self) -> bool:
        """True when no further job is taken."""
        return len(self.live()) >= self.max_live

    def position(self, job: Job) -> int:
        """How many live jobs are before this one: the more urgent ones, and of those as urgent the earlier ones."""
        live = self.live()
        urgency = {one.key: (PRIORITIES.index(one.handling.priority), place) for place, one in enumerate(live)}
        return sum(place < urgency[job.key] for place in urgency.values())


def blamed(live: Sequence[Job], turn: Collection[str]) -> Sequence[Job]:
    """The jobs under which an engine was lost: those whose turn (of keys) it was, as far as it had come to say so."""
    found = [job for job in live if job.key in turn]
    return found or [job for job in live if job.state is State.RENDERING] or live[:1]

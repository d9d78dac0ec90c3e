"""Who is served next: a policy without a clock, a model or a thread.

Jobs wait in classes, `live` before `interactive` before `batch`. Within a class clients get equal shares of the
device's time, whatever the number of their jobs, and a client's jobs come in their order (start-time fair queueing,
Goyal, Vin and Cheng 1996: a client that comes back after a pause has no claim to what it did not use).

Nothing starves. Of each client in each class, the first job that waits is overdue once it was not served for
`PATIENCE[class]` seconds, and then gets its turn before every class, the longest wait first. Such turns are at most
every `EVERY`th one, so that even a device full of overdue work serves live jobs. Hence the bound: a first job is served
at the latest `PATIENCE` seconds and `EVERY` turns for each first job that has waited longer than it, and one more.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.params import PRIORITIES

PATIENCE: Mapping[str, float] = MappingProxyType({"live": 2.0, "interactive": 2.0, "batch": 5.0})
"""Seconds without service after which the first job of a client in a class is overdue."""

EVERY = 4
"""At most every so-manieth turn is an overdue job's."""

LINGER = 10.0
"""Seconds for which, after a live job, the next one is expected."""


@dataclass(slots=True)
class _Entry:
    """A job that is known. number: its place in the order of arrival. since: when it was last served, or came."""

    client: str
    priority: str
    number: int
    since: float


class Scheduler:
    """The policy and what it has to remember. Times are seconds of any clock that does not go back."""

    def __init__(self) -> None:
        self._jobs: dict[str, _Entry] = {}
        self._served: dict[tuple[str, str], float] = {}  # virtual seconds, by class and client
        self._numbers = itertools.count()
        self._turns_since_overdue = EVERY
        self._put_first: str | None = None  # the overdue job that came before more urgent ones when last asked
        self._last_live = float("-inf")

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def remembered(self) -> int:
        """Clients, by class, whose shares are known: those with jobs, and those that had more than any of these."""
        return len(self._served)

    def priority(self, job: str) -> str:
        """The class of a job."""
        return self._jobs[job].priority

    def join(self, job: str, client: str, priority: str, now: float) -> None:
        """Take a job in. Raises ValueError for a job that is here already."""
        if job in self._jobs:
            raise ValueError(f"job {job!r} is known already")
        queue, busy = (priority, client), self._busy(priority)
        if queue not in busy:
            others = [self._served[one] for one in busy]
            self._served[queue] = max(self._served.get(queue, 0.0), min(others, default=0.0))
        self._jobs[job] = _Entry(client, priority, next(self._numbers), now)
        if priority == "live":
            self._last_live = now

    def leave(self, job: str, now: float) -> None:
        """Forget a job that has ended."""
        gone = self._jobs.pop(job)
        if gone.priority == "live":
            self._last_live = now
        # Who comes back begins with the least share of those that are there, so a smaller one need not be kept.
        busy = self._busy(gone.priority)
        least = min((self._served[queue] for queue in busy), default=float("inf"))
        forgotten = [q for q, s in self._served.items() if q[0] == gone.priority and q not in busy and s <= least]
        for queue in forgotten:
            del self._served[queue]

    def lively(self, now: float) -> bool:
        """Whether a live job is here, or was so lately that the next one may come at any moment."""
        return now - self._last_live < LINGER or any(one.priority == "live" for one in self._jobs.values())

    def order(self, jobs: Iterable[str], now: float) -> list[str]:
        """The jobs, the one to be served now first. They are those that can be served; others wait for something."""
        known = {job: self._jobs[job] for job in jobs}
        urgent = sorted(known, key=lambda job: self._urgency(known[job]))
        first = self._put_first = self._most_overdue(known, now)
        if first is not None:
            urgent.remove(first)
            urgent.insert(0, first)
        return urgent

    def served(self, shares: Mapping[str, float], lead: str, now: float) -> None:
        """Note that the jobs of `shares` had so many seconds of the device each, in a turn that was the job `lead`'s.

        Jobs that have left meanwhile are charged to nobody.
        """
        # A turn that was the lead's anyway is nobody's: where all turns are long, there would be no others.
        self._turns_since_overdue = 1 if lead == self._put_first else self._turns_since_overdue + 1
        for job, seconds in shares.items():
            if (one := self._jobs.get(job)) is not None:
                self._served[one.priority, one.client] += seconds
                one.since = now

    def _busy(self, priority: str) -> set[tuple[str, str]]:
        """The classes and clients of a class that have jobs."""
        return {(one.priority, one.client) for one in self._jobs.values() if one.priority == priority}

    def _urgency(self, one: _Entry) -> tuple[int, float, int]:
        return PRIORITIES.index(one.priority), self._served[one.priority, one.client], one.number

    def _most_overdue(self, known: Mapping[str, _Entry], now: float) -> str | None:
        """The first job of a client in a class that has waited longest, if that is too long and its turn has come."""
        if self._turns_since_overdue < EVERY:
            return None
        heads: dict[tuple[str, str], str] = {}
        for job, one in known.items():
            queue = (one.priority, one.client)
            if queue not in heads or one.number < known[heads[queue]].number:
                heads[queue] = job
        overdue = [job for job in heads.values() if self._waits(known[job], now)]
        return min(overdue, key=lambda job: (known[job].since, known[job].number), default=None)

    def _waits(self, one: _Entry, now: float) -> bool:
        return now - one.since >= PATIENCE[one.priority]

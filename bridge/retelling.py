"""What clients may have missed: told again, and noted once they were there to hear it."""

from __future__ import annotations

import dataclasses
import time

from bridge.clients import Address
from bridge.jobs import Job, Jobs, State
from bridge.journal import Journal
from bridge.replies import Replies

_TOLD_SECONDS = 10.0  # so often the journal hears of takes that are asked for again and again


class Retelling:
    """Tells where jobs are, and keeps count of who has heard it."""

    def __init__(self, jobs: Jobs, journal: Journal, replies: Replies) -> None:
        self._jobs = jobs
        self._journal = journal
        self._replies = replies

    def hear(self, addresses: tuple[Address, ...]) -> None:
        """A client that says something is there, and was told about the jobs that ended before."""
        for address in addresses:
            for job in self._jobs.of(address):
                if job.state.ended and not job.heard:
                    job.heard = True
                    self._journal.later(job)

    def begin_anew(self, address: Address, name: str) -> None:
        """A client says who it is. The ids of its ended jobs are free again; what it may have missed is told."""
        for job in self._jobs.of(address, name):
            job.answer_also((address,))
            if job.state.ended and job.heard:
                self._jobs.forget(job)
                self._journal.later(job)
            else:
                job.forgotten = job.state.ended
                self.tell(job, (address,))

    def tell(self, job: Job, to: tuple[Address, ...], replies: Replies | None = None) -> None:
        """Tell where a job is, those of its takes that are still there, and its end. replies: another voice than that
        which everybody may overhear."""
        replies = replies or self._replies
        if not job.state.ended:
            replies.queued(job, to)
        if job.state is State.RENDERING and job.step:
            replies.step(job, to)
        self.note_told(job)
        for written in job.takes.values():
            if written.path.is_file():
                replies.take(job, written, to)
        self._journal.later(job)
        if job.state.ended:
            replies.end(job, to)

    def note_told(self, job: Job) -> None:
        """Somebody hears of a job's takes at this moment, so they are kept for another while."""
        now = time.time()
        if any(now - take.told > _TOLD_SECONDS for take in job.takes.values()):
            job.takes = {index: dataclasses.replace(take, told=now) for index, take in job.takes.items()}
            self._journal.later(job)

"""From one daemon to the next: jobs that are left in the journal, and gone on with."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bridge.endings import Endings
from bridge.jobs import Job, Jobs, State
from bridge.journal import Found, Journal
from bridge.replies import Replies

log = logging.getLogger("bridge")

MAX_LIVES = 5
"""So many daemons may end while they render a job before it is taken for the reason."""


class Handover:
    """Leaves jobs to the next daemon, and takes over those of the one before. ``start`` starts a model's engine, or
    raises."""

    def __init__(
        self, start: Callable[[str], None], jobs: Jobs, replies: Replies, journal: Journal, endings: Endings
    ) -> None:
        self._start = start
        self._jobs = jobs
        self._replies = replies
        self._journal = journal
        self._endings = endings

    def leave(self, code: str, text: str) -> None:
        """Leave every live job as one that waits, and say so with a reason."""
        for job in self._jobs.live():
            if job.cancelling:  # it would have been over at its next step
                self._endings.end(job, State.CANCELLED)
                continue
            if job.state is State.RENDERING:
                job.move(State.QUEUED)
            self._journal.save(job)
            self._replies.error(job.reply_to, code, text, job.id)

    def take_over(self, found: Found) -> None:
        """Know the jobs of an earlier daemon: those that had not ended are rendered, what is written is kept."""
        for job in found.unreadable:
            self._journal.save(job)
            self._replies.end(job)
        for job in found.jobs:
            self._jobs.add(job)
        for job in self._jobs.live():
            self._go_on_with(job)

    def _go_on_with(self, job: Job) -> None:
        if job.state is State.RENDERING:
            job.lives += 1
            job.move(State.QUEUED)
            self._journal.save(job)
        if len(job.takes) == job.request.takes:  # only its end was not put down
            job.move(State.RENDERING)
            self._endings.end(job, State.DONE)
        elif job.lives >= MAX_LIVES:
            self._endings.fail(job, "bridge-lost", f"the bridge ended {job.lives} times while it rendered this job")
        else:
            try:
                self._start(job.model)
            except Exception as error:  # the model was removed meanwhile; the others go on
                self._endings.fail(job, "model", str(error))
                return
            log.warning("job %s is gone on with, %d of %d takes are there", job.id, len(job.takes), job.request.takes)
            self._replies.queued(job)

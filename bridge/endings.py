"""The end of a job: put down, told to its clients and to the log, in one order for all ends."""

from __future__ import annotations

import logging
import time

from bridge.delivery import Delivery
from bridge.jobs import Job, State
from bridge.journal import Journal
from bridge.replies import Replies

log = logging.getLogger("bridge")


class Endings:
    """Ends jobs. Raises RuntimeError for a job that has ended."""

    def __init__(self, replies: Replies, journal: Journal, delivery: Delivery) -> None:
        self._replies = replies
        self._journal = journal
        self._delivery = delivery

    def end(self, job: Job, state: State) -> None:
        """A job is done or cancelled."""
        job.move(state)
        self._put_down(job)
        facts = {"job": job.id, "client": job.client, "state": state.value, "takes": len(job.takes)}
        log.info("job %s %s, %d takes", job.id, state, len(job.takes), extra=facts)
        self._replies.end(job)

    def fail(self, job: Job, code: str, text: str) -> None:
        """A job has failed, for a reason with a slug and a text."""
        job.fail(code, text)
        self._put_down(job)
        facts = {"job": job.id, "client": job.client, "state": job.state.value, "code": code}
        log.warning("job %s failed: %s", job.id, text, extra=facts)
        self._replies.end(job)

    def _put_down(self, job: Job) -> None:
        self._delivery.end(job)
        job.ended = time.time()
        self._journal.save(job)

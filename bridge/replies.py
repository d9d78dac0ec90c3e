"""What clients are told about jobs and models: one method for each reply."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bridge.clients import Address
from bridge.jobs import Job, Jobs, State, Written
from bridge.osc import shorten
from engine import Clip, Ready, __version__

MAX_TEXT = 600
"""Bytes of any text of ours in a reply."""

To = tuple[Address, ...]
Send = Callable[[To, str, tuple[int | float | str | bytes, ...]], None]


class Replies:
    """The daemon's voice. ``send(to, address, args)`` is how it gets out."""

    def __init__(self, send: Send, jobs: Jobs) -> None:
        self.send = send
        self._jobs = jobs

    def state(self, to: To, model: str, ready: Ready | None) -> None:
        """Which model is in use, and whether it is loaded."""
        if ready is None:
            self.send(to, "/bridge/loading", (__version__, model))
        else:
            self.send(to, "/bridge/ready", (ready.version, model, ready.rate, *ready.tasks))

    def error(self, to: To, code: str, text: str, *id: str) -> None:
        """Something could not be done that is not a job's end."""
        self.send(to, "/bridge/error", (code, shorten(text, MAX_TEXT), *id))

    def queued(self, job: Job, to: To | None = None) -> None:
        """The job waits, behind so many others."""
        self.send(to or job.reply_to, "/job/queued", (job.id, self._jobs.position(job)))

    def step(self, job: Job, to: To | None = None) -> None:
        """How far the job is."""
        self.send(to or job.reply_to, "/job/step", (job.id, job.step, job.steps))

    def preview(self, job: Job, step: int, path: Path, clip: Clip) -> None:
        """A preview lies on disk."""
        self.send(job.reply_to, "/job/preview", (job.id, step, str(path), clip.frames, clip.rate))

    def take(self, job: Job, take: Written, to: To | None = None) -> None:
        """A take lies on disk."""
        args = (job.id, take.index, str(take.path), take.frames, take.rate, take.seed, float(take.score))
        self.send(to or job.reply_to, "/job/take", args)

    def end(self, job: Job, to: To | None = None) -> None:
        """How the job ended."""
        to = to or job.reply_to
        match job.state:
            case State.DONE:
                self.send(to, "/job/done", (job.id, len(job.takes)))
            case State.CANCELLED:
                self.send(to, "/job/cancelled", (job.id,))
            case State.FAILED:
                self.send(to, "/job/failed", (job.id, job.code, shorten(job.text, MAX_TEXT)))

    def refused(self, id: str, code: str, text: str, to: To) -> None:
        """What was sent cannot be done; as the job's end, unless the job goes on."""
        known = self._jobs.get(id)
        if known is not None and not known.state.ended:
            # the job itself goes on, and must not look as if it had ended
            self.error(to, code, text, id)
        elif id:
            self.send(to, "/job/failed", (id, code, shorten(text, MAX_TEXT)))
        else:
            self.error(to, code, text)

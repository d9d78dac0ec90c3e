"""What is said across the seam: commands to an engine service and events from it. Plain frozen values.

Every job that was submitted ends in exactly one of `Done`, `Failed` or `Cancelled`.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.request import Request, Take


@dataclass(frozen=True, slots=True)
class Submit:
    """Render `request` as the job `id`, an id that the sender chose."""

    id: str
    request: Request


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the job `id`. A job that is unknown or over is left alone."""

    id: str


@dataclass(frozen=True, slots=True)
class Close:
    """Cancel all jobs and end."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded and warmed up. rate: its native rate in Hz. tasks: what it can do."""

    model: str
    rate: int
    version: str
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """The model cannot be loaded, so the engine ends."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Started:
    """The job left the queue."""

    id: str


@dataclass(frozen=True, slots=True)
class Step:
    """`index` of `total` denoising steps of the job are done; all its takes step together."""

    id: str
    index: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class TakeReady:
    """One take of the job is finished."""

    id: str
    take: Take


@dataclass(frozen=True, slots=True)
class Done:
    """The job is done: `takes` takes were sent."""

    id: str
    takes: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The job failed. code: a short slug as in `engine.errors`. text: for people."""

    id: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The job was cancelled. Takes that were ready before stay valid."""

    id: str


Command = Submit | Cancel | Close
Event = Ready | Broken | Started | Step | TakeReady | Done | Failed | Cancelled

"""What is said across the seam: commands to an engine service and events from it. Plain frozen values.

Every job that was submitted ends in exactly one of `Done`, `Failed` or `Cancelled`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.handling import Handling
from engine.request import Clip, Request, Take


@dataclass(frozen=True, slots=True)
class Submit:
    """Render `request` as the job `id`, an id that the sender chose. handling: how to serve it."""

    id: str
    request: Request
    handling: Handling = field(default_factory=Handling)


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


@dataclass(frozen=True, slots=True)
class Turn:
    """The jobs that have the device from now on. An engine that is lost was lost under the latest of these."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """What the job's first take sounds like after `step` steps, roughly. The take itself is not changed by it."""

    id: str
    step: int
    clip: Clip


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Samples of a take that is still being decoded: `clip.frames` of them from the frame `first` on, out of `frames`.

    They follow one another without a gap, and are exactly those that the take's file will hold. What of a take does
    not come this way is in its `TakeReady`.
    """

    id: str
    index: int
    first: int
    frames: int
    clip: Clip


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
Event = Ready | Broken | Started | Turn | Step | Preview | Piece | TakeReady | Done | Failed | Cancelled

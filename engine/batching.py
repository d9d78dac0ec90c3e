"""Which states the next step takes: those of the job whose turn it is, and what fits beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.handling import Handling
from engine.model import Progress
from engine.pace import Pace
from engine.request import Clip, Request

if TYPE_CHECKING:
    from engine.rendering import Rendering, Slot

MOST_OPEN = 16
"""Jobs that are begun to fill a batch: each holds its source and its latents in memory."""


@dataclass(slots=True, eq=False)
class Work:
    """A job that is here. rendering: None until its first turn."""

    id: str
    request: Request
    handling: Handling
    rendering: Rendering | None = None
    told: Progress | None = None
    takes: int = 0
    given: dict[int, int] = field(default_factory=dict)
    """Frames of each take that were given in pieces."""
    sketch: Iterator[Clip | None] | None = None
    sketched: int = 0
    """The step whose preview was begun last."""

    @property
    def live(self) -> bool:
        """Whether it is of the most urgent class."""
        return self.handling.priority == "live"

    @property
    def begins(self) -> bool:
        """True until it is ready for its first step."""
        return self.told is None and not (self.rendering is not None and self.rendering.steps_next)


Chosen = list[tuple[str, "Slot"]]
"""Slots with the ids of their jobs."""


def chosen(work: Work, others: Sequence[Work], pace: Pace, hurry: bool) -> Chosen:
    """The states to step in the turn of `work`, all of one batch key; none where its next unit is no step.

    others: the other jobs, the most urgent first. hurry: whether a live job is here or may come at any moment.
    """
    if work.rendering is None or not (own := work.rendering.slots()):
        return []
    key, hurry = own[0].state.batch_key, hurry and not work.live
    room = pace.room(key, hurry)
    if (hurry and own[0].state.size > room) or not pace.fits(key, own[0].state.size):
        own = [*own[0].divide(), *own[1:]]
    found, size = [(work.id, own[0])], own[0].state.size
    for slot in own[1:]:  # more of its own: all of them, unless somebody may be waiting for this step to end
        size += slot.state.size
        if (hurry and size > room) or not pace.fits(key, size):
            return found
        found.append((work.id, slot))
    for other in others:
        if not _share(work, other) or other.rendering is None:
            continue
        for slot in other.rendering.slots():
            if slot.state.batch_key != key or size + slot.state.size > room:
                break
            size += slot.state.size
            found.append((other.id, slot))
    return found


def joining(work: Work, others: Sequence[Work], slots: Chosen, pace: Pace, hurry: bool) -> Work | None:
    """A job to be begun now, so that it shares the steps of `work` from the next one on; None if none would fit."""
    if not slots or hurry or work.live or sum(other.rendering is not None for other in (work, *others)) >= MOST_OPEN:
        return None
    first = slots[0][1].state
    if sum(sizes(slots).values()) + first.size > pace.room(first.batch_key, hurry):
        return None
    return next((other for other in others if other.begins and _share(work, other)), None)


def _share(work: Work, other: Work) -> bool:
    """Whether a job may be stepped in another one's turn. What is live waits for nothing that is not."""
    return not (work.handling.alone or other.handling.alone or (work.live and not other.live))


def smaller(slots: Chosen) -> Chosen:
    """The same slots, of which each can be stepped without the others; a single one in its parts, if it has any."""
    if len(slots) > 1:
        return slots
    ((id, slot),) = slots
    return [(id, part) for part in slot.divide()]


def sizes(slots: Chosen) -> dict[str, float]:
    """How much work a step is for each of the jobs."""
    found: dict[str, float] = {}
    for id, slot in slots:
        found[id] = found.get(id, 0.0) + slot.state.size
    return found

"""What happens to a job, as a client hears of it: one frozen value for each kind."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.client.takes import Take


@dataclass(frozen=True, slots=True)
class Queued:
    """The job is taken, and `position` jobs are before it."""

    id: str
    position: int


@dataclass(frozen=True, slots=True)
class Step:
    """`index` of `total` steps are done. After the loss of an engine it begins again."""

    id: str
    index: int
    total: int

    @property
    def part(self) -> float:
        """How far it is, 0 to 1."""
        return self.index / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class TakeReady:
    """A take is complete."""

    id: str
    take: Take


@dataclass(frozen=True, slots=True)
class Ended:
    """The job has ended: `state` is done, failed or cancelled, and of one that failed `code` and `text` say why."""

    id: str
    state: str
    takes: int = 0
    code: str = ""
    text: str = ""


Event = Queued | Step | TakeReady | Ended

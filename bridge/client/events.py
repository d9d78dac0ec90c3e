"""What happens to a job, as a client hears of it: one frozen value for each kind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.client.takes import Take

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
class Preview:
    """What the current take sounds like after `step` steps, roughly, of a job that asked for it by ``preview``.

    path: a WAV file that is there for a while; None where the bridge's disk is not ours.
    """

    id: str
    step: int
    path: Path | None
    frames: int
    rate: int

    @property
    def samples(self) -> NDArray[np.float32]:
        """The sound as float32 of the shape (channels, frames). Raises `engine.FileError` if the file has gone."""
        from engine import read_clip

        return read_clip(str(self.path)).samples


@dataclass(frozen=True, slots=True)
class Stream:
    """A take begins to come in pieces, of a job that asked for it by ``stream``; a second time, it begins anew."""

    id: str
    take: int
    frames: int
    rate: int
    channels: int


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Samples of a take from the frame `first` on: float32 of the shape (channels, frames)."""

    id: str
    take: int
    first: int
    rate: int
    samples: NDArray[np.float32]

    @property
    def frames(self) -> int:
        """Length in frames."""
        return int(self.samples.shape[1])


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


Event = Queued | Step | Preview | Stream | Piece | TakeReady | Ended

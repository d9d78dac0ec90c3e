"""What comparing head counts has found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadCheck:
    """What `verify` found. trained, config: the head counts that were compared; trained_errors, config_errors: mean
    squared error of the predicted noise at each of `times` (1 is no better than silence). fits: "trained", "config", or
    "" where the errors do not tell them apart. sureness: standard errors between them, positive for trained.
    """

    path: Path
    times: tuple[int, ...]
    trained: tuple[int, ...]
    config: tuple[int, ...]
    trained_errors: tuple[float, ...]
    config_errors: tuple[float, ...]
    fits: str
    sureness: float

    @property
    def text(self) -> str:
        """The finding in a few lines, for people."""
        rows = [f"heads {','.join(map(str, self.trained))} (as trained) against {','.join(map(str, self.config))}:"]
        for time, ours, theirs in zip(self.times, self.trained_errors, self.config_errors, strict=True):
            rows.append(f"  time {time}: error of the predicted noise {ours:.4f} against {theirs:.4f}")
        told = {
            "trained": "the weights fit the head counts of the training: heads=trained",
            "config": "the weights fit the other head counts: heads=config",
            "": "the errors do not tell them apart: try a longer recording with more in it",
        }
        return "\n".join([*rows, f"  {told[self.fits]} ({abs(self.sureness):.1f} standard errors apart)"])

"""Times from a cancel to a free engine, and how they compare with a step."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.live_latency import percentile


@dataclass(slots=True)
class Measured:
    """Seconds. ``steps``: between two steps of a job that was left alone. ``decoding``: from its last step to its take.
    ``denoised`` and ``decoded``: from a cancel to the engine's letting go, of jobs that were in their steps, or beyond.
    ``too_late``: cancels that found a job at its end."""

    steps: list[float] = field(default_factory=list)
    decoding: list[float] = field(default_factory=list)
    denoised: list[float] = field(default_factory=list)
    decoded: list[float] = field(default_factory=list)
    too_late: int = 0

    @property
    def freed(self) -> list[float]:
        """All times from a cancel to a free engine."""
        return self.denoised + self.decoded

    @property
    def missed(self) -> bool:
        """Whether an engine was free later than after one step."""
        return max(self.freed) > max(self.steps)


HEADING = f"{'in ms':<24}{'n':>6}{'median':>9}{'90 %':>9}{'99 %':>9}{'max':>9}"


def rows(found: Measured) -> Iterator[str]:
    """What was measured, and the bar."""
    for name, values in (
        ("a step", found.steps), ("decoding", found.decoding), ("cancel while denoising", found.denoised),
        ("cancel while decoding", found.decoded), ("all cancels", found.freed),
    ):  # fmt: skip
        if values:
            parts = (statistics.median(values), percentile(values, 0.9), percentile(values, 0.99), max(values))
            yield f"{name:<24}{len(values):>6}" + "".join(f"{part * 1e3:>9.1f}" for part in parts)
    step, freed = max(found.steps), max(found.freed)
    within = sum(one <= step for one in found.freed) / len(found.freed)
    yield (f"the engine was free {freed * 1e3:.1f} ms after a cancel at the latest, a step takes up to "
           f"{step * 1e3:.1f} ms: {freed / step:.2f} steps, bar 1.00{'  MISSED' if found.missed else ''}; "
           f"{within:.0%} within one step, {found.too_late} came too late")  # fmt: skip

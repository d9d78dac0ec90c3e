"""What a task asks of a family: denoising runs, `Pass`; and what it is given to work on, `Work`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.request import Clip, Request

Mono = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pass:
    """One denoising run.

    request: resolved, of one take: prompts, steps, guidance, sampler. frames: samples at the family's rate to cover.
    seed: of the noise. source: mono float32 samples at the family's rate, or None.
    strength: 1 begins at noise; below it, at the source noised so far.
    hold: spans (start, end) of `source` that are kept at every step. hold_below: the band below so many Hz is kept.
    wrap: the end runs into the beginning; `frames` is then a multiple of the family's `grid`.
    heard: mono samples at the family's rate whose embedding steers beside the prompt's (vary).
    """

    request: Request
    frames: int
    seed: int
    source: Mono | None = None
    strength: float = 1.0
    hold: tuple[tuple[int, int], ...] = ()
    hold_below: float = 0.0
    wrap: bool = False
    heard: Mono | None = None

    @property
    def held(self) -> bool:
        """Whether something of the source is kept at every step."""
        return self.source is not None and (bool(self.hold) or self.hold_below > 0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Work:
    """What a task works on: a resolved request of one take, its source as it was read, and facts of the family.

    rate: the family's, in Hz. window: the longest pass that it does well, in seconds. grid: samples at that rate of one
    row of its latent.
    """

    request: Request
    source: Clip | None
    rate: int
    window: float
    grid: int

"""Outlines of recordings for an AudioLDM 2: to render something like them, and to go on from them."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from engine.audiomae import RATE, AudioMaeEars
from engine.finish import resample
from engine.nets.audiomae import AudioMae
from engine.passes import Pass, Samples

CONTINUED = ("extend",)
"""Tasks whose result goes on from what there is. What fills a gap begins something of its own."""


class Outliner:
    """AudioMAE, listening at a family's rate."""

    def __init__(self, encoder: AudioMae, rate: int) -> None:
        self.ears = AudioMaeEars(encoder)
        self.rate = rate

    def outline(self, samples: Samples, looseness: int) -> Tensor:
        """Mono samples at the family's rate to an outline, float32 (tokens, width), of their first 10.24 s."""
        return self.ears.outline(resample(samples[None], self.rate, RATE)[0], looseness)

    def held(self, asked: Pass, length: int) -> tuple[int, int]:
        """Of a pass that goes on from what it holds at its start: the looseness of outlines with `length` tokens, and
        how many tokens' time is held whole, at most all but one. (0, 0) for any other pass."""
        if asked.source is None or asked.request.task not in CONTINUED or not asked.hold or asked.hold[0][0] > 0:
            return 0, 0
        looseness = next((one for one in (1, 2, 4, 8) if self.ears.tokens(one) == length), 0)
        if not looseness:
            return 0, 0
        seconds = min(asked.hold[0][1], len(asked.source)) / self.rate
        across = max(1, self.ears.encoder.config.grid[1] // looseness)
        tokens = min(int(seconds / self.ears.seconds(looseness)) * across, length - 1)
        return (looseness, tokens) if tokens else (0, 0)

    def beginning(self, asked: Pass, length: int) -> Tensor | None:
        """The beginning of the outline of a pass that goes on from what it holds at its start: (tokens, width), of
        outlines with `length` tokens. None for any other pass."""
        looseness, tokens = self.held(asked, length)
        if not tokens or asked.source is None:
            return None
        return self.outline(np.asarray(asked.source[: asked.hold[0][1]]), looseness)[:tokens]

"""Whether renderings of a kind are spread as real clips of it are, and not only in the right place.

The energy distance (Székely & Rizzo 2013, "Energy statistics") between what listeners hear of a kind's renderings and
of its real clips: 2 E|x - y| - E|x - x'| - E|y - y'|, which is 0 only for equal distributions. A reward for being
recognised alone draws renderings to what is most typical, louder and clearer than real clips are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.training.data import Corpus, random_crops
from engine.training.loop import device

KEPT, LATEST = 12, 4
"""Remembered clips of a kind, and remembered renderings."""
BANDS = 16

Hearing = Callable[[Tensor], tuple[Tensor, ...]]


def levels(mel: Tensor) -> Tensor:
    """Mean over time in 16 bands, (B, 16), of normalised log-mel (B, 1, T, 128)."""
    return mel.float().mean(dim=(1, 2)).unflatten(1, (BANDS, -1)).mean(dim=2)


class Spread:
    """Remembers what real clips of each kind, and the latest renderings, were heard as.

    hearing: mels (B, 1, T, 128) to some descriptions, each (B, D); their distances are added, each over the mean
    distance of real clips of one kind, so that none outweighs another.
    """

    def __init__(self, corpus: Corpus, frames: int, hearing: Hearing, rng: np.random.Generator) -> None:
        labels, sustained = corpus.labels, corpus.sustained
        kinds = range(int(labels.max()) + 1)
        clips = np.stack([rng.choice(np.flatnonzero(labels == k), KEPT) for k in kinds])
        heard = []
        with torch.inference_mode():
            for row in clips:
                mel = corpus.take(row, random_crops(rng, sustained, row, frames), frames)
                heard.append([found.float() for found in hearing(mel.to(device()))])
        self.real = tuple(torch.stack(part).clone() for part in zip(*heard, strict=True))
        self.rendered = tuple(part[:, :LATEST].clone() for part in self.real)
        self.scales = tuple(float(torch.cdist(part, part).mean()) * KEPT / (KEPT - 1) for part in self.real)

    def loss(self, heard: tuple[Tensor, ...], kinds: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
        """How much farther renderings are from real clips of their kind than from one another; then remembers them.

        Its gradient is half the energy distance's, as what is remembered does not move; its value is none by itself.
        """
        total = heard[0].new_zeros(())
        for found, real, rendered, scale in zip(heard, self.real, self.rendered, self.scales, strict=True):
            to_real, to_rendered = (_distance(found, bank[kinds]) for bank in (real, rendered))
            total = total + (to_real - to_rendered).mean() / scale
        self.remember(heard, kinds, int(rng.integers(LATEST)))
        return total

    def remember(self, heard: tuple[Tensor, ...], kinds: NDArray[np.int64], place: int) -> None:
        """Puts what was heard of renderings at one of the places of their kinds, 0 to LATEST - 1."""
        for found, rendered in zip(heard, self.rendered, strict=True):
            rendered[kinds, place] = found.detach()


def _distance(found: Tensor, bank: Tensor) -> Tensor:
    """Mean distance of each (B, D) to its own (B, n, D)."""
    return (found[:, None] - bank).square().sum(dim=2).add(1e-6).sqrt().mean(dim=1)

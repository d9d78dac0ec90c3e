"""The rendered corpus as arrays, and the crops that training takes from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.training.corpus.render import MEL_FRAMES, rows

CROP = 256
STARTS = (0, 84, 168, 256)
"""First mel frames of the crops whose embeddings and latents are known beforehand; all divide by 4."""


@dataclass(frozen=True)
class Corpus:
    """One rendered split: mels (clips, 512, 128) float16 on disk, and a row of facts for each clip."""

    mels: NDArray[np.float16]
    rows: list[dict[str, Any]]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def labels(self) -> NDArray[np.int64]:
        """Kind numbers; -1 where two events sound."""
        index = {name: k for k, name in enumerate(self.kinds)}
        return np.array([-1 if row["second"] else index[row["kind"]] for row in self.rows])

    @property
    def sustained(self) -> NDArray[np.bool_]:
        """True where any crop of the clip sounds like the whole: marked so, and no crop is all but silent."""
        marked = np.array([row["sustained"] for row in self.rows])
        ends = np.array([float(self.mels[i, -64:].max()) for i in range(len(self.rows))])
        return marked & (ends > -0.8)

    def take(self, index: NDArray[np.int64], starts: NDArray[np.int64] | int, frames: int) -> Tensor:
        """Crops as a float32 tensor (B, 1, frames, 128)."""
        starts = np.broadcast_to(starts, len(index))
        crops = np.stack([self.mels[i, s : s + frames] for i, s in zip(index, starts, strict=True)])
        return torch.from_numpy(crops.astype(np.float32))[:, None]


def load_corpus(work: Path, split: str) -> Corpus:
    """A rendered split. FileNotFoundError if it was never begun, ValueError if some of its blocks are missing."""
    path = work / "corpus" / f"{split}.npy"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: python -m engine.training pocket renders the corpus")
    mels = np.load(path, mmap_mode="r")
    found = list(rows(work / "corpus", split))
    if len(found) != len(mels):
        raise ValueError(f"the {split} split has {len(found)} of {len(mels)} clips: run the corpus stage to its end")
    return Corpus(mels, found, tuple(sorted({row["kind"] for row in found})))


def random_crops(
    rng: np.random.Generator, sustained: NDArray[np.bool_], index: NDArray[np.int64], frames: int
) -> NDArray[np.int64]:
    """First frames for crops of `frames`: anywhere in sustained clips, at the onset in the others."""
    limit = MEL_FRAMES - frames
    return np.where(sustained[index], rng.integers(0, limit + 1, len(index)), 0)

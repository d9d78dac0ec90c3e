"""Spectrograms, rendered beside generated or of a long recording: numbers flatter, pictures do not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.finish import resample
from engine.mel import POCKET, pocket_log_mel

LINE = 30.0
"""Seconds of a long recording in one row of its picture."""


def grid(path: Path, titles: Sequence[str], rendered: Tensor, generated: Tensor, columns: int = 6) -> None:
    """Writes a PNG; each pair is a kind's rendered clip and, right of it, one generated from that clip's caption.

    rendered, generated: normalised log-mels (clips, frames, 128).
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = -(-len(titles) // columns)
    figure, axes = plt.subplots(rows, 2 * columns, figsize=(3.2 * columns, 1.5 * rows), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for index, title in enumerate(titles):
        row, column = divmod(index, columns)
        for side, mels in enumerate((rendered, generated)):
            axis = axes[row][2 * column + side]
            axis.imshow(mels[index].T.numpy(), origin="lower", aspect="auto", vmin=-1.7, vmax=2.2, cmap="magma")
        axes[row][2 * column].set_title(title[:44], fontsize=6, loc="left")
    figure.tight_layout(pad=0.3)
    figure.savefig(path, dpi=90)
    plt.close(figure)


def spectrogram(path: Path, samples: NDArray[np.float32], rate: int, marks: Sequence[float]) -> None:
    """Writes a PNG: log-mels of mono samples (frames,) at `rate` Hz in rows of 30 s, with a tick above and below each
    place in `marks`, in seconds."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    native = resample(samples[None], rate, POCKET.rate)[0]
    size = round(LINE * POCKET.rate)
    rows = max(1, math.ceil(len(native) / size))
    figure, axes = plt.subplots(rows, 1, figsize=(16, 2.0 * rows), squeeze=False)
    for row, axis in enumerate(axes[:, 0]):
        begin = row * LINE
        mel = pocket_log_mel(torch.from_numpy(native[row * size : (row + 1) * size].copy()))
        extent = (begin, begin + len(mel) * POCKET.hop / POCKET.rate, 0, POCKET.bands)
        axis.imshow(
            mel.T.numpy(), origin="lower", aspect="auto", vmin=-1.7, vmax=2.2, cmap="magma", extent=extent,
            interpolation="nearest",
        )  # fmt: skip
        for mark in (mark for mark in marks if begin <= mark < begin + LINE):
            axis.plot([mark, mark], [0, 5], color="cyan", linewidth=1)
            axis.plot([mark, mark], [POCKET.bands - 5, POCKET.bands], color="cyan", linewidth=1)
        axis.set_xlim(begin, begin + LINE)
        axis.set_yticks([])
        axis.tick_params(labelsize=7)
    axes[-1, 0].set_xlabel("seconds; bands in mel, 20 Hz to 24 kHz; ticks where windows join", fontsize=8)
    figure.tight_layout(pad=0.4)
    figure.savefig(path, dpi=80)
    plt.close(figure)

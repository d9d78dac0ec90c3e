"""A grid of spectrograms, rendered beside generated: numbers flatter, pictures do not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor


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

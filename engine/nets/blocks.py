"""Convolutional pieces that the U-Net and the VAE share. Images are (B, C, R rows of time, F columns of frequency)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.leaving import breathe


class Resnet(nn.Module):
    """Residual block: norm, SiLU, 3x3 convolution, twice; an embedding, where there is one, is added in between.

    The embedding arrives already activated (SiLU): it is the same for every block of a network, so its owner does it
    once. `embedding` is its width, or None for a block without.
    """

    def __init__(self, inputs: int, outputs: int, *, groups: int, eps: float, embedding: int | None = None) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, eps=eps)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time_emb_proj = None if embedding is None else nn.Linear(embedding, outputs)
        self.norm2 = nn.GroupNorm(groups, outputs, eps=eps)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv_shortcut = None if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor, embedding: Tensor | None = None) -> Tensor:
        """(B, inputs, R, F) and (B, embedding) to (B, outputs, R, F)."""
        breathe()
        h = self.conv1(F.silu(self.norm1(x)))
        if self.time_emb_proj is not None:
            h = h + self.time_emb_proj(embedding)[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return h + (x if self.conv_shortcut is None else self.conv_shortcut(x))


class Downsample(nn.Module):
    """Halves both axes with a strided convolution.

    The U-Net pads all four sides (rows become ceil(R / 2)); the VAE, `uneven`, pads only the right and the bottom
    (floor(R / 2)), as the networks were trained.
    """

    def __init__(self, channels: int, *, uneven: bool = False) -> None:
        super().__init__()
        self.uneven = uneven
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=0 if uneven else 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, R, F) to half the rows and half the columns."""
        return self.conv(F.pad(x, (0, 1, 0, 1)) if self.uneven else x)


class Upsample(nn.Module):
    """Nearest-neighbour upsampling to twice the size, or to `size` where a skip connection dictates it, then 3x3."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor, size: torch.Size | tuple[int, int] | None = None) -> Tensor:
        """(B, C, R, F) to (B, C, *size), by default twice the rows and columns."""
        rows, columns = size if size is not None else (2 * x.shape[2], 2 * x.shape[3])
        return self.conv(F.interpolate(x, size=(rows, columns), mode="nearest"))

"""Convolutional networks that hear a log-mel: the audio half of the pocket's CLAP, and classifiers.

Frequency is kept apart until the last layer, time is averaged, so a clip of any length gives one vector.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioTowerConfig:
    """Shape of a tower: channels of its stages (each halves time and frequency), mel bands, width of the vector."""

    channels: tuple[int, ...] = (32, 64, 128, 192)
    mels: int = 128
    dim: int = 256
    groups: int = 8


class Stage(nn.Module):
    """A strided convolution, then a residual block (pre-activation, group norm)."""

    def __init__(self, inputs: int, outputs: int, groups: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1)
        self.norm1 = nn.GroupNorm(groups, outputs)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T, M) to (B, outputs, T / 2, M / 2)."""
        x = self.down(x)
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))


class AudioTower(nn.Module):
    """Normalised log-mel (B, 1, T, mels) to vectors (B, dim), not normalised; T at least 16."""

    def __init__(self, config: AudioTowerConfig) -> None:
        super().__init__()
        self.config = config
        widths = (1, *config.channels)
        self.stages = nn.ModuleList(Stage(a, b, config.groups) for a, b in zip(widths, widths[1:], strict=False))
        flat = config.channels[-1] * (config.mels >> len(config.channels))
        self.mix = nn.Linear(flat, 2 * config.dim)
        self.out = nn.Linear(4 * config.dim, config.dim)

    def forward(self, mel: Tensor) -> Tensor:
        """See the class."""
        x = mel
        for stage in self.stages:
            x = stage(x)
        x = F.silu(self.mix(x.permute(0, 2, 1, 3).flatten(2)))
        return self.out(torch.cat((x.mean(dim=1), x.amax(dim=1)), dim=1))

"""Convolutional networks that hear a log-mel: the audio half of the pocket's CLAP, and classifiers.

Frequency is kept apart until the last layer, time is averaged, so a clip of any length gives one vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.leaving import breathe
from engine.nets.vae import fold_patches


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioTowerConfig:
    """Shape of a tower: channels of its stages (each but the first halves time and frequency), mel bands, width of the
    vector, and the size (frames, bands) of the patches that enter."""

    channels: tuple[int, ...] = (64, 128, 192)
    mels: int = 128
    dim: int = 256
    patch: tuple[int, int] = (4, 4)


class Stage(nn.Module):
    """A convolution that may stride, then a residual block (pre-activation, batch norm: the fastest norm on a CPU)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T, M) to (B, outputs, T / stride, M / stride)."""
        breathe()
        x = self.down(x)
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))


class AudioTower(nn.Module):
    """Normalised log-mel (B, 1, T, mels) to vectors (B, dim), not normalised; T at least 4."""

    def __init__(self, config: AudioTowerConfig) -> None:
        super().__init__()
        self.config = config
        widths = (config.patch[0] * config.patch[1], *config.channels)
        self.stages = nn.ModuleList(
            Stage(a, b, 2 if k else 1) for k, (a, b) in enumerate(pairwise(widths))
        )
        flat = config.channels[-1] * (config.mels // config.patch[1] >> (len(config.channels) - 1))
        self.mix = nn.Linear(flat, 2 * config.dim)
        self.out = nn.Linear(4 * config.dim, config.dim)

    def forward(self, mel: Tensor) -> Tensor:
        """See the class."""
        x = fold_patches(mel, self.config.patch).contiguous(memory_format=torch.channels_last)
        for stage in self.stages:
            x = stage(x)
        x = F.silu(self.mix(x.permute(0, 2, 1, 3).flatten(2)))
        return self.out(torch.cat((x.mean(dim=1), x.amax(dim=1)), dim=1))

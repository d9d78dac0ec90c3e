"""The critic of the stage `tune`: of a latent it says which kind it is, and whether it was encoded or generated.

A classifier that also tells real from generated (Odena et al. 2017), the latter by projection on the kind (Miyato and
Koyama 2018), with the hinge losses of Lim and Ye 2017. It works on latents, so it costs next to nothing.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CHANNELS = (64, 128, 192, 256)
GROUPS = 16
NOISE = 0.1
"""Standard deviation of the noise on everything that the critic sees: it must not live on what nobody hears."""


class Stage(nn.Module):
    """A strided convolution, then a residual block."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1)
        self.norm1, self.norm2 = nn.GroupNorm(GROUPS, outputs), nn.GroupNorm(GROUPS, outputs)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T, F) to (B, outputs, T / 2, F / 2)."""
        x = self.down(x)
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))


class Critic(nn.Module):
    """Scaled latents (B, 8, T, 16) and kinds (B,) to logits (B, kinds) and realness (B,); T is a multiple of 8."""

    def __init__(self, kinds: int) -> None:
        super().__init__()
        self.entry = nn.Conv2d(8, CHANNELS[0], 3, padding=1)
        self.stages = nn.ModuleList(Stage(a, b) for a, b in pairwise(CHANNELS))
        self.mix = nn.Linear(2 * CHANNELS[-1], 256)
        self.mix_columns = nn.Linear(CHANNELS[-1] * 2, CHANNELS[-1])
        self.kinds = nn.Linear(256, kinds)
        self.real = nn.Linear(256, 1)
        self.project = nn.Embedding(kinds, 256)

    def forward(self, latent: Tensor, kind: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        x = self.entry(latent + NOISE * torch.randn_like(latent))
        for stage in self.stages:
            x = stage(x)
        x = F.silu(self.mix_columns(x.permute(0, 2, 1, 3).flatten(2)))
        features = F.silu(self.mix(torch.cat((x.mean(dim=1), x.amax(dim=1)), dim=1)))
        realness = self.real(features)[:, 0] + (features * self.project(kind)).mean(dim=1)
        return self.kinds(features), realness


def critic_loss(real: tuple[Tensor, Tensor], generated: tuple[Tensor, Tensor], kind: Tensor) -> Tensor:
    """What the critic learns from: kinds of real latents, and a margin of 1 on either side of real and generated."""
    margins = F.relu(1 - real[1].float()).mean() + F.relu(1 + generated[1].float()).mean()
    return F.cross_entropy(real[0].float(), kind, label_smoothing=0.05) + margins

"""How a diffusion time becomes a vector."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def sinusoid(t: Tensor, width: int) -> Tensor:
    """Sinusoidal features of the times `t` (B,), float32 (B, width): cosines first, then sines.

    Wavelengths grow geometrically from 2 pi to 20000 pi (Vaswani et al. 2017, in the order latent diffusion uses).
    `width` is even. Computed in float32 whatever the network's dtype: bfloat16 cannot tell time 901 from 903.
    """
    half = width // 2
    rates = torch.exp(torch.arange(half, device=t.device, dtype=torch.float32) * (-math.log(10_000) / half))
    angles = t.float()[:, None] * rates
    return torch.cat((angles.cos(), angles.sin()), dim=1)


class TimeEmbedding(nn.Module):
    """Two linear layers over the sinusoid of the time."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.features = features
        self.linear_1 = nn.Linear(features, width)
        self.linear_2 = nn.Linear(width, width)

    def forward(self, t: Tensor) -> Tensor:
        """(B,) times to (B, width)."""
        features = sinusoid(t, self.features).to(self.linear_1.weight.dtype)
        return self.linear_2(F.silu(self.linear_1(features)))

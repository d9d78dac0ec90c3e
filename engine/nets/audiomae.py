"""AudioMAE's encoder (Huang et al. 2022): a vision transformer over the patches of a spectrogram.

Tensor names are those of the authors' `MaskedAutoencoderViT`, of which AudioLDM 2 uses the encoder alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioMaeConfig:
    """Shape of the encoder; the defaults are those of the published one, ViT-B/16 for 10.24 s.

    frames, bands: of the spectrogram. patch: side of a patch, in both. averaged: how many of the last layers the
    features are the mean of.
    """

    width: int = 768
    layers: int = 12
    heads: int = 12
    frames: int = 1024
    bands: int = 128
    patch: int = 16
    averaged: int = 3

    @property
    def grid(self) -> tuple[int, int]:
        """Patches along time and along frequency."""
        return self.frames // self.patch, self.bands // self.patch


class Attention(nn.Module):
    """Self-attention whose queries, keys and values come from one layer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, width) to the same."""
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=2))
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    """Two layers, the inner one four times as wide."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, width) to the same."""
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """A layer of the transformer, with its norms first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = FeedForward(width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, width) to the same."""
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Patches(nn.Module):
    """Spectrogram to vectors, one a patch, time after time."""

    def __init__(self, width: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(1, width, patch, stride=patch)

    def forward(self, x: Tensor) -> Tensor:
        """(B, frames, bands) to (B, patches, width)."""
        return self.proj(x[:, None]).flatten(2).transpose(1, 2)


class AudioMae(nn.Module):
    """The encoder, without masking: every patch is looked at."""

    def __init__(self, config: AudioMaeConfig) -> None:
        super().__init__()
        self.config = config
        times, bands = config.grid
        self.patch_embed = Patches(config.width, config.patch)
        self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, config.width))
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, 1 + times * bands, config.width))
        self.blocks = nn.ModuleList([Block(config.width, config.heads) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(config.width, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised log-mels (B, frames, bands) to features (B, times, bands, width), one vector a patch.

        The mean of what the last `averaged` layers say, normalised, as AudioLDM 2 takes it (Liu et al. 2023).
        """
        x = torch.cat((self.cls_token.expand(len(x), -1, -1), self.patch_embed(x)), dim=1) + self.pos_embed
        total = torch.zeros_like(x)
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index >= len(self.blocks) - self.config.averaged:
                total = total + self.norm(x)
        return (total[:, 1:] / self.config.averaged).unflatten(1, self.config.grid)


def pooled(features: Tensor, looseness: int) -> Tensor:
    """Features (B, times, bands, width) to an outline (B, tokens, width), one vector for each `looseness` squared.

    The mean of average and maximum, as AudioLDM 2 pools them; of fewer bands than that, all are pooled.
    """
    x = features.permute(0, 3, 1, 2)
    window = (min(looseness, x.shape[2]), min(looseness, x.shape[3]))
    both = F.avg_pool2d(x, window, window) + F.max_pool2d(x, window, window)
    return (both / 2).flatten(2).transpose(1, 2)

"""The variational auto-encoder between log-mel spectrograms and latents, AudioLDM's (diffusers' AutoencoderKL)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from engine.decoding import run_out
from engine.nets.attention import ImageAttention
from engine.nets.blocks import Downsample, Resnet, Upsample

EPS = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class VAEConfig:
    """Shape of a VAE; the defaults are AudioLDM's.

    Time and frequency shrink by 2 at each level but the last, and by `unshuffle` (frames, bands) more at the entry,
    where patches of neighbouring mel values become channels. The decoder has one residual block a level more than
    `layers`.
    `scaling_factor` brings latents to unit variance for the U-Net; it differs between checkpoints.
    ValueError if the groups do not fit the channels.
    """

    latent_channels: int = 8
    channels: tuple[int, ...] = (128, 256, 512)
    layers: int = 2
    groups: int = 32
    mid_attention: bool = True
    unshuffle: tuple[int, int] = (1, 1)
    scaling_factor: float = 1.0

    def __post_init__(self) -> None:
        if any(width % self.groups for width in self.channels):
            raise ValueError(f"channels {self.channels} must divide by {self.groups} groups")

    @property
    def factor(self) -> int:
        """Mel frames per latent frame."""
        return self.unshuffle[0] * 2 ** (len(self.channels) - 1)

    @property
    def patch(self) -> int:
        """Mel values that one position at the entry takes."""
        return self.unshuffle[0] * self.unshuffle[1]


class Level(nn.Module):
    """Residual blocks of one level, then what changes the size, where the level has that."""

    def __init__(self, inputs: int, outputs: int, *, blocks: int, groups: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            Resnet(outputs if index else inputs, outputs, groups=groups, eps=EPS) for index in range(blocks)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T, M) to (B, outputs, T', M')."""
        for resnet in self.resnets:
            x = resnet(x)
        return x


class DownLevel(Level):
    """A level of the encoder."""

    def __init__(self, inputs: int, outputs: int, *, blocks: int, groups: int, last: bool) -> None:
        super().__init__(inputs, outputs, blocks=blocks, groups=groups)
        self.downsamplers = nn.ModuleList([] if last else [Downsample(outputs, uneven=True)])

    def forward(self, x: Tensor) -> Tensor:
        """Halves time and frequency, except in the last level."""
        x = super().forward(x)
        return self.downsamplers[0](x) if self.downsamplers else x


class UpLevel(Level):
    """A level of the decoder."""

    def __init__(self, inputs: int, outputs: int, *, blocks: int, groups: int, last: bool) -> None:
        super().__init__(inputs, outputs, blocks=blocks, groups=groups)
        self.upsamplers = nn.ModuleList([] if last else [Upsample(outputs)])

    def forward(self, x: Tensor) -> Tensor:
        """Doubles time and frequency, except in the last level."""
        for layer in _layers(self):
            x = layer(x)
        return x


def _layers(level: Any) -> Iterator[Any]:
    """What an `UpLevel` does, one after the other."""
    yield from level.resnets
    yield from level.upsamplers


class MidLevel(nn.Module):
    """The bottom: a residual block, attention over all positions (optional), a residual block."""

    def __init__(self, width: int, *, groups: int, attention: bool) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(Resnet(width, width, groups=groups, eps=EPS) for _ in range(2))
        self.attentions = nn.ModuleList([ImageAttention(width, groups=groups)] if attention else [])

    def forward(self, x: Tensor) -> Tensor:
        """Same shape out."""
        x = self.resnets[0](x)
        for attention in self.attentions:
            x = attention(x)
        return self.resnets[1](x)


class Encoder(nn.Module):
    """Mel image to the moments of the latent."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        channels, groups = config.channels, config.groups
        self.conv_in = nn.Conv2d(config.patch, channels[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(
            DownLevel(
                channels[max(level - 1, 0)], width, blocks=config.layers, groups=groups, last=level == len(channels) - 1
            )
            for level, width in enumerate(channels)
        )
        self.mid_block = MidLevel(channels[-1], groups=groups, attention=config.mid_attention)
        self.conv_norm_out = nn.GroupNorm(groups, channels[-1], eps=EPS)
        self.conv_out = nn.Conv2d(channels[-1], 2 * config.latent_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, patch, T, M) to (B, 2 * latent_channels, T / factor, M / factor)."""
        h = self.conv_in(x)
        for down in self.down_blocks:
            h = down(h)
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(h))))


class Decoder(nn.Module):
    """Latent to mel image."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        channels, groups = config.channels[::-1], config.groups
        self.conv_in = nn.Conv2d(config.latent_channels, channels[0], 3, padding=1)
        self.mid_block = MidLevel(channels[0], groups=groups, attention=config.mid_attention)
        self.up_blocks = nn.ModuleList(
            UpLevel(
                channels[max(level - 1, 0)],
                width,
                blocks=config.layers + 1,
                groups=groups,
                last=level == len(channels) - 1,
            )
            for level, width in enumerate(channels)
        )
        self.conv_norm_out = nn.GroupNorm(groups, channels[-1], eps=EPS)
        self.conv_out = nn.Conv2d(channels[-1], config.patch, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        """(B, latent_channels, T / factor, M / factor) to (B, patch, T, M)."""
        return run_out(self.in_stages(z))

    def in_stages(self, z: Tensor) -> Generator[None, None, Tensor]:
        """The same, stopping after each residual block and each change of size."""
        h = self.mid_block(self.conv_in(z))
        yield
        for up in self.up_blocks:
            for layer in _layers(up):
                h = layer(h)
                yield
        return self.conv_out(F.silu(self.conv_norm_out(h)))


class VAE(nn.Module):
    """Encoder, decoder and the 1x1 convolutions on either side of the latent."""

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.quant_conv = nn.Conv2d(2 * config.latent_channels, 2 * config.latent_channels, 1)
        self.post_quant_conv = nn.Conv2d(config.latent_channels, config.latent_channels, 1)

    def encode(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Log-mel (B, 1, T, M) to the latent's mean and log-variance, each (B, latent_channels, T / 4, 16).

        Not scaled. T that does not divide by the factor loses its last frames: pad first (repeat the last frame).
        """
        moments = self.quant_conv(self.encoder(fold_patches(mel, self.config.unshuffle)))
        mean, log_variance = moments.chunk(2, dim=1)
        return mean, log_variance.clamp(-30.0, 20.0)

    def decode(self, z: Tensor) -> Tensor:
        """Unscaled latent (B, latent_channels, T / 4, 16) to log-mel (B, 1, T, M)."""
        return unfold_patches(self.decoder(self.post_quant_conv(z)), self.config.unshuffle)

    def decoding(self, z: Tensor) -> Generator[None, None, Tensor]:
        """`decode`, stopping in between wherever something else may be done for a moment."""
        h = yield from self.decoder.in_stages(self.post_quant_conv(z))
        return unfold_patches(h, self.config.unshuffle)


def fold_patches(mel: Tensor, by: tuple[int, int]) -> Tensor:
    """(B, 1, T, M) to (B, frames * bands, T / frames, M / bands): each patch of `by` values becomes channels."""
    if by == (1, 1):
        return mel
    frames, bands = by
    whole = mel[:, 0, : mel.shape[2] // frames * frames]
    patches = whole.unflatten(2, (-1, bands)).unflatten(1, (-1, frames))
    return patches.permute(0, 2, 4, 1, 3).flatten(1, 2).contiguous()  # else convolutions go on channels-last, slowly


def unfold_patches(x: Tensor, by: tuple[int, int]) -> Tensor:
    """The inverse of fold_patches: (B, frames * bands, T, M) to (B, 1, T * frames, M * bands)."""
    if by == (1, 1):
        return x
    patches = x.unflatten(1, by).permute(0, 3, 1, 4, 2)
    return patches.flatten(3, 4).flatten(1, 2)[:, None]

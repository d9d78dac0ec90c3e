"""The shapes of AudioLDM: one row for each published checkpoint, and a tiny one for tests.

Source: the checkpoints' configs on the hub and the authors' training configs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, Self

from engine.clap_text import ClapTextConfig
from engine.hifigan import HifiGanConfig
from engine.mel import AUDIOLDM, AUDIOLDM_48K, MelConfig
from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig

Heads = Literal["trained", "config"]
"""Which head counts to use. "trained": those of the authors' training, one for every 32 channels (64 in L).
"config": those that the published diffusers configs name, 8 at every level; the same weights fit and sound different.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioLDMShape:
    """All that has to be known to build an AudioLDM before its weights are there."""

    unet: UNetConfig
    vae: VAEConfig
    text: ClapTextConfig
    vocoder: HifiGanConfig
    config_heads: int = 8

    @property
    def columns(self) -> int:
        """Width of the latent along frequency."""
        return self.vocoder.bands // self.vae.factor

    @property
    def mel(self) -> MelConfig:
        """The front-end that VAE and vocoder were trained with, which puts samples where the vocoder puts them. There
        are two published ones, told apart by the rate."""
        known, vocoder = AUDIOLDM_48K if self.vocoder.rate == AUDIOLDM_48K.rate else AUDIOLDM, self.vocoder
        return replace(known, rate=vocoder.rate, hop=vocoder.hop, bands=vocoder.bands, padding="even")

    def with_heads(self, heads: Heads) -> Self:
        """The shape with the head counts of the training, or of the published config."""
        if heads == "trained":
            return self
        counts = (self.config_heads,) * len(self.unet.channels)
        return replace(self, unet=replace(self.unet, heads=counts))

    def rows(self, seconds: float) -> int:
        """Rows (time) of the latent that covers `seconds`: whole mel frames, rounded up to what the VAE can halve."""
        # Rounded first, as 0.29 s is 29.000000000000004 frames.
        frames = -(-round(seconds * self.vocoder.rate * 1e6) // (self.vocoder.hop * 1_000_000))
        return max(1, -(-frames // self.vae.factor))


def _published(width: int, head_width: int, scaling_factor: float) -> AudioLDMShape:
    channels = (width, 2 * width, 3 * width, 5 * width)
    heads = tuple(channel // head_width for channel in channels)
    return AudioLDMShape(
        unet=UNetConfig(channels=channels, heads=heads),
        vae=VAEConfig(scaling_factor=scaling_factor),
        text=ClapTextConfig(),
        vocoder=HifiGanConfig(),
    )


SHAPES: Mapping[str, AudioLDMShape] = MappingProxyType(
    {
        "s-full": _published(128, 32, 0.9227914214134216),
        "s-full-v2": _published(128, 32, 0.9392935633659363),
        "m-full": _published(192, 32, 0.9138255715370178),
        "l-full": _published(256, 64, 0.9654927849769592),
        "tiny": AudioLDMShape(
            unet=UNetConfig(channels=(8, 16, 24, 40), layers=1, heads=(2, 4, 6, 10), groups=8, class_dim=16),
            vae=VAEConfig(channels=(8, 16, 32), layers=1, groups=8, scaling_factor=0.92),
            text=ClapTextConfig(vocabulary=300, width=32, layers=2, heads=2, feed_forward=64, embedding=16),
            vocoder=HifiGanConfig(width=32, block_kernels=(3,), dilations=(1,)),
        ),
    }
)
"""Shapes by name, as the checkpoints are called."""

"""A recording to AudioLDM's condition: CLAP's audio tower (HTSAT, Chen et al. 2022), through transformers.

Mels, padding and cropping are CLAP's own (Wu et al. 2023), except that long recordings are heard in several crops whose
embeddings are averaged, where CLAP picks one by chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.mel import LogMel, MelConfig

MEL = MelConfig(rate=48_000, n_fft=1024, hop=480, bands=64, low=50.0, high=14_000.0)
WINDOW = 480_000
"""Samples that the tower hears at once: 10 s."""
FLOOR = 1e-10
"""The least power of a band, -100 dB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClapAudioConfig:
    """Shape of the tower; the defaults are HTSAT-tiny's, of S and L. HTSAT-base has 128, 1024 and (2, 2, 12, 2)."""

    patch_width: int = 96
    width: int = 768
    depths: tuple[int, ...] = (2, 2, 6, 2)
    heads: tuple[int, ...] = (4, 8, 16, 32)
    embedding: int = 512


def build_clap_audio(config: ClapAudioConfig) -> nn.Module:
    """The audio tower with random weights, in eval mode, under the tensor names of ClapAudioModelWithProjection."""
    import transformers

    shape = transformers.ClapAudioConfig(
        patch_embeds_hidden_size=config.patch_width,
        hidden_size=config.width,
        depths=list(config.depths),
        num_attention_heads=list(config.heads),
        projection_dim=config.embedding,
        enable_fusion=False,
    )
    return transformers.ClapAudioModelWithProjection(shape).eval()


class ClapAudio:
    """An audio tower; `embed` puts a recording beside the prompts."""

    def __init__(self, tower: nn.Module) -> None:
        self.tower = tower
        self.mel = LogMel(MEL).to(next(tower.parameters()).device)

    @torch.no_grad()
    def embed(self, samples: Tensor) -> Tensor:
        """Mono float32 samples (N,) at 48 kHz, N at least 1, to an embedding (D,) of length 1."""
        crops = crops_of(samples.to(self.mel.window.device, torch.float32))
        power = self.mel.magnitudes(crops).square() @ self.mel.filters.T
        decibels = 10.0 * power.clamp_min(FLOOR).log10()
        dtype = next(self.tower.parameters()).dtype
        found = self.tower(input_features=decibels[:, None].to(dtype)).audio_embeds.float()
        return F.normalize(F.normalize(found, dim=1).mean(dim=0), dim=0)


def crops_of(samples: Tensor) -> Tensor:
    """Samples (N,) to crops (K, 480000): repeated whole and then silence if shorter, evenly spread if longer."""
    length = samples.shape[0]
    if length <= WINDOW:
        repeated = samples.repeat(WINDOW // length)
        return F.pad(repeated, (0, WINDOW - repeated.shape[0]))[None]
    count = math.ceil(length / WINDOW)
    begins = [round(index * (length - WINDOW) / (count - 1)) for index in range(count)]
    return torch.stack([samples[begin : begin + WINDOW] for begin in begins])

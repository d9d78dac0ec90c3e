"""The learned vocoder: one network call at the frame rate, then an inverse Fourier transform.

After Vocos (Siuzdak 2023: ConvNeXt blocks at frame rate, magnitudes and phases, inverse STFT), with two things of ours:
magnitudes start from the inverted mel and are only corrected, and noise takes part. A phase that follows from a
stationary mel repeats itself every frame and is heard as a buzz at the frame rate; here random channels enter beside
the mel, and a band's phase is spread by how noisy the network says the band is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.griffin_lim import overlap_add
from engine.inversion import magnitudes
from engine.mel import POCKET

__all__ = ["Vocos", "VocosConfig", "draw_noise", "vocode"]

REACH = 32
"""Frames that the network is shown of a loop on either side, more than it looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VocosConfig:
    """Channels of the blocks and of their inner layer, number of blocks, noise channels at the entry, noise bands."""

    width: int = 192
    hidden: int = 576
    blocks: int = 6
    noise: int = 8
    noise_bands: int = 64


class _Block(nn.Module):
    """ConvNeXt (Liu et al. 2022) over time: depthwise 7, norm, two pointwise layers, a learned gain on the residual."""

    def __init__(self, width: int, hidden: int, gain: float) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.gain = nn.Parameter(torch.full((width,), gain))

    def forward(self, x: Tensor) -> Tensor:
        y = self.depthwise(x.transpose(1, 2)).transpose(1, 2)
        return x + self.gain * self.down(F.gelu(self.up(self.norm(y))))


class Vocos(nn.Module):
    """Normalised log-mel (B, T, 128) with noise to samples (B, T * 480) at 48 kHz."""

    window: Tensor

    def __init__(self, config: VocosConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or VocosConfig()
        bins = POCKET.n_fft // 2 + 1
        self.entry = nn.Conv1d(POCKET.bands + config.noise, config.width, 7, padding=3)
        self.entry_norm = nn.LayerNorm(config.width)
        gain = 1 / config.blocks
        self.blocks = nn.ModuleList(_Block(config.width, config.hidden, gain) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.width)
        self.magnitude = nn.Linear(config.width, bins)
        self.phase = nn.Linear(config.width, 2 * bins)
        self.spread = nn.Linear(config.width, config.noise_bands)
        nn.init.zeros_(self.magnitude.weight)
        nn.init.zeros_(self.magnitude.bias)
        self.register_buffer("window", torch.hann_window(POCKET.n_fft), persistent=False)

    def forward(self, mel: Tensor, channels: Tensor, phases: Tensor) -> Tensor:
        """channels (B, T, noise) normal and phases (B, T, 1025) in ±π: what `draw_noise` gives."""
        x = self.entry(torch.cat([mel, channels], -1).transpose(1, 2)).transpose(1, 2)
        x = self.entry_norm(x)
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        linear = magnitudes(mel) * self.magnitude(x).float().clamp(-6, 3).exp()
        # Unit vectors instead of an angle: nothing wraps, and its gradient is smooth everywhere.
        direction = F.normalize(self.phase(x).float().unflatten(-1, (2, -1)), dim=-2, eps=1e-4)
        spread = self.spread(x).float().sigmoid()
        turn = phases * F.interpolate(spread, linear.shape[-1], mode="linear", align_corners=True)
        sine, cosine = turn.sin(), turn.cos()
        real = direction[..., 0, :] * cosine - direction[..., 1, :] * sine
        imaginary = direction[..., 0, :] * sine + direction[..., 1, :] * cosine
        return self._synthesise(torch.complex(linear * real, linear * imaginary))

    def _synthesise(self, spectrum: Tensor) -> Tensor:
        hop, count = POCKET.hop, spectrum.shape[1]
        weight = overlap_add(self.window.square().expand(1, count, POCKET.n_fft), hop).clamp_min(1e-2)
        samples = overlap_add(torch.fft.irfft(spectrum) * self.window, hop) / weight
        return samples[:, POCKET.pad :][:, : count * hop]


def draw_noise(frames: int, seeds: Sequence[int], noise: int) -> tuple[Tensor, Tensor]:
    """The random part of rendering one clip a seed, on the CPU: channels (B, T, noise), phases (B, T, 1025)."""
    channels, phases = [], []
    for seed in seeds:
        generator = torch.Generator("cpu").manual_seed(seed)
        channels.append(torch.randn(frames, noise, generator=generator))
        phases.append((2 * torch.rand(frames, POCKET.n_fft // 2 + 1, generator=generator) - 1) * math.pi)
    return torch.stack(channels), torch.stack(phases)


@torch.inference_mode()
def vocode(network: Vocos, mel: Tensor, *, seed: int | Sequence[int] = 0, wrap: bool = False) -> Tensor:
    """Like `engine.griffin_lim.griffin_lim`: normalised log-mel (T, 128) or (B, T, 128) to samples, by the network."""
    batch = mel if mel.ndim == 3 else mel[None]
    seeds = [seed] * len(batch) if isinstance(seed, int) else list(seed)
    if len(seeds) != len(batch):
        raise ValueError(f"one seed a clip is needed: {len(batch)} clips, got {len(seeds)} seeds")
    channels, phases = draw_noise(batch.shape[1], seeds, network.config.noise)
    weight = network.entry.weight
    if wrap:
        frames = batch.shape[1]
        seen = torch.arange(-REACH, frames + REACH) % frames
        batch, channels, phases = batch[:, seen.to(batch.device)], channels[:, seen], phases[:, seen]
    samples = network(batch.to(weight.device, torch.float32), channels.to(weight.device), phases.to(weight.device))
    if wrap:
        samples = samples[:, REACH * POCKET.hop : -REACH * POCKET.hop]
    return samples if mel.ndim == 3 else samples[0]

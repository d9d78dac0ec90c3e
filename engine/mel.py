"""Log-mel spectrograms: the front-ends of AudioLDM and of the pocket model, as one configurable module.

All take magnitudes (power 1) of a periodic Hann window, weigh them with Slaney's mel filters (area-normalised) and
take the natural logarithm of at least `floor`. They differ in sizes and in how the ends are padded.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True, kw_only=True)
class MelConfig:
    """A front-end: sample rate and band limits in Hz, window `n_fft` and `hop` in samples, number of bands.

    `padding` says where frames lie. "centre": frame k is centred on sample k * hop, N // hop + 1 frames (AudioLDM's
    inference). "even": the padding is split so that N samples give exactly N // hop frames (HiFi-GAN's training);
    frame k is centred half a hop later.
    """

    rate: int = 16_000
    n_fft: int = 1024
    hop: int = 160
    bands: int = 64
    low: float = 0.0
    high: float = 8_000.0
    floor: float = 1e-5
    padding: Literal["centre", "even"] = "centre"

    @property
    def pad(self) -> int:
        """Samples that are mirrored at each end."""
        return self.n_fft // 2 if self.padding == "centre" else (self.n_fft - self.hop) // 2

    @property
    def silence(self) -> float:
        """What a band without any signal reads, in nats: the logarithm of the floor."""
        return math.log(self.floor)

    def frames(self, samples: int) -> int:
        """Frames that a clip of `samples` samples gives."""
        return (samples + 2 * self.pad - self.n_fft) // self.hop + 1


AUDIOLDM = MelConfig()
AUDIOLDM_48K = MelConfig(rate=48_000, n_fft=2048, hop=480, bands=256, low=20.0, high=24_000.0)
POCKET = MelConfig(rate=48_000, n_fft=2048, hop=480, bands=128, low=20.0, high=24_000.0, padding="even")

POCKET_MEAN, POCKET_SPREAD = -6.0, 3.2
"""What brings the pocket's log-mels (nats) near zero mean and unit variance: (mel - mean) / spread."""


class LogMel(nn.Module):
    """Samples to a log-mel spectrogram in nats; window and filters move with the module but are not saved."""

    window: Tensor
    filters: Tensor

    def __init__(self, config: MelConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)
        self.register_buffer("filters", mel_filters(config), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Float32 samples (B, N) to (B, frames, bands). ValueError if N does not exceed the mirrored padding."""
        return (self.magnitudes(samples) @ self.filters.T).clamp_min(self.config.floor).log()

    def magnitudes(self, samples: Tensor) -> Tensor:
        """Float32 samples (B, N) to linear magnitudes (B, frames, n_fft / 2 + 1)."""
        pad, config = self.config.pad, self.config
        if samples.shape[-1] <= pad:
            raise ValueError(f"a clip for the mel front-end needs more than {pad} samples, got {samples.shape[-1]}")
        padded = F.pad(samples[:, None], (pad, pad), mode="reflect")[:, 0]
        spectrum = torch.stft(padded, config.n_fft, config.hop, window=self.window, center=False, return_complex=True)
        return spectrum.abs().transpose(1, 2)


def mel_filters(config: MelConfig) -> Tensor:
    """Triangular filters (bands, n_fft / 2 + 1), float32, each of unit area over Hz; equal to librosa.filters.mel."""
    edges = mel_to_hz(
        torch.linspace(hz_to_mel(config.low), hz_to_mel(config.high), config.bands + 2, dtype=torch.float64)
    )
    bins = torch.linspace(0, config.rate / 2, config.n_fft // 2 + 1, dtype=torch.float64)
    widths = edges.diff()[:, None]
    slopes = edges[:, None] - bins
    rising, falling = -slopes[:-2] / widths[:-1], slopes[2:] / widths[1:]
    area = 2.0 / (edges[2:] - edges[:-2])
    return (torch.minimum(rising, falling).clamp_min(0) * area[:, None]).float()


# Slaney's Auditory Toolbox (1998): linear below 1 kHz, 200/3 Hz a mel; above it 27 mels for a factor of 6.4.
LINEAR = 200.0 / 3.0
KNEE = 1000.0
LOG_STEP = math.log(6.4) / 27.0


def hz_to_mel(hz: float) -> float:
    """Slaney's mel number of a frequency in Hz."""
    return hz / LINEAR if hz < KNEE else KNEE / LINEAR + math.log(hz / KNEE) / LOG_STEP


def mel_to_hz(mels: Tensor) -> Tensor:
    """Frequencies in Hz of Slaney's mel numbers."""
    return torch.where(mels < KNEE / LINEAR, mels * LINEAR, KNEE * torch.exp((mels - KNEE / LINEAR) * LOG_STEP))


@functools.cache
def pocket_front_end() -> LogMel:
    """The pocket's front-end on the CPU, built once."""
    return LogMel(POCKET)


def pocket_log_mel(samples: Tensor) -> Tensor:
    """Normalised log-mel of the pocket's networks from 48 kHz samples (N,) or (B, N): (N // 480, 128), (B, ...)."""
    mel = (pocket_front_end()(samples.reshape(-1, samples.shape[-1])) - POCKET_MEAN) / POCKET_SPREAD
    return mel.reshape(*samples.shape[:-1], *mel.shape[1:])


def pocket_nats(mel: Tensor) -> Tensor:
    """The inverse of the normalisation in pocket_log_mel: log-mel in nats."""
    return mel * POCKET_SPREAD + POCKET_MEAN

"""Stage `vocoder`: trains `engine.vocos.Vocos` on the corpus' audio, spectral losses and critics from the first step.

Multi-resolution STFT loss: Yamamoto, Song and Kim 2020. Critics over complex spectrograms of three resolutions, hinge
losses and feature matching: Défossez et al. 2022 (EnCodec). Whether the result ships is `engine.evaluation.gate`'s say.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.mel import POCKET, LogMel, pocket_log_mel
from engine.training.loop import Average, Meter, Run, Stateful, device
from engine.vocos import Vocos

__all__ = ["Critics", "spectral_loss", "train", "train_on"]

FRAMES, BATCH = 64, 16
RATE = 5e-4
SIZES = (256, 512, 1024, 2048, 4096)
CRITIC_SIZES = (512, 1024, 2048)
MEL_WEIGHT, SPECTRAL_WEIGHT, MATCH_WEIGHT = 2.0, 1.0, 2.0


def spectrum(samples: Tensor, size: int) -> Tensor:
    """Complex spectrogram (B, size / 2 + 1, frames) with a hop of a quarter."""
    window = torch.hann_window(size, device=samples.device)
    return torch.stft(samples, size, size // 4, window=window, return_complex=True, pad_mode="constant")


def spectral_loss(found: Tensor, wanted: Tensor) -> Tensor:
    """Mean over resolutions of spectral convergence plus the mean distance of log magnitudes, of samples (B, N)."""
    total = found.new_zeros(())
    for size in SIZES:
        a = spectrum(found, size).abs().clamp_min(1e-5)
        b = spectrum(wanted, size).abs().clamp_min(1e-5)
        total = total + (b - a).norm() / b.norm() + (b.log() - a.log()).abs().mean()
    return total / len(SIZES)


class _Critic(nn.Module):
    """Judges one resolution: real and imaginary parts, compressed, through a few strided convolutions."""

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.size = size
        norm = nn.utils.parametrizations.weight_norm
        steps = ((2, width, 1), (width, width, 2), (width, width, 2), (width, width, 1))
        self.layers = nn.ModuleList(
            norm(nn.Conv2d(a, b, (7, 3), (stride, 1), (3, 1))) for a, b, stride in steps
        )
        self.last = norm(nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, samples: Tensor) -> tuple[Tensor, list[Tensor]]:
        complex_ = spectrum(samples, self.size)
        # Magnitudes to the power 0.3 keep quiet bands in view of the critic.
        compressed = complex_ * complex_.abs().clamp_min(1e-4).pow(-0.7)
        x, features = torch.stack([compressed.real, compressed.imag], 1), []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        return self.last(x), features


class Critics(nn.Module):
    """One critic a resolution; samples (B, N) to scores and features of each."""

    def __init__(self, width: int = 24, sizes: Sequence[int] = CRITIC_SIZES) -> None:
        super().__init__()
        self.critics = nn.ModuleList(_Critic(size, width) for size in sizes)

    def forward(self, samples: Tensor) -> list[tuple[Tensor, list[Tensor]]]:
        return [critic(samples) for critic in self.critics]


def _critics_loss(critics: Critics, found: Tensor, wanted: Tensor) -> Tensor:
    loss = wanted.new_zeros(())
    for (real, _), (fake, _) in zip(critics(wanted), critics(found.detach()), strict=True):
        loss = loss + F.relu(1 - real).mean() + F.relu(1 + fake).mean()
    return loss


def _deceit_loss(critics: Critics, found: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """(how badly the critics are deceived, distance of their features from those of the real sound)."""
    deceit = match = found.new_zeros(())
    with torch.no_grad():
        real = critics(wanted)
    for (score, features), (_, true) in zip(critics(found), real, strict=True):
        deceit = deceit - score.mean() / len(real)
        for a, b in zip(features, true, strict=True):
            match = match + (a - b).abs().mean() / (b.abs().mean() + 1e-6) / (len(real) * len(features))
    return deceit, match


def crops(rng: np.random.Generator, audio: np.ndarray, count: int, frames: int = FRAMES) -> Tensor:
    """Random crops (count, frames * 480) in -1..1 of int16 clips (clips, samples); half of them at the clip's onset."""
    size = frames * POCKET.hop
    clips = rng.integers(0, len(audio), count)
    starts = np.where(rng.random(count) < 0.5, 0, rng.integers(0, audio.shape[1] - size + 1, count))
    rows = [audio[clip, start : start + size] for clip, start in zip(clips, starts, strict=True)]
    return torch.from_numpy(np.stack(rows).astype(np.float32) / 32768.0)


def train(work: Path, minutes: float) -> Vocos:
    """Trains or resumes on the audio of the corpus; returns the averaged network."""
    return train_on(np.load(work / "corpus" / "train-audio.npy", mmap_mode="r"), work / "stages", minutes)


def train_on(audio: np.ndarray, folder: Path, minutes: float, seed: int = 2) -> Vocos:
    """The stage on any int16 clips (clips, samples) at 48 kHz, each at least 0.64 s; checkpoints go to `folder`."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network, critics, front = Vocos().to(device()), Critics().to(device()), LogMel(POCKET).to(device())
    optimizer = torch.optim.AdamW(network.parameters(), RATE, betas=(0.8, 0.95))
    critic_optimizer = torch.optim.AdamW(critics.parameters(), RATE, betas=(0.8, 0.95))
    average = Average(network, 0.998)
    parts: dict[str, Stateful] = {"network": network, "critics": critics, "average": average}
    parts["critic_optimizer"] = critic_optimizer
    run = Run(folder, "vocoder", minutes, optimizer, parts)
    meter = Meter(run)
    for _ in run:
        critic_optimizer.param_groups[0]["lr"] = optimizer.param_groups[0]["lr"]
        meter.add(**_step(network, critics, front, optimizer, critic_optimizer, crops(rng, audio, BATCH)))
        average.update(network)
    network.load_state_dict(average.weights, strict=False)
    return network.eval()


def _step(
    network: Vocos, critics: Critics, front: LogMel, optimizer: torch.optim.Optimizer,
    critic_optimizer: torch.optim.Optimizer, wanted: Tensor,
) -> dict[str, Tensor]:
    """One update of the critics, one of the network; the losses."""
    mel = pocket_log_mel(wanted).to(device())
    wanted = wanted.to(device())
    channels = torch.randn(*mel.shape[:2], network.config.noise, device=mel.device)
    phases = (2 * torch.rand(*mel.shape[:2], POCKET.n_fft // 2 + 1, device=mel.device) - 1) * torch.pi
    found = network(mel, channels, phases)
    critic = _critics_loss(critics, found, wanted)
    critic_optimizer.zero_grad(set_to_none=True)
    critic.backward()
    critic_optimizer.step()
    spectral = spectral_loss(found, wanted)
    mel_distance = (front(found) - front(wanted)).abs().mean()
    deceit, match = _deceit_loss(critics, found, wanted)
    loss = SPECTRAL_WEIGHT * spectral + MEL_WEIGHT * mel_distance + deceit + MATCH_WEIGHT * match
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    return {"spectral": spectral.detach(), "mel": mel_distance.detach(), "deceit": deceit.detach(),
            "match": match.detach(), "critics": critic.detach()}

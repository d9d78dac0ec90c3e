"""Which head counts a U-Net's weights were trained with, measured.

A head count changes no tensor's shape, so wrong ones load without a word and compute another network. A diffusion
network predicts the noise in a noised recording best as the network that it was trained as, so the head counts with the
smaller error are the right ones. All published diffusers configurations say 8 at every level, the authors trained with
one for every 32 channels (64 in L).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.checkpoints.checkpoint import Checkpoint
from engine.checkpoints.head_check import HeadCheck
from engine.checkpoints.loading import family_of, filled, networks_of, read
from engine.devices import chosen_device
from engine.errors import BadRequest
from engine.families.audioldm import AudioLDM
from engine.finish import resample
from engine.nets.unet import UNet
from engine.request import Clip
from engine.sampling import Network, joined, noise
from engine.schedule import Training

TIMES = (200, 500, 800)
"""Where the error is measured: little noise, as much as there is sound, much."""
DRAWS = 4
"""Noises at each time."""
LONGEST, SHORTEST = 10.24, 1.28
"""Seconds of the recording that are heard; shorter ones are followed by silence."""
SURE = 3.0
"""Standard errors that the mean difference has to lie away from none."""
USUAL = 8
"""Heads at every level in the published configurations."""


def verify(
    path: Path,
    clip: Clip,
    *,
    prompt: str = "",
    ema: bool | None = None,
    device: str | None = None,
    tokenizer: str | Path | None = None,
) -> HeadCheck:
    """Compare the head counts of the training with those of the configuration (or 8, if it says the same).

    clip: a recording such as the model was trained on: sounds or speech, a second or more of it. prompt: what is heard
    in it; empty is fine. Computed in float32. Raises `ModelError` for the checkpoint, `BadRequest` for silence.
    """
    checkpoint = read(path, ema)
    trained, config = counts(checkpoint)
    networks = networks_of(checkpoint.with_heads(trained), Path(tokenizer) if tokenizer else None)
    family = family_of("verify", networks, device=chosen_device(device))
    latent = latent_of(family, clip)
    other = filled(lambda: UNet(checkpoint.with_heads(config).shape.unet), family.unet.state_dict(), str(path))
    condition = joined([family.told(prompt)] * DRAWS)
    errors = [
        noise_errors(functools.partial(family.predict, unet), latent, condition, checkpoint.training)
        for unet in (family.unet, other.to(family.device))
    ]
    sureness = standard_errors(errors[1].log() - errors[0].log())
    return HeadCheck(
        path=path,
        times=TIMES,
        trained=trained,
        config=config,
        trained_errors=tuple(errors[0].mean(dim=1).tolist()),
        config_errors=tuple(errors[1].mean(dim=1).tolist()),
        fits="trained" if sureness > SURE else "config" if sureness < -SURE else "",
        sureness=sureness,
    )


def counts(checkpoint: Checkpoint) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The head counts to compare: as trained, and as the configuration says or, where that is the same, 8 a level."""
    trained = checkpoint.heads("trained")
    config = checkpoint.config_heads or trained
    if config == trained:
        config = (USUAL,) * len(trained)
    if config == trained:
        raise BadRequest("heads", f"heads cannot be told apart in {checkpoint.path}: both are {config}")
    return trained, config


@torch.inference_mode()
def latent_of(family: AudioLDM, clip: Clip) -> Tensor:
    """The scaled latent (channels, rows, columns) of the beginning of a clip's first channel, at half of full scale."""
    mono = resample(clip.samples[:1], clip.rate, family.rate)[0][: round(LONGEST * family.rate)]
    mono = mono - mono.mean() if mono.size else mono
    peak = float(np.abs(mono).max(initial=0.0))
    if peak < 1e-4:
        raise BadRequest("clip", f"clip must be a recording with sound in it, got a peak of {peak:g}")
    rows = -(-max(mono.size, round(SHORTEST * family.rate)) // family.grid.row)
    return family.encode_samples(np.pad(mono * np.float32(0.5 / peak), (0, rows * family.grid.row - mono.size)))


@torch.inference_mode()
def noise_errors(
    network: Network, latent: Tensor, condition: Any, training: Training, times: Sequence[int] = TIMES
) -> Tensor:
    """Mean squared error of the noise that is predicted in `latent`, (times, draws); always for the same noises.

    condition: of a batch of `DRAWS`.
    """
    rows = []
    for time in times:
        alpha = math.sqrt(training.alphas2[time])
        sigma = math.sqrt(1.0 - training.alphas2[time])
        added = torch.stack([noise(latent.shape, 1000 * time + draw) for draw in range(DRAWS)]).to(latent)
        noised = alpha * latent + sigma * added
        output = network(noised, torch.full((DRAWS,), time, device=latent.device), condition)
        predicted = alpha * output + sigma * noised if training.prediction == "v_prediction" else output
        rows.append((predicted - added).square().flatten(1).mean(dim=1))
    return torch.stack(rows).float().cpu()


def standard_errors(differences: Tensor) -> float:
    """The mean of `differences` (times, draws) in standard errors; times may differ among each other, draws scatter."""
    times, draws = differences.shape
    spread = math.sqrt(float(differences.var(dim=1).sum()) / draws) / times
    return float(differences.mean()) / max(spread, 1e-12)

"""Stage `vae`: the pocket's auto-encoder of log-mels, trained on random crops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.nets.vae import VAE, VAEConfig
from engine.training import adopt
from engine.training.data import Corpus, load_corpus
from engine.training.loop import Meter, Run, autocast, device

CONFIG = VAEConfig(channels=(96, 128), layers=1, groups=16, mid_attention=False, unshuffle=(2, 4))
FRAMES, BATCH, RATE = 128, 4, 1.5e-3


def loss_terms(mel: Tensor, heard: Tensor, mean: Tensor, log_variance: Tensor) -> dict[str, Tensor]:
    """L1, squared error and gradient error of the reconstruction, and KL to a unit Gaussian per latent value."""
    error = heard - mel
    gradient = (heard.diff(dim=2) - mel.diff(dim=2)).abs().mean() + (heard.diff(dim=3) - mel.diff(dim=3)).abs().mean()
    kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
    return {"l1": error.abs().mean(), "mse": error.square().mean(), "gradient": gradient, "kl": kl}


def train(work: Path, minutes: float, seed: int = 0) -> VAE:
    """Trains or resumes; returns the network."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    corpus = load_corpus(work, "train")
    vae = VAE(CONFIG).to(device())
    adopt.into(vae, work, "vae")
    optimizer = torch.optim.AdamW(vae.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=1e-3, fused=True)
    run = Run(work / "stages", "vae", minutes, optimizer, {"network": vae})
    meter = Meter(run)
    for _ in run:
        index = rng.integers(0, len(corpus), BATCH)
        mel = corpus.take(index, rng.integers(0, 512 - FRAMES + 1, BATCH), FRAMES).to(device())
        with autocast():
            mean, log_variance = vae.encode(mel)
            z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
            heard = vae.decode(z)
        terms = loss_terms(mel, heard.float(), mean.float(), log_variance.float())
        loss = terms["l1"] + 0.25 * terms["gradient"] + 0.2 * terms["mse"] + 1e-3 * terms["kl"]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        meter.add(**{name: value.detach() for name, value in terms.items()})
    return vae


@torch.no_grad()
def latents(work: Path, vae: VAE, corpus: Corpus, split: str) -> tuple[Tensor, float]:
    """Means of all clips' latents (clips, 8, 128, 16) float16, unscaled, and the factor that gives unit variance.

    Kept in `stages/{split}-latents.npy`, so that the U-Net stage does not encode the corpus anew.
    """
    path = work / "stages" / f"{split}-latents.npy"
    if path.exists():
        out = torch.from_numpy(np.load(path))
    else:
        vae.eval()
        parts = []
        for start in range(0, len(corpus), 32):
            index = np.arange(start, min(start + 32, len(corpus)))
            with autocast():
                parts.append(vae.encode(corpus.take(index, 0, 512).to(device()))[0].half().cpu())
            if start % 3200 == 0:
                print(f"latents {split}: {start}/{len(corpus)}", flush=True)
        out = torch.cat(parts)
        np.save(path, out.numpy())
    return out, float(1 / out[::7].float().std())

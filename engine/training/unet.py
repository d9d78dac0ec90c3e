"""Stage `unet`: latent diffusion conditioned on audio embeddings, later on text embeddings for half of the batch.

As in AudioLDM (Liu et al. 2023) the network learns from the audio's own embedding and is asked with text's. Velocity
prediction (Salimans & Ho 2022), scaled-linear betas, 10 % of the conditions dropped for classifier-free guidance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.nets.audio_tower import AudioTower
from engine.nets.unet import UNet, UNetConfig
from engine.nets.vae import VAE
from engine.schedule import alphas_cumprod
from engine.text.tower import TextTower
from engine.training import adopt, clap, vae
from engine.training.data import STARTS, Corpus, load_corpus
from engine.training.loop import Average, Meter, Run, autocast, device, placed

CONFIG = UNetConfig(
    channels=(96, 128, 192), heads=(3, 4, 6), attention=(False, True, True), layers=1, groups=16, class_dim=256,
    double_attention=False, unshuffle=2,
)
BATCH, RATE, DECAY, DROP = 48, 4e-4, 0.9985, 0.1
LONG_EVERY, TEXT_FROM = 7, 0.35


@dataclass(frozen=True)
class Examples:
    """What a batch is drawn from.

    latents: scaled (clips, 8, 128, 16); audio, text: embeddings (clips, 5, 256) and (clips, 256).
    """

    latents: Tensor
    audio: Tensor
    text: Tensor
    sustained: NDArray[np.bool_]

    def batch(self, rng: np.random.Generator, long: bool, text: bool) -> tuple[Tensor, Tensor]:
        """Latents (B, 8, 64 or 128, 16) and conditions (B, 256); whole clips if `long`, then half as many."""
        size = BATCH // 2 if long else BATCH
        index = rng.integers(0, len(self.latents), size)
        if long:
            z, condition = self.latents[index], self.audio[index, len(STARTS)]
        else:
            which = np.where(self.sustained[index], rng.integers(0, len(STARTS), size), 0)
            starts = np.array(STARTS)[which] // 4
            z = torch.stack([self.latents[i, :, s : s + 64] for i, s in zip(index, starts, strict=True)])
            condition = self.audio[index, which]
        if text:
            by_text = torch.from_numpy(rng.random(size) < 0.5)[:, None]
            condition = torch.where(by_text, self.text[index], condition)
        keep = torch.from_numpy(rng.random(size) >= DROP)[:, None]
        return z.float(), condition * keep


def velocity_loss(unet: UNet, z: Tensor, condition: Tensor, alphas: Tensor) -> Tensor:
    """Mean squared error of the predicted velocity at random times; noise and times are drawn on the CPU."""
    t = torch.randint(0, len(alphas), (len(z),))
    a = alphas[t][:, None, None, None]
    noise = torch.randn(z.shape)
    x = a.sqrt() * z + (1 - a).sqrt() * noise
    target = a.sqrt() * noise - (1 - a).sqrt() * z
    with autocast():
        out = unet(x.to(device()), t.to(device()), condition.to(device()))
    return (out.float() - target.to(device())).square().mean()


def examples(work: Path, encoder: VAE, tower: AudioTower) -> tuple[Examples, float]:
    """Everything precomputed for the train split, and the VAE's scaling factor."""
    corpus = load_corpus(work, "train")
    latents, scale = vae.latents(work, encoder, corpus, "train")
    audio = torch.from_numpy(clap.crop_embeddings(work, tower, corpus, "train"))
    text = torch.from_numpy(caption_embeddings(work, corpus))
    return Examples((latents.float() * scale).half(), audio, text, corpus.sustained), scale


def caption_embeddings(work: Path, corpus: Corpus) -> NDArray[np.float32]:
    """What the text tower makes of every caption, (clips, 256); by the adopted tower if the text stage was not run."""
    path = work / "stages" / "train-text.npy"
    if not path.exists():
        tensors = adopt.found(work, "text")
        if tensors is None:
            raise FileNotFoundError("the text stage has to be run before the unet stage")
        tower = TextTower({name: tensor.numpy() for name, tensor in tensors.items()})
        np.save(path, np.stack([tower(str(row["caption"])) for row in corpus.rows]))
    return np.load(path)


def train(work: Path, minutes: float, data: Examples, seed: int = 2) -> tuple[UNet, Average]:
    """Trains or resumes; returns the network and the average of its weights, which is what ships."""
    torch.manual_seed(seed)
    unet = UNet(CONFIG)
    unet.zero_residuals()
    adopt.into(unet, work, "unet")
    unet = placed(unet)
    average = Average(unet, DECAY)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=1e-2, fused=True)
    run = Run(work / "stages", "unet", minutes, optimizer, {"network": unet, "average": average})
    torch.manual_seed(seed + run.step)
    rng = np.random.default_rng((seed, run.step))
    meter = Meter(run)
    alphas = torch.tensor(alphas_cumprod())
    for step in run:
        long = step % LONG_EVERY == LONG_EVERY - 1
        z, condition = data.batch(rng, long, run.fraction > TEXT_FROM)
        loss = velocity_loss(unet, z, condition, alphas)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        average.update(unet)
        meter.add(**{"long" if long else "loss": loss.detach()})
    return unet, average

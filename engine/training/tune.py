"""Stage `tune`: the network hears itself. It renders as at run time, few steps, and learns from what that sounds like.

Direct reward fine-tuning (Clark et al. 2024, "Directly fine-tuning diffusion models on differentiable rewards"): the
gradient goes from the audio tower's embedding of a rendering through the decoder and every step of the sampler. The
reward is that the embedding is nearest to its own kind and near to its text, and that a classifier (of another shape
than the evaluation's judge, and trained apart from it) hears the kind, too. Three things hold it to what is real: the
spread of what is heard (`engine.training.likeness`), a critic of latents (`engine.training.critic`, as in adversarial
distillation, Sauer et al. 2023), and the ordinary diffusion loss, which goes on. The evaluation's judge has no part in
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine.evaluation.classifier import Judge, disturbed
from engine.nets.audio_tower import AudioTower, AudioTowerConfig
from engine.nets.unet import UNet
from engine.nets.vae import VAE
from engine.sampling import Denoising, Plan, denoise_step
from engine.schedule import alphas_cumprod, schedule
from engine.training import unet as diffusion
from engine.training.critic import Critic, critic_loss
from engine.training.data import STARTS, Corpus
from engine.training.likeness import LATEST, Spread, levels
from engine.training.loop import Average, Meter, Run, Stateful, autocast, device, placed

RATE, CRITIC_RATE, DECAY = 1.5e-4, 3e-4, 0.99
SHAPES = ((128, 8, 6), (64, 16, 8))
"""Rows of the latent, renderings a batch and steps of the sampler, in turn."""
SCALE = 12.0
"""Of the cosines to the kinds' mean embeddings, for their cross-entropy."""
NEAR = 0.92
"""Cosine to the text that real clips have: more is not asked for."""
REALNESS, LATENT_KIND, LIKENESS = 0.3, 0.2, 7.0
LISTENER = AudioTowerConfig(channels=(48, 96, 192), dim=160, patch=(2, 8))
LISTENER_SEED = 23
CRITIC_FIRST = 250
"""Steps that the critic learns kinds alone, from real latents, before it is asked."""


@dataclass(frozen=True)
class Ears:
    """What listens, frozen. centres: the kinds' mean unit embeddings (kinds, D). scale: of the latents."""

    vae: VAE
    tower: AudioTower
    listener: Judge
    centres: Tensor
    scale: float

    def mel(self, latent: Tensor) -> Tensor:
        """Normalised log-mel (B, 1, T, 128) of scaled latents."""
        with autocast():
            return self.vae.decode(latent / self.scale)

    def hear(self, mel: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Unit embeddings (B, D) of mels, and the listener's logits (B, kinds).

        Both hear the mel a little changed, so that nothing is learnt that would not outlast it.
        """
        with autocast():
            shift = 0.6 * torch.rand(len(mel), 1, 1, 1, device=mel.device) - 0.3
            embedding = self.tower(mel + shift)
            logits = self.listener(disturbed(mel.float(), rng))[1]
        return F.normalize(embedding.float(), dim=1), logits.float()

    def describe(self, mel: Tensor) -> tuple[Tensor, ...]:
        """What the likeness to real clips is measured by: embedding, the listener's features, levels in bands."""
        with autocast():
            embedding, features = self.tower(mel), self.listener(mel)[0]
        return F.normalize(embedding.float(), dim=1), features.float(), levels(mel)


def centres(embeddings: Tensor, labels: NDArray[np.int64]) -> Tensor:
    """Mean unit embedding of each kind, (kinds, D), from those of clips (clips, D); label -1 does not count."""
    kinds = range(int(labels.max()) + 1)
    return torch.stack([F.normalize(embeddings[torch.from_numpy(labels == k)].mean(dim=0), dim=0) for k in kinds])


def rendered(unet: UNet, noise: Tensor, condition: Tensor, steps: int) -> Tensor:
    """Latents (B, 8, T, 16) by the sampler of the run time, without guidance; the gradient goes through all steps."""
    run = Denoising(noise, Plan(schedule("dpm++", steps, "trailing"), prediction="v_prediction"), 0)
    while not run.done:
        with autocast():
            output = unet(run.x, torch.full((len(noise),), run.time, device=noise.device), condition)
        run = denoise_step(run, output.float())
    return run.x


class Choice:
    """Which clips' captions are rendered: kinds that go wrong come more often."""

    def __init__(self, labels: NDArray[np.int64]) -> None:
        self.members = [np.flatnonzero(labels == k) for k in range(int(labels.max()) + 1)]
        self.errors = np.ones(len(self.members))

    def draw(self, rng: np.random.Generator, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of clips, and their kinds."""
        weights = 0.25 + self.errors
        kinds = rng.choice(len(self.members), count, p=weights / weights.sum())
        return np.array([rng.choice(self.members[k]) for k in kinds]), kinds

    def learn(self, kinds: NDArray[np.int64], right: NDArray[np.float64]) -> None:
        """right: how sure the tower was of each kind, 0 to 1."""
        for kind, sure in zip(kinds, right, strict=True):
            self.errors[kind] += 0.15 * (1 - sure - self.errors[kind])


def critic_alone(critic: Critic, optimizer: torch.optim.Optimizer, data: diffusion.Examples, choice: Choice,
                 rng: np.random.Generator, steps: int) -> None:  # fmt: skip
    """Teaches the critic the kinds of real latents."""
    for step in range(steps):
        clips, kinds = choice.draw(rng, 32)
        label = torch.from_numpy(kinds).to(device())
        real = real_latents(data, clips, SHAPES[step % 2][0], rng)
        with autocast():
            logits, _ = critic(real, label)
        loss = F.cross_entropy(logits.float(), label, label_smoothing=0.05)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if step % 50 == 49:
            print(f"tune: critic {step + 1}/{steps}, kinds {float((logits.argmax(dim=1) == label).float().mean()):.2f}")


def real_latents(data: diffusion.Examples, clips: NDArray[np.int64], rows: int, rng: np.random.Generator) -> Tensor:
    """Latents of clips, whole or from one of the known starts, (B, 8, rows, 16)."""
    if rows == data.latents.shape[2]:
        return data.latents[clips].float().to(device())
    which = np.where(data.sustained[clips], rng.integers(0, len(STARTS), len(clips)), 0)
    starts = np.array(STARTS)[which] // 4
    crops = torch.stack([data.latents[c, :, s : s + rows] for c, s in zip(clips, starts, strict=True)])
    return crops.float().to(device())


def reward(
    ears: Ears, mel: Tensor, condition: Tensor, kind: Tensor, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Loss of what is heard, and how sure tower and listener are of the right kind together, (B,)."""
    embedding, logits = ears.hear(mel, rng)
    nearness = SCALE * embedding @ ears.centres.T
    far = (NEAR - (embedding * condition).sum(dim=1)).clamp_min(0).mean()
    sure = [found.detach().softmax(dim=1).gather(1, kind[:, None])[:, 0] for found in (nearness, logits)]
    loss = F.cross_entropy(nearness, kind) + F.cross_entropy(logits, kind, label_smoothing=0.05) + far
    return loss, torch.minimum(*sure)


def train(
    work: Path, minutes: float, data: diffusion.Examples, ears: Ears, corpus: Corpus, begin: nn.Module, seed: int = 4,
) -> tuple[UNet, Average]:  # fmt: skip
    """Trains or resumes from `begin`, the diffusion stage's averaged network; returns the network and its average."""
    unet, critic = _networks(begin, len(ears.centres), seed)
    average = Average(unet, DECAY)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    teacher = torch.optim.AdamW(critic.parameters(), lr=CRITIC_RATE, betas=(0.5, 0.98), weight_decay=1e-3, fused=True)
    parts: dict[str, Stateful] = {"network": unet, "average": average, "critic": critic, "critic_optimizer": teacher}
    run = Run(work / "stages", "tune", minutes, optimizer, parts)
    torch.manual_seed(seed + run.step)
    rng = np.random.default_rng((seed, run.step))
    choice, meter, alphas = Choice(corpus.labels), Meter(run), torch.tensor(alphas_cumprod())
    spreads = {rows: _spread(corpus, data, ears, unet, rows, steps, rng) for rows, _, steps in SHAPES}
    if run.step == 0:
        critic_alone(critic, teacher, data, choice, rng, CRITIC_FIRST)
    for step in run:
        rows, size, steps = SHAPES[step % len(SHAPES)]
        clips, kinds = choice.draw(rng, size)
        condition, kind = data.text[clips].to(device()), torch.from_numpy(kinds).to(device())
        latent = rendered(unet, torch.randn(size, 8, rows, 16).to(device()), condition, steps)
        mel = ears.mel(latent)
        heard, sure = reward(ears, mel, condition, kind, rng)
        unlike = spreads[rows].loss(ears.describe(mel), kinds, rng)
        held, realness = _held(critic, latent, kind)
        loss = heard + LIKENESS * unlike + held
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        z, c = data.batch(rng, rows == 128, True)
        usual = diffusion.velocity_loss(unet, z[: 3 * size], c[: 3 * size], alphas)
        usual.backward()
        optimizer.step()
        average.update(unet)
        told = _teach(critic, teacher, real_latents(data, clips, rows, rng), latent.detach(), kind)
        choice.learn(kinds, sure.double().cpu().numpy())
        meter.add(heard=heard.detach(), unlike=unlike.detach(), sure=sure.mean(),
                  real=realness.detach().mean(), critic=told, usual=usual.detach(), norm=norm)  # fmt: skip
    return unet, average


def _networks(begin: nn.Module, kinds: int, seed: int) -> tuple[UNet, Critic]:
    """The network that `begin` is the state of, and a critic that knows nothing."""
    torch.manual_seed(seed)
    unet = UNet(diffusion.CONFIG)
    unet.load_state_dict(begin.state_dict())
    return placed(unet), placed(Critic(kinds))


def _held(critic: Critic, latent: Tensor, kind: Tensor) -> tuple[Tensor, Tensor]:
    """Loss of what the critic sees in rendered latents, and how real it takes each for, (B,)."""
    with autocast():
        logits, realness = critic(latent, kind)
    realness = realness.float()
    return LATENT_KIND * F.cross_entropy(logits.float(), kind) - REALNESS * realness.mean(), realness


@torch.no_grad()
def _spread(corpus: Corpus, data: diffusion.Examples, ears: Ears, unet: UNet, rows: int, steps: int,
            rng: np.random.Generator) -> Spread:  # fmt: skip
    """What real clips of `rows` are heard as, and the network's first renderings of every kind."""
    spread = Spread(corpus, 4 * rows, ears.describe, rng)
    for place in range(LATEST):
        for kinds in np.array_split(np.arange(len(ears.centres)), -(-len(ears.centres) // 8)):
            clips = np.array([rng.choice(np.flatnonzero(corpus.labels == kind)) for kind in kinds])
            noise = torch.randn(len(kinds), 8, rows, 16).to(device())
            mel = ears.mel(rendered(unet, noise, data.text[clips].to(device()), steps))
            spread.remember(ears.describe(mel), kinds, place)
    return spread


def _teach(critic: Critic, optimizer: torch.optim.Optimizer, real: Tensor, generated: Tensor, kind: Tensor) -> Tensor:
    with autocast():
        loss = critic_loss(critic(real, kind), critic(generated, kind), kind)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(critic.parameters(), 1.0)
    optimizer.step()
    return loss.detach()

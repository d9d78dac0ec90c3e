"""AudioLDM 2's two trainings (Liu et al. 2023): to write outlines, and to write and paint them together.

The language model learns by regression: with the true beginning before it, it says the next vector of the outline that
AudioMAE has heard. Together with the U-Net it learns from what the U-Net makes of its outlines, of which some batches
get the true ones, so that the U-Net does not forget what an outline means.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.audiomae import AudioMaeEars
from engine.language import generate, predict
from engine.nets.projection import Projection
from engine.nets.unet import UNet
from engine.passes import Samples

RATE, DECAY, EPOCHS = 2e-4, 0.8, 10
"""The authors' learning rate of the language model, and by what it falls after so many epochs."""
JOINT_RATE = 1e-5
"""The learning rate of the two together, as in published fine-tunings."""
TRUE_SHARE = 0.25
"""Share of the batches that are painted from true outlines (the paper's P_gt)."""
DROP = 0.1
"""Share of the batches that are painted without any condition, for classifier-free guidance."""
CLIP = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A batch of what is told about sounds, and how they are outlined.

    first: CLAP's unit embeddings (B, D). second: vectors of Flan-T5 or of phonemes (B, L, W), and mask: boolean (B, L),
    False where they are padding. outline: (B, K, width), as AudioMAE heard it.
    """

    first: Tensor
    second: Tensor
    mask: Tensor
    outline: Tensor

    def to(self, device: torch.device | str) -> Told:
        """The same on a device."""
        return Told(*(getattr(self, field.name).to(device) for field in dataclasses.fields(self)))


def outlines(ears: AudioMaeEars, recordings: Sequence[Samples], looseness: int) -> Tensor:
    """What there is to learn: outlines (B, K, width) of mono recordings at 16 kHz."""
    return torch.stack([ears.outline(one, looseness) for one in recordings])


class Writer(nn.Module):
    """The projection and the language model, which learn together."""

    def __init__(self, projection: Projection, language: nn.Module) -> None:
        super().__init__()
        self.projection = projection
        self.language = language

    def prefix(self, told: Told) -> tuple[Tensor, Tensor]:
        """What is written on from: (B, N, width), and its mask (B, N)."""
        return self.projection(told.first[:, None], told.second, told.mask)

    def loss(self, told: Told) -> Tensor:
        """Mean absolute error of the next vector, with the true ones before it."""
        return F.l1_loss(predict(self.language, *self.prefix(told), told.outline), told.outline)

    def forward(self, told: Told, given: Tensor | None = None) -> Tensor:
        """The outline (B, K, width) that is written vector by vector, with gradients where they are on.

        given: the beginning of it, (B, J, width).
        """
        begun = told.outline[:, :0] if given is None else given
        more = generate(self.language, *self.prefix(told), told.outline.shape[1] - begun.shape[1], begun)
        return torch.cat((begun, more), dim=1)


class Painter(nn.Module):
    """A writer and a U-Net, learning together.

    alphas: alpha² of the noise at every time, (T,). nothing: what Flan-T5 says of the empty text, (1, L, W), which the
    U-Net sees when it is told nothing; of no use to one that looks at outlines alone.
    """

    alphas: Tensor
    nothing: Tensor

    def __init__(
        self, writer: Writer, unet: UNet, alphas: Tensor, nothing: Tensor, *, true_share: float = TRUE_SHARE
    ) -> None:
        super().__init__()
        if not 0.0 <= true_share <= 1.0:
            raise ValueError(f"true_share must be 0 to 1, got {true_share}")
        self.writer, self.unet, self.true_share = writer, unet, true_share
        self.register_buffer("alphas", alphas, persistent=False)
        self.register_buffer("nothing", nothing, persistent=False)

    def outline(self, told: Told, chance: torch.Generator) -> Tensor:
        """The probabilistic switch: the true outline for a share of the batches, the written one for the rest."""
        true = float(torch.rand((), generator=chance)) < self.true_share
        return told.outline if true else self.writer(told)

    def loss(self, told: Told, latents: Tensor, chance: torch.Generator) -> Tensor:
        """Mean squared error of the predicted noise in latents (B, C, rows, columns), scaled as the U-Net knows them.

        chance: of the switch, the noise and the times, on the CPU, so that a run can be repeated.
        """
        outline, second, mask = self.outline(told, chance), told.second, told.mask
        if float(torch.rand((), generator=chance)) < DROP:
            outline, second = torch.zeros_like(outline), self.nothing.expand(len(outline), -1, -1)
            mask = mask.new_ones(second.shape[:2])
        times = torch.randint(len(self.alphas), (len(latents),), generator=chance)
        noise = torch.randn(latents.shape, generator=chance).to(latents)
        kept = self.alphas[times.to(self.alphas.device)].to(latents)[:, None, None, None]
        noised = kept.sqrt() * latents + (1 - kept).sqrt() * noise
        said = self.unet(noised, times.to(latents.device), None, self.crossings(outline, second, mask))
        return F.mse_loss(said, noise)

    def crossings(self, outline: Tensor, second: Tensor, mask: Tensor) -> list[Any]:
        """What the U-Net looks at: the outline and, unless the model speaks, the words, without their padding."""
        count = len(self.unet.config.widths)
        made = self.unet.crossings(*(outline, second)[:count])
        # They come in turns: one for the outline, one for the words.
        return [one if index % count == 0 else dataclasses.replace(one, mask=mask) for index, one in enumerate(made)]


def train_writer(
    writer: Writer,
    batches: Iterator[Told],
    steps: int,
    epoch: int,
    *,
    rate: float = RATE,
    report: Callable[[int, float], object] = lambda *_: None,
) -> list[float]:
    """Teach a writer for so many steps, `epoch` of them an epoch; returns the losses. It is left in eval mode."""
    optimizer = torch.optim.AdamW(writer.parameters(), lr=rate)
    slower = torch.optim.lr_scheduler.StepLR(optimizer, EPOCHS * epoch, DECAY)
    return _train(writer, lambda: writer.loss(next(batches)), steps, optimizer, slower, report)


def train_jointly(
    painter: Painter,
    batches: Iterator[tuple[Told, Tensor]],
    steps: int,
    *,
    rate: float = JOINT_RATE,
    seed: int = 0,
    report: Callable[[int, float], object] = lambda *_: None,
) -> list[float]:
    """Teach writer and U-Net together, from batches with their latents; returns the losses, as `train_writer` does."""
    optimizer = torch.optim.AdamW(painter.parameters(), lr=rate)
    chance = torch.Generator().manual_seed(seed)
    return _train(painter, lambda: painter.loss(*next(batches), chance), steps, optimizer, None, report)


def _train(
    network: nn.Module,
    loss_of: Callable[[], Tensor],
    steps: int,
    optimizer: torch.optim.Optimizer,
    slower: torch.optim.lr_scheduler.LRScheduler | None,
    report: Callable[[int, float], object],
) -> list[float]:
    network.train().requires_grad_(True)
    losses = []
    for step in range(steps):
        loss = loss_of()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        if slower is not None:
            slower.step()
        losses.append(float(loss.detach()))
        report(step, losses[-1])
    network.eval().requires_grad_(False)
    return losses

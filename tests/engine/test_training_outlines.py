"""AudioLDM 2's trainings in miniature: the loss falls, and what is written comes near what AudioMAE has heard."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.audiomae import RATE, AudioMaeEars
from engine.language import LanguageConfig, build_language
from engine.nets.audiomae import AudioMae, AudioMaeConfig
from engine.nets.projection import Projection, ProjectionConfig
from engine.nets.unet import UNet, UNetConfig
from engine.schedule import alphas_cumprod
from engine.training.outlines import Painter, Told, Writer, outlines, train_jointly, train_writer

SOUNDS, WIDTH = 6, 32
ALPHAS, NOTHING = torch.tensor(alphas_cumprod()), torch.zeros(1, 1, 24)


@pytest.fixture(scope="module")
def told() -> Told:
    """Six tones and noises that begin at different times, as AudioMAE hears them, and a random text for each."""
    torch.manual_seed(0)
    net = AudioMae(AudioMaeConfig(width=WIDTH, layers=3, heads=2)).eval().requires_grad_(False)
    ears, rng = AudioMaeEars(net), np.random.default_rng(0)
    times = np.arange(10 * RATE) / RATE
    recordings = []
    for index in range(SOUNDS):
        sound = np.sin(2 * np.pi * 200 * 2**index * times) if index % 2 else rng.normal(size=times.size)
        recordings.append((sound * (times > index)).astype(np.float32))
    heard = outlines(ears, recordings, 8)
    lengths = torch.tensor([3, 5, 2, 5, 4, 5])
    first = torch.nn.functional.normalize(torch.randn(SOUNDS, 16), dim=1)
    return Told(first, torch.randn(SOUNDS, 5, 24), torch.arange(5) < lengths[:, None], heard)


def writer() -> Writer:
    torch.manual_seed(1)
    language = build_language(LanguageConfig(width=WIDTH, layers=2, heads=2, positions=64))
    return Writer(Projection(ProjectionConfig(first=16, second=24, width=WIDTH)), language)


def unet(contexts: tuple[int | None, ...] = (None, WIDTH, 24)) -> UNet:
    torch.manual_seed(2)
    return UNet(
        UNetConfig(channels=(8, 16), layers=1, heads=(2, 4), attention=(False, True), groups=8, contexts=contexts,
                   class_dim=None)
    )  # fmt: skip


def distances(written: Tensor, true: Tensor) -> Tensor:
    """Mean absolute error of each written outline (rows) from each true one."""
    return (written[:, None] - true[None]).abs().mean(dim=(2, 3))


@pytest.fixture(scope="module")
def taught(told: Told) -> tuple[Writer, list[float], Tensor]:
    """A writer after its training, the losses, and what it had written before."""
    one = writer().eval()
    with torch.no_grad():
        before = one(told)
    losses = train_writer(one, itertools.repeat(told), 250, 25, rate=3e-3)
    return one, losses, before


def test_the_loss_of_writing_falls(
    taught: tuple[Writer, list[float], Tensor], capsys: pytest.CaptureFixture[str]
) -> None:
    _, losses, _ = taught
    first, last = np.mean(losses[:3]), np.mean(losses[-10:])
    with capsys.disabled():
        sys.stdout.write(f"\nregression of outlines, {len(losses)} steps: {first:.3f} to {last:.3f}\n")
    assert last < 0.35 * first


@torch.no_grad()
def test_what_is_written_comes_near_what_was_heard(
    told: Told, taught: tuple[Writer, list[float], Tensor], capsys: pytest.CaptureFixture[str]
) -> None:
    """Not only the next vector after true ones: all, each after those that were written, as for a request."""
    one, _, before = taught
    far, near = distances(before, told.outline), distances(one(told), told.outline)
    before_it, after_it = float(far.diagonal().mean()), float(near.diagonal().mean())
    with capsys.disabled():
        sys.stdout.write(f"\ndistance of written outlines from heard ones: {before_it:.3f} to {after_it:.3f}\n")
    assert after_it < 0.35 * before_it
    assert torch.equal(near.argmin(dim=1), torch.arange(SOUNDS)), "each is most like its own sound"


@torch.no_grad()
def test_a_given_beginning_is_gone_on_from(told: Told, taught: tuple[Writer, list[float], Tensor]) -> None:
    one, _, _ = taught
    written = one(told, told.outline[:, :4])
    assert torch.equal(written[:, :4], told.outline[:, :4])
    near = distances(written[:, 4:], told.outline[:, 4:])
    assert torch.equal(near.argmin(dim=1), torch.arange(SOUNDS))


def test_padding_is_not_read(told: Told) -> None:
    one, noise = writer().eval(), torch.randn_like(told.second)
    other = Told(told.first, torch.where(told.mask[..., None], told.second, noise), told.mask, told.outline)
    with torch.no_grad():
        torch.testing.assert_close(one(told), one(other))
        torch.testing.assert_close(one.loss(told), one.loss(other))


@pytest.mark.parametrize("contexts", [(None, WIDTH, 24), (None, WIDTH)])
def test_the_loss_of_painting_falls_and_both_networks_learn(
    told: Told, contexts: tuple[int | None, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """With words for the U-Net beside the outline, and, as in a model that speaks, without."""
    painter = Painter(writer(), unet(contexts), ALPHAS, NOTHING, true_share=0.5)
    torch.manual_seed(3)
    latents = torch.randn(SOUNDS, 8, 1, 4).expand(-1, -1, 8, -1).contiguous()
    parts = {name: one.detach().clone() for name, one in painter.named_parameters()}

    def batches() -> Iterator[tuple[Told, Tensor]]:
        while True:
            yield told, latents

    losses = train_jointly(painter, batches(), 120, rate=3e-3)
    first, last = np.mean(losses[:10]), np.mean(losses[-30:])
    with capsys.disabled():
        sys.stdout.write(f"\njoint fine-tuning, {len(losses)} steps: {first:.3f} to {last:.3f}\n")
    assert last < 0.6 * first
    moved = {name.split(".")[0] for name, one in painter.named_parameters() if not torch.equal(one, parts[name])}
    assert moved == {"writer", "unet"}
    assert not painter.training and not any(one.requires_grad for one in painter.parameters())


def test_painting_teaches_the_language_model_through_what_it_writes(told: Told) -> None:
    """The gradient of the U-Net's error reaches it by every vector that it wrote, and by none of the true ones."""
    latents = torch.randn(SOUNDS, 8, 8, 4)
    for share, reached in ((0.0, True), (1.0, False)):
        painter = Painter(writer(), unet(), ALPHAS, NOTHING, true_share=share)
        painter.loss(told, latents, torch.Generator().manual_seed(5)).backward()
        weight = painter.writer.language.h[0].attn.c_attn.weight  # type: ignore[union-attr, index]
        assert (weight.grad is not None and bool(weight.grad.abs().sum() > 0)) is reached


def test_the_switch_takes_true_outlines_as_often_as_it_should(told: Told) -> None:
    painter = Painter(writer(), unet(), ALPHAS, NOTHING)
    chance, count = torch.Generator().manual_seed(0), 200
    with torch.no_grad():
        true = sum(painter.outline(told, chance) is told.outline for _ in range(count))
    assert 0.15 < true / count < 0.35
    with pytest.raises(ValueError, match=r"true_share must be 0 to 1, got 1\.5"):
        Painter(writer(), unet(), ALPHAS, NOTHING, true_share=1.5)

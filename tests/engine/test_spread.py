"""The spread of what is heard: its gradient leads to renderings that differ as real clips do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.training.data import Corpus
from engine.training.likeness import KEPT, LATEST, Spread, levels

KINDS = 3


def corpus(rng: np.random.Generator) -> Corpus:
    """Flat clips: the level in each half of the spectrum is drawn around the kind's own."""
    rows = [{"kind": f"k{n % KINDS}", "second": None, "sustained": False} for n in range(90)]
    mels = np.zeros((90, 512, 128), np.float16)
    for n, mel in enumerate(mels):
        low, high = 0.2 * rng.standard_normal(2) + n % KINDS
        mel[:, :64], mel[:, 64:] = low, high
    return Corpus(mels, rows, tuple(f"k{n}" for n in range(KINDS)))


def hearing(mel: Tensor) -> tuple[Tensor, ...]:
    return (levels(mel),)


@pytest.mark.parametrize(("shift", "deviation"), [(0.8, 0.02), (0.0, 1.0)])
def test_descent_ends_where_renderings_differ_as_real_clips_do(shift: float, deviation: float) -> None:
    """Renderings that begin too loud and all the same, or too different, by their gradient alone."""
    rng = np.random.default_rng(0)
    spread = Spread(corpus(rng), 256, hearing, rng)
    kinds = np.repeat(np.arange(KINDS), 24)
    centres = np.repeat(kinds[:, None], 2, axis=1)
    begin = (centres + shift + deviation * rng.standard_normal((len(kinds), 2))).astype(np.float32)
    halves = torch.tensor(begin, requires_grad=True)
    optimizer = torch.optim.Adam([halves], 0.02)
    for _ in range(400):
        some = rng.choice(len(kinds), 24, replace=False)
        optimizer.zero_grad()
        spread.loss((halves[some].repeat_interleave(8, dim=1),), kinds[some], rng).backward()
        optimizer.step()
    differences = halves.detach().numpy() - centres
    assert abs(differences.mean()) < 0.12
    assert 0.1 < differences.std() < 0.4


def test_what_was_rendered_is_remembered_in_its_place() -> None:
    rng = np.random.default_rng(1)
    spread = Spread(corpus(rng), 512, hearing, rng)
    assert spread.real[0].shape == (KINDS, KEPT, 16)
    assert spread.rendered[0].shape == (KINDS, LATEST, 16)
    spread.remember((torch.full((1, 16), 9.0, requires_grad=True),), np.array([2]), LATEST - 1)
    assert spread.rendered[0][2, LATEST - 1].tolist() == pytest.approx([9.0] * 16)
    assert not spread.rendered[0].requires_grad
    assert float(spread.rendered[0][:2].max()) < 5


def test_its_gradient_draws_renderings_to_real_clips() -> None:
    rng = np.random.default_rng(2)
    spread = Spread(corpus(rng), 512, hearing, rng)
    heard = torch.full((1, 16), 4.0, requires_grad=True)
    for place in range(LATEST):
        spread.remember((heard,), np.array([0]), place)
    spread.loss((heard,), np.array([0]), rng).backward()
    assert heard.grad is not None
    assert (heard.grad > 0).all()  # downwards, to levels about 0

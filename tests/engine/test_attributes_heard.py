"""The measurement of attributes tells what differs, and is blind to level."""

from __future__ import annotations

import numpy as np
import torch

from engine.evaluation.attributes import discriminate, heard, level_blind
from engine.evaluation.classifier import Judge


def test_a_discriminant_finds_the_label_and_is_at_chance_without_one() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 20)
    known = rng.standard_normal((60, 30))
    known[:, 4] += 6.0 * labels
    asked = rng.standard_normal((300, 30))
    truth = np.arange(300) % 3
    assert np.mean(discriminate(known, labels, asked) == truth) < 0.45
    asked[:, 4] += 6.0 * truth
    assert np.mean(discriminate(known, labels, asked) == truth) > 0.85


def test_what_is_heard_does_not_depend_on_level() -> None:
    torch.manual_seed(0)
    judge = Judge(3).eval()
    mels = torch.rand(2, 512, 128) - 1.0
    assert np.allclose(heard(judge, mels), heard(judge, mels - 0.4), atol=1e-4)
    assert float(level_blind(mels).max()) == 1.5


def test_slow_and_fast_are_told_by_how_the_level_moves() -> None:
    judge = Judge(3).eval()
    rng = np.random.default_rng(1)

    def pulses(gap: int, count: int) -> torch.Tensor:
        mel = np.full((count, 512, 128), -1.0)
        for clip in mel:
            clip[int(rng.integers(gap)) :: gap] = 0.5 + 0.1 * rng.standard_normal(128)
        return torch.from_numpy(mel.astype(np.float32))

    known = heard(judge, torch.cat([pulses(24, 12), pulses(60, 12)]))
    asked = heard(judge, torch.cat([pulses(24, 6), pulses(60, 6)]))
    assert (discriminate(known, np.repeat([0, 1], 12), asked) == np.repeat([0, 1], 6)).all()

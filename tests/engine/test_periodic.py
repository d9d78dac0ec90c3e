"""Loops stay loops at another length: nothing happens at the wrap that does not happen inside."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.griffin_lim import griffin_lim
from engine.periodic import resample_loop, stretch_loop
from engine.vocos import Vocos, vocode


def wave(frames: int, turns: int) -> np.ndarray:
    return np.sin(2 * np.pi * turns * np.arange(frames) / frames).astype(np.float32)


@pytest.mark.parametrize(("frames", "wanted"), [(4800, 4410), (4410, 4800), (4801, 4409), (1000, 9999), (48, 1)])
def test_a_tone_that_fits_the_loop_still_fits_it(frames: int, wanted: int) -> None:
    found = resample_loop(wave(frames, 7)[None], wanted)
    assert found.shape == (1, wanted)
    assert found.dtype == np.float32
    if wanted > 14:
        np.testing.assert_allclose(found[0], wave(wanted, 7), atol=1e-5)


def test_the_same_length_is_left_alone_and_a_constant_stays_one() -> None:
    samples = np.random.default_rng(0).normal(size=(2, 100)).astype(np.float32)
    assert resample_loop(samples, 100) is samples
    np.testing.assert_allclose(resample_loop(np.full((1, 99), 0.5, np.float32), 150), 0.5, atol=1e-6)


def test_a_turned_loop_gives_the_turned_result() -> None:
    """So no place of a loop is treated in a way that another is not."""
    noise = np.random.default_rng(1).normal(size=(1, 480)).astype(np.float32)
    found = resample_loop(noise, 720)
    turned = resample_loop(np.roll(noise, 100, axis=1), 720)
    np.testing.assert_allclose(np.roll(found, 150, axis=1), turned, atol=1e-5)


def test_a_stretched_mel_is_a_loop_too() -> None:
    mel = torch.randn(40, 8, generator=torch.Generator().manual_seed(0))
    assert stretch_loop(mel, 40) is mel
    found = stretch_loop(mel, 60)
    assert found.shape == (60, 8)
    torch.testing.assert_close(stretch_loop(mel.roll(20, 0), 60), found.roll(30, 0))
    assert float(found.max()) <= float(mel.max())


def hum(frames: int) -> torch.Tensor:
    """A mel loop with a slow swell that is highest at the wrap, where a seam would be loudest."""
    swell = torch.cos(torch.arange(frames) * (2 * torch.pi / frames))[:, None]
    return (-0.5 + 0.5 * swell).expand(frames, 128) - torch.linspace(0, 1.5, 128)


@pytest.mark.parametrize("frames", [1, 3, 100])
@pytest.mark.parametrize("learned", [False, True])
def test_vocoders_make_loops_of_exact_length_without_a_seam(frames: int, learned: bool) -> None:
    if learned:
        torch.manual_seed(0)
        found = vocode(Vocos().eval(), hum(frames), seed=3, wrap=True)
    else:
        found = griffin_lim(hum(frames), seed=3, wrap=True)
    assert found.shape == (frames * 480,)
    steps = np.abs(np.diff(np.concatenate((found, found)).astype(np.float64)))
    inside, across = np.delete(steps, len(found) - 1), steps[len(found) - 1]
    assert across <= inside.max()
    # Neither louder nor quieter about the wrap than a little further inside.
    if frames == 100:
        about = np.concatenate((found[-1200:], found[:1200])).std()
        near = np.concatenate((found[-3600:-1200], found[1200:3600])).std()
        assert 0.7 < about / near < 1.4

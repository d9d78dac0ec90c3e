"""The vocoder's shape and length."""

from __future__ import annotations

import pytest
import torch

from engine.hifigan import HifiGanConfig, build_hifigan

TINY = HifiGanConfig(width=32, block_kernels=(3,), dilations=(1,))


def test_length_is_exact() -> None:
    vocoder = build_hifigan(TINY)
    for frames in (8, 13):
        with torch.no_grad():
            samples = vocoder(torch.randn(2, frames, 64))
        assert samples.shape == (2, TINY.samples(frames)) == (2, 160 * frames + 32)
        assert samples.abs().max() <= 1


def test_true_shape_has_the_published_tensors() -> None:
    with torch.device("meta"):
        vocoder = build_hifigan(HifiGanConfig())
    tensors = vocoder.state_dict()
    assert len(tensors) == 196
    assert tensors["upsampler.0.weight"].shape == (1024, 512, 16)
    assert tensors["resblocks.14.convs2.2.weight"].shape == (32, 32, 11)
    assert sum(parameter.numel() for parameter in vocoder.parameters()) == pytest.approx(55.26e6, rel=1e-3)


def test_hop() -> None:
    assert HifiGanConfig().hop == 160
    assert HifiGanConfig().samples(512) == 81_952

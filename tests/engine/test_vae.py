"""The VAE against diffusers' AutoencoderKL on the same random weights."""

from __future__ import annotations

import pytest
import torch

from benchmarks.diffusers_networks import vae_of
from engine.nets.vae import VAE, VAEConfig, fold_patches, unfold_patches

TINY = VAEConfig(latent_channels=4, channels=(8, 16, 24), layers=1, groups=8)
POCKET = VAEConfig(channels=(16, 32), layers=1, groups=8, mid_attention=False, unshuffle=(2, 4))
FULL = VAEConfig()


def assert_parity(config: VAEConfig, frames: int, bands: int) -> None:
    torch.manual_seed(0)
    theirs, ours = vae_of(config), VAE(config).eval()
    ours.load_state_dict(theirs.state_dict())
    mel = torch.randn(2, 1, frames, bands)
    with torch.no_grad():
        posterior = theirs.encode(mel).latent_dist
        mean, log_variance = ours.encode(mel)
        heard = ours.decode(mean), theirs.decode(mean).sample
        pairs = (mean, posterior.mean), (log_variance, posterior.logvar), heard
    for found, wanted in pairs:  # over the whole tensor: single values near zero differ with the number of threads
        assert (found - wanted).norm() <= 1e-5 * wanted.norm()


@pytest.mark.parametrize("frames", [16, 21, 4])
@pytest.mark.parametrize(
    "config",
    [TINY, VAEConfig(channels=(8, 16), layers=2, groups=4), VAEConfig(channels=(8, 16), groups=4, mid_attention=False)],
    ids=["tiny", "two-levels", "no-attention"],
)
def test_equals_diffusers(config: VAEConfig, frames: int) -> None:
    assert_parity(config, frames, bands=16)


def test_tensors_of_the_true_shape_have_diffusers_names_and_sizes() -> None:
    with torch.device("meta"):
        theirs, ours = vae_of(FULL), VAE(FULL)
    assert {name: tensor.shape for name, tensor in ours.state_dict().items()} == {
        name: tensor.shape for name, tensor in theirs.state_dict().items()
    }
    assert sum(parameter.numel() for parameter in ours.parameters()) == pytest.approx(55.38e6, rel=1e-3)


@pytest.mark.slow
def test_equals_diffusers_at_the_true_shape() -> None:
    assert_parity(FULL, 64, bands=64)


def test_pocket_shape_and_factor() -> None:
    vae = VAE(POCKET)
    mean, log_variance = vae.encode(torch.randn(1, 1, 64, 128))
    assert mean.shape == log_variance.shape == (1, 8, 16, 16)
    assert vae.decode(mean).shape == (1, 1, 64, 128)
    assert POCKET.factor == 4


def test_log_variance_is_clamped() -> None:
    vae = VAE(TINY)
    with torch.no_grad():
        vae.quant_conv.bias.fill_(1e4)
    assert vae.encode(torch.zeros(1, 1, 8, 16))[1].max() == 20.0


def test_patches_fold_and_unfold() -> None:
    mel = torch.arange(16.0).reshape(1, 1, 4, 4)
    folded = fold_patches(mel, (2, 2))
    assert folded.shape == (1, 4, 2, 2)
    assert folded[0, :, 0, 0].tolist() == [0.0, 1.0, 4.0, 5.0]  # two frames of two bands
    assert torch.equal(unfold_patches(folded, (2, 2)), mel)
    assert fold_patches(mel, (1, 1)) is mel


def test_channels_last_and_bfloat16_stay_close() -> None:
    torch.manual_seed(0)
    vae = VAE(POCKET).eval()
    mel = torch.randn(1, 1, 32, 128)
    with torch.no_grad():
        want = vae.decode(vae.encode(mel)[0])
        fast = vae.to(memory_format=torch.channels_last)
        torch.testing.assert_close(fast.decode(fast.encode(mel)[0]), want, rtol=1e-4, atol=1e-4)
        half = fast.to(torch.bfloat16)
        got = half.decode(half.encode(mel.bfloat16())[0])
    assert (got.float() - want).norm() < 0.05 * want.norm()


def test_groups_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="24 groups"):
        VAEConfig(groups=24)

"""The U-Net against diffusers' UNet2DConditionModel on the same random weights."""

from __future__ import annotations

import pytest
import torch

from benchmarks.diffusers_networks import unet_of
from engine.nets.embedding import sinusoid
from engine.nets.unet import UNet, UNetConfig, fold, unfold

TINY = UNetConfig(
    channels=(8, 16, 24), layers=1, heads=(2, 4, 6), attention=(False, True, True), groups=8, class_dim=12
)
POCKET = UNetConfig(
    channels=(32, 48, 64),
    layers=1,
    heads=(1, 2, 4),
    attention=(False, True, True),
    groups=8,
    class_dim=16,
    unshuffle=2,
    double_attention=False,
)
S = UNetConfig()


def inputs(config: UNetConfig, frames: int, *, batch: int = 2) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    noise = torch.Generator().manual_seed(1)
    return (
        torch.randn(batch, config.in_channels, frames, 16, generator=noise),
        torch.tensor([901, 7][:batch]),
        torch.randn(batch, config.class_dim, generator=noise),
    )


def assert_parity(config: UNetConfig, frames: int) -> None:
    torch.manual_seed(0)
    theirs, ours = unet_of(config, config.heads), UNet(config).eval()
    ours.load_state_dict(theirs.state_dict())
    x, t, label = inputs(config, frames)
    with torch.no_grad():
        want = theirs(x, t, encoder_hidden_states=None, class_labels=label).sample
        got = ours(x, t, label)
    assert (got - want).norm() < 1e-5 * want.norm()


@pytest.mark.parametrize("frames", [16, 17, 6, 1])
@pytest.mark.parametrize(
    "config",
    [
        TINY,
        UNetConfig(
            channels=(8, 16, 24), layers=1, heads=(8, 8, 8), attention=(False, True, True), groups=8, class_dim=12
        ),
        UNetConfig(channels=(8, 16), layers=2, heads=(2, 2), attention=(True, False), groups=4, class_dim=12),
        UNetConfig(
            channels=(8, 16),
            layers=1,
            heads=(2, 2),
            attention=(False, True),
            groups=8,
            class_dim=12,
            transformer_layers=2,
            in_channels=4,
            out_channels=4,
        ),
    ],
    ids=["trained-heads", "eight-heads", "outer-attention", "two-layers"],
)
def test_equals_diffusers(config: UNetConfig, frames: int) -> None:
    assert_parity(config, frames)


def test_head_count_matters_though_shapes_agree() -> None:
    torch.manual_seed(0)
    ours = UNet(TINY).eval()
    other = UNet(
        UNetConfig(
            channels=(8, 16, 24), layers=1, heads=(8, 8, 8), attention=(False, True, True), groups=8, class_dim=12
        )
    ).eval()
    other.load_state_dict(ours.state_dict())
    with torch.no_grad():
        a, b = ours(*inputs(TINY, 16)), other(*inputs(TINY, 16))
    assert (a - b).norm() > 1e-4 * a.norm()


def test_tensors_of_the_true_shape_have_diffusers_names_and_sizes() -> None:
    with torch.device("meta"):
        theirs, ours = unet_of(S, S.heads), UNet(S)
    assert {name: tensor.shape for name, tensor in ours.state_dict().items()} == {
        name: tensor.shape for name, tensor in theirs.state_dict().items()
    }
    assert sum(parameter.numel() for parameter in ours.parameters()) == pytest.approx(185.04e6, rel=1e-4)


@pytest.mark.slow
def test_equals_diffusers_at_the_true_shape() -> None:
    assert_parity(S, 50)


@pytest.mark.parametrize("frames", [16, 15, 1])
def test_unshuffled_network_keeps_any_size(frames: int) -> None:
    x, t, label = inputs(POCKET, frames)
    assert UNet(POCKET)(x, t, label).shape == x.shape


def test_fold_and_unfold_are_inverse() -> None:
    x = torch.randn(2, 3, 7, 5)
    assert fold(x, 2).shape == (2, 12, 4, 3)
    assert torch.equal(unfold(fold(x, 2), 2, 7, 5), x)


def test_batch_and_single_agree() -> None:
    torch.manual_seed(0)
    net = UNet(POCKET).eval()
    x, t, label = inputs(POCKET, 16)
    with torch.no_grad():
        together = net(x, t, label)
        alone = torch.cat([net(x[i : i + 1], t[i : i + 1], label[i : i + 1]) for i in range(2)])
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5)


def test_channels_last_and_bfloat16_stay_close() -> None:
    torch.manual_seed(0)
    net = UNet(POCKET).eval()
    x, t, label = inputs(POCKET, 16)
    with torch.no_grad():
        want = net(x, t, label)
        torch.testing.assert_close(net.to(memory_format=torch.channels_last)(x, t, label), want, rtol=1e-4, atol=1e-4)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            mixed = net(x, t, label)
        half = net.to(torch.bfloat16)(x.bfloat16(), t, label.bfloat16())
    for result in (mixed, half):
        assert result.dtype == torch.bfloat16
        assert (result.float() - want).norm() < 0.05 * want.norm()


def test_zeroed_residuals_predict_zero_and_still_learn() -> None:
    net = UNet(POCKET)
    net.zero_residuals()
    x, t, label = inputs(POCKET, 8)
    predicted = net(x, t, label)
    assert predicted.abs().max() == 0
    (predicted - 1).square().mean().backward()
    assert net.conv_out.weight.grad is not None
    assert net.conv_out.weight.grad.abs().max() > 0


def test_sinusoid_tells_neighbouring_times_apart() -> None:
    features = sinusoid(torch.tensor([901, 902]), 64)
    assert features.dtype == torch.float32
    assert (features[0] - features[1]).abs().max() > 0.1
    assert torch.equal(sinusoid(torch.zeros(1), 4), torch.tensor([[1.0, 1.0, 0.0, 0.0]]))


@pytest.mark.parametrize(
    ("change", "named"),
    [({"heads": (4, 8)}, "one entry a level"), ({"heads": (3, 8, 12, 20)}, "3 heads"), ({"groups": 48}, "48 groups")],
)
def test_shapes_that_do_not_fit_are_refused(change: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        UNetConfig(**change)  # type: ignore[arg-type]

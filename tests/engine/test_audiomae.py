"""AudioMAE's encoder against torch's own layers, its front-end against Kaldi's definition, pooling, and its files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.audiomae import RATE, AudioMaeEars
from engine.checkpoints.audiomae import encoder_tensors, read_audiomae
from engine.checkpoints.loading import load
from engine.errors import BadRequest, ModelError
from engine.nets.audiomae import AudioMae, AudioMaeConfig, pooled
from tests.engine import audioldm2_makers as makers

SMALL = AudioMaeConfig(width=32, layers=4, heads=2, frames=64, bands=32, patch=8, averaged=3)
PUBLISHED = "cond_stage_models.0.cond_stage_models.2.audiomae.model."


def encoder(config: AudioMaeConfig = SMALL) -> AudioMae:
    torch.manual_seed(5)
    return AudioMae(config).eval().requires_grad_(False)


def test_features_are_those_of_a_vision_transformer() -> None:
    """torch's own layers with our weights: the normalised mean of the last three, without the class."""
    ours = encoder()
    weights = ours.state_dict()
    x = torch.randn(2, 64, 32)
    patches = x.unfold(1, 8, 8).unfold(2, 8, 8).flatten(1, 2).flatten(2)
    h = patches @ weights["patch_embed.proj.weight"].flatten(1).T + weights["patch_embed.proj.bias"]
    h = torch.cat((weights["cls_token"].expand(2, 1, 32), h), 1) + weights["pos_embed"]
    said = []
    with torch.no_grad():
        for index in range(4):
            h = _layer(weights, f"blocks.{index}.")(h)
            said.append(ours.norm(h))
        expected = torch.stack(said[-3:]).mean(0)[:, 1:]
        torch.testing.assert_close(ours(x).flatten(1, 2), expected, atol=2e-5, rtol=1e-4)


def _layer(weights: dict[str, torch.Tensor], block: str) -> torch.nn.Module:
    """torch's layer of a transformer with the weights of one of our blocks."""
    layer = torch.nn.TransformerEncoderLayer(
        32, 2, 128, dropout=0.0, activation="gelu", layer_norm_eps=1e-6, batch_first=True, norm_first=True
    ).eval()
    names = {
        "self_attn.in_proj_": "attn.qkv.", "self_attn.out_proj.": "attn.proj.", "linear1.": "mlp.fc1.",
        "linear2.": "mlp.fc2.", "norm1.": "norm1.", "norm2.": "norm2.",
    }  # fmt: skip
    own = {theirs + kind: weights[block + name + kind] for theirs, name in names.items() for kind in ("weight", "bias")}
    layer.load_state_dict(own)
    return layer


def test_pooling_is_the_mean_of_average_and_maximum_over_squares_of_patches() -> None:
    features = torch.randn(2, 8, 4, 3)
    assert torch.equal(pooled(features, 1), features.flatten(1, 2)), "at 1 nothing is lost"
    two = pooled(features, 2)
    square = features[1, 2:4, 0:2].flatten(0, 1)
    torch.testing.assert_close(two[1, 2], (square.mean(0) + square.amax(0)) / 2)
    assert two.shape == (2, 8, 3)
    eight = pooled(features, 8)
    whole = features[0].flatten(0, 1)
    assert eight.shape == (2, 1, 3)
    torch.testing.assert_close(eight[0, 0], (whole.mean(0) + whole.amax(0)) / 2)


def test_the_published_shape_hears_ten_seconds_in_512_patches() -> None:
    with torch.device("meta"):
        net = AudioMae(AudioMaeConfig())
        features = net(torch.empty(1, 1024, 128))
    assert features.shape == (1, 64, 8, 768)
    assert [pooled(features, one).shape[1] for one in (1, 2, 4, 8)] == [512, 128, 32, 8]
    shapes = {name: tuple(tensor.shape) for name, tensor in net.named_parameters()}
    assert shapes["pos_embed"] == (1, 513, 768) and shapes["patch_embed.proj.weight"] == (768, 1, 16, 16)
    assert shapes["blocks.11.attn.qkv.weight"] == (2304, 768) and shapes["blocks.11.mlp.fc1.weight"] == (3072, 768)
    assert len(shapes) == 4 + 12 * 12 + 2


@pytest.fixture(scope="module")
def ears() -> AudioMaeEars:
    return AudioMaeEars(encoder(AudioMaeConfig(width=32, layers=3, heads=2)))


def test_the_front_end_is_kaldis(ears: AudioMaeEars) -> None:
    """Frame by frame from its definition: mean off, pre-emphasis, a Hann window of 25 ms, 128 bands of HTK's mel."""
    samples = np.random.default_rng(0).normal(size=ears.samples).astype(np.float32)
    found = ears.spectrogram(samples)
    assert found.shape == (1024, 128)
    heard = samples - samples.mean()
    heard = heard / np.abs(heard).max() * 0.5
    k = 300
    frame = heard[k * 160 : k * 160 + 400].astype(np.float64)
    frame = frame - frame.mean()
    frame = frame - 0.97 * np.concatenate((frame[:1], frame[:-1]))
    power = np.abs(np.fft.rfft(frame * np.hanning(400), 512)) ** 2
    mel = 1127.0 * np.log1p(np.arange(257) * RATE / 512 / 700.0)
    edges = np.linspace(1127.0 * np.log1p(20 / 700.0), 1127.0 * np.log1p(8000 / 700.0), 130)
    up = (mel - edges[:-2, None]) / np.diff(edges)[0]
    filters = np.clip(np.minimum(up, 2 - up), 0, None)
    expected = (np.log(np.maximum(filters @ power, 1.1920929e-07)) + 4.2677393) / (2 * 4.5689974)
    np.testing.assert_allclose(found[k], expected, atol=2e-3)


def test_level_and_offset_are_not_heard_and_what_is_short_ends_in_silence(ears: AudioMaeEars) -> None:
    samples = np.random.default_rng(1).normal(size=40_000).astype(np.float32)
    one = ears.outline(samples, 8)
    assert one.shape == (8, 32) and ears.tokens(8) == 8 and ears.seconds(8) == 1.28
    torch.testing.assert_close(ears.outline(0.01 * samples + 0.1, 8), one, atol=2e-3, rtol=1e-3)
    torch.testing.assert_close(ears.outline(np.pad(samples, (0, 9)), 8), one, atol=2e-3, rtol=1e-3)
    assert ears.outline(np.zeros(0, np.float32), 8).isfinite().all()
    assert ears.outline(samples, 1).shape == (512, 32)


@pytest.mark.parametrize("layout", ["own", "authors", "bare"])
def test_it_is_read_from_every_file_that_holds_it(tmp_path: Path, layout: str) -> None:
    net = encoder(AudioMaeConfig(width=64, layers=3, heads=1))
    own = {**net.state_dict(), "mask_token": torch.zeros(1), "decoder_blocks.0.norm1.weight": torch.zeros(2)}
    path = tmp_path / "audiomae.ckpt"
    if layout == "own":
        torch.save({"model": own, "epoch": 3}, path)
    elif layout == "authors":
        other = {"clap.model.audio_branch.patch_embed.proj.weight": torch.zeros(4, 1, 4, 4), "betas": torch.zeros(3)}
        torch.save({"state_dict": {**other, **{PUBLISHED + name: tensor for name, tensor in own.items()}}}, path)
    else:
        torch.save(own, path)
    found = read_audiomae(path)
    assert found.config == net.config
    x = torch.randn(1, 1024, 128)
    with torch.no_grad():
        assert torch.equal(found(x), net(x))


def test_files_without_it_and_with_half_of_it_are_named(tmp_path: Path) -> None:
    path = tmp_path / "other.ckpt"
    torch.save({"model": {"a": torch.zeros(1)}}, path)
    with pytest.raises(ModelError, match=r"other\.ckpt holds no AudioMAE"):
        read_audiomae(path)
    tensors = encoder().state_dict()
    del tensors["blocks.1.norm1.weight"]
    torch.save({"model": tensors}, path)
    with pytest.raises(ModelError, match=r"tensors are missing, such as blocks\.1\.norm1\.weight"):
        read_audiomae(path)
    assert encoder_tensors({"a": torch.zeros(1)}) == {}


def test_a_diffusers_folder_is_given_one_by_its_file(tmp_path: Path) -> None:
    """It has none of its own. One for another width, or for a model without outlines, is refused."""
    makers.save_folder2(tmp_path / "small", makers.SMALL)
    for width in (48, 64):
        net = AudioMae(AudioMaeConfig(width=width, layers=3, heads=1))
        torch.save({"model": net.state_dict()}, tmp_path / f"audiomae-{width}.pth")
    family = load(tmp_path / "small", audiomae=tmp_path / "audiomae-48.pth", dtype="float32", device="cpu")
    assert family.outlines and not load(tmp_path / "small", dtype="float32", device="cpu").outlines
    with pytest.raises(BadRequest, match="audiomae must be 48 wide, as the outlines of small are, got 64"):
        load(tmp_path / "small", audiomae=tmp_path / "audiomae-64.pth")
    with pytest.raises(ModelError, match=r"none\.pth"):
        load(tmp_path / "small", audiomae=tmp_path / "none.pth")

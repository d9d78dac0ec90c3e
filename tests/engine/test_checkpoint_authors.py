"""The authors' files: every tensor finds its place, averages and trained heads are taken, no pickled code runs."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.checkpoints import authors, inspect_checkpoint, load, names
from engine.checkpoints.loading import networks_of, read
from engine.clap_audio import ClapAudioConfig
from engine.clap_text import ClapTextConfig, byte_tokenizer, cached_tokenizer, read_tokenizer
from engine.errors import BadRequest, ModelError
from engine.families.audioldm_shapes import SHAPES, AudioLDMShape
from engine.hifigan import HifiGanConfig
from engine.model import Model
from engine.nets.unet import UNet, UNetConfig
from engine.nets.vae import VAEConfig
from engine.request import Clip, Request
from tests.engine import checkpoint_makers as makers
from tests.engine.authors_networks import AuthorsUNet

SCALE = 0.875
TEXT = ClapTextConfig(vocabulary=300, width=64, layers=2, heads=1, feed_forward=64, embedding=16)
TOWER = ClapAudioConfig(patch_width=16, width=128, depths=(1, 1, 1, 1), heads=(1, 1, 2, 2), embedding=16)
SMALL = AudioLDMShape(
    unet=UNetConfig(channels=(32, 64, 96, 160), heads=(1, 2, 3, 5), class_dim=16),
    vae=VAEConfig(channels=(32, 64, 64), layers=1, scaling_factor=SCALE),
    text=TEXT,
    vocoder=HifiGanConfig(width=32, dilations=(1, 3, 5), block_kernels=(3, 7)),
)
FULL_BAND = AudioLDMShape(
    unet=UNetConfig(
        channels=(32, 64, 96, 160), layers=1, heads=(1, 2, 3, 5), class_dim=16, in_channels=16, out_channels=16,
        transformers=2,
    ),
    vae=VAEConfig(channels=(32, 32, 64, 64), layers=1, latent_channels=16, scaling_factor=SCALE),
    text=TEXT,
    vocoder=HifiGanConfig(
        bands=256, rate=48_000, width=32, rates=(6, 5, 4, 2, 2), kernels=(12, 10, 8, 4, 4), block_kernels=(3,)
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def networks() -> makers.Authors:
    return makers.authors(SMALL, TOWER)


@pytest.fixture(scope="module")
def file(networks: makers.Authors, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authors")
    byte_tokenizer(TEXT).save_pretrained(folder / "tokenizer")
    return makers.save_authors(folder / "audioldm-small.ckpt", makers.state_dict_of(networks, SCALE, ema=True))


def close(got: torch.Tensor, want: torch.Tensor) -> bool:
    return bool((got - want).norm() < 1e-5 * want.norm())


def unet_inputs(config: UNetConfig) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    noise = torch.Generator().manual_seed(1)
    x = torch.randn(2, config.in_channels, 16, 16, generator=noise)
    return x, torch.tensor([901, 7]), torch.randn(2, config.class_dim, generator=noise)


@torch.inference_mode()
def test_every_network_computes_what_the_authors_networks_compute(networks: makers.Authors, file: Path) -> None:
    read_ = networks_of(read(file).with_heads("trained"))
    assert read_.shape == SMALL
    inputs = unet_inputs(SMALL.unet)
    assert close(read_.unet(*inputs), networks.averaged(*inputs))
    mel = torch.randn(1, 1, 16, 64, generator=torch.Generator().manual_seed(2))
    mean, log_variance = read_.vae.encode(mel)
    assert close(torch.cat((mean, log_variance), dim=1), networks.vae.quant_conv(networks.vae.encoder(mel)))
    latent = torch.randn(1, 8, 4, 16, generator=torch.Generator().manual_seed(3))
    assert close(read_.vae.decode(latent), networks.vae.decoder(networks.vae.post_quant_conv(latent)))
    assert close(read_.vocoder(mel[:, 0]), networks.vae.vocoder(mel[:, 0]))
    ids = torch.tensor([[0, 50, 60, 2]])
    assert close(read_.text(input_ids=ids).text_embeds, networks.text(input_ids=ids).text_embeds)
    assert read_.audio is not None
    heard = torch.randn(1, 1, 1001, 64, generator=torch.Generator().manual_seed(4))
    assert close(read_.audio(heard).audio_embeds, networks.audio(heard).audio_embeds)


@torch.inference_mode()
def test_averages_are_taken_where_they_are_unless_told_otherwise(
    networks: makers.Authors, file: Path, tmp_path: Path
) -> None:
    inputs = unet_inputs(SMALL.unet)
    assert read(file).ema
    assert close(networks_of(read(file, ema=False)).unet(*inputs), networks.unet(*inputs))
    plain = makers.save_authors(tmp_path / "plain.ckpt", makers.state_dict_of(networks, SCALE, ema=False))
    assert not read(plain).ema
    with pytest.raises(BadRequest, match=r"ema must be off for plain.ckpt"):
        read(plain, ema=True)


def test_every_tensor_is_used_or_known_to_be_superfluous(networks: makers.Authors, file: Path) -> None:
    found = authors.contents(file)
    assert authors.leftovers(found) == []
    one = read(file)
    used = len(one.unet) + len(one.vae) + len(one.text) + len(one.vocoder) - 2  # mean and scale are made
    assert used == sum(len(network.state_dict()) for network in (networks.unet, networks.vae, networks.text))
    assert one.audio is not None and set(one.audio) == set(networks.audio.state_dict())
    superfluous = {name for name in found.all if names.LEFTOVERS.fullmatch(name)}
    written = {f"model.diffusion_model.{name}" for name in networks.unet.state_dict()}
    written |= {f"first_stage_model.{name}" for name in networks.vae.state_dict()}
    written |= {f"cond_stage_model.model.{name}" for name in makers.clap_as_written(networks)}
    assert written | superfluous == set(found.all)


def test_what_is_not_known_is_reported(
    networks: makers.Authors, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tensors = {**makers.state_dict_of(networks, SCALE, ema=False), "extra.weight": torch.zeros(1)}
    with caplog.at_level(logging.WARNING):
        read(makers.save_authors(tmp_path / "odd.ckpt", tensors))
    assert "1 tensors are not used, such as extra.weight" in caplog.text
    tensors["model.diffusion_model.input_blocks.1.0.extra"] = torch.zeros(1)
    with pytest.raises(ModelError, match=r"1 tensors have no place in this network, such as down_blocks.0.resnets.0"):
        networks_of(read(makers.save_authors(tmp_path / "odd.ckpt", tensors)), tmp_path)


def test_heads_are_always_the_trained_ones(file: Path) -> None:
    assert load(file).shape.unet.heads == (1, 2, 3, 5)
    with pytest.raises(BadRequest, match="heads must be trained for audioldm-small"):
        load(file, heads="config")


def test_facts(file: Path) -> None:
    facts = inspect_checkpoint(file)
    assert (facts.format, facts.rate, facts.heads, facts.config_heads) == ("ckpt", 16_000, (1, 2, 3, 5), None)
    assert facts.ema and facts.audio_tower and facts.tokenizer
    assert facts.scaling_factor == pytest.approx(SCALE)
    assert facts.licence == "unknown"
    assert "averaged weights, hears recordings" in facts.summary


def test_file_renders(file: Path) -> None:
    take = Model(load(file)).render(Request(prompt="rain", seconds=0.3, seed=1, steps=2))[0]
    assert take.clip.samples.shape == (1, 14_400)
    assert take.request.model == "audioldm-small"


def test_ears_of_a_file_rank_takes_and_hear_recordings(file: Path) -> None:
    family = load(file, dtype="float32")
    assert family.ranks and family.hears
    model = Model(family)
    clip = Clip(np.random.default_rng(0).uniform(-0.3, 0.3, (2, 22_050)).astype(np.float32), 44_100)
    (take,) = model.render(Request(task="vary", source=clip, seconds=0.3, seed=1, steps=2))
    assert take.clip.samples.shape[1] == round(0.3 * take.clip.rate)
    takes = model.render(Request(task="takes", prompt="rain", seconds=0.3, seed=1, steps=2, takes=3))
    assert [one.score for one in takes] == sorted((one.score for one in takes), reverse=True)
    assert all(-1 <= one.score <= 1 for one in takes) and takes[0].score != takes[2].score


@torch.inference_mode()
def test_the_file_for_48_khz(tmp_path: Path) -> None:
    """Two transformers in a row, four levels in the VAE, 256 bands, CLAP under another name and once more."""
    networks = makers.authors(FULL_BAND, TOWER)
    clap = "cond_stage_models.0."
    tensors = makers.state_dict_of(networks, SCALE, ema=True, clap=clap)
    tensors |= {name.replace(clap, "clap."): tensor for name, tensor in tensors.items() if name.startswith(clap)}
    byte_tokenizer(TEXT).save_pretrained(tmp_path)
    path = makers.save_authors(tmp_path / "audioldm_48k.pth", tensors)
    assert authors.leftovers(authors.contents(path)) == []
    family = load(path, dtype="float32")
    assert dataclasses.replace(family.shape) == FULL_BAND
    inputs = unet_inputs(FULL_BAND.unet)
    assert close(family.unet(*inputs), networks.averaged(*inputs))
    facts = inspect_checkpoint(path)
    assert (facts.rate, facts.shape) == (48_000, "48k-32x64x96x160")
    assert Model(family).render(Request(prompt="rain", seconds=0.3, seed=1, steps=1))[0].clip.frames == 14_400


@pytest.mark.parametrize("shape", ["s-full", "m-full", "l-full"])
def test_true_shapes_are_known_by_their_tensors(shape: str) -> None:
    """Names and sizes of the authors' networks lead to the shape, and renamed fit ours; no memory is taken."""
    want = SHAPES[shape].unet
    with torch.device("meta"):
        theirs = AuthorsUNet(want).state_dict()
        ours = UNet(want).state_dict()
    assert authors.unet_config(theirs) == want
    renamed = names.renamed(theirs, lambda name: names.unet_name(name, 2, 1))
    assert {name: t.shape for name, t in renamed.items()} == {name: t.shape for name, t in ours.items()}


def test_weight_norm_is_multiplied_out() -> None:
    direction, length = torch.randn(4, 3, 5), torch.rand(4, 1, 1) + 0.5
    got = authors.plain_weights({"ups.0.weight_v": direction, "ups.0.weight_g": length, "ups.0.bias": torch.zeros(4)})
    assert set(got) == {"ups.0.weight", "ups.0.bias"}
    assert torch.allclose(got["ups.0.weight"], torch._weight_norm(direction, length, 0))


class Runs:
    """Would run a program when unpickled."""

    def __reduce__(self) -> Any:
        return os.system, ("exit 1",)


def test_pickled_code_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "evil.ckpt"
    torch.save({"state_dict": {"a": torch.zeros(1)}, "x": Runs()}, path)
    with pytest.raises(ModelError, match=r"holds more than tensors and is refused: found posix.system"):
        load(path)
    torch.save({"x": Runs()}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(ModelError, match=r"evil.ckpt"):
        load(path)


def test_objects_of_the_trainer_are_read_as_blanks(
    networks: makers.Authors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch Lightning left classes and their instances in the files; it need not be installed, nor trusted."""
    module = types.ModuleType("pytorch_lightning.callbacks")
    kind = type("ModelCheckpoint", (), {"__module__": module.__name__})
    module.ModelCheckpoint = kind  # type: ignore[attr-defined]
    instance = kind()
    instance.best = 0.5
    monkeypatch.setitem(sys.modules, "pytorch_lightning", types.ModuleType("pytorch_lightning"))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    tensors = makers.state_dict_of(networks, SCALE, ema=False)
    path = makers.save_authors(tmp_path / "light.ckpt", tensors, callbacks={kind: {"best": instance}})
    monkeypatch.undo()
    assert read(path).shape.unet.channels == (32, 64, 96, 160)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda t: {f"x.{n}": one for n, one in t.items()}, r"expected tensors named model.diffusion_model.*found x"),
        (lambda t: {n: one for n, one in t.items() if "film_emb" not in n}, "found neither"),
        (lambda t: {n: one for n, one in t.items() if "text_branch" not in n}, "text_branch.*is missing"),
        (lambda t: {n: one for n, one in t.items() if n != "scale_factor"}, "scale_factor is missing"),
        (lambda t: {n: one for n, one in t.items() if "decoder.conv_out.bias" not in n}, "missing, such as decoder"),
        (lambda t: {n: one for n, one in t.items() if not n.endswith("op.weight")}, "no level that halves"),
        (lambda t: {**t, f"{authors.VOCODER}ups.0.weight": torch.zeros(32, 16, 9)}, r"found \(9, 16, 8, 4, 4\)"),
    ],
)
def test_other_contents_are_said(networks: makers.Authors, tmp_path: Path, change: Any, text: str) -> None:
    path = makers.save_authors(tmp_path / "other.ckpt", change(makers.state_dict_of(networks, SCALE, ema=False)))
    with pytest.raises(ModelError, match=text):
        networks_of(read(path), tmp_path)


def test_damaged_files_are_said(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.ckpt"
    data = file.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelError, match=r"half.ckpt is truncated: it begins as a zip archive.*bytes"):
        load(path)
    path.write_bytes(b"<html>404</html>")
    with pytest.raises(ModelError, match=r"expected a zip archive, found b'<htm'"):
        load(path)
    path.write_bytes(b"")
    with pytest.raises(ModelError, match=r"found b''"):
        load(path)
    torch.save([1, 2], path)
    with pytest.raises(ModelError, match="must hold tensors by name, found list"):
        load(path)


def test_a_file_without_a_tokenizer_says_where_to_get_one(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.checkpoints.loading.cached_tokenizer", lambda: None)
    path = tmp_path / "alone.ckpt"
    path.symlink_to(file)
    assert not inspect_checkpoint(path).tokenizer
    with pytest.raises(ModelError, match=r"put vocab.json and merges.txt of roberta-base"):
        load(path)
    assert load(path, tokenizer=file.parent / "tokenizer").name == "alone"


def test_the_tokenizer_in_hugging_faces_cache_is_found(file: Path, tmp_path: Path) -> None:
    assert cached_tokenizer(tmp_path) is None
    for name in ("roberta-base", "FacebookAI/roberta-base"):
        cache = tmp_path / name.replace("/", "-")
        snapshot = cache / f"models--{name.replace('/', '--')}" / "snapshots" / ("0" * 40)
        snapshot.mkdir(parents=True)
        (snapshot.parents[1] / "refs").mkdir()
        (snapshot.parents[1] / "refs/main").write_text("0" * 40)
        tokenizer = byte_tokenizer(TEXT)
        (snapshot / "vocab.json").write_text(json.dumps(tokenizer.get_vocab()))
        (snapshot / "merges.txt").write_text("#version: 0.2\n")
        assert cached_tokenizer(cache) == snapshot
        assert read_tokenizer(snapshot, TEXT)("rain")["input_ids"] == tokenizer("rain")["input_ids"]

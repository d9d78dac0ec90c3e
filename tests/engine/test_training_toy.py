"""The whole training in miniature: from no file at all to a model that renders, by the real one's own stages."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from engine import Request
from engine.families import pocket
from engine.model import Model
from engine.training import stages

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MINUTES = 0.01


def test_the_stages_leave_what_the_next_ones_need(toy) -> None:
    left = {path.name for path in (toy.work / "stages").iterdir()}
    assert {"vae.pt", "clap.pt", "classifier.pt", "listener.pt", "unet.pt", "tune.pt", "text.safetensors"} <= left
    assert {"train-latents.npy", "train-embeddings.npy", "train-text.npy", "captions.npy"} <= left
    clips = 4 * 10
    assert np.load(toy.work / "stages" / "train-latents.npy").shape == (clips, 8, 128, 16)
    embeddings = np.load(toy.work / "stages" / "train-embeddings.npy")
    text = np.load(toy.work / "stages" / "train-text.npy")
    assert embeddings.shape == (clips, 5, 32)
    assert text.shape == (clips, 32)
    assert np.allclose(np.linalg.norm(embeddings, axis=-1), 1, atol=1e-3)
    assert np.allclose(np.linalg.norm(text, axis=-1), 1, atol=1e-3)


def test_what_is_packed_is_all_that_rendering_needs(toy) -> None:
    assert {path.name for path in toy.weights.iterdir()} == {
        "config.json", "unet.safetensors", "vae.safetensors", "audio.safetensors", "text.safetensors",
        "judge.safetensors",
    }  # fmt: skip
    config = json.loads((toy.weights / "config.json").read_text())
    assert config["kinds"] == ["kick drum", "laser", "rain", "theremin"]
    assert config["vocoder"] == "griffin-lim"
    assert config["trained"]["clips"] == 40
    assert set(config["trained"]["minutes"]) == {"vae", "clap", "classifier", "listener", "unet", "tune"}
    assert config["vae"]["scaling_factor"] > 0


def test_the_packed_model_renders(toy) -> None:
    with Model(pocket.load(folder=toy.weights, dtype="float32")) as model:
        request = Request(prompt="heavy rain", seconds=1.0, seed=3, steps=2, takes=2)
        first, second = model.render(request)
        again = model.render(request)
    assert first.clip.samples.shape == (1, 48000)
    assert np.isfinite(first.clip.samples).all()
    assert np.abs(first.clip.samples).max() > 0.1
    assert -1 <= first.score <= 1
    assert not np.array_equal(first.clip.samples, second.clip.samples)
    assert np.array_equal(first.clip.samples, again[0].clip.samples)


def test_the_average_ships_and_not_the_last_step(toy) -> None:
    from engine.training.pack import network
    from engine.weights import read, unpacked

    state = torch.load(toy.work / "stages" / "tune.pt", weights_only=True)
    average = network(toy.work, "tune")
    name = "conv_in.weight"
    assert torch.equal(average[name], state["average"]["weights"][name])
    shipped = unpacked(read(toy.weights / "unet.safetensors"))[name]
    assert (shipped - average[name]).abs().max() < 0.005 * average[name].abs().max()


def test_tuning_begins_at_the_average_of_the_diffusion_stage_and_moves_on(toy) -> None:
    from engine.training.pack import network

    begun, tuned = network(toy.work, "unet"), network(toy.work, "tune")
    moved = [float((begun[name] - tuned[name]).abs().max()) for name in begun]
    assert max(moved) > 0
    assert max(moved) < 0.05  # a few steps at a small rate


def test_a_stage_that_was_spent_ends_at_once_and_a_longer_one_goes_on(
    toy_settings, capsys: pytest.CaptureFixture[str]
) -> None:
    path = toy_settings.work / "stages" / "vae.pt"
    before = torch.load(path, weights_only=True)
    stages.run("vae", toy_settings.work, MINUTES, 10, threads=1)  # less than what was spent already
    assert torch.load(path, weights_only=True)["step"] == before["step"]
    longer = before["spent"] / 60 + MINUTES
    stages.run("vae", toy_settings.work, longer, 10, threads=1)
    after = torch.load(path, weights_only=True)
    assert after["step"] > before["step"]
    assert after["spent"] >= 60 * longer
    assert f"vae: goes on at step {before['step']}" in capsys.readouterr().out


def test_the_corpus_is_not_rendered_twice(toy_settings) -> None:
    block = toy_settings.work / "corpus" / "train-000000.json"
    before = block.stat().st_mtime_ns
    stages.run("corpus", toy_settings.work, MINUTES, 10, threads=1)
    assert block.stat().st_mtime_ns == before


def test_a_stage_before_its_time_says_what_is_missing(toy_settings, tmp_path: Path) -> None:
    (tmp_path / "corpus").symlink_to(toy_settings.work / "corpus")
    with pytest.raises(FileNotFoundError, match="stage vae has not been trained yet"):
        stages.run("unet", tmp_path, MINUTES, 10, threads=1)
    with pytest.raises(FileNotFoundError):
        stages.run("vae", tmp_path / "empty", MINUTES, 10, threads=1)


def test_weights_over_the_limit_are_refused(toy_settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.training import pack

    monkeypatch.setattr(pack, "LIMIT", 10_000)
    with pytest.raises(ValueError, match=r"must not exceed 0 MB, they have \d"):
        stages.run("pack", toy_settings.work, MINUTES, 10, threads=1)

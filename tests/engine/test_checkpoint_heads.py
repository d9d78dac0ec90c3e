"""`verify` on checkpoints in which the right head counts are planted, and CLAP's ears."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from engine.checkpoints import inspect_checkpoint, verify_checkpoint
from engine.checkpoints.loading import load
from engine.checkpoints.verification import TIMES, latent_of
from engine.clap_audio import WINDOW, ClapAudio, ClapAudioConfig, build_clap_audio, crops_of
from engine.errors import BadRequest
from engine.nets.unet import UNet
from engine.request import Clip
from engine.schedule import published
from tests.engine import checkpoint_makers as makers

SHAPE = dataclasses.replace(
    makers.SMALL, unet=dataclasses.replace(makers.SMALL.unet, channels=(32, 64), heads=(8, 8), attention=(True, True))
)
"""Two levels, both with attention: small enough to be trained a little in a test."""
TRAINED, CONFIGURED = (1, 2), (8, 8)


def recording(seconds: float = 1.3, rate: int = 44_100) -> Clip:
    """Something with tones, noise and a rhythm; two channels."""
    t = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(0).standard_normal(t.size)
    sound = np.sin(2 * np.pi * 330 * t) * (1 + np.sin(2 * np.pi * 3 * t)) + 0.3 * noise * (t % 0.5 < 0.1)
    return Clip(np.stack([0.2 * sound, 0.1 * sound]).astype(np.float32), rate)


def train(networks: makers.Parts, heads: tuple[int, ...], latent: torch.Tensor, condition: torch.Tensor) -> None:
    """Forty steps of training with these head counts, on one latent: to predict the noise that is added to it."""
    unet = UNet(dataclasses.replace(SHAPE.unet, heads=heads))
    unet.load_state_dict(networks.unet.state_dict())
    with torch.no_grad():  # attention that tells places apart from the beginning
        for name, tensor in unet.named_parameters():
            if ".to_q." in name or ".to_k." in name:
                tensor.mul_(3.0)
            if ".to_v." in name or ".to_out.0.weight" in name or "proj_out.weight" in name:
                tensor.mul_(2.0)
    optimizer, random = torch.optim.Adam(unet.parameters(), lr=2e-3), torch.Generator().manual_seed(7)
    times = torch.tensor([*TIMES, TIMES[0]])
    alphas = torch.tensor(published().alphas2)[times, None, None, None].sqrt()
    for _ in range(40):
        noise = torch.randn(4, *latent.shape, generator=random)
        predicted = unet(alphas * latent + (1 - alphas**2).sqrt() * noise, times, condition.expand(4, -1))
        optimizer.zero_grad()
        (predicted - noise).square().mean().backward()
        optimizer.step()
    networks.unet.load_state_dict(unet.state_dict())


@pytest.mark.parametrize(("planted", "fits"), [(TRAINED, "trained"), (CONFIGURED, "config")])
def test_planted_head_counts_are_found(
    planted: tuple[int, ...], fits: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    networks = makers.save_folder(tmp_path / "before", SHAPE)
    family = load(tmp_path / "before", dtype="float32", device="cpu")
    train(networks, planted, latent_of(family, recording()).clone(), family.text.embed("").clone())
    makers.save_folder(tmp_path / "planted", SHAPE, networks)
    check = verify_checkpoint(tmp_path / "planted", recording(), device="cpu")
    with capsys.disabled():
        sys.stdout.write(f"\nplanted {planted}: {check.text}\n")
    assert check.fits == fits
    assert (check.trained, check.config, check.times) == (TRAINED, CONFIGURED, (200, 500, 800))
    right, wrong = (check.trained_errors, check.config_errors)[:: 1 if fits == "trained" else -1]
    assert all(a < b for a, b in zip(right, wrong, strict=True))
    assert f"heads={fits}" in check.text
    if fits == "config":
        return
    file = tmp_path / "clip.wav"
    soundfile.write(file, recording().samples.T, 44_100)
    command = [sys.executable, "-m", "engine.checkpoints", "verify", str(tmp_path / "planted"), "--audio", str(file)]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=170).stdout)
    assert answer["fits"] == "trained"
    assert [row["counts"] for row in answer["rows"]] == [[1, 2], [8, 8]]
    assert set(answer["rows"][0]["errors"]) == {"200", "500", "800"}


def test_silence_and_missing_files_are_refused(tmp_path: Path) -> None:
    makers.save_folder(tmp_path / "model", SHAPE)
    with pytest.raises(BadRequest, match="clip must be a recording with sound in it"):
        verify_checkpoint(tmp_path / "model", Clip(np.zeros((1, 4000), np.float32), 8000))
    command = [sys.executable, "-m", "engine.checkpoints", "inspect"]
    done = subprocess.run([*command, str(tmp_path / "nothing")], capture_output=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "no such file or folder" in json.loads(done.stdout)["text"]
    done = subprocess.run([*command, str(tmp_path / "model")], capture_output=True, check=True, timeout=60)
    answer = json.loads(done.stdout)
    assert answer["family"] == "audioldm" and answer["summary"] == inspect_checkpoint(tmp_path / "model").summary


TOWER = ClapAudioConfig(patch_width=16, width=128, depths=(1, 1, 1, 1), heads=(1, 1, 2, 2), embedding=16)


@pytest.fixture(scope="module")
def ears() -> ClapAudio:
    torch.manual_seed(0)
    return ClapAudio(build_clap_audio(TOWER))


@pytest.mark.parametrize("frames", [4_801, 480_000])
def test_ears_hear_what_transformers_feature_extractor_hears(ears: ClapAudio, frames: int) -> None:
    transformers = pytest.importorskip("transformers")
    extractor = transformers.ClapFeatureExtractor(frequency_min=50, padding="repeatpad", truncation="rand_trunc")
    samples = np.random.default_rng(1).standard_normal(frames).astype(np.float32) * 0.1
    found = extractor(samples, sampling_rate=48_000, return_tensors="pt")["input_features"]
    with torch.no_grad():
        want = ears.tower(input_features=found.float()).audio_embeds[0]
    got = ears.embed(torch.from_numpy(samples))
    assert got.norm() == pytest.approx(1.0, abs=1e-5)
    torch.testing.assert_close(got, want / want.norm(), rtol=0, atol=1e-4)


def test_long_recordings_are_heard_whole(ears: ClapAudio) -> None:
    samples = torch.arange(WINDOW + 1000, dtype=torch.float32)
    crops = crops_of(samples)
    assert crops.shape == (2, WINDOW)
    assert crops[0, 0] == 0 and crops[1, -1] == WINDOW + 999
    sound = torch.randn(WINDOW + 1000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(ears.embed(sound), ears.embed(sound))


def test_ears_come_with_a_folder_that_holds_a_whole_clap(tmp_path: Path) -> None:
    """Not published like this for AudioLDM; a user who has swapped the text tower for a whole CLAP gets ranking."""
    from safetensors.torch import load_file, save_file

    makers.save_folder(tmp_path, SHAPE)
    torch.manual_seed(0)
    tower = build_clap_audio(TOWER)
    weights, config = tmp_path / "text_encoder/model.safetensors", tmp_path / "text_encoder/config.json"
    save_file({**load_file(weights), **{n: t.contiguous() for n, t in tower.state_dict().items()}}, weights)
    audio = {"patch_embeds_hidden_size": 16, "hidden_size": 128, "depths": [1] * 4, "num_attention_heads": [1, 1, 2, 2]}
    text = json.loads(config.read_text())
    config.write_text(json.dumps({"text_config": text, "audio_config": audio, "projection_dim": 16}))
    family = load(tmp_path, dtype="float32")
    assert inspect_checkpoint(tmp_path).audio_tower
    assert family.ears is not None
    sound = torch.randn(48_000, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(family.ears.embed(sound), ClapAudio(tower).embed(sound))

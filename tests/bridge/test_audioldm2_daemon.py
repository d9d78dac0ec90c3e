"""AudioLDM 2 through the daemon: every task but speech on the dummy, a folder as a model, and what is wrong told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.commands import TASKS
from tests.bridge.conftest import Client, Running, running_with
from tests.engine import audioldm2_makers as makers

MODEL = "audioldm2-tiny-random"
RATE = 22050
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "generate": ("rain", "seconds", 0.5),
    "restyle": ("CLIP", "rain", 0.5),
    "inpaint": ("CLIP", 0.5, 0.75, "rain"),
    "extend": ("CLIP", 0.5, "rain"),
    "upsample": ("CLIP", "cutoff", 4000.0),
    "vary": ("CLIP", "seconds", 0.5),
    "morph": ("rain : 0.7 | wind", "seconds", 0.5),
    "loop": ("rain", 1, 240, "rate", 44100),
    "takes": ("rain", 2, "seconds", 0.5),
}
FRAMES = {"generate": 24000, "restyle": 22050, "inpaint": 22050, "extend": 33075, "upsample": 48000, "vary": 11025,
          "morph": 24000, "loop": 44100, "takes": 24000}  # fmt: skip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "noise.wav"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, RATE), RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One daemon with the dummy for all tests of this file."""
    with running_with(tmp_path_factory.mktemp("audioldm2"), MODEL) as running:
        yield running


def test_every_task_is_here() -> None:
    assert set(ARGUMENTS) == {task.name for task in TASKS} - {"speak"}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("task", list(ARGUMENTS))
def test_every_task_ends_with_takes_of_exact_length(client: Client, clip: Path, task: str) -> None:
    args = [str(clip) if arg == "CLIP" else arg for arg in ARGUMENTS[task]]
    client.send(f"/render/{task}", task, *args, "steps", 2, "seed", 3)
    replies = client.until("/job/done", "/job/failed", id=task, seconds=100)
    assert replies[-1][0] == "/job/done", replies[-1]
    takes = [args for address, args in replies if address == "/job/take"]
    assert len(takes) == (2 if task == "takes" else 1)
    assert {soundfile.info(take[2]).frames for take in takes} == {FRAMES[task]}
    if task != "restyle":  # random weights make a constant of a recording, which is at rest, and silence once filtered
        assert all(np.abs(soundfile.read(take[2])[0]).max() > 0 for take in takes)


@pytest.mark.timeout(120)
def test_too_long_a_prompt_fails_its_job_and_no_other(client: Client) -> None:
    client.send("/render/generate", "long", "a" * 200, "seconds", 0.5, "steps", 1)
    client.send("/render/generate", "short", "a", "seconds", 0.5, "steps", 1)
    failed = client.until("/job/failed", id="long", seconds=60)[-1][1]
    assert failed == ("long", "bad-value", "prompt must be 128 tokens of Flan-T5 or fewer, got 202")
    assert client.until("/job/done", "/job/failed", id="short", seconds=60)[-1][0] == "/job/done"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints") / "small-audioldm2"
    makers.save_folder2(path, makers.SMALL)
    return path


@pytest.mark.timeout(240)
def test_a_folder_is_added_verified_and_rendered_with(
    run_bridge: Callable[..., Any], folder: Path, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIDGE_MODELS", str(tmp_path / "store"))
    added = run_bridge("models", "add", str(folder), seconds=120)
    assert added.returncode == 0, added.stderr
    listed = run_bridge("models", "list")
    assert "small-audioldm2" in listed.stdout and "AudioLDM 2 base" in listed.stdout
    verified = run_bridge("models", "verify", "small-audioldm2", "--audio", str(clip), seconds=120)
    assert "heads 1,2,3,5 (as trained) against 8,8,8,8" in verified.stdout + verified.stderr
    options = ("--model", "small-audioldm2", "--steps", "1", "--seconds", "0.3", "-o", str(tmp_path / "a.wav"))
    made = run_bridge("generate", "rain", "--local", *options, seconds=120)
    assert made.returncode == 0, made.stderr
    assert soundfile.info(tmp_path / "a.wav").frames == 14_400


@pytest.mark.parametrize(
    ("gone", "text"),
    [
        ("text_encoder_2", "text_encoder_2"),
        ("projection_model/config.json", "projection_model/config.json is missing"),
        ("language_model/model.safetensors", "language_model must hold one of"),
    ],
)
def test_a_missing_component_is_named(
    run_bridge: Callable[..., Any], folder: Path, tmp_path: Path, gone: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIDGE_MODELS", str(tmp_path / "store"))
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    shutil.rmtree(copy / gone) if (copy / gone).is_dir() else (copy / gone).unlink()
    done = run_bridge("models", "add", str(copy), seconds=120)
    assert done.returncode != 0 and "checkpoint is not complete" in done.stderr and text in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((folder / "model_index.json").read_text())["_class_name"] == "AudioLDM2Pipeline"

"""`bridge models`, and a change of model in a running daemon, with a checkpoint of random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.bridge.imitation_hub import Hub, imitation
from tests.engine import checkpoint_makers as makers


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights") / "audioldm-mini"
    makers.save_folder(folder, makers.SMALL)
    return folder


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("BRIDGE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    return tmp_path / "models"


def rendered(run_bridge: Any, name: str, path: Path, *options: str) -> np.ndarray:
    words = ("rain", "--model", name, "--seconds", "0.4", "--steps", "1", "--seed", "7", "-o", str(path), *options)
    done = run_bridge("generate", *words, seconds=120)
    assert done.returncode == 0, done.stderr
    return soundfile.read(path)[0]


def test_a_folder_is_added_listed_rendered_with_and_removed(run_bridge, checkpoint: Path, tmp_path: Path) -> None:
    done = run_bridge("models", "add", str(checkpoint))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("audioldm-mini: AudioLDM")
    listed = run_bridge("models", "list").stdout
    assert "pocket " in listed and f"\n{'audioldm-mini':<24} AudioLDM" in listed and str(checkpoint) in listed
    assert rendered(run_bridge, "audioldm-mini", tmp_path / "a.wav", "--local").size == 19200
    assert "its weights stay" in run_bridge("models", "remove", "audioldm-mini").stdout
    assert checkpoint.exists()
    failed = run_bridge("generate", "rain", "--local", "--model", "audioldm-mini")
    assert failed.returncode == 1
    assert "unknown model 'audioldm-mini': known are pocket" in failed.stderr


def test_a_copy_is_the_stores_own(run_bridge, checkpoint: Path, store: Path) -> None:
    done = run_bridge("models", "add", str(checkpoint), "--copy", "--name", "mine")
    assert "copied" in done.stdout
    (record,) = json.loads(run_bridge("models", "list", "--json").stdout)
    assert (record["name"], record["owned"], record["source"]) == ("mine", True, str(checkpoint))
    assert (store / "mine" / "weights" / "model_index.json").exists()
    assert run_bridge("models", "remove", "mine", input="n\n").returncode == 1  # asked, and told no
    assert run_bridge("models", "remove", "mine", "--yes").returncode == 0
    assert not (store / "mine").exists()
    assert checkpoint.exists()


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (("add", "/no/such/folder"), "there is nothing at /no/such/folder"),
        (("add", "NOTES"), "is not a checkpoint: expected"),
        (("add", "NOTES", "--name", "tone"), "comes with the engine"),
        (("pull", "audioldm-xxl"), "no published model is called 'audioldm-xxl': there are audioldm-s-full,"),
        (("verify", "mine", "--audio", "a.wav"), "unknown model 'mine'"),
        (("remove", "mine"), "unknown model 'mine'"),
        (("use", "mine", "--port", "1"), "no"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    run_bridge, tmp_path: Path, args: tuple[str, ...], complaint: str
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("no weights")
    done = run_bridge("models", *(str(tmp_path / "notes") if arg == "NOTES" else arg for arg in args))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ") and complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_verify_says_what_it_measured(run_bridge, checkpoint: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(size=32000).astype(np.float32)
    soundfile.write(tmp_path / "noise.wav", 0.1 * noise, 16000)
    run_bridge("models", "add", str(checkpoint))
    done = run_bridge("models", "verify", "audioldm-mini", "--audio", str(tmp_path / "noise.wav"), seconds=120)
    assert done.returncode == 0, done.stderr
    assert "1,2,3,5" in done.stdout and "8,8,8,8" in done.stdout and "time 800" in done.stdout


def test_a_pull_is_announced_with_its_licence_and_can_be_rendered_with(
    run_bridge, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = {
        path.relative_to(checkpoint).as_posix(): path.read_bytes() for path in checkpoint.rglob("*") if path.is_file()
    }
    with imitation(Hub({"cvssp/audioldm-s-full-v2": files})) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.corrupt.add("vae/diffusion_pytorch_model.safetensors")
        broken = run_bridge("models", "pull", "audioldm-s-full-v2")
        assert "arrived damaged" in broken.stderr
        assert "not finished" in run_bridge("models", "list").stdout
        hub.corrupt.clear()
        hub.gets.clear()
        done = run_bridge("models", "pull", "audioldm-s-full-v2")
    assert done.returncode == 0, done.stderr
    assert "licence: CC BY-NC-SA 4.0: not for commercial use" in done.stderr
    assert "unet/diffusion_pytorch_model.safetensors" not in hub.gets  # it was here already
    assert "not for commercial use" in run_bridge("models", "list").stdout
    assert rendered(run_bridge, "audioldm-s-full-v2", tmp_path / "a.wav", "--local").size == 19200


def test_a_running_daemon_changes_its_model_and_keeps_the_old_one_if_it_cannot(
    run_bridge, serve, connect, checkpoint: Path, store: Path, tmp_path: Path
) -> None:
    run_bridge("models", "add", str(checkpoint), "--name", "mini", "--copy")
    run_bridge("models", "add", str(checkpoint), "--name", "damaged", "--copy")
    (store / "damaged" / "weights" / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"x" * 100)
    daemon = serve()
    client, port = connect(daemon), str(daemon.http_port)
    client.send("/bridge/models")
    names = [args[0] for address, args in client.until("/bridge/listed") if address == "/bridge/known"]
    assert {"tone", "pocket", "mini", "damaged"} <= set(names)

    client.send("/bridge/hello", "test")
    assert client.receive()[1][1] == "tone"
    client.send("/bridge/model", "damaged")
    replies = client.until("/bridge/ready", seconds=60)
    assert [address for address, _ in replies] == ["/bridge/loading", "/bridge/error", "/bridge/ready"]
    assert replies[1][1][1].startswith("the model is still tone: ")
    assert replies[2][1][1] == "tone"
    failed = run_bridge("models", "use", "damaged", "--port", port, seconds=120)
    assert failed.returncode == 1 and "the model is still tone" in failed.stderr

    client.send("/bridge/model", "mini")
    client.send("/render/generate", "waits", "rain", "seconds", 0.4, "steps", 1)
    client.send("/render/generate", "old", "A4", "seconds", 0.4, "model", "tone")
    replies = client.until("/job/done", "/job/failed", id="waits", seconds=60)
    assert [args for address, args in replies if address == "/job/done"] == [("old", 1), ("waits", 1)]
    assert len(daemon.engines()) == 1
    assert client.job("next", "rain", "seconds", 0.4, "steps", 1, seconds=60)[-1][0] == "/job/done"
    done = run_bridge("models", "use", "tone", "--port", port, seconds=60)
    assert done.stdout == "the bridge renders with tone\n"


def test_a_model_of_the_store_can_be_served_from_the_start(run_bridge, serve, connect, checkpoint: Path) -> None:
    run_bridge("models", "add", str(checkpoint), "--name", "mini")
    daemon = serve("--model", "mini", wait=False)
    daemon.said("ready", 60)
    client = connect(daemon)
    client.send("/bridge/hello", "test")
    address, args = client.receive()
    assert (address, args[1], args[2]) == ("/bridge/ready", "mini", 16000)

"""The devices' JavaScript in an imitation of Live, with a real bridge."""

from __future__ import annotations

import json
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bridge.conftest import Running
from tests.bridge.troubles import full_disk

JS = Path(__file__).parents[1] / "max_patches" / "js"
GENERATE, RESTYLE = 0, 2
"""Of the device's menu of tasks."""


@pytest.fixture
def dull(tmp_path: Path) -> Path:
    """A second of 16 kHz."""
    path = tmp_path / "dull.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"\0\x20\0\xe0" * 8000)
    return path


@pytest.mark.peers
def test_two_devices_of_a_set_and_a_real_bridge(peer: Callable[[str], str], daemon: Running, dull: Path) -> None:
    """From prompt to a clip in a slot, over UDP, with the first port taken: lengths are exact at 128 beats a minute."""
    command = [peer("node"), str(JS / "round_trip.js"), str(daemon.port), str(dull)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=150)
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout)
    bars = round(2 * 4 * 60 / 128 * 48000)
    assert found["frames"] == bars == 180000
    assert found["made"] == {
        "restyle": bars, "inpaint": bars, "extend": 2 * bars, "vary": bars, "upsample": {"rate": 48000, "frames": 48000}
    }  # fmt: skip
    assert found["clip"] == found["loop"]
    assert found["preset"] == ["kick", "drums/kick", 38400]  # as long as the preset says, at Live's rate
    assert found["refused"] == "there is no file /nowhere/at all.wav"


@pytest.fixture
def said(peer: Callable[[str], str]) -> Callable[..., str]:
    """``said(daemon, task, file)`` is what a device says after rendering."""

    def run(daemon: Running, *words: object) -> str:
        command = [peer("node"), str(JS / "trouble.js"), str(daemon.port), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=150)
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout))

    return run


@pytest.mark.peers
def test_a_full_disk_is_said_in_the_device(said: Callable[..., str], daemon: Running) -> None:
    with full_disk(daemon):
        end = said(daemon, GENERATE)
    assert end.startswith(f"the take could not be written to {daemon.takes}: ")
    assert end.endswith("make room, or choose another folder (bridge serve --takes)")


@pytest.mark.peers
def test_a_clip_that_the_bridge_may_not_read_is_said_in_the_device(
    said: Callable[..., str], serve: Callable[..., Running], dull: Path, tmp_path: Path
) -> None:
    takes = tmp_path / "takes"
    takes.mkdir()
    end = said(serve("--takes", str(takes), "--root", str(takes)), RESTYLE, dull)
    assert end.startswith(f"{dull} is outside the folders of the setting roots, which are {takes}")
    assert end.endswith("bridge serve --root FOLDER allows another")

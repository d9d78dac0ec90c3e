"""A folder that is watched: texts, sounds and cue sheets that are dropped in, and the takes that appear beside them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.cues.watch import read_text
from engine import BadRequest, UnknownKey

ROOT = Path(__file__).parents[2]


def test_a_text_is_a_prompt_and_parameters() -> None:
    text = "Rain on a roof: heavy,\nthen wind\n\nlength: 0:02.5\nTakes = 3\nnegative = birds\n"
    assert read_text(text) == {
        "prompt": "Rain on a roof: heavy, then wind", "seconds": 2.5, "takes": 3, "negative": "birds",
    }  # fmt: skip


def test_what_is_wrong_in_a_text_is_named() -> None:
    with pytest.raises(UnknownKey, match=r"unknown key 'secnds': did you mean seconds\?"):
        read_text("rain\nsecnds = 4")
    with pytest.raises(BadRequest, match="takes must be 1 to 16, got 99"):
        read_text("rain\ntakes = 99")
    with pytest.raises(BadRequest, match=r"steps must be 1 to 200, got 'many'"):
        read_text("rain\nsteps = many")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "tone.txt").write_text("A4\nseconds = 0.25\ntakes = 2\n")
    sound = 0.1 * np.sin(np.arange(12000) / 10)
    soundfile.write(drop / "alone.wav", sound, 48000)
    soundfile.write(drop / "step.wav", sound, 48000)
    (drop / "step.txt").write_text("C5\nstrength: 0.5\n")
    (drop / "scene.csv").write_text("time,prompt,length\n1.5,A4,0.1\n")
    (drop / "wrong.txt").write_text("A4\nseconds = 99\n")
    (drop / "picture.png").write_bytes(b"not for us")
    return drop


def test_what_is_dropped_in_is_rendered_beside_it(run_bridge, daemon, folder: Path) -> None:
    done = run_bridge("watch", str(folder), "--once", "--port", str(daemon.http_port))
    assert done.returncode == 0, done.stderr
    takes = {path.name: soundfile.info(path) for path in folder.glob("*_take*.wav")}
    assert set(takes) == {"tone_take1.wav", "tone_take2.wav", "alone_take1.wav", "step_take1.wav"}
    assert takes["tone_take1.wav"].frames == 12000
    assert takes["step_take1.wav"].frames == 12000  # a restyling keeps the length
    assert (folder / "wrong.txt.error.txt").read_text() == "seconds must be 0.05 to 60 s, got 99.0\n"
    assert "POSITION 1.5" in (folder / "scene" / "scene.rpp").read_text()

    before = sorted(path.name for path in folder.rglob("*"))
    (folder / "wrong.txt").write_text("A4\nseconds = 0.1\n")
    assert run_bridge("watch", str(folder), "--once", "--port", str(daemon.http_port)).returncode == 0
    after = sorted(path.name for path in folder.rglob("*"))
    assert set(after) - set(before) == {"wrong_take1.wav"}  # nothing is rendered twice, no take is taken for a source
    assert set(before) - set(after) == {"wrong.txt.error.txt"}


def test_without_a_bridge_the_folder_says_so_and_goes_on_when_it_runs(serve, tmp_path: Path, free_port) -> None:
    drop, port = tmp_path / "drop", free_port()
    drop.mkdir()
    (drop / "tone.txt").write_text("A4\nseconds = 0.1\n")
    command = [sys.executable, "-m", "bridge", "watch", str(drop), "--once", "--port", str(port)]
    watching = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        problem, end = drop / "tone.txt.error.txt", time.monotonic() + 30
        while not problem.exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        assert f"no bridge answers at 127.0.0.1:{port}: start it with bridge serve" in problem.read_text()
        serve("--http-port", str(port))
        assert watching.wait(30) == 0
    finally:
        watching.kill()
        said = watching.communicate()[1]
    assert "the bridge is there" in said
    assert soundfile.info(drop / "tone_take1.wav").frames == 4800
    assert not problem.exists()

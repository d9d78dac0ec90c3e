"""A folder that is watched: texts, sounds and cue sheets that are dropped in, and the takes that appear beside them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge import BridgeError
from bridge.client.takes import Take
from bridge.cues.clock import Clock
from bridge.cues.ledger import Ledger
from bridge.cues.render import Unwritten, _keep
from bridge.cues.watch import Watch, read_text
from engine import BadRequest, UnknownKey
from tests.bridge.troubles import full_disk, no_room

ROOT = Path(__file__).parents[2]


def test_a_text_is_a_prompt_and_parameters() -> None:
    text = "Rain on a roof: heavy,\nthen wind\n\nlength: 0:02.5\nTakes = 3\nnegative = birds\n"
    assert read_text(text) == {
        "prompt": "Rain on a roof: heavy, then wind", "seconds": 2.5, "takes": 3, "negative": "birds",
    }  # fmt: skip


def test_what_is_wrong_in_a_text_is_named() -> None:
    with pytest.raises(UnknownKey, match=r"unknown key 'secnds': did you mean seconds\?"):
        read_text("rain\nsecnds = 4")
    with pytest.raises(UnknownKey, match=r"model is for the whole bridge, .*: bridge models use NAME"):
        read_text("rain\nmodel = mine")
    with pytest.raises(BadRequest, match="takes must be 1 to 16, got 99"):
        read_text("rain\ntakes = 99")
    with pytest.raises(BadRequest, match=r"steps must be 1 to 200, got 'many'"):
        read_text("rain\nsteps = many")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rain\r\nlength: 0,4\r\n", {"prompt": "rain", "seconds": 0.4}),
        ("rain\nlength = 2 beats", {"prompt": "rain", "seconds": 1.0}),
        ("rain, 3,5 miles away\nnegative = wind, birds", {"prompt": "rain, 3,5 miles away", "negative": "wind, birds"}),
    ],
)
def test_numbers_of_a_text_are_as_people_write_them(text: str, found: dict) -> None:
    assert read_text(text, Clock(bpm=120)) == found


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


ODD = {
    "empty.txt": (b"", "prompt must be 1 to 1000 characters long, got 0"),
    "latin.txt": (b"T\xfcr", "latin.txt is no text in UTF-8: byte 1 is 0xfc; save it as UTF-8"),
    "junk.wav": (b"RIFF\0\0\0\0WAVE" + b"x" * 60, "junk.wav cannot be read: "),
    "noise.wav": (b"x" * 60, "noise.wav is not a sound file that can be read here"),
    "nothing.wav": (b"", "nothing.wav is empty"),
    "alone.csv": (b"", "row 1 must name the columns: time, length, prompt, takes"),
}
"""Files that come to nothing: what they hold, and what is said of them."""


def test_odd_files_are_named_and_cost_no_other(run_bridge, daemon, tmp_path: Path) -> None:
    for name, (content, _) in ODD.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "notepad.txt").write_bytes("\ufeffA4\r\nlength = 0,1\r\n".encode("utf-16-le"))
    done = run_bridge("watch", str(tmp_path), "--once", "--port", str(daemon.http_port))
    assert done.returncode == 0, done.stderr
    for name, (_, text) in ODD.items():
        assert text in (tmp_path / f"{name}.error.txt").read_text()
    assert soundfile.info(tmp_path / "notepad_take1.wav").frames == 4800
    assert not (tmp_path / "notepad.txt.error.txt").exists()


def test_a_file_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    """Until nothing was added to it for a second; and a text that comes for a sound meanwhile belongs to it."""
    watching, path = Watch(tmp_path, print), tmp_path / "bark.wav"
    path.write_bytes(b"")
    for now in (0.0, 0.9, 1.8):
        assert watching._sort(now) == ([], 1)
        with path.open("ab") as file:
            file.write(b"more")
    assert watching._sort(2.7) == ([], 1)
    assert watching._sort(3.6) == ([], 1)
    (one,), waiting = watching._sort(3.8)
    assert (one.path, one.size, waiting) == (path, 12, 0)
    (tmp_path / "bark.txt").write_text("thunder")
    assert watching._sort(3.9) == ([], 1)
    (one,), waiting = watching._sort(5.0)
    assert (one.path, one.sound, waiting) == (tmp_path / "bark.txt", path, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux changes another process's limits")
def test_a_full_disk_is_said_beside_the_file(run_bridge, daemon, tmp_path: Path) -> None:
    command = ("watch", str(tmp_path), "--once", "--port", str(daemon.http_port))
    (tmp_path / "long.txt").write_text("A4\nseconds = 5\n")
    problem = tmp_path / "long.txt.error.txt"
    with full_disk(daemon):
        assert run_bridge(*command).returncode == 0
    assert problem.read_text().startswith(f"the take could not be written to {daemon.takes}")
    assert run_bridge(*command, preexec_fn=no_room).returncode == 0
    assert problem.read_text().startswith(f"{tmp_path} cannot be written: File too large; make room")
    assert run_bridge(*command).returncode == 0
    assert not problem.exists()
    assert soundfile.info(tmp_path / "long_take1.wav").frames == 240_000


async def test_takes_are_no_sounds_to_be_varied_while_others_of_their_job_are_written(tmp_path: Path) -> None:
    watching, listed = Watch(tmp_path, print), []

    def takes() -> Iterator[Take]:
        yield Take(0, "rain.wav", None, 10, 48000, 7, 0.5, b"first")
        listed.extend(watching._sort(now) for now in (0.0, 5.0))  # a slow disk
        yield Take(1, "rain.wav", None, 10, 48000, 8, 0.5, b"second")

    await _keep(watching._ledger, "a", takes(), tmp_path, "rain")
    assert listed == [([], 0)] * 2
    assert [path.name for path in sorted(tmp_path.glob("*.wav"))] == ["rain_take1.wav", "rain_take2.wav"]


async def test_a_job_whose_takes_find_no_room_leaves_none_of_them(tmp_path: Path) -> None:
    """The next try would put them beside these, again and again, until the disk is full indeed."""
    takes = Take(0, "rain.wav", None, 10, 48000, 7, 0.5, b"first"), Take(1, "", tmp_path / "gone", 10, 48000, 8, 0.5)
    with pytest.raises(OSError, match="gone"):
        await _keep(Ledger(tmp_path), "a", takes, tmp_path, "rain")
    assert not list(tmp_path.glob("*.wav"))


@pytest.mark.parametrize("error", [Unwritten(Path("x"), OSError(28, "No space left")), BridgeError("full", "disk")])
async def test_what_found_no_room_is_tried_again(tmp_path: Path, error: Exception, monkeypatch) -> None:
    async def fail(*_: object) -> None:
        raise error

    watching = Watch(tmp_path, print)
    (tmp_path / "rain.txt").write_text("rain")
    assert watching._sort(0.0) == ([], 1)
    (one,), _ = watching._sort(2.0)
    monkeypatch.setattr(watching, "_render", fail)
    await watching._do(one, None)
    failed = asyncio.get_running_loop().time()
    assert watching._sort(failed + 20) == ([], 0)
    assert watching._sort(failed + 40) == ([one], 0)
    assert watching._sort(failed + 40) == ([one], 0)


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

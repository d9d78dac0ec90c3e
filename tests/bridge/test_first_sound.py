"""The first sound as a person makes it: the lines that `bridge serve` prints are pasted, and the takes listened to."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge import first_sound
from tests.bridge.conftest import eventually

ROOT = Path(__file__).parents[2]
PROMPT = "heavy rain on a metal roof"


def pasted(text: str) -> list[str]:
    """The three commands that the daemon printed when it was ready."""
    block = text.partition("\nready")[2].splitlines()[1:]
    return [line for line in block if not line.startswith("#")]


def shell(line: str, *, seconds: float = 60.0) -> str:
    """What a terminal in another folder makes of a line."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=seconds, cwd="/", env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loud(path: str | Path) -> bool:
    """True for a sound that is neither silent nor a constant."""
    return bool(np.std(soundfile.read(path)[0]) > 1e-3)


def new_take(folder: Path, known: set[Path], *, seconds: float = 30.0) -> Path:
    """The take that appears in the folder."""
    eventually(lambda: set(folder.glob("*.wav")) - known, "no take appeared", seconds)
    return (set(folder.glob("*.wav")) - known).pop()


@pytest.fixture(params=["daemon", "pocket"])
def any_daemon(request: pytest.FixtureRequest) -> Any:
    """A daemon with the tone, and one with the built-in model."""
    return request.getfixturevalue(request.param)


@pytest.mark.peers
def test_every_line_that_is_printed_makes_a_sound_when_it_is_pasted(any_daemon, peer, tmp_path: Path) -> None:
    for program in ("oscsend", "pd"):
        peer(program)
    known = set(any_daemon.takes.glob("*.wav"))
    command_line, oscsend, pd = pasted(any_daemon.said("pd -"))
    first = Path(shell(command_line).strip())
    shell(oscsend)
    second = new_take(any_daemon.takes, known | {first})
    # without Pd's settings and sound card, which this machine may not have; the rest is as printed
    with (tmp_path / "pd").open("w") as log:
        words = ["-noprefs", "-noaudio", "-nomidi", "-nrt", "-stderr", *([] if "-nogui" in pd else ["-nogui"])]
        line = f"exec pd {' '.join(words)} {pd.removeprefix('pd ')}"
        host = subprocess.Popen(["sh", "-c", line], stdout=log, stderr=log)
        try:
            third = new_take(any_daemon.takes, known | {first, second})
        finally:
            host.terminate()
            host.wait(10)
    for take in (first, second, third):
        info = soundfile.info(take)
        assert info.frames == round(1.5 * info.samplerate)
        assert loud(take)
    assert soundfile.info(first).samplerate == 48000
    assert "a-deep-kick-drum-in-a-large-hall" in third.name


def test_the_whole_block_can_be_pasted(tmp_path: Path) -> None:
    """Every line is a remark or a command that a shell can read."""
    lines = list(first_sound.lines(9700, 9701))
    assert [line.startswith("#") for line in lines] == [True, False] * 3
    assert ["9701" in lines[1], "9700" in lines[3], "9700" in lines[5]] == [True] * 3
    done = subprocess.run(["sh", "-n"], input="\n".join(lines), text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_the_usual_port_is_not_mentioned_where_it_need_not_be() -> None:
    assert "--port" not in first_sound.command_line(9631)
    assert "first-sound-port" not in first_sound.pd_line(9630)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An environment with a `bridge` of its own, in a folder with a blank; nothing else is on the path."""
    folder = tmp_path / "my venv" / "bin"
    folder.mkdir(parents=True)
    (folder / "bridge").write_text("#!/bin/sh\n")
    (folder / "bridge").chmod(0o755)
    monkeypatch.setattr("sys.executable", str(folder / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    return folder


def test_a_program_of_the_same_name_on_the_path_is_not_taken_for_ours(install: Path, tmp_path: Path) -> None:
    shutil.copy(install / "bridge", tmp_path / "bridge")  # as Linux's iproute2 has one
    (command, *_) = shlex.split(first_sound.command_line(9631))
    assert command == str(install / "bridge")


def test_our_own_on_the_path_is_called_by_its_name(
    install: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bridge").symlink_to(install / "bridge")  # as pipx does
    assert first_sound.own_command() == "bridge"
    monkeypatch.setenv("VIRTUAL_ENV", str(install.parent))  # another terminal has not entered it
    assert first_sound.own_command() == shlex.quote(str(install / "bridge"))


def test_pd_gets_no_window_where_there_is_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    assert "-nogui" not in first_sound.pd_line(9630)
    monkeypatch.delenv("DISPLAY")
    assert "-nogui" in first_sound.pd_line(9630)


# the built-in model itself


@pytest.mark.peers
def test_a_session_of_oscsend_with_the_built_in_model(pocket, connect, peer) -> None:
    oscsend, listener = peer("oscsend"), connect(pocket)

    def send(*args: str) -> None:
        subprocess.run([oscsend, "127.0.0.1", str(pocket.port), *args], check=True, timeout=10)

    send("/bridge/hello", "si", "probe", str(listener.port))
    address, (_, model, rate, *tasks) = listener.receive()
    assert (address, model, rate, tasks[0]) == ("/bridge/ready", "pocket", 48000, "generate")
    send("/render/generate", "sssf", "job-1", first_sound.PROMPT, "seconds", "1.5")
    replies = listener.until("/job/done", seconds=60)
    assert [args[1:] for address, args in replies if address == "/job/step"] == [(i, 6) for i in range(1, 7)]
    (take,) = [args for address, args in replies if address == "/job/take"]
    assert take[3:5] == (72000, 48000)
    info = soundfile.info(take[2])
    assert (info.frames, info.samplerate) == (72000, 48000)
    assert loud(take[2])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_same_command_twice_gives_the_same_samples(pocket, run_bridge, tmp_path: Path) -> None:
    """With the daemon and without it; another seed gives others."""

    def samples(name: str, seed: str, *options: str) -> np.ndarray:
        path = tmp_path / name
        done = run_bridge(
            "generate", PROMPT, "--seconds", "4", "--seed", seed, "-o", str(path), *options, seconds=120
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found, rate = soundfile.read(path)
        assert (len(found), rate) == (192000, 48000)
        assert loud(path)
        return found

    there = ("--port", str(pocket.http_port))
    first = samples("a.wav", "7", "--local")
    assert (first == samples("b.wav", "7", "--local")).all()
    daemons = samples("c.wav", "7", *there)
    assert (daemons == samples("d.wav", "7", *there)).all()
    assert (first == daemons).all()
    assert np.abs(daemons - samples("e.wav", "8", *there)).max() > 0.01


@pytest.mark.timeout(600)
def test_kill_9_in_the_middle_of_a_real_job(pocket, connect) -> None:
    client = connect(pocket)
    client.send("/bridge/hello", "test")
    client.send("/render/generate", "hit", PROMPT, "seconds", 5.0, "steps", 40)
    client.until("/job/step", id="hit", seconds=60)
    engine = pocket.engine()
    engine.kill()
    engine.wait(5)
    replies = client.until("/job/done", "/job/failed", id="hit", seconds=300)
    assert ("/job/queued", ("hit", 0)) in replies[:-1]
    assert "/bridge/loading" in [address for address, _ in replies]
    replies = client.job("next", PROMPT, "seconds", 1.5, seconds=180)
    (take,) = [args for address, args in replies if address == "/job/take"]
    assert replies[-1] == ("/job/done", ("next", 1))
    assert soundfile.info(take[2]).frames == 72000
    assert loud(take[2])

"""The endless stream over real sockets, with a real engine behind it and the null player; and from the command line."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.bridge.conftest import eventually

ROOT = Path(__file__).parents[2]
QUIET = ("--player", "null")
STREAM = ("state", "playing", "delay", "ahead", "realtime", "windows", "shortfalls", "short", "why")


def status(client) -> dict[str, object]:
    client.send("/live/status")
    return dict(zip(STREAM, client.until("/live/stream")[-1][1], strict=True))


def levels(sound: np.ndarray, rate: int) -> np.ndarray:
    size = rate // 10
    blocks = sound[: len(sound) // size * size, 0].reshape(-1, size)
    return 20 * np.log10(np.sqrt(np.mean(blocks**2, axis=1)) + 1e-9)


def pitch(sound: np.ndarray, rate: int) -> float:
    return float(np.abs(np.fft.rfft(sound[:, 0] * np.hanning(len(sound)))).argmax() * rate / len(sound))


def test_a_stream_is_started_changed_recorded_and_stopped(serve, connect, tmp_path: Path) -> None:
    client = connect(serve(*QUIET))
    client.send("/bridge/hello", "live")
    assert status(client)["state"] == "stopped"
    path = tmp_path / "session.wav"
    client.send("/record/start", str(path))
    client.until("/record/started")
    client.send("/live/start", "440 Hz", "window", 1.0, "ahead", 0.3, "seed", 9)
    number, prompts, seed, seconds, took = client.until("/live/window")[-1][1]
    assert (number, prompts, seed, seconds) == (1, "440 Hz : 1", 9, pytest.approx(1.0)) and took > 0
    client.send("/live/prompt", 2, "1760 Hz", 0.0)
    slot, text, weight, delay = client.until("/live/slot")[-1][1]
    assert (slot, text, weight) == (2, "1760 Hz", 0.0) and 0.0 < delay < 4.0
    client.until("/live/window")
    client.send("/live/set", "weight1", 0.0, "weight2", 1.0)
    changed = time.monotonic()
    while client.until("/live/window")[-1][1][1] != "1760 Hz : 1":
        assert time.monotonic() - changed < 20.0  # the delay itself is tested in simulated time
    time.sleep(1.0)
    now = status(client)
    assert (now["playing"], now["why"]) == ("1760 Hz : 1", "") and now["state"] in ("playing", "behind")
    assert now["realtime"] > 0.0 and now["windows"] >= 3
    client.send("/live/stop")
    assert client.until("/live/stream")[-1][1][0] == "stopped"
    time.sleep(0.9)
    client.send("/record/stop")
    _, _, cues, sheet = client.until("/record/stopped")[-1][1]
    sound, rate = soundfile.read(path)
    with Path(sheet).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == cues >= 3 and {row["what"] for row in rows} == {"live"}
    first, other = int(rows[0]["frame"]), next(int(row["frame"]) for row in rows if row["prompt"] == "1760 Hz : 1")
    assert not sound[:first].any() and not sound[-rate // 10 :].any()
    playing = levels(sound[first + rate // 10 : other + rate * 3 // 4], rate)
    assert playing.min() > -23.0 and playing.max() < -17.0
    assert pitch(sound[first : first + rate // 2], rate) == pytest.approx(440, abs=4)
    assert pitch(sound[other + rate // 4 : other + rate * 3 // 4], rate) == pytest.approx(1760, abs=4)


def test_what_the_stream_cannot_be_is_named(serve, connect) -> None:
    client = connect(serve(*QUIET))
    for sent, code, text in [
        (("/live/start", ""), "bad-value", "there is no prompt with a weight"),
        (("/live/start", "rain", "window", 9.0), "bad-value", "window must be 1 to 8 s, got 9"),
        (("/live/start", "rain", "windov", 2.0), "unknown-key", "did you mean window?"),
        (("/live/set", "steps", 201), "bad-value", "steps must be a whole number, 0 to 200, got 201"),
        (("/live/prompt", 9, "rain"), "bad-value", "slot must be 1 to 8, got 9"),
        (("/live/prompt", 1, "rain", 1.5), "bad-value", "weight must be 0 to 1, got 1.5"),
        (("/live/prompt", 1, "rain | wind"), "bad-value", "without |"),
    ]:
        client.send(*sent)
        address, args = client.receive()
        assert (address, args[0]) == ("/bridge/error", code), args
        assert text in args[1]
    assert status(client)["state"] == "stopped"


def test_a_slow_engine_is_told_of_and_leaves_no_gap(serve, connect, tmp_path: Path) -> None:
    """8 steps of 0.3 s for a second of sound, and a job of somebody else meanwhile."""
    client = connect(serve(*QUIET, "--option", "step_seconds=0.3"))
    client.send("/bridge/hello", "slow")
    client.send("/live/start", "440 Hz", "window", 1.0)
    client.until("/live/window")
    path = tmp_path / "slow.wav"
    client.send("/record/start", str(path))
    client.send("/render/generate", "other", "880 Hz")
    shortfalls, _ = client.until("/live/behind")[-1][1]
    assert shortfalls == 1
    time.sleep(5.0)
    now = status(client)
    assert now["shortfalls"] >= 1 and now["short"] > 1.0 and now["windows"] >= 2 and 0 < now["realtime"] < 0.6
    client.send("/record/stop")
    client.until("/record/stopped")
    sound, rate = soundfile.read(path)
    measured = levels(sound[rate // 5 :], rate)
    assert len(measured) > 20 and measured.min() > -22.0 and measured.max() < -18.0


def bridge(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bridge", "live", *words], cwd=ROOT, capture_output=True, text=True, timeout=100
    )


def test_a_file_is_written_without_a_bridge(tmp_path: Path) -> None:
    path = tmp_path / "out.wav"
    done = bridge("440 Hz", "--with", "880 Hz:0.25", "--seconds", "9", "--seed", "4", "-o", str(path), "--local",
                  "--model", "tone", "--rate", "44100")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(path)
    sound, rate = soundfile.read(path)
    assert (len(sound), rate) == (9 * 44100, 44100)
    rows = list(csv.DictReader(path.with_suffix(".csv").open(encoding="utf-8")))
    assert [(row["seconds"], row["seed"]) for row in rows] == [("0.000000", "4"), ("4.000000", "5"), ("8.000000", "6")]
    assert {row["prompt"] for row in rows} == {"440 Hz : 0.8 | 880 Hz : 0.2"}
    assert levels(sound[rate // 10 : -rate], rate).min() > -22.0
    assert np.abs(sound[-10:]).max() < 0.001
    again = bridge("440 Hz", "--seconds", "1", "-o", str(path), "--local", "--model", "tone")
    assert again.returncode == 1 and "exists" in again.stderr


def test_wrong_words_are_named() -> None:
    for words, text in [
        (("rain", "--with", "wind:2"), "weight2 must be 0 to 1"),
        (("rain", "--guidance", "30"), "guidance must be 0 to 20"),
        (("rain", "-o", "out.mp3"), "a recording is a .wav file"),
        (("rain", "--local", "--model", "tone", "-o", "/tmp/never/out.wav"), "say how long"),
    ]:
        done = bridge(*words)
        assert done.returncode == 2 and text in done.stderr, done.stderr


@pytest.mark.parametrize("output", [True, False])
def test_a_running_bridge_plays_it(serve, tmp_path: Path, output: bool) -> None:
    daemon = serve(*QUIET)
    path = tmp_path / "there.wav"
    more = ("-o", str(path)) if output else ()
    done = bridge("440 Hz", "--seconds", "2", "--port", str(daemon.http_port), "--window", "1", *more)
    assert done.returncode == 0, done.stderr
    assert "playing: 440 Hz : 1" in done.stderr
    if output:
        eventually(path.exists, "nothing was recorded")
        sound, rate = soundfile.read(path)
        assert 2.0 < len(sound) / rate < 8.0
        assert pitch(sound[rate : 2 * rate], rate) == pytest.approx(440, abs=4)

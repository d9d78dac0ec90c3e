"""Ardour, a real DAW, without a window: it records what the bridge plays over JACK, sample for sample.

Run by ``TEST_ARDOUR=1 pytest tests/bridge/test_ardour.py`` on a machine that has nothing else to do.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge import Client

pytestmark = pytest.mark.skipif(
    "TEST_ARDOUR" not in os.environ, reason="asked for by TEST_ARDOUR=1: a busy machine's JACK drops Ardour altogether"
)

SCRIPT = Path(__file__).parent / "ardour" / "record.lua"
HITS = 12
ARDOUR_INPUTS = (":bridge/audio_in 1", ":bridge/audio_in 2")  # Ardour's JACK client has no name here


def until(happened: Callable[[], object], what: str, seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@pytest.fixture
def jack_server(peer, monkeypatch, tmp_path: Path) -> Iterator[None]:
    """A JACK of our own without a sound card. It waits long for its clients, for machines that are busy."""
    name = f"bridge-{os.environ.get('PYTEST_XDIST_WORKER', 'tests')}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    command = [peer("jackd"), "-n", name, "-r", "-t", "2000", "-d", "dummy", "-r", "48000", "-p", "4096"]
    with (tmp_path / "jack").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        subprocess.run([peer("jack_wait"), "-s", name, "-w", "-t", "30"], check=True, capture_output=True, timeout=40)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


@pytest.fixture
def ardour(peer, jack_server, tmp_path: Path) -> Iterator[Callable[[], Path]]:
    """Ardour records; calling it stops that and returns the folder with what was recorded."""
    program, flag = peer("ardour7-lua"), tmp_path / "flag"
    environment = os.environ | {"HOME": str(tmp_path), "SESSION": str(tmp_path / "session"), "FLAG": str(flag)}
    with (tmp_path / "ardour").open("w") as log:
        process = subprocess.Popen([program, str(SCRIPT)], stdout=log, stderr=log, env=environment)

    def said() -> str:
        return (tmp_path / "ardour").read_text(errors="replace")

    def stop() -> Path:
        Path(f"{flag}.stop").touch()
        process.wait(30)
        assert "recorded to" in said(), said()
        return tmp_path / "session" / "interchange" / "session" / "audiofiles"

    try:
        until(lambda: Path(f"{flag}.rolling").exists() or process.poll() is not None, "Ardour does not roll")
        assert process.poll() is None, said()
        yield stop
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def plug_in() -> None:
    """Connect the bridge's two outputs to Ardour's track, and to nothing else."""
    import jack

    client = jack.Client("patchbay")
    try:

        def outputs() -> list[str]:
            ports = client.get_ports(is_output=True, is_audio=True)
            return [port.name for port in ports if not port.name.startswith((":", "system:"))]

        until(outputs, "the bridge has no ports")
        until(lambda: client.get_ports("bridge/audio_in", is_input=True), "Ardour has no track")
        for output, track in zip(outputs(), ARDOUR_INPUTS, strict=True):
            client.connect(output, track)
    finally:
        client.close()


def voices(bridge: Client) -> int:
    """What sounds at the moment: a busy machine's JACK takes its time."""
    told = bridge.command("/live/status")
    return sum(int(one.args["voices"]) for one in told if one.address == "/live/state")


def sounds(samples: np.ndarray) -> list[np.ndarray]:
    """What lies between silences of 20 ms, of all channels."""
    where = np.flatnonzero(np.abs(samples).max(axis=1))
    return [samples[part[0] : part[-1] + 1] for part in np.split(where, np.flatnonzero(np.diff(where) > 960) + 1)]


def test_ardour_records_what_the_bridge_plays_sample_for_sample(ardour, serve) -> None:
    daemon = serve("--player", "device", "--device", "system", "--block", "2048", "--buffer", "8")
    with Client(daemon.http, timeout=60) as bridge:
        bridge.command("/pad/assign", pad="tone", sound="A4", seconds=0.1, pool=1, seed=3)

        def filled() -> bool:
            entries = [told.args for told in bridge.command("/pad/list") if told.address == "/pad/entry"]
            return bool(entries) and entries[0]["takes"] > 0

        until(filled, "the pad is not filled")
        plug_in()
        started = bridge.command("/record/start")
        own = Path(next(told.args["path"] for told in started if told.address == "/record/started"))
        time.sleep(0.5)
        for _ in range(HITS):
            bridge.command("/pad/hit", pad="tone", velocity=1.0)
            time.sleep(0.3)
        until(lambda: not voices(bridge), "the take does not end")
        time.sleep(1.0)
        bridge.command("/record/stop")
        until(own.is_file, "the bridge's own recording is not complete")
        folder = ardour()
        bridge.command("/player/use", player="null")  # JACK takes its time to let a client go
    daemon.stop(seconds=40)
    recorded = np.stack([soundfile.read(folder / f"Take1_bridge-1%{side}.wav")[0] for side in "LR"], axis=1)
    heard, there = sounds(soundfile.read(own)[0]), sounds(recorded)
    whole = [sound for sound in heard if 4500 < len(sound) <= 4800]
    # A cycle that a busy machine's JACK skips is missing in that hit; all others are there to the last sample.
    exact = [sound for sound in there if any(same(sound, other) for other in whole)]
    assert len(whole) >= HITS // 2, [len(sound) for sound in heard]
    assert exact, [len(sound) for sound in there]


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """True for the same samples, but for the 24 bits that the bridge's own recording has."""
    return one.shape == other.shape and bool(np.abs(one - other).max() <= 2.0**-23)

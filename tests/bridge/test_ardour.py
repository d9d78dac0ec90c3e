"""Ardour, a real DAW, without a window: it records what the bridge plays over JACK, sample for sample.

The JACK server is synchronous: it goes on when every client has done its cycle, however busy the machine is, so that
nothing may be missing in the recording. Run by ``TEST_ARDOUR=1 pytest tests/bridge/test_ardour.py``.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks import jack_dummy as dummy
from bridge import Client, TookTooLong

pytestmark = pytest.mark.skipif(
    "TEST_ARDOUR" not in os.environ, reason="asked for by TEST_ARDOUR=1: JACK and Ardour may wait for each other"
)

SCRIPT = Path(__file__).parent / "ardour" / "record.lua"
HITS = 12
ARDOUR_INPUTS = (":bridge/audio_in 1", ":bridge/audio_in 2")  # Ardour's JACK client has no name here


TRIES = 3


class Stuck(Exception):
    """JACK or Ardour does not go on: now and then the server waits for Ardour to take in a change of latencies, and
    Ardour for the server. Nothing can be said of the recording then, and all of it is tried afresh."""


def until(happened: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise Stuck(what)
        time.sleep(0.05)


@contextmanager
def ardour(program: str, folder: Path) -> Iterator[Callable[[], Path]]:
    """Ardour records; calling it stops that and returns the folder with what was recorded."""
    flag, log = folder / "flag", folder / "ardour"
    environment = os.environ | {"HOME": str(folder), "SESSION": str(folder / "session"), "FLAG": str(flag)}
    with log.open("w") as file:
        process = subprocess.Popen([program, str(SCRIPT)], stdout=file, stderr=file, env=environment)

    def stop() -> Path:
        Path(f"{flag}.stop").touch()
        until(lambda: process.poll() is not None, "Ardour does not end")
        if "recorded to" not in log.read_text(errors="replace"):
            raise Stuck(log.read_text(errors="replace"))
        return folder / "session" / "interchange" / "session" / "audiofiles"

    try:
        until(lambda: Path(f"{flag}.rolling").exists() or process.poll() is not None, "Ardour does not roll")
        if process.poll() is not None:
            raise Stuck(log.read_text(errors="replace"))
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


def playing(bridge: Client) -> dict[str, object]:
    """How it goes at the moment."""
    return next(one.args for one in bridge.command("/live/status") if one.address == "/live/state")


def perform(bridge: Client, stop: Callable[[], Path]) -> tuple[np.ndarray, np.ndarray]:
    """Hit a pad a few times: what the bridge says that it played, and what Ardour recorded."""
    bridge.command("/pad/assign", pad="tone", sound="A4", seconds=0.1, pool=1, seed=3)

    def filled() -> bool:
        entries = [told.args for told in bridge.command("/pad/list") if told.address == "/pad/entry"]
        return bool(entries) and entries[0]["takes"] > 0

    until(filled, "the pad is not filled")
    plug_in()
    started = bridge.command("/record/start")
    own = Path(next(told.args["path"] for told in started if told.address == "/record/started"))
    for number in range(HITS):
        bridge.command("/pad/hit", pad="tone", velocity=1.0)
        time.sleep(0.05 * (number % 5))
    until(lambda: not playing(bridge)["voices"], "the takes do not end")
    if playing(bridge)["player"] != "device" or playing(bridge)["underruns"]:
        raise Stuck(str(playing(bridge)))
    bridge.command("/record/stop")
    until(own.is_file, "the bridge's own recording is not complete")
    folder = stop()
    bridge.command("/player/use", player="null")  # JACK takes its time to let a client go
    recorded = [soundfile.read(folder / f"Take1_bridge-1%{side}.wav")[0] for side in "LR"]
    return soundfile.read(own)[0], np.stack(recorded, axis=1)


def test_ardour_records_what_the_bridge_plays_sample_for_sample(peer, serve, tmp_path: Path, monkeypatch) -> None:
    programs = peer("ardour7-lua"), peer("jackd"), peer("jack_wait")
    for key, value in dummy.environment().items():
        monkeypatch.setenv(key, value)
    for number in range(TRIES):
        folder = tmp_path / str(number)
        folder.mkdir()
        with dummy.jack_dummy(folder / "jack", *programs[1:], 8192, "-S", "-t", "5000"):
            try:
                with ardour(programs[0], folder) as stop:
                    daemon = serve("--player", "device", "--device", "system", "--block", "2048", "--buffer", "8",
                                   "--midi", "none")  # fmt: skip
                    try:
                        with Client(daemon.http, timeout=40) as bridge:
                            played, recorded = perform(bridge, stop)
                    finally:
                        with suppress(subprocess.TimeoutExpired):  # it was killed then
                            daemon.stop(seconds=30)
                break
            except (Stuck, TookTooLong):
                if number == TRIES - 1:
                    raise
    late = begin(recorded) - begin(played)
    assert late >= 0, "Ardour's recording began later than the bridge's"
    assert np.count_nonzero(played) > 4800
    assert same(played, recorded[late : late + len(played)])


def begin(samples: np.ndarray) -> int:
    """The first frame that is not silent."""
    return int(np.flatnonzero(np.abs(samples).max(axis=1))[0])


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """True for the same samples, but for the 24 bits that the bridge's own recording has."""
    return one.shape == other.shape and bool(np.abs(one - other).max() <= 2.0**-23)

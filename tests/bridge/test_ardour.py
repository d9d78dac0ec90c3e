"""Ardour, a real DAW, without a window: it records what the bridge plays over JACK, sample for sample.

The JACK server is synchronous: it goes on when every client has done its cycle, however busy the machine is, so that
nothing may be missing in the recording.
"""

from __future__ import annotations

import os
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from benchmarks import jack_dummy as dummy
from bridge import Client
from tests.bridge.conftest import eventually

pytestmark = pytest.mark.peers

SCRIPT = Path(__file__).parent / "ardour" / "record.lua"
HITS = 12
ARDOUR_INPUTS = ("ardour:bridge/audio_in 1", "ardour:bridge/audio_in 2")
STARTS = 6


class NotRolling(Exception):
    """Ardour did not come to record.

    While Ardour makes a session, two of its threads ask JACK for something at the same time (the one that connects,
    to name the virtual keyboard's port), and libjack 2 writes what both ask for into one socket without a lock: now
    and then the server cannot read it and lets Ardour go. Or the server asks Ardour for its latencies while Ardour,
    which holds the lock that the answer needs, waits for the server. Nothing of the bridge has to do with that.
    """


@contextmanager
def ardour(program: str, folder: Path) -> Iterator[Callable[[], Path]]:
    """Ardour records; calling it stops that and returns the folder with what was recorded."""
    flag, log = folder / "flag", folder / "ardour"
    asked = {"SESSION": str(folder / "session"), "FLAG": str(flag), "TOOLS": str(SCRIPT.parent)}
    environment = os.environ | {"HOME": str(folder)} | asked
    with log.open("w") as file:
        process = subprocess.Popen([program, str(SCRIPT)], stdout=file, stderr=file, env=environment)

    def stop() -> Path:
        Path(f"{flag}.stop").touch()
        eventually(lambda: process.poll() is not None, "Ardour does not end", 90.0)
        assert "recorded to" in log.read_text(errors="replace")
        return folder / "session" / "interchange" / "session" / "audiofiles"

    try:
        end = time.monotonic() + 60
        while not Path(f"{flag}.rolling").exists():
            if process.poll() is not None or time.monotonic() > end:
                raise NotRolling(log.read_text(errors="replace"))
            time.sleep(0.05)
        yield stop
    finally:
        process.kill()
        process.wait(10)


@contextmanager
def recording(peer: Callable[[str], str], folder: Path) -> Iterator[Callable[[], Path]]:
    """Ardour records from a JACK server of its own. Yields `ardour`'s."""
    program, jackd, jack_wait = peer("ardour7-lua"), peer("jackd"), peer("jack_wait")
    for number in range(STARTS):
        own = folder / str(number)
        own.mkdir()
        with ExitStack() as stack:
            stack.enter_context(dummy.jack_dummy(own / "jack", jackd, jack_wait, 8192, "-S", "-t", "5000"))
            try:
                stop = stack.enter_context(ardour(program, own))
            except NotRolling as problem:
                warnings.warn(f"Ardour is started once more: {problem}", stacklevel=1)
                continue
            yield stop
            return
    raise NotRolling(f"in {STARTS} starts")


def plug_in() -> None:
    """Connect the bridge's two outputs to Ardour's track, and to nothing else."""
    import jack

    client = jack.Client("patchbay")
    try:

        def outputs() -> list[str]:
            """Those that play already: the bridge itself has connected them to the server's own."""
            ports = client.get_ports(is_output=True, is_audio=True)
            own = [port for port in ports if not port.name.startswith(("ardour:", "system:"))]
            return [port.name for port in own if client.get_all_connections(port)]

        eventually(lambda: len(outputs()) == len(ARDOUR_INPUTS), "the bridge does not play", 60.0)
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

    eventually(filled, "the pad is not filled", 60.0)
    plug_in()
    started = bridge.command("/record/start")
    own = Path(next(told.args["path"] for told in started if told.address == "/record/started"))
    for number in range(HITS):
        bridge.command("/pad/hit", pad="tone", velocity=1.0)
        time.sleep(0.05 * (number % 5))
    eventually(lambda: not playing(bridge)["voices"], "the takes do not end", 60.0)
    ended = playing(bridge)
    assert (ended["player"], ended["underruns"]) == ("device", 0)
    bridge.command("/record/stop")
    eventually(own.is_file, "the bridge's own recording is not complete", 60.0)
    folder = stop()
    bridge.command("/player/use", player="null")  # JACK takes its time to let a client go
    recorded = [soundfile.read(folder / f"Take1_bridge-1%{side}.wav")[0] for side in "LR"]
    return soundfile.read(own)[0], np.stack(recorded, axis=1)


def test_ardour_records_what_the_bridge_plays_sample_for_sample(
    peer: Any, serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in dummy.environment().items():
        monkeypatch.setenv(key, value)
    with recording(peer, tmp_path) as stop:
        daemon = serve("--player", "device", "--device", "system", "--block", "2048", "--buffer", "32",
                       "--midi", "none")  # fmt: skip
        try:
            with Client(daemon.http, timeout=60) as bridge:
                played, recorded = perform(bridge, stop)
        finally:
            daemon.stop(seconds=30)
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

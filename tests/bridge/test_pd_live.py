"""The abstraction [live] in a real Pd over JACK: the endless stream that the bridge plays is what comes out of it."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge import Client
from max_patches.pd_building.canvas import Canvas
from tests.bridge.conftest import eventually
from tests.test_pd_abstractions import COMPLAINTS, pd

FLAGS = ("-nogui", "-stderr", "-noprefs", "-nrt", "-nomidi", "-jack", "-callback", "-nojackconnect", "-r", "48000",
         "-channels", "2")  # fmt: skip
"""Pd computes in JACK's own cycle, and is connected to nothing: the bridge itself has to find it."""


def session(folder: Path, port: int) -> Path:
    """A patch with [live]: UDP messages steer it, and what comes out of it is written, from the beginning on."""
    canvas = Canvas()
    heard = canvas.obj(20, 60, "route words stop end slot", canvas.obj(20, 20, f"netreceive -u {port}"))
    stop = canvas.msg(120, 90, "stop", heard[1])
    stream = canvas.obj(20, 120, "live", heard, stop)
    canvas.wire(heard[3], stream, 1)
    canvas.obj(200, 150, "print told", stream[2])
    start = canvas.msg(300, 90, f"open -bytes 4 {folder}/heard.wav, start", canvas.obj(300, 60, "loadbang"))
    record = canvas.obj(20, 200, "writesf~ 2 4000000", stream, start, canvas.msg(420, 90, "stop", heard[2]))
    canvas.wire(stream[1], record, 1)
    canvas.obj(420, 150, "print written", canvas.obj(420, 120, "del 1000", heard[2]))
    canvas.obj(500, 150, "print opened", canvas.obj(500, 120, "del 200", canvas.obj(500, 60, "loadbang")))
    path = folder / "session.pd"
    path.write_text(canvas.file())
    return path


def sounded(path: Path) -> int:
    """Samples of a file that is still written which are not silent."""
    return int(np.count_nonzero(np.frombuffer(path.read_bytes()[80:][: (path.stat().st_size - 80) // 4 * 4], "<f4")))


def begin(samples: np.ndarray) -> int:
    """The first frame that is not silent."""
    return int(np.flatnonzero(np.abs(samples).max(axis=1))[0])


@pytest.mark.peers
def test_what_the_bridge_streams_is_what_pd_hears(jack_dummy, serve, peer, free_port, tmp_path: Path) -> None:
    jack_dummy(4096, "-S", "-t", "5000")
    daemon = serve("--player", "null", "--block", "2048", "--buffer", "8", "--midi", "none")
    port, heard = free_port(), tmp_path / "heard.wav"
    steer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sends = (f"bridge-port {daemon.port}", "pd dsp 1")
    with (
        steer, Client(daemon.http, timeout=60) as bridge,
        pd(peer("pd"), tmp_path / "log", session(tmp_path, port), *sends, flags=FLAGS) as wait,
    ):  # fmt: skip
        wait("opened: bang")
        started = bridge.command("/record/start")
        own = Path(next(told.args["path"] for told in started if told.address == "/record/started"))
        steer.sendto(b"words a tone of A4;\n", ("127.0.0.1", port))
        wait("told: player using device .*pure_data")
        eventually(lambda: sounded(heard) > 4 * 48000, "nothing is heard", 90.0)
        steer.sendto(b"slot 2 3 distant tones 0.5;\n", ("127.0.0.1", port))
        wait(r"told: slot 2 3 distant tones 0\.5")
        steer.sendto(b"words a tone of C5;\n", ("127.0.0.1", port))  # the connection stays: no gap
        wait("told: window .* a tone of C5")
        enough = sounded(heard) + 4 * 48000
        eventually(lambda: sounded(heard) > enough, "other words are not heard", 90.0)
        steer.sendto(b"stop;\n", ("127.0.0.1", port))
        wait("told: stream stopped")
        bridge.command("/record/stop")
        eventually(own.is_file, "the bridge's own recording is not complete", 90.0)
        steer.sendto(b"end;\n", ("127.0.0.1", port))
        text = wait("written: bang")
        bridge.command("/player/use", player="null")
    daemon.stop(seconds=40)
    assert not COMPLAINTS.search(text), text
    played, recorded = soundfile.read(own)[0], soundfile.read(heard)[0]
    assert np.count_nonzero(played) > 4 * 48000
    played = played[begin(played) :]
    recorded = recorded[begin(recorded) :][: len(played)]
    assert len(recorded) > 2 * 48000
    assert np.abs(recorded - played[: len(recorded)]).max() <= 2.0**-23  # the bridge's own recording has 24 bits
    assert np.count_nonzero(played[len(recorded) :]) == 0

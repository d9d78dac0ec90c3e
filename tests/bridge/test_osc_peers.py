"""Foreign programs against a real daemon: liblo's tools, Pure Data, SuperCollider's server."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from pythonosc.osc_message import OscMessage

from bridge.framing import Framing, Unframer, frame
from bridge.osc import encode
from tests.programs import QUIET_PD, running

pytestmark = pytest.mark.peers

PATCH = Path(__file__).parent / "pd" / "round_trip.pd"
OVER_TCP = Path(__file__).parent / "pd" / "over_tcp.pd"


def bound(port: int, seconds: float = 5.0) -> None:
    """Wait until somebody listens on a UDP port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens on port {port}")


def test_a_session_of_oscsend_and_oscdump(daemon, peer, free_port, tmp_path: Path) -> None:
    oscsend, port, reply_port = peer("oscsend"), str(daemon.port), free_port()
    prompt = "a deep kick drum in a large hall"

    def send(*args: str) -> None:
        subprocess.run([oscsend, "127.0.0.1", port, *args], check=True, timeout=10)

    with running(tmp_path / "dump", peer("oscdump"), "-L", str(reply_port)) as wait:
        bound(reply_port)
        send("/bridge/hello", "si", "probe", str(reply_port))
        wait(r'/bridge/ready ssis+ "[^"]*" "tone" 48000 "generate"')
        send("/render/generate", "sssf", "job-1", prompt, "seconds", "1.5")
        text = wait(r'/job/done si "job-1" 1')
        path = re.search(r'/job/take sisiiif "job-1" 0 "([^"]+)" 72000 48000 \d+ ', text)[1]  # type: ignore[index]
        assert soundfile.info(path).frames == 72000
        send("/render/generate", "sssd", "job-2", prompt, "seconds", "0.25")  # liblo's double is understood
        wait(r'/job/take sisiiif "job-2" 0 "[^"]+" 12000 48000')
        send("/render/generate", "sssS", "job-3", prompt, "seconds", "soon")  # and its symbol shifts nothing
        wait(r"seconds must be 0.05 to 60 s, got 'soon'")
        send("/job/cancel", "s", "nobody")
        wait(r'/job/failed sss "nobody" "unknown-job"')


def test_a_pd_patch_sends_receives_and_loads_the_take(daemon, peer, free_port, tmp_path: Path) -> None:
    reply_port = free_port()
    patch = tmp_path / "round_trip.pd"
    patch.write_text(PATCH.read_text().replace("9630", str(daemon.port)).replace("9700", str(reply_port)))
    with running(tmp_path / "pd", peer("pd"), *QUIET_PD, "-open", str(patch)) as wait:
        text = wait(r"loudest: .*\n")
    assert not re.search(r"couldn't create|connection failed|no method|no such", text), text
    assert "ready: list tone 48000 generate" in text
    assert "step: pd-1 8 8" in text
    assert "frames: 66150" in text  # 1.5 s at 44100 Hz, which Pd sent as floats
    assert re.search(r"info: 44100 \d+ 1 3 l", text)
    peak = float(re.search(r"loudest: (\S+)", text)[1])  # type: ignore[index]
    assert peak == pytest.approx(10 ** (-1 / 20), abs=2e-3)
    assert "failed: pd-2 bad-value seconds must be 0.05 to 60 s, got -1.0" in text.replace("\\", "")


def test_a_pd_patch_over_tcp(daemon, peer, tmp_path: Path) -> None:
    """Pd has no framing of its own: the patch does SLIP, and takes the escapes out of a reply that holds 0xC0DB."""
    patch = tmp_path / "over_tcp.pd"
    patch.write_text(OVER_TCP.read_text().replace("9630", str(daemon.port)))
    with running(tmp_path / "pd", peer("pd"), *QUIET_PD, "-open", str(patch)) as wait:
        text = wait(r"done: .*\n")
    assert not re.search(r"couldn't create|connection failed|no method|no such", text), text
    assert re.search(r"ready: \S+ tone 48000 generate", text)
    path = re.search(r"take: pd-tcp 0 (\S+) 49371 48000 ", text)[1]  # type: ignore[index]
    assert soundfile.info(path).frames == 0xC0DB
    assert "done: pd-tcp 1" in text


def test_scsynth_frames_as_we_do(peer, free_port, jack, tmp_path: Path) -> None:
    """Its int32 framing is taken for ours, and ours for its."""
    port, unframer = free_port(), Unframer()
    command = (peer("scsynth"), "-t", str(port), "-a", "64", "-i", "0", "-o", "2", "-R", "0", "-l", "4")
    with running(tmp_path / "scsynth", *command) as wait:
        wait("server ready")
        with socket.create_connection(("127.0.0.1", port), timeout=10) as host:
            asked = (encode("/status"), encode("/version"), encode("/quit"))
            host.sendall(b"".join(frame(packet, Framing.COUNT) for packet in asked))
            replies: list[str] = []
            while "/done" not in replies and (data := host.recv(65536)):
                replies += [OscMessage(packet).address for packet in unframer.feed(data)]  # type: ignore[arg-type]
    assert replies == ["/status.reply", "/version.reply", "/done"]
    assert unframer.framing is Framing.COUNT


@pytest.fixture
def jack(jack_dummy: Callable[..., str]) -> None:
    """A JACK of our own, which scsynth plays to."""
    jack_dummy(1024)


def test_scsynth_reads_the_take(daemon, client, peer, free_port, osc, jack, tmp_path: Path) -> None:
    path = client.job("sc", "A4", "seconds", 1.5, "rate", 44100)[-2][1][2]
    port = free_port()
    command = (peer("scsynth"), "-u", str(port), "-a", "64", "-i", "0", "-o", "2", "-R", "0", "-l", "4")
    info, samples = loaded(tmp_path / "scsynth", command, port, path, osc)
    assert info == [0, 66150, 1, 44100.0]
    assert samples == pytest.approx(soundfile.read(path)[0][1000:1008], abs=1e-6)


def loaded(
    log: Path, command: tuple[str, ...], port: int, path: str, osc: Callable[..., bytes]
) -> tuple[list[Any], list[Any]]:
    """Let scsynth load the take; what it says of its buffer, and eight samples of it from the 1000th on."""
    with (
        running(log, *command) as wait,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host,
    ):
        wait("server ready")
        host.settimeout(10)
        host.connect(("127.0.0.1", port))
        for message, answer in ((osc("/b_allocRead", 0, path), "/done"), (osc("/b_query", 0), "/b_info")):
            host.send(message)
            while (reply := OscMessage(host.recv(65535))).address != answer:
                assert reply.address != "/fail", reply.params
        info = reply.params
        host.send(osc("/b_getn", 0, 1000, 8))
        while (reply := OscMessage(host.recv(65535))).address != "/b_setn":
            pass
        host.send(osc("/quit"))
    return info, reply.params[3:]

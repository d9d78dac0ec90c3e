"""Through a real daemon: pieces over TCP and WebSocket before the take is there, previews, live jobs overtaking."""

from __future__ import annotations

import base64
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from pythonosc.osc_message import OscMessage
from websockets.sync.client import connect as open_socket

from tests.bridge.conftest import ENDS, eventually

Replies = list[tuple[str, tuple[Any, ...]]]


class Stream:
    """A TCP client that puts a length before each packet. It reads when it is asked to, and then notes the time."""

    def __init__(self, port: int, osc: Callable[..., bytes]) -> None:
        self.osc = osc
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")
        self.times: list[float] = []

    def send(self, address: str, *args: Any) -> None:
        packet = self.osc(address, *args)
        self.socket.sendall(struct.pack(">i", len(packet)) + packet)

    def until(self, *addresses: str, id: str = "") -> Replies:
        replies: Replies = []
        while True:
            (size,) = struct.unpack(">i", self.file.read(4))
            message = OscMessage(self.file.read(size))
            self.times.append(time.monotonic())
            replies.append((message.address, tuple(message.params)))
            if message.address in addresses and id in ("", message.params[0]):
                return replies


@pytest.fixture
def slow(serve: Callable[..., Any]) -> Any:
    """A daemon whose model takes its time: 20 ms for a step, and for a quarter of a second of decoding."""
    return serve("--option", "step_seconds=0.02", "--option", "piece_seconds=0.02")


@pytest.fixture
def stream(slow, osc) -> Iterator[Callable[[], Stream]]:
    open_ones: list[Stream] = []

    def connect() -> Stream:
        open_ones.append(Stream(slow.port, osc))
        return open_ones[-1]

    yield connect
    for one in open_ones:
        one.file.close()
        one.socket.close()


def samples_of(replies: Replies, take: int, encoding: str) -> np.ndarray:
    """The pieces of a take put together, when it was checked that they follow one another."""
    pieces = [args for address, args in replies if address == "/job/piece" and args[1] == take]
    assert [args[2] for args in pieces] == list(range(len(pieces)))
    size = np.dtype(encoding).itemsize
    assert [args[3] for args in pieces] == list(np.cumsum([0, *(len(args[4]) // size for args in pieces)])[:-1])
    assert all(len(args[4]) <= 4096 for args in pieces)
    return np.frombuffer(b"".join(args[4] for args in pieces), encoding)


@pytest.mark.parametrize("format", ["pcm16", "pcm24", "float32"])
def test_pieces_over_tcp_are_the_file_and_come_before_it(stream, format: str) -> None:
    client = stream()
    client.send("/render/generate", f"t {format}", "A4", "seconds", 3.0, "steps", 2, "takes", 2, "stream", 1,
                "format", format)  # fmt: skip
    replies = client.until(*ENDS)
    addresses = [address for address, _ in replies]
    assert addresses[-1] == "/job/done"
    for take, (_, args) in enumerate(one for one in replies if one[0] == "/job/take"):
        file, rate = soundfile.read(args[2], dtype="float32")
        np.testing.assert_array_equal(samples_of(replies, take, ">f4"), file)
        assert ("/job/stream", (f"t {format}", take, 144000, 48000, 1, "float32")) in replies
        assert rate == 48000
    first, took = addresses.index("/job/piece"), addresses.index("/job/take")
    assert first < took
    assert client.times[took] - client.times[first] > 0.1  # of a decoding that takes a quarter of a second


def test_pieces_of_16_bits_are_those_of_a_16_bit_file(stream) -> None:
    client = stream()
    client.send("/render/generate", "16", "A4", "seconds", 1.0, "steps", 1, "stream", 1, "stream_as", "int16",
                "format", "pcm16")  # fmt: skip
    replies = client.until(*ENDS)
    (path,) = [args[2] for address, args in replies if address == "/job/take"]
    np.testing.assert_array_equal(samples_of(replies, 0, ">i2"), soundfile.read(path, dtype="int16")[0])


def test_a_level_that_needs_the_whole_take_comes_when_it_is_complete(stream) -> None:
    client = stream()
    client.send("/render/generate", "peak", "A4", "seconds", 1.0, "steps", 1, "stream", 1, "level", "peak")
    replies = client.until(*ENDS)
    (path,) = [args[2] for address, args in replies if address == "/job/take"]
    np.testing.assert_array_equal(samples_of(replies, 0, ">f4"), soundfile.read(path, dtype="float32")[0])


def test_pieces_over_a_websocket(slow) -> None:
    with open_socket(slow.http.replace("http", "ws") + "/events") as socket:
        args = {"id": "ws", "prompt": "A4", "seconds": 2, "steps": 2, "stream": 1}
        socket.send(json.dumps({"address": "/render/generate", "args": args}))
        found = []
        while not found or found[-1]["address"] not in ENDS:
            found.append(json.loads(socket.recv(timeout=20)))
    pieces = [one["args"] for one in found if one["address"] == "/job/piece"]
    (take,) = [one["args"] for one in found if one["address"] == "/job/take"]
    joined = np.frombuffer(b"".join(base64.b64decode(one["samples"]) for one in pieces), ">f4")
    np.testing.assert_array_equal(joined, soundfile.read(take["path"], dtype="float32")[0])
    assert [one["address"] for one in found[-2:]] == ["/job/take", "/job/done"]
    assert sum(one["address"] == "/job/take" for one in found) == 1  # held back once, and told once


def test_who_has_no_connection_is_told_so(slow, connect) -> None:
    client = connect(slow)
    (_, args) = client.job("udp", "A4", "stream", 1)[-1]
    assert args[:2] == ("udp", "bad-value")
    assert args[2].startswith("stream must be 0 over UDP and in HTTP requests, got 1")
    assert client.job("udp", "A4", "seconds", 0.1, "steps", 1)[-1][0] == "/job/done"


def test_who_does_not_read_stops_nobody_and_the_daemon_does_not_grow(slow, stream, connect) -> None:
    still = stream()
    before = psutil.Process(slow.process.pid).memory_info().rss
    for number in range(2):  # each more than the system keeps for a connection
        still.send("/render/generate", f"still {number}", "A4", "seconds", 50.0, "steps", 1, "stream", 1)
    client = connect(slow)
    assert client.job("other", "A4", "seconds", 0.1, "steps", 2, "priority", "live")[-1][0] == "/job/done"
    eventually(lambda: len(list(slow.takes.glob("*.wav"))) == 3, "a take is missing", 60)
    # Two takes of 10 MB wait for it; beside them, what it takes to make files of them, which the allocator keeps.
    assert psutil.Process(slow.process.pid).memory_info().rss - before < 200 << 20
    replies = still.until("/job/done", id="still 1")  # it reads after all, and has missed nothing
    for number in range(2):
        assert len(samples_of([one for one in replies if one[1][0] == f"still {number}"], 0, ">f4")) == 50 * 48000


def test_previews_are_files_and_the_take_is_what_it_would_be_without(slow, connect) -> None:
    client = connect(slow)
    plain = client.job("plain", "A4", "seconds", 0.5, "steps", 9, "seed", 7)
    shown = client.job("shown", "A4", "seconds", 0.5, "steps", 9, "seed", 7, "preview", 3)
    previews = [args for address, args in shown if address == "/job/preview"]
    assert [args[1] for args in previews] == [3, 6]
    for _, _, path, frames, rate in previews:
        assert Path(path).parent == slow.takes / "previews"
        assert (soundfile.info(path).frames, soundfile.info(path).samplerate) == (frames, rate) == (24000, 48000)
    one, other = (next(args[2] for address, args in replies if address == "/job/take") for replies in (plain, shown))
    assert np.array_equal(soundfile.read(one)[0], soundfile.read(other)[0])


def test_a_live_job_overtakes_four_batch_jobs(slow, connect) -> None:
    night, pads = connect(slow), connect(slow)
    for number in range(4):
        night.send("/render/generate", f"night {number}", "A4", "seconds", 0.5, "steps", 100, "priority", "batch")
    for _ in range(4):
        night.until("/job/step", id="night 0")
    begin = time.monotonic()
    assert pads.job("hit", "A4", "seconds", 0.5, "steps", 10, "priority", "live")[-1][0] == "/job/done"
    assert time.monotonic() - begin < 1.0  # 10 steps and 2 pieces are 0.24 s; 400 more steps would be 8 s
    for number in range(4):
        night.send("/job/cancel", f"night {number}")
    for number in range(4):
        night.until(*ENDS, id=f"night {number}")


def test_the_command_line_says_how_urgent_a_job_is(slow, run_bridge) -> None:
    wrong = run_bridge("generate", "A4", "--priority", "urgent", "--port", slow.http.rpartition(":")[2])
    assert wrong.returncode == 2 and "priority must be live | interactive | batch, got 'urgent'" in wrong.stderr
    done = run_bridge("generate", "A4", "--priority", "live", "--seconds", "0.1", "--steps", "1", "--port",
                      slow.http.rpartition(":")[2])  # fmt: skip
    assert (done.returncode, Path(done.stdout.strip()).parent) == (0, slow.takes)

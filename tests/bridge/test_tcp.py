"""OSC over TCP against a real daemon: both framings, one client after the other, slow, greedy and hostile ones."""

from __future__ import annotations

import re
import select
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from pythonosc import slip
from pythonosc.osc_message import OscMessage

from bridge.tcp import MAX_CONNECTIONS, MAX_WAITING
from tests.bridge.conftest import ENDS, eventually


class Stream:
    """A TCP client with its own framing: a length before each packet, as scsynth's, or python-osc's SLIP."""

    def __init__(self, port: int, framing: str, osc: Callable[..., bytes]) -> None:
        self.framing, self.osc, self.rest = framing, osc, b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def framed(self, packet: bytes) -> bytes:
        return struct.pack(">i", len(packet)) + packet if self.framing == "count" else slip.encode(packet)

    def send(self, address: str, *args: Any) -> None:
        self.socket.sendall(self.framed(self.osc(address, *args)))

    def packet(self) -> bytes:
        """The next packet; empty at the connection's end."""
        while True:
            if self.framing == "count" and len(self.rest) >= 4:
                size = struct.unpack(">i", self.rest[:4])[0]
                if len(self.rest) >= 4 + size:
                    found, self.rest = self.rest[4 : 4 + size], self.rest[4 + size :]
                    return found
            elif self.framing == "slip" and (end := self.rest.find(b"\xc0", 1)) > 0:
                found, self.rest = self.rest[: end + 1], self.rest[end + 1 :]
                return slip.decode(found)
            data = self.socket.recv(65536)
            if not data:
                return b""
            self.rest += data

    def until(self, *addresses: str) -> list[tuple[str, tuple[Any, ...]]]:
        replies = []
        while packet := self.packet():
            message = OscMessage(packet)
            replies.append((message.address, tuple(message.params)))
            if message.address in addresses:
                return replies
        raise AssertionError(f"the connection ended before any of {addresses}: {replies}")


@pytest.fixture
def stream(daemon, osc) -> Iterator[Callable[..., Stream]]:
    """``stream("count")`` is a connection to the file's daemon."""
    open_ones: list[Stream] = []

    def connect(framing: str = "count") -> Stream:
        open_ones.append(Stream(daemon.port, framing, osc))
        return open_ones[-1]

    yield connect
    for one in open_ones:
        one.socket.close()


@pytest.mark.parametrize("framing", ["count", "slip"])
def test_a_session(stream, framing: str) -> None:
    client = stream(framing)
    client.send("/bridge/hello", "a stream")
    (ready,) = client.until("/bridge/ready")
    assert ready[1][1:3] == ("tone", 48000)
    client.send("/render/generate", f"{framing}-1", "A4", "seconds", 1.5, "seed", 7)
    replies = client.until(*ENDS)
    addresses = [address for address, _ in replies]
    assert addresses[0] == "/job/queued"
    assert "/job/step" in addresses
    assert addresses[-2:] == ["/job/take", "/job/done"]
    assert replies[-2][1][3:6] == (72000, 48000, 7)
    assert Path(replies[-2][1][2]).is_file()
    client.send("/render/generate", "bad", "A4", "seconds", -1.0)
    assert client.until(*ENDS)[-1][1][:2] == ("bad", "bad-value")


def test_packets_that_arrive_byte_by_byte_and_all_at_once(stream, osc) -> None:
    client = stream()
    for byte in client.framed(osc("/job/list")):
        client.socket.sendall(bytes([byte]))
    count = client.until("/job/listed")[-1][1]
    assert count[0] >= 0
    client.socket.sendall(client.framed(osc("/job/list")) * 50)
    assert [client.until("/job/listed")[-1][1] for _ in range(50)] == [count] * 50


def test_a_reply_port_is_a_udp_port(stream, client) -> None:
    over_tcp = stream()
    over_tcp.send("/render/generate", "to-udp", "A4", "seconds", 0.1, "reply_port", client.port)
    assert client.until(*ENDS, id="to-udp")[-1][0] == "/job/done"
    over_tcp.send("/job/list")
    assert {address for address, _ in over_tcp.until("/job/listed")} <= {"/job/entry", "/job/listed"}


def test_a_client_that_leaves_finds_its_job_when_it_is_back(stream) -> None:
    first = stream()
    first.send("/render/generate", "left", "A4", "seconds", 0.5, "seed", 3)
    first.until("/job/queued")
    first.socket.close()
    second = stream("slip")
    second.send("/render/generate", "left", "A4", "seconds", 0.5, "seed", 3)
    replies = second.until(*ENDS)
    assert replies[-1] == ("/job/done", ("left", 1))
    assert [args[5] for address, args in replies if address == "/job/take"] == [3]


def test_what_is_no_osc_gets_an_answer_and_an_end(stream, daemon) -> None:
    client = stream()
    client.socket.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    ((address, (code, text)),) = client.until("/bridge/error")
    assert (address, code) == ("/bridge/error", "bad-packet")
    assert "0x47" in text
    assert client.packet() == b""
    greedy = stream()
    greedy.socket.sendall(struct.pack(">i", 2**20))
    assert "got the length 1048576" in greedy.until("/bridge/error")[0][1][1]
    assert greedy.packet() == b""
    assert "Traceback" not in daemon.text


def test_a_broken_slip_frame_costs_only_itself(stream, osc) -> None:
    client = stream("slip")
    client.socket.sendall(b"\xc0/\xdb\x01\xc0" + slip.encode(osc("/job/list")))
    replies = client.until("/job/listed")
    assert replies[0][1][0] == "bad-packet"


def test_a_client_that_never_reads_is_let_go_and_the_daemon_does_not_grow(serve, connect, osc) -> None:
    running = serve()
    before = psutil.Process(running.process.pid).memory_info().rss
    greedy = Stream(running.port, "count", osc)
    greedy.socket.settimeout(40)
    batch = greedy.framed(osc("/bridge/commands")) * 200

    def ask() -> None:
        try:
            while True:
                greedy.socket.sendall(batch)
        except OSError:
            pass

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    polite, end = connect(running), time.monotonic() + 60
    while asking.is_alive() and time.monotonic() < end:
        polite.send("/bridge/hello", "polite")
        polite.until("/bridge/ready", seconds=5)
        time.sleep(0.1)
    greedy.socket.close()
    assert not asking.is_alive(), "it was never let go"
    assert psutil.Process(running.process.pid).memory_info().rss - before < 20 * MAX_WAITING


def answered(port: int, osc: Callable[..., bytes]) -> bool:
    """True if a new connection is served."""
    client = Stream(port, "count", osc)
    try:
        client.send("/job/list")
        client.until("/job/listed")
    except (OSError, AssertionError):
        return False
    finally:
        client.socket.close()
    return True


def test_connections_are_capped_and_freed(serve, connect, osc) -> None:
    running = serve()
    many = [Stream(running.port, "count", osc) for _ in range(MAX_CONNECTIONS)]
    for one in many:
        one.send("/job/list")
        one.until("/job/listed")
    assert not answered(running.port, osc)
    polite = connect(running)
    polite.send("/bridge/hello", "polite")
    polite.until("/bridge/ready")
    for one in many:
        one.socket.close()
    eventually(lambda: answered(running.port, osc), "no connection is free")


def test_clients_are_told_of_the_end(serve, osc) -> None:
    running = serve()
    client = Stream(running.port, "slip", osc)
    client.send("/bridge/hello", "last")
    client.until("/bridge/ready")
    running.stop()
    assert select.select([client.socket], [], [], 5)[0]
    assert client.packet() == b""


@pytest.mark.peers
def test_oscsend_over_tcp(daemon, peer, connect) -> None:
    """liblo frames by a length; its oscsend leaves after one message, so the answers go to the port of its hello."""
    listener = connect(daemon)
    url = f"osc.tcp://127.0.0.1:{daemon.port}"

    def send(*args: str) -> None:
        subprocess.run([peer("oscsend"), url, *args], check=True, timeout=10)

    send("/bridge/hello", "si", "probe", str(listener.port))
    assert listener.until("/bridge/ready")[-1][1][1] == "tone"
    send("/render/generate", "sssf", "liblo-1", "a deep kick drum", "seconds", "1.5")
    replies = listener.until(*ENDS, id="liblo-1")
    assert replies[-1] == ("/job/done", ("liblo-1", 1))
    assert re.search(r"deep-kick-drum", replies[-2][1][2])

"""Clients that ask for more than their share, or do not take what they asked for: they wait, are told, or are let go;
the others notice nothing, and the daemon does not grow."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import socket
import struct
import time
from typing import Any

import psutil
import pytest

RATE = 10
GROWTH = 30e6
"""Bytes that the daemon may have more after a flood: buffers of a bounded size, and Python's own ways."""


@pytest.fixture(scope="module")
def limited(serve_for_all) -> Any:
    return serve_for_all("--client-rate", str(RATE))


def memory(daemon: Any) -> int:
    return int(psutil.Process(daemon.process.pid).memory_info().rss)


def opened(daemon: Any, path: str = "/events") -> socket.socket:
    """A WebSocket by hand, as no library sends what these tests send."""
    host, port = daemon.http.removeprefix("http://").split(":")
    raw = socket.create_connection((host, int(port)), timeout=20)
    key = base64.b64encode(os.urandom(16)).decode()
    raw.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    assert b" 101 " in raw.recv(1000)
    return raw


def ws_frame(opcode: int, data: bytes, last: bool = True) -> bytes:
    return struct.pack(">BB", opcode | 0x80 * last, 0x80 | len(data)) + bytes(4) + data


def flood(raw: socket.socket, data: bytes, seconds: float = 30.0) -> bool:
    """Send the same again and again and read nothing. True when the other side let go."""
    raw.settimeout(2.0)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            raw.sendall(data)
        except TimeoutError:
            continue  # it is not read any more, which is as good, but it is not the end
        except OSError:
            return True
    return False


def test_pings_whose_answers_are_not_read_do_not_pile_up(daemon) -> None:
    before = memory(daemon)
    with contextlib.closing(opened(daemon)) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        assert flood(raw, ws_frame(9, b"x" * 125) * 500)
    assert memory(daemon) - before < GROWTH


def test_a_message_in_endless_pieces_is_given_up(daemon) -> None:
    before = memory(daemon)
    with contextlib.closing(opened(daemon)) as raw:
        raw.sendall(ws_frame(1, b"", last=False))
        assert flood(raw, ws_frame(0, b"", last=False) * 2000)
    assert memory(daemon) - before < GROWTH
    assert "Traceback" not in daemon.text


def test_over_udp_too_many_messages_are_refused_in_words(limited, connect) -> None:
    greedy, other = connect(limited), connect(limited)
    for number in range(3 * RATE):
        greedy.send("/job/cancel", f"nobody-{number}")
    codes = [greedy.receive()[1][1] for _ in range(2 * RATE + 1)]
    assert codes.count("unknown-job") >= 2 * RATE
    greedy.send("/render/generate", "too-fast", "A4")
    refused = greedy.until("/job/failed", id="too-fast")[-1] if codes[-1] == "rate" else None
    other.send("/bridge/hello", "other")  # who asks for little is answered
    assert other.until("/bridge/ready")
    time.sleep(1.5)
    greedy.send("/bridge/hello", "again")  # and so is the greedy one after a while
    replies = greedy.until("/bridge/ready")
    said = [args for address, args in replies if address in ("/job/failed", "/bridge/error")]
    assert any(args[1] == "rate" or args[0] == "rate" for args in said) or refused


def test_over_tcp_nothing_is_lost_but_it_takes_its_time(limited, osc) -> None:
    packet = osc("/job/cancel", "nobody")
    count = 4 * RATE
    with socket.create_connection(("127.0.0.1", limited.port), timeout=20) as raw:
        began = time.monotonic()
        raw.sendall((len(packet).to_bytes(4, "big") + packet) * count)
        got = b""
        while got.count(b"/job/failed") < count:
            got += raw.recv(65536)
        assert time.monotonic() - began > (count - 2 * RATE) / RATE * 0.7
    assert got.count(b"unknown-job") == count


def test_over_http_it_is_429_with_the_time_to_wait(limited) -> None:
    host, port = limited.http.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    for _ in range(20 * RATE):
        connection.request("GET", "/nothing-here")
        answer = connection.getresponse()
        answer.read()
        if answer.status == 429:
            break
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) >= 1
    connection.close()


def test_one_client_cannot_have_all_places_in_the_queue(serve, connect) -> None:
    daemon = serve("--client-jobs", "2", "--option", "step_seconds=0.2")
    greedy, other = connect(daemon), connect(daemon)
    for client, name in ((greedy, "greedy"), (other, "other")):
        client.send("/bridge/hello", name)
        client.until("/bridge/ready")
    for number in range(3):
        greedy.send("/render/generate", f"g{number}", "A4", "seconds", 30)
    replies = greedy.until("/job/failed")
    assert replies[-1][1][:2] == ("g2", "busy")
    assert "2 jobs of this client" in replies[-1][1][2]
    other.send("/render/generate", "o", "A4")
    assert other.until("/job/queued")[-1][1][0] == "o"

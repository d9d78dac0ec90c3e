"""Clients that begin something and never end it: each is let go after a while, and only those."""

from __future__ import annotations

import contextlib
import select
import socket
import time

import pytest

from bridge.http.server import HEAD_SECONDS
from bridge.tcp import PACKET_SECONDS


def connected(port: int, first: bytes) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(first)
    return client


def ended(client: socket.socket) -> bool:
    """True if the other side has closed the connection; what it said before is read."""
    while select.select([client], [], [], 0)[0]:
        try:
            if not client.recv(65536):
                return True
        except ConnectionError:
            return True
    return False


@pytest.mark.slow
def test_what_is_begun_and_never_ended_is_let_go(daemon, osc) -> None:
    http = int(daemon.http.rpartition(":")[2])
    packet = osc("/job/list")
    whole = len(packet).to_bytes(4, "big") + packet
    request = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    slow = {
        "half a length": connected(daemon.port, whole[:2]),
        "half a packet": connected(daemon.port, whole + whole[:9]),
        "half a SLIP packet": connected(daemon.port, b"\xc0" + packet[:8]),
        "no request": connected(http, b""),
        "half a request": connected(http, request[:30]),
        "half a second request": connected(http, request + request[:30]),
    }
    dripping = {
        "a packet byte by byte": connected(daemon.port, (1000).to_bytes(4, "big") + b"/"),
        "a SLIP packet byte by byte": connected(daemon.port, b"\xc0/"),
        "a request byte by byte": connected(http, b"GET /health HTTP/1.1\r\nX: "),
    }
    slow |= dripping
    patient = connected(daemon.port, whole)
    began = time.monotonic()
    try:
        while not all(ended(client) for client in slow.values()):
            left = [name for name, client in slow.items() if not ended(client)]
            assert time.monotonic() - began < 2 * max(HEAD_SECONDS, PACKET_SECONDS) + 10, left
            for client in dripping.values():
                with contextlib.suppress(OSError):
                    client.send(b"x")
            time.sleep(0.5)
        assert not ended(patient)  # it has said something whole, and may take its time for the next
        patient.sendall(whole)
        assert select.select([patient], [], [], 5)[0]
    finally:
        for client in (*slow.values(), patient):
            client.close()

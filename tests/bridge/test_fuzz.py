"""Fuzzing of every way in, against one live daemon that has to answer after each example and to work at the end.

The examples are the same ones every time, so that a change is judged by itself; FUZZ_EXAMPLES=5000 draws that many new
ones for each way.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.sync.client import connect as websocket

from bridge.commands import COMMANDS
from bridge.osc import encode
from tests.bridge.conftest import Running
from tests.bridge.fuzz_examples import (
    ADDRESSES,
    EXAMPLES,
    KEYS,
    fuzzing,
    json_values,
    packets,
    requests,
    spoilt,
    streams,
    words,
)

DECODER = Path(__file__).parent / "fuzz_decoder.py"
MAX_GROWTH = 100e6


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One that takes whatever comes, however fast."""
    running = Running(tmp_path_factory.mktemp("daemon") / "log", "--client-rate", "0")
    yield running
    running.stop()


@pytest.fixture(scope="module", autouse=True)
def still_whole(daemon) -> Iterator[None]:
    """After everything: the same daemon and engine, not much larger, without a complaint of Python's in the log."""
    process, engine = psutil.Process(daemon.process.pid), daemon.engine().pid
    before = process.memory_info().rss
    yield
    assert "Traceback" not in daemon.text, daemon.text
    assert daemon.engine().pid == engine
    assert process.memory_info().rss - before < MAX_GROWTH


@pytest.fixture
def alive(daemon, client):
    """``alive()`` is whether the daemon answers a hello; it fails if there is no answer at all."""

    def check() -> bool:
        client.send("/bridge/hello", "fuzz")
        return client.until("/bridge/ready", seconds=20)[-1][0] == "/bridge/ready"

    yield check
    replies = client.job("afterwards", "A4", "seconds", 0.5, "seed", 7, seconds=60)
    assert replies[-1] == ("/job/done", ("afterwards", 1))


@pytest.mark.soak
def test_datagrams(client, alive) -> None:
    @fuzzing
    @given(st.lists(packets, min_size=1, max_size=10))
    def fuzz(example: list[bytes]) -> None:
        for packet in example:
            client.send_bytes(packet)
        assert alive()

    fuzz()


@pytest.mark.soak
def test_streams(daemon, alive) -> None:
    @fuzzing
    @given(st.lists(streams, min_size=1, max_size=3), st.booleans())
    def fuzz(example: list[bytes], wait: bool) -> None:
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=10) as one, contextlib.suppress(OSError):
            for part in example:
                one.sendall(part)
            if wait:
                one.shutdown(socket.SHUT_WR)
                while one.recv(65536):
                    pass
        assert alive()

    fuzz()


@pytest.mark.soak
def test_requests_that_are_hardly_http(daemon, alive) -> None:
    port = int(daemon.http.rpartition(":")[2])

    @fuzzing
    @given(requests)
    def fuzz(example: bytes) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
            answer = b""
            with contextlib.suppress(ConnectionError):
                one.sendall(example)
                one.shutdown(socket.SHUT_WR)
                while data := one.recv(65536):
                    answer += data
        assert not answer.startswith(b"HTTP/1.1 500"), answer
        assert alive()

    fuzz()


def posted(http: str, path: str, body: bytes) -> tuple[int, bytes]:
    port = int(http.rpartition(":")[2])
    head = f"POST {quote(path) or '/'} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {len(body)}"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
        one.sendall(head.encode() + b"\r\n\r\n" + body)
        answer = b""
        while data := one.recv(65536):
            answer += data
    return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2]


@pytest.mark.soak
def test_commands_by_http(daemon, alive) -> None:
    named = {arg.name for command in COMMANDS for arg in command.args}
    bodies = st.one_of(
        json_values,
        st.dictionaries(st.sampled_from(sorted({*KEYS, *named})), json_values, max_size=6),
    ).map(lambda value: json.dumps(value).encode())

    @fuzzing
    @given(st.sampled_from([one for one in ADDRESSES if one]), spoilt(bodies))
    def fuzz(path: str, body: bytes) -> None:
        status, answer = posted(daemon.http, path, body)
        assert status in (200, 202, 400, 404, 405, 409, 413, 429, 503), (status, answer)
        json.loads(answer)
        assert alive()

    fuzz()


@pytest.mark.soak
@pytest.mark.parametrize("path", ["/events", "/"])
def test_web_sockets(daemon, alive, path: str) -> None:
    commands = st.fixed_dictionaries(
        {"address": st.one_of(st.sampled_from(ADDRESSES), words), "args": json_values}
    ) | st.fixed_dictionaries({"COMMAND": st.sampled_from(["LISTEN", "IGNORE", "PATH_CHANGED"]), "DATA": json_values})
    texts = st.one_of(commands, json_values).map(json.dumps)

    @fuzzing
    @given(st.lists(st.one_of(texts, st.text(max_size=60), packets), min_size=1, max_size=6))
    def fuzz(example: list[str | bytes]) -> None:
        with websocket(daemon.http.replace("http", "ws") + path) as one:
            for text in example:
                one.send(text)
            if path == "/":
                one.send(encode("/bridge/hello", "fuzz"))  # the example may have named a port for replies
            one.send('{"address": "/bridge/commands"}' if path == "/events" else encode("/bridge/commands"))
            told = [one.recv(timeout=20)]
            while not listed(told[-1]):
                told.append(one.recv(timeout=20))
        assert any("/bridge/command" in str(reply) for reply in told)

    fuzz()


def listed(reply: str | bytes) -> bool:
    """True for the last reply to /bridge/commands."""
    return (b"/bridge/listed" if isinstance(reply, bytes) else "/bridge/listed") in reply


@pytest.mark.soak
def test_bytes_after_a_handshake(daemon, alive) -> None:
    port, key = int(daemon.http.rpartition(":")[2]), base64.b64encode(bytes(16)).decode()
    hello = (f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n")  # fmt: skip

    def masked(kind: int, size: int, payload: bytes) -> bytes:
        return bytes([kind, 0x80 | size]) + bytes(4) + payload  # by zeros, so that it stays as it is

    frames = st.builds(masked, st.integers(0, 255), st.integers(0, 127), st.binary(max_size=130))

    @fuzzing
    @given(spoilt(st.lists(st.one_of(frames, st.binary(max_size=30)), max_size=4).map(b"".join)))
    def fuzz(example: bytes) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as one, contextlib.suppress(ConnectionError):
            one.sendall(hello.encode() + example)
            one.shutdown(socket.SHUT_WR)
            while one.recv(65536):
                pass
        assert alive()

    fuzz()


def test_what_is_sent_is_worth_sending() -> None:
    """Half of the packets, about, are OSC that the daemon takes apart."""
    from bridge.osc import Message, decode

    good: list[bool] = []

    @settings(max_examples=200, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(packets)
    def look(packet: bytes) -> None:
        good.append(any(isinstance(one, Message) for one in decode(packet)))

    look()
    assert 0.3 < sum(good) / len(good) < 0.95


@pytest.mark.soak
def test_the_decoder_under_coverage_guided_fuzzing(tmp_path: Path) -> None:
    """Beginning with a command of each kind, so that it need not find the addresses by chance."""
    pytest.importorskip("atheris", reason="atheris has no wheel for this system (pip install atheris)")
    (seeds := tmp_path / "seeds").mkdir()
    for number, command in enumerate(COMMANDS):
        args = [{"i": 7, "f": 0.5, "s": "text", "b": b"blob"}[arg.tag] for arg in command.args]
        (seeds / f"{number}").write_bytes(encode(command.address, *args))
    runs = EXAMPLES * 1000 or 20_000
    # No limit of memory: a child has the peak of the process that it was started by for its own.
    limits = ("-seed=1", "-max_len=400", "-timeout=20", "-rss_limit_mb=0")
    command = [sys.executable, str(DECODER), f"-runs={runs}", *limits, str(seeds)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=3600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert f"Done {runs} runs" in done.stderr

"""Clients that do not come over loopback, by real sockets: this machine's own address on its network stands for another
machine, as the daemon judges by the address that a connection comes from."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import soundfile
from pythonosc.osc_message import OscMessage
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from bridge.tcp import MAX_FROM_ONE, MAX_STRANGE, TOKEN_SECONDS
from bridge.token import make_token


def own_address() -> str:
    found = [
        one.address
        for address in psutil.net_if_addrs().values()
        for one in address
        if one.family == socket.AF_INET and not one.address.startswith("127.")
    ]
    if not found:
        pytest.skip("this machine has no address but loopback")
    return found[0]


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("config")
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        patch.setenv("HOME", str(folder))
        patch.delenv("BRIDGE_TOKEN", raising=False)
        yield make_token()


class Far:
    """A daemon that listens beyond loopback, and ways to it from there."""

    def __init__(self, daemon: Any, host: str, token: str) -> None:
        self.daemon, self.host, self.token = daemon, host, token
        self.http = f"http://{host}:{daemon.http.rpartition(':')[2]}"

    def ask(self, path: str, body: Any = None, token: str | None = None, **headers: str) -> tuple[int, Any]:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.http + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def replace_token(self) -> str:
        self.token = make_token()
        return self.token

    def events(self, **more: Any) -> Any:
        return connect(self.http.replace("http", "ws") + "/events", **more)


class Stream:
    """OSC over TCP with lengths."""

    def __init__(self, far: Far) -> None:
        self.socket = socket.create_connection((far.host, far.daemon.port), timeout=20)

    def send(self, packet: bytes) -> None:
        self.socket.sendall(len(packet).to_bytes(4, "big") + packet)

    def receive(self) -> tuple[str, tuple[Any, ...]] | None:
        size = self._read(4)
        if not size:
            return None
        found = OscMessage(self._read(int.from_bytes(size, "big")))
        return found.address, tuple(found.params)

    def until(self, address: str) -> tuple[Any, ...]:
        while (found := self.receive()) is not None:
            if found[0] == address:
                return found[1]
        raise AssertionError(f"closed before {address}")

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                more = self.socket.recv(size - len(data))
            except ConnectionError:
                return b""
            if not more:
                return b""
            data += more
        return data


@pytest.fixture(scope="module")
def far(serve_for_all, token: str) -> Far:
    host = own_address()
    return Far(serve_for_all("--host", host), host, token)


@pytest.fixture
def stream(far: Far) -> Iterator[Stream]:
    found = Stream(far)
    yield found
    found.socket.close()


def test_the_daemon_says_by_whom_it_can_be_reached(far: Far, serve) -> None:
    assert f"reach      other machines by {far.host}, over TCP and HTTP, with the token" in far.daemon.text
    assert far.token not in far.daemon.text
    assert "reach      programs on this machine, without a token" in serve().text


def test_over_tcp_the_token_comes_first_and_then_everything_works(far: Far, stream: Stream, osc) -> None:
    stream.send(osc("/bridge/token", far.token))
    assert stream.receive() == ("/bridge/trusted", ())
    stream.send(osc("/bridge/hello", "far away"))
    assert stream.receive()[0] == "/bridge/ready"
    stream.send(osc("/render/generate", "far-1", "A4", "seconds", 0.5))
    path = stream.until("/job/take")[2]
    assert stream.until("/job/done") == ("far-1", 1)
    status, wav = far.ask("/jobs/far-1/takes/0", token=far.token)
    assert (status, wav) == (200, Path(path).read_bytes())


FIRST = (["/bridge/token", "x" * 32], ["/bridge/hello", "me"], ["/job/list"], ["/bridge/token"])


@pytest.mark.parametrize("first", FIRST)
def test_over_tcp_nothing_else_is_looked_at_before(far: Far, stream: Stream, osc, first: list[str]) -> None:
    stream.send(osc(*first))
    stream.send(osc("/render/generate", "sneaked", "A4"))
    address, args = stream.receive() or ("", ())
    assert (address, args[0]) == ("/bridge/error", "token")
    assert stream.receive() is None
    assert b"sneaked" not in far.ask("/jobs", token=far.token)[1]


def test_over_tcp_strangers_have_little_time_and_few_bytes(far: Far, osc) -> None:
    silent, long, garbage = Stream(far), Stream(far), Stream(far)
    began = time.monotonic()
    long.socket.sendall((MAX_STRANGE * 8).to_bytes(4, "big") + b"/" * (MAX_STRANGE + 8))
    garbage.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert (long.receive() or ("",))[0] in ("/bridge/error", "")
    assert garbage.receive() is None
    assert silent.receive() is None
    assert TOKEN_SECONDS - 1 < time.monotonic() - began < TOKEN_SECONDS + 10
    assert "Traceback" not in far.daemon.text


def test_one_other_machine_cannot_take_all_connections(far: Far, osc, connect) -> None:
    streams = [Stream(far) for _ in range(MAX_FROM_ONE)]
    for stream in streams:
        stream.send(osc("/bridge/token", far.token))
        assert stream.receive() == ("/bridge/trusted", ())
    assert Stream(far).receive() is None
    local = socket.create_connection(("127.0.0.1", far.daemon.port), timeout=10)
    packet = osc("/bridge/hello", "local")
    local.sendall(len(packet).to_bytes(4, "big") + packet)
    assert b"/bridge/ready" in local.recv(1000)
    for one in (local, *(stream.socket for stream in streams)):
        one.close()


def test_no_datagram_goes_in_or_out_beyond_loopback(far: Far, stream: Stream, osc) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((far.host, 0))
        udp.settimeout(0.5)
        port = udp.getsockname()[1]
        udp.sendto(osc("/bridge/hello", "me"), (far.host, far.daemon.port))
        with pytest.raises((TimeoutError, ConnectionRefusedError)):
            udp.recv(100)
        stream.send(osc("/bridge/token", far.token))
        stream.send(osc("/bridge/hello", "me", port))
        assert stream.until("/bridge/error")[0] == "bad-value"
        stream.send(osc("/render/generate", "r", "A4", "seconds", 0.1, "reply_port", port))
        assert stream.until("/job/failed")[:2] == ("r", "bad-value")
        with pytest.raises(TimeoutError):
            udp.recv(100)


def test_loopback_needs_no_token_as_before(far: Far, connect, osc) -> None:
    client = connect(far.daemon)
    assert client.job("near", "A4", "seconds", 0.1)[-1] == ("/job/done", ("near", 1))
    client.send("/bridge/token", "anything")
    assert client.receive() == ("/bridge/trusted", ())
    with urllib.request.urlopen(f"{far.daemon.http}/health", timeout=10) as answer:
        assert answer.status == 200


def test_over_http_every_request_needs_the_token(far: Far) -> None:
    for path in ("/health", "/metrics", "/jobs", "/", "/?HOST_INFO"):
        status, body = far.ask(path)
        assert (status, json.loads(body)["code"]) == (401, "token")
        assert far.ask(path, token="x" * 32)[0] == 401
        assert far.ask(path, token=far.token)[0] == 200
    assert far.ask("/render/generate", {"prompt": "A4"})[0] == 401
    assert far.ask("/clips?name=a.wav", b"RIFF")[0] == 401
    assert far.ask("/render/generate", {"prompt": "A4", "seconds": 0.1}, token=far.token)[0] == 202
    about = json.loads(far.ask("/?HOST_INFO", token=far.token)[1])
    assert (about["OSC_IP"], about["OSC_TRANSPORT"]) == (far.host, "TCP")


@pytest.mark.parametrize("name", ["evil.example", "localhost", "127.0.0.1", "192.0.2.99"])
def test_a_site_whose_name_points_here_is_refused_with_the_token_too(far: Far, name: str) -> None:
    assert far.ask("/health", token=far.token, Host=name)[0] == 403
    assert far.ask("/health", token=far.token, Origin=f"http://{name}")[0] == 403


def test_a_page_cannot_use_this_machines_other_name_to_come_from_loopback(far: Far) -> None:
    """The daemon believes a name only where it asks for the token, too."""
    request = urllib.request.Request(f"{far.daemon.http}/health", headers={"Host": socket.gethostname()})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 403


def test_a_websocket_shows_the_token_in_one_of_three_ways(far: Far) -> None:
    with far.events(additional_headers={"Authorization": f"Bearer {far.token}"}) as socket_:
        assert json.loads(socket_.recv(timeout=10))["address"] == "/bridge/ready"
    with far.events(subprotocols=["bridge", f"bridge-token.{far.token}"]) as socket_:
        assert socket_.subprotocol == "bridge"
        assert json.loads(socket_.recv(timeout=10))["address"] == "/bridge/ready"
    with far.events() as socket_:
        socket_.send(json.dumps({"token": far.token}))
        assert json.loads(socket_.recv(timeout=10)) == {"address": "/bridge/trusted", "args": {}}
        assert json.loads(socket_.recv(timeout=10))["address"] == "/bridge/ready"


def test_a_listener_without_the_token_begins_nothing(far: Far, stream: Stream, osc) -> None:
    with connect(far.http.replace("http", "ws") + "/sound") as socket_:
        socket_.send("{}")
        with pytest.raises(ConnectionClosed):
            socket_.recv(timeout=TOKEN_SECONDS + 10)
    stream.send(osc("/bridge/token", far.token))
    stream.send(osc("/live/status"))
    assert stream.until("/live/state")[0] == ""  # no player was opened for a stranger


@pytest.mark.parametrize("first", ['{"token": "wrong-wrong-wrong"}', '{"token": 1}', "{", "[" * 50000, b"\0", None])
def test_a_websocket_without_it_hears_nothing(far: Far, first: str | bytes | None) -> None:
    with far.events() as socket_:
        if first is not None:
            socket_.send(first)
        with pytest.raises(ConnectionClosed) as closed:
            socket_.recv(timeout=TOKEN_SECONDS + 10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert "Traceback" not in far.daemon.text


def test_a_wrong_token_in_the_handshake_is_refused_there(far: Far) -> None:
    with pytest.raises(InvalidStatus):
        far.events(additional_headers={"Authorization": "Bearer nonsense"})
    with pytest.raises(InvalidStatus):
        far.events(subprotocols=["bridge-token.nonsense"])


def test_a_replaced_token_is_refused_also_of_open_connections(far: Far, stream: Stream, osc) -> None:
    stream.send(osc("/bridge/token", far.token))
    assert stream.receive() == ("/bridge/trusted", ())
    old = far.token
    with far.events(subprotocols=["bridge", f"bridge-token.{old}"]) as socket_:
        assert json.loads(socket_.recv(timeout=10))["address"] == "/bridge/ready"
        new = far.replace_token()
        assert far.ask("/health", token=old)[0] == 401
        assert far.ask("/health", token=new)[0] == 200
        socket_.send(json.dumps({"address": "/render/generate", "args": {"id": "late", "prompt": "A4"}}))
        with pytest.raises(ConnectionClosed):
            socket_.recv(timeout=10)
    stream.send(osc("/render/generate", "late", "A4"))
    assert stream.until("/bridge/error")[0] == "token"
    assert b"late" not in far.ask("/jobs", token=new)[1]


def test_files_that_another_machine_names_are_takes_and_what_it_sent(far: Far, tmp_path: Path) -> None:
    clip = tmp_path / "private.wav"
    soundfile.write(clip, [0.1, -0.1] * 4800, 48000)
    body = {"id": "far-edit", "prompt": "A4", "strength": 0.5}
    status, answer = far.ask("/render/restyle", {**body, "path": str(clip)}, token=far.token)
    assert (status, b"bad-file" in answer, str(tmp_path).encode() in answer) == (400, True, False)
    assert far.ask("/render/restyle", {**body, "path": "/nothing/here.wav"}, token=far.token) == (status, answer)
    sent = json.loads(far.ask("/clips?name=private.wav", clip.read_bytes(), token=far.token)[1])
    assert far.ask("/render/restyle", {**body, "path": sent["path"]}, token=far.token)[0] == 202

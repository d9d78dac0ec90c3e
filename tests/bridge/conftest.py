"""A real daemon on a free port, and a client that speaks through python-osc's codec: a second opinion on ours."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from benchmarks import jack_dummy as dummy
from benchmarks.serving import engines
from tests.bridge.controller import Controller

ROOT = Path(__file__).parents[2]
Replies = list[tuple[str, tuple[Any, ...]]]
ENDS = ("/job/done", "/job/failed", "/job/cancelled")


def message(address: str, *args: Any) -> bytes:
    """One message as python-osc builds it: int i, float f, str s, bytes b."""
    builder = OscMessageBuilder(address)
    tags = {int: "i", float: "f", str: "s", bytes: "b"}
    for arg in args:
        builder.add_arg(arg, tags[type(arg)])
    return builder.build().dgram


def eventually(happened: Callable[[], Any], what: object = "", seconds: float = 30.0) -> None:
    """Look again and again until it has happened. Fails with what is missing when it has not after so many seconds."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, what
        time.sleep(0.05)


class Client:
    """An OSC host: one UDP socket."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        self.daemon = ("127.0.0.1", port)

    def send(self, address: str, *args: Any) -> None:
        self.send_bytes(message(address, *args))

    def send_bytes(self, packet: bytes) -> None:
        self.socket.sendto(packet, self.daemon)

    def receive(self, seconds: float = 10.0) -> tuple[str, tuple[Any, ...]]:
        """The next reply. TimeoutError if none comes."""
        self.socket.settimeout(seconds)
        packet = self.socket.recv(65535)
        assert len(packet) <= 1400
        found = OscMessage(packet)
        return found.address, tuple(found.params)

    def until(self, *addresses: str, id: str | None = None, seconds: float = 20.0) -> Replies:
        """The replies up to the first at one of the addresses (and about the job)."""
        end, replies = time.monotonic() + seconds, []
        while True:
            reply = self.receive(max(0.01, end - time.monotonic()))
            replies.append(reply)
            if reply[0] in addresses and (id is None or reply[1][0] == id):
                return replies

    def job(self, id: str, prompt: str, *settings: Any, seconds: float = 20.0) -> Replies:
        """Send /render/generate and return its replies up to its end."""
        self.send("/render/generate", id, prompt, *settings)
        return self.until(*ENDS, id=id, seconds=seconds)

    def silent(self, seconds: float = 0.3) -> bool:
        """True if nothing arrives for so long."""
        return not select.select([self.socket], [], [], seconds)[0]


class Running:
    """A daemon's process."""

    def __init__(self, log: Path, *options: str, wait: bool = True) -> None:
        self.log = log
        self.takes = log.parent / "takes"
        command = [sys.executable, "-m", "bridge", "serve", "--osc-port", "0", "--takes", str(self.takes), *options]
        if "--http-port" not in options:
            command += ["--http-port", "0"]
        if "--announce" not in options:
            command += ["--no-announce"]
        if "--model" not in options:
            command += ["--model", "tone"]
        with log.open("w") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, cwd=ROOT)
        try:
            self.said("listening")
            self.port = int(re.search(r"udp://127\.0\.0\.1:(\d+)", self.text)[1])  # type: ignore[index]
            self.http = re.search(r"http://127\.0\.0\.1:\d+", self.text)[0]  # type: ignore[index]
            self.http_port = int(self.http.rpartition(":")[2])
            if wait:
                self.said("ready")
        except BaseException:
            self.stop(signal.SIGKILL)
            raise

    @property
    def text(self) -> str:
        return self.log.read_text()

    def said(self, word: str, seconds: float = 60.0) -> str:
        """Wait until the daemon has printed a line that starts with the word."""
        end = time.monotonic() + seconds
        while not re.search(rf"^{word}\b", self.text, re.MULTILINE):
            assert self.process.poll() is None, self.text
            assert time.monotonic() < end, f"{word!r} was not printed: {self.text}"
            time.sleep(0.02)
        return self.text

    def engine(self) -> psutil.Process:
        """The engine's process."""
        return self.engines()[0]

    def engines(self) -> list[psutil.Process]:
        """The engines' processes."""
        return engines(psutil.Process(self.process.pid))

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 8.0) -> int:
        """End the daemon and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@contextmanager
def running_with(folder: Path, model: str) -> Iterator[Running]:
    """A daemon that has loaded a model, which may take two minutes; its log and its takes are in the folder."""
    running = Running(folder / "log", "--model", model, wait=False)
    try:
        running.said("ready", 120)
        yield running
    finally:
        running.stop()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """``serve(*options)`` starts a daemon of the test's own; it is ended with the test."""
    running: list[Running] = []

    def start(*options: str, wait: bool = True) -> Running:
        folder = tmp_path / f"daemon{len(running)}"
        folder.mkdir()
        running.append(Running(folder / "log", *options, wait=wait))
        return running[-1]

    yield start
    for daemon in running:
        daemon.stop()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One daemon with the tone model for all tests of a file."""
    running = Running(tmp_path_factory.mktemp("daemon") / "log")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def serve_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """As `serve`, but the daemons are ended after the last test of the file."""
    running: list[Running] = []

    def start(*options: str) -> Running:
        running.append(Running(tmp_path_factory.mktemp("daemon") / "log", *options))
        return running[-1]

    yield start
    for daemon in running:
        daemon.stop()


@pytest.fixture(scope="module")
def pocket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One daemon with the built-in model for all tests of a file. Without its weights (they are made by
    `python -m engine.training pocket`, and ship with every version) the test is skipped."""
    if not (ROOT / "engine" / "pocket_model" / "config.json").is_file():
        pytest.skip("the built-in model's weights are not here: engine/pocket_model/config.json is missing")
    with running_with(tmp_path_factory.mktemp("pocket"), "pocket") as running:
        yield running


@pytest.fixture
def connect() -> Iterator[Callable[[Running], Client]]:
    """``connect(daemon)`` is a client; its socket is closed with the test."""
    clients: list[Client] = []

    def make(running: Running) -> Client:
        clients.append(Client(running.port))
        return clients[-1]

    yield make
    for client in clients:
        client.socket.close()


@pytest.fixture
def client(daemon: Running, connect: Callable[[Running], Client]) -> Client:
    """A client of the file's daemon."""
    return connect(daemon)


@pytest.fixture
def run_bridge() -> Callable[..., subprocess.CompletedProcess[str]]:
    """``run_bridge("generate", …)`` runs the command line to its end."""

    def run(*args: str, seconds: float = 60.0, **more: Any) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "bridge", *args]
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=environment, **more)

    return run


@pytest.fixture
def osc() -> Callable[..., bytes]:
    """``osc(address, *args)`` is a message as python-osc builds it."""
    return message


@pytest.fixture
def jack_dummy(
    peer: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., str]]:  # fmt: skip
    """``jack_dummy(frames in a cycle, *flags of jackd)`` starts a JACK server without a sound card, and says its name;
    programs that are started afterwards find it, and it is ended with the test."""
    with ExitStack() as servers:

        def start(block: int = 1024, *flags: str) -> str:
            for key, value in dummy.environment().items():
                monkeypatch.setenv(key, value)
            programs = (peer("jackd"), peer("jack_wait"))
            servers.enter_context(dummy.jack_dummy(tmp_path / "jack", *programs, block, *flags))
            return dummy.server_name()

        yield start


@pytest.fixture
def plug() -> Iterator[Callable[[str], Controller]]:
    """``plug(name)`` is a MIDI controller at the JACK server; those that are left are unplugged with the test."""
    made: list[Controller] = []

    def make(name: str) -> Controller:
        made.append(Controller(name))
        return made[-1]

    yield make
    for one in made:
        one.unplug()

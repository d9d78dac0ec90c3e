"""A small OSC client of the daemon, as the command line uses it. Blocking, standard library only."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.commands import BY_TASK, ID, parameter_names
from bridge.config import HOST, OSC_PORT
from bridge.osc import Message, decode, encode
from engine import Request

HELLO_SECONDS = 1.5
"""How long a busy daemon may take to answer hello. Where none is, the system says so at once."""

REPEAT_SECONDS = 2.0
"""Silence after which a request is sent again: the daemon answers with where the job is, and a dead one is noticed."""

LOAD_SECONDS = 600.0
"""How long a model may take to load."""

MAX_SILENT = 5
"""Repetitions without any answer after which the daemon is given up."""


class NoAnswer(Exception):
    """No daemon answers on the port, or it stopped answering."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of the daemon about our job: queued, step, take, done, failed or cancelled."""

    kind: str
    args: tuple[int | float | str, ...]


@dataclass(frozen=True, slots=True)
class Daemon:
    """What a daemon says of itself. ``ready`` is False while its model is being loaded."""

    version: str
    model: str
    ready: bool


class BridgeClient:
    """A conversation with the daemon on this machine."""

    def __init__(self, port: int = OSC_PORT, host: str = HOST) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # a connected socket takes answers from the daemon only, and learns at once that nobody listens
        self._socket.connect((host, port))

    def __enter__(self) -> BridgeClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def hello(self, seconds: float = HELLO_SECONDS) -> Daemon:
        """Ask who is there. Raises NoAnswer."""
        self._send("/bridge/hello", "bridge generate")
        end = time.monotonic() + seconds
        while (message := self._receive(end - time.monotonic())) is not None:
            if message.address in ("/bridge/ready", "/bridge/loading") and len(message.args) >= 2:
                version, model = str(message.args[0]), str(message.args[1])
                return Daemon(version, model, message.address == "/bridge/ready")
        raise NoAnswer("no bridge answers")

    def jobs(self, seconds: float = HELLO_SECONDS) -> list[tuple[str, str, int, str]]:
        """The jobs that the daemon knows: id, state, takes and prompt of each. Raises NoAnswer."""
        self._send("/job/list")
        found = []
        end = time.monotonic() + seconds
        while (message := self._receive(end - time.monotonic())) is not None:
            match message.address, message.args:
                case "/job/entry", (str(id), str(state), int(takes), str(prompt)):
                    found.append((id, state, takes, prompt))
                case "/job/listed", _:
                    return found
        raise NoAnswer("the bridge stopped answering")

    def switch(self, model: str, seconds: float = LOAD_SECONDS) -> str:
        """Ask for another model and wait until it is loaded. Returns why it is not, or nothing. Raises NoAnswer."""
        self.hello()
        self._send("/bridge/model", model)
        end = time.monotonic() + seconds
        while (message := self._receive(end - time.monotonic())) is not None:
            if message.address == "/bridge/error" and len(message.args) >= 2:
                return str(message.args[1])
            if message.address == "/bridge/ready" and message.args[1:2] == (model,):
                return ""
        return f"{model} is not ready after {seconds:g} s"

    def render(
        self, request: Request, params: dict[str, int | float | str], id: str | None = None
    ) -> Iterator[Reply]:
        """Send a job and yield the daemon's replies about it, the last one being done, failed or cancelled.

        ``params`` are the parameters that were given: the daemon fills in the others itself. Closing the iterator
        before the end cancels the job. Takes told twice are yielded once. Raises NoAnswer.
        """
        id = id or f"cli-{secrets.token_hex(4)}"
        seen: set[tuple[int | float | str, ...]] = set()
        ended = False
        try:
            for reply in self._replies(id, message(request, params, id)):
                ended = reply.kind in ("done", "failed", "cancelled")
                if reply.kind != "take" or reply.args not in seen:
                    seen.add(reply.args)
                    yield reply
                if ended:
                    return
        finally:
            if not ended:
                self._cancel(id)

    def _replies(self, id: str, request: tuple[str, ...]) -> Iterator[Reply]:
        silent = 0
        self._send(*request)
        while silent < MAX_SILENT:
            message = self._receive(REPEAT_SECONDS)
            if message is None:
                silent += 1
                self._send(*request)
            elif message.address.startswith("/job/") and message.args[:1] == (id,):
                silent = 0
                yield Reply(message.address.removeprefix("/job/"), message.args[1:])  # type: ignore[arg-type]
        raise NoAnswer("the bridge stopped answering")

    def _cancel(self, id: str) -> None:
        try:
            self._send("/job/cancel", id)
            end = time.monotonic() + REPEAT_SECONDS
            while (message := self._receive(end - time.monotonic())) is not None:
                if message.address in ("/job/cancelled", "/job/done", "/job/failed") and message.args[:1] == (id,):
                    return
        except NoAnswer:
            return

    def _send(self, address: str, *args: int | float | str) -> None:
        try:
            self._socket.send(encode(address, *args))
        except ConnectionError:
            raise NoAnswer("the bridge does not answer") from None

    def _receive(self, seconds: float) -> Message | None:
        """The next message, None after ``seconds`` without one."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                elements = decode(self._socket.recv(65535))
            except TimeoutError:
                return None
            except ConnectionError:
                raise NoAnswer("the bridge does not answer") from None
            if elements and isinstance(elements[0], Message):
                return elements[0]
        return None


def message(request: Request, params: dict[str, int | float | str], id: str) -> tuple[str, ...]:
    """Address and arguments of the command that renders a request, with the given parameters as key-value pairs.

    Numbers travel as text: an OSC float has 24 bits, and the same command must give the same samples.
    """
    command = BY_TASK[request.task]
    own = [str(getattr(request, arg.param)) if arg.param else "0" for arg in command.args if arg is not ID]
    keys = parameter_names(request.task)
    pairs = [part for name, value in params.items() if name in keys for part in (name, str(value))]
    return (command.address, id, *own, *pairs)


def take_path(reply: Reply) -> Path:
    """The file of a ``take`` reply."""
    return Path(str(reply.args[1]))

"""The ports of a JACK server, by a process that owns ours, and that can be ended whatever JACK does."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from typing import Any

from bridge.child import environment
from bridge.midi.devices import ABOUT_JACK, CLIENT, VIRTUAL, Heard, NoMidi, others
from bridge.midi.jack_ports.pipe import CONTROL, asked, packed, pieces

_ANSWER_SECONDS = 10.0
"""So long an answer is waited for; on a machine that does nothing else it takes a few cycles of JACK's."""
_END_SECONDS = 1.5


class JackDevices:
    """The ports of a JACK server. To be used by one thread. Raises NoMidi, also once the server has gone."""

    system = "JACK"

    def __init__(self) -> None:
        self.about = ABOUT_JACK
        command = [sys.executable, "-P", "-m", "bridge.midi.jack_ports.client", CLIENT]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(),
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise NoMidi(f"{self.about}: its process cannot be started: {error.strerror or error}") from error
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._heard: dict[int, Heard] = {}
        self._numbers = 0
        self._writing = threading.Lock()
        threading.Thread(target=self._read, name="midi-in", daemon=True).start()
        try:
            self._answer()
        except NoMidi as error:
            self.close()
            raise NoMidi(f"{self.about}: {error}") from None

    def inputs(self) -> list[str]:
        """The names of what can be heard, ours left out."""
        return others(self._ask(ask="ports")["inputs"])

    def outputs(self) -> list[str]:
        """The names of what can be told something, ours left out."""
        return others(self._ask(ask="ports")["outputs"])

    def open_input(self, name: str, heard: Heard) -> JackPort:
        """Hear a port from now on; `VIRTUAL` is one of our own, which others may connect to."""
        return self._open(name, "in", heard)

    def open_output(self, name: str) -> JackPort:
        """Tell a port something from now on; `VIRTUAL` is one of our own."""
        return self._open(name, "out", None)

    def close(self) -> None:
        """End the process, by force if it does not end."""
        with contextlib.suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _open(self, name: str, way: str, heard: Heard | None) -> JackPort:
        self._numbers += 1
        number = self._numbers
        if heard is not None:
            self._heard[number] = heard
        other = "" if name == VIRTUAL else name
        label = f"{name.replace(':', ' ')[:100]} {way}"  # a colon ends the name of a client
        try:
            self._ask(ask="open", port=number, way=way, label=label, other=other)
        except NoMidi as error:
            self._heard.pop(number, None)
            raise NoMidi(f"the port {name!r} cannot be opened: {error}") from None
        return JackPort(self, number)

    def shut(self, number: int) -> None:
        """A port is used no more."""
        self._heard.pop(number, None)
        self._ask(ask="close", port=number)

    def send(self, number: int, data: bytes) -> None:
        """One complete message by a port, from any thread; lost where there is no server any more."""
        self._write(packed(number, time.monotonic(), data))

    def _ask(self, **what: Any) -> dict[str, Any]:
        self._write(asked(**what))
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        try:
            found = self._answers.get(timeout=_ANSWER_SECONDS)
        except queue.Empty:
            self._process.kill()  # an answer that came later would be taken for another question's
            raise NoMidi(f"JACK did not answer within {_ANSWER_SECONDS:g} s") from None
        if found is None:
            self._answers.put(None)
            raise NoMidi("JACK's server has ended")
        if "error" in found:
            raise NoMidi(str(found["error"]))
        return found

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        with self._writing, contextlib.suppress(OSError, ValueError):  # it has ended; who asks is told by `_answer`
            self._process.stdin.write(data)
            self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            for piece in pieces(pipe):
                if piece.port == CONTROL:
                    self._answers.put(json.loads(piece.data))
                elif heard := self._heard.get(piece.port):
                    heard(list(piece.data), piece.time)
        self._answers.put(None)


class JackPort:
    """One port of ours."""

    def __init__(self, devices: JackDevices, number: int) -> None:
        self._devices, self._number = devices, number

    def send(self, data: bytes) -> None:
        """One complete message, from any thread."""
        self._devices.send(self._number, data)

    def close(self) -> None:
        """Use it no more. Nothing happens where the server has gone."""
        with contextlib.suppress(NoMidi):
            self._devices.shut(self._number)

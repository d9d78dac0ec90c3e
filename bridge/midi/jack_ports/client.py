"""The process that owns the bridge's ports in JACK: `python -m bridge.midi.jack_ports.client NAME`. Alone imports jack.

JACK calls `Client._cycle` in a thread that the whole graph waits for. It takes no lock and calls nobody: what arrived
is put into a queue, which a thread of its own writes to the pipe. Messages have the frames that JACK says they have,
and leave one cycle after their time, each as much later as all others: a clock keeps its pace whatever the pipe does.
The process ends with its standard input, and at once when JACK's server ends.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections import deque
from typing import Any

from bridge.midi.jack_ports.pipe import CONTROL, asked, packed, pieces

_NOT_HEARD = (0xF0, 0xFE)
"""Messages by their first byte: a device's own, and that it is still there."""
_MOST = 4096
"""Messages that wait at a port to leave; more are lost, as nobody takes them."""
_CYCLES = 2
"""A change of the graph is in force after so many."""
_CHANGE_SECONDS = 2.0
_TRIES = 10
_END_SECONDS = 1.0
_WRAP = 1 << 32


class Out:
    """A port that messages leave by."""

    def __init__(self, port: Any) -> None:
        self.port = port
        self._waiting: deque[tuple[float, bytes]] = deque()

    def put(self, when: float, data: bytes) -> None:
        """Let it leave one cycle after this time of `time.monotonic`."""
        if len(self._waiting) < _MOST:
            self._waiting.append((when, data))

    def write(self, begin: float, rate: int, frames: int) -> None:
        """What leaves in the cycle that began at this time."""
        self.port.clear_buffer()
        least = 0
        while self._waiting:
            frame = round((self._waiting[0][0] - begin) * rate) + frames
            if frame >= frames:
                return
            least = max(least, frame)  # in order, also where a clock was set
            self.port.write_midi_event(least, self._waiting.popleft()[1])


class Client:
    """A client of JACK with ports that come and go. Raises jack's own errors where there is no server."""

    def __init__(self, name: str, say: queue.SimpleQueue[bytes]) -> None:
        import jack

        self._say = say
        self._client = jack.Client(name, no_start_server=True)
        self._rate = int(self._client.samplerate)
        self._ins: dict[int, Any] = {}
        self._outs: dict[int, Out] = {}
        self._cycles = 0
        self._client.set_shutdown_callback(lambda status, reason: os._exit(0))
        self._client.set_process_callback(self._cycle)
        self._client.activate()

    def ports(self) -> dict[str, list[str]]:
        """Those of other programs: which can be heard, and which can be told something."""
        return {"inputs": self._named(is_output=True), "outputs": self._named(is_input=True)}

    def _named(self, **way: bool) -> list[str]:
        for _ in range(_TRIES):
            try:
                found = self._client.get_ports(is_midi=True, **way)
                return [port.name for port in found if not self._client.owns(port)]
            except Exception as error:  # jack's own: one of them has gone since it was listed
                failed = error
        raise failed

    def open(self, number: int, way: str, label: str, other: str) -> None:
        """A port of ours, named ``label``, ``way`` in or out; connected to ``other`` unless that is empty."""
        ports = self._client.midi_inports if way == "in" else self._client.midi_outports
        port = ports.register(self._free(label))
        try:
            if other:
                self._client.connect(*((other, port) if way == "in" else (port, other)))
        except Exception:  # jack's own: the other one has gone
            port.unregister()
            raise
        if way == "in":
            self._ins = {**self._ins, number: port}
        else:
            self._outs = {**self._outs, number: Out(port)}
        self._wait()

    def _free(self, label: str) -> str:
        own = {port.shortname for port in (*self._client.midi_inports, *self._client.midi_outports)}
        names = (label, *(f"{label} {number}" for number in range(2, len(own) + 3)))
        return next(name for name in names if name not in own)

    def close(self, number: int) -> None:
        """A port is no more, once no cycle uses it."""
        gone = self._ins.get(number) or self._outs[number].port
        self._ins = {key: port for key, port in self._ins.items() if key != number}
        self._outs = {key: out for key, out in self._outs.items() if key != number}
        self._wait()
        gone.unregister()

    def put(self, number: int, when: float, data: bytes) -> None:
        """Let a message leave by a port; nothing where there is none of that number."""
        if out := self._outs.get(number):
            out.put(when, data)

    def end(self) -> None:
        """Leave the graph."""
        self._client.deactivate()
        self._client.close()

    def _wait(self) -> None:
        """Until cycles have begun and ended with what was changed; not for ever, as a server may stand still."""
        first, end = self._cycles, time.monotonic() + _CHANGE_SECONDS
        while self._cycles < first + _CYCLES and time.monotonic() < end:
            time.sleep(0.001)

    def _cycle(self, frames: int) -> None:
        client = self._client
        ago = (client.frame_time - client.last_frame_time) % _WRAP
        begin = time.monotonic() - (ago if ago < _WRAP // 2 else 0) / self._rate
        for number, port in self._ins.items():
            for offset, data in port.incoming_midi_events():
                message = bytes(data)
                if message and message[0] not in _NOT_HEARD:
                    self._say.put(packed(number, begin + offset / self._rate, message))
        for out in self._outs.values():
            try:
                out.write(begin, self._rate, frames)
            except Exception:  # a message that has no room in a cycle is lost, and not the port
                continue
        self._cycles += 1


def answer(client: Client, question: dict[str, Any]) -> bytes:
    """The answer to a question of the bridge's."""
    try:
        match question:
            case {"ask": "ports"}:
                return asked(**client.ports())
            case {"ask": "open", "port": number, "way": way, "label": label, "other": other}:
                client.open(number, way, label, other)
            case {"ask": "close", "port": number}:
                client.close(number)
        return asked()
    except Exception as error:  # jack's own, of several kinds
        return asked(error=str(error) or type(error).__name__)


def main() -> None:
    """Serve one bridge until its end."""
    pipe = os.dup(1)
    os.dup2(2, 1)  # libjack writes to standard output, too
    say: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_write, args=(pipe, say), daemon=True).start()
    try:
        client = Client(sys.argv[1], say)
    except Exception as error:  # no library, no server
        _write_all(pipe, asked(error=str(error) or type(error).__name__))
        return
    say.put(asked())
    questions: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_answer, args=(client, questions, say), daemon=True).start()
    for piece in pieces(sys.stdin.buffer):
        if piece.port == CONTROL:
            questions.put(json.loads(piece.data))
        else:
            client.put(*piece)
    ending = threading.Thread(target=client.end, daemon=True)
    ending.start()
    ending.join(_END_SECONDS)
    os._exit(0)


def _answer(client: Client, questions: queue.SimpleQueue[dict[str, Any]], say: queue.SimpleQueue[bytes]) -> None:
    """In a thread of its own: what is asked of JACK takes its time, and messages go on meanwhile."""
    while True:
        say.put(answer(client, questions.get()))


def _write(pipe: int, say: queue.SimpleQueue[bytes]) -> None:
    while True:
        _write_all(pipe, say.get())


def _write_all(pipe: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(pipe, data) :]
    except OSError:  # the bridge has ended
        os._exit(0)


if __name__ == "__main__":
    main()

"""A controller that is plugged in and out, by `jack_controller.py`."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import mido

PROGRAM = Path(__file__).parent / "jack_controller.py"


class Controller:
    """A controller, which is a program of its own: what it plays, and what it is told, such as its lights."""

    def __init__(self, name: str) -> None:
        command = (sys.executable, str(PROGRAM), name)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.told: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self.told.put(mido.Message.from_hex(line))

    def send(self, kind: str, **values: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(mido.Message(kind, **values).hex() + "\n")
        self._process.stdin.flush()

    def unplug(self) -> None:
        """As a cable is pulled: no note is let go."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait(20)
        self._reading.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

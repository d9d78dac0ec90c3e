"""A `bridge serve` of a benchmark's own: a folder that goes with it, free ports; started, killed and started again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

import psutil

_POLL_SECONDS = 0.01


def engines(daemon: psutil.Process) -> list[psutil.Process]:
    """The processes of a daemon's engines, and no other that it has, such as the one for JACK's MIDI. Raises
    NoSuchProcess where there is no daemon."""
    return [child for child in daemon.children() if _is_engine(child)]


def _is_engine(process: psutil.Process) -> bool:
    try:
        return "engine.worker" in process.cmdline()
    except psutil.NoSuchProcess:  # it has ended since it was listed
        return False


class Serving:
    """A daemon with its own takes, journal and settings.

    ``with Serving("--model", "tone") as daemon`` waits until it is ready. ``osc`` and ``http`` are its ports; they stay
    the same when it is started again.
    """

    def __init__(self, *options: str, wait: float = 120.0) -> None:
        """``options`` are those of `bridge serve`; ``wait`` seconds are given to be ready."""
        self._folder = tempfile.TemporaryDirectory(prefix="bridge-")
        self.folder = Path(self._folder.name)
        self.takes = self.folder / "takes"
        self.osc, self.http = _free_port(), _free_port()
        self._options = options
        self._wait = wait
        self._starts = 0
        self._process: subprocess.Popen[bytes] | None = None
        (self.folder / "config.toml").touch()

    def __enter__(self) -> Serving:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        self._folder.cleanup()

    @property
    def text(self) -> str:
        """All that its lives have printed."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("life-*.txt")))

    @property
    def process(self) -> psutil.Process:
        """The daemon."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def engine(self) -> psutil.Process | None:
        """The engine's process; None while there is none."""
        try:
            return next(iter(engines(self.process)), None)
        except psutil.NoSuchProcess:
            return None

    def start(self, ready: bool = True) -> None:
        """Start it, and wait until it is ready, or only listens. Raises RuntimeError with what it printed."""
        self._starts += 1
        log = self.folder / f"life-{self._starts:03}.txt"
        command = [
            sys.executable, "-u", "-m", "bridge", "serve", "--osc-port", str(self.osc), "--http-port", str(self.http),
            "--no-announce", "--takes", str(self.takes), "--state", str(self.folder / "state"), *self._options,
        ]  # fmt: skip
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                command, stdout=file, stderr=subprocess.STDOUT, env=os.environ | _environment(self.folder)
            )
        self._said("ready" if ready else "listening", log)

    def _said(self, word: str, log: Path) -> None:
        end = time.monotonic() + self._wait
        while not re.search(rf"^{word}\b", said := log.read_text(errors="replace"), re.MULTILINE):
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"bridge serve did not say {word!r} within {self._wait:g} s; it said: {said}")
            time.sleep(_POLL_SECONDS)

    def kill(self) -> None:
        """End it as a power cut would, and wait until its engine has noticed, so that nothing writes any more."""
        engine = self.engine
        self._end(signal.SIGKILL)
        if engine is not None:
            psutil.wait_procs([engine], 10)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _environment(folder: Path) -> dict[str, str]:
    """The settings of the person who runs a benchmark do not change its result."""
    return {"BRIDGE_CONFIG": str(folder / "config.toml"), "PYTHONPATH": str(Path(__file__).parents[1])}


def _free_port() -> int:
    """A port that is free for datagrams and for streams."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
            stream.bind(("127.0.0.1", 0))
            port = int(stream.getsockname()[1])
            try:
                datagrams.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port

"""The engine process: `python -m engine.worker --model pocket [--threads 2] [--option step_seconds=0.01]`.

Commands come as frames on stdin, events go as frames to stdout (`engine.wire`), everything else goes to stderr.
It ends when stdin closes, when a `Close` comes, or when its parent is gone. Exit codes: 0 closed, 2 wrong arguments,
3 the model cannot be loaded (a `Broken` event says why), 4 stdin held something that is not a frame.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, BinaryIO

import engine
from engine.errors import EngineError, WireError
from engine.events import Broken, Cancel, Close, Event, Failed, Submit
from engine.model import load
from engine.pace import LATENCY
from engine.service import LocalService
from engine.wire import Decoder, Invalid, encode

BROKEN, GARBAGE = 3, 4
GRACE = 2.0
"""Seconds that a step may go on after the end was asked for, and then the writing of the last events."""


class Worker:
    """A service with pipes: one thread reads commands, the main thread writes events."""

    def __init__(self, service: LocalService, commands: BinaryIO, events: BinaryIO) -> None:
        self.service = service
        self.commands = commands
        self.events = events
        self.exit_code = 0
        self._finished = threading.Event()
        self._writing = threading.Lock()  # both threads send events; a frame must not be cut by another

    def run(self) -> int:
        """Work until the end; returns the exit code."""
        threading.Thread(target=self._read, name="commands", daemon=True).start()
        while found := self.service.events():
            for event in found:
                self._write(event)
                if isinstance(event, Broken):
                    self.exit_code = BROKEN
        self._finished.set()
        return self.exit_code

    def _read(self) -> None:
        """Obey commands until the pipe ends, then end the process, even if a step hangs."""
        decoder = Decoder()
        try:
            while data := self.commands.read(1 << 16):
                for command in decoder.feed(data):
                    if isinstance(command, Close):
                        return
                    self._obey(command)
        except WireError as error:
            self.exit_code = GARBAGE
            _log(error.text)
        finally:
            self.service.close(GRACE)
            if not self._finished.wait(GRACE):  # a step hangs, or nobody reads our last events
                os._exit(self.exit_code)

    def _obey(self, command: object) -> None:
        if isinstance(command, Submit):
            try:
                self.service.submit(command.id, command.request, command.handling)
            except EngineError as error:
                # Not a Failed: the id may belong to a job that is running, which must end exactly once.
                _log(f"job {command.id!r} is not taken: {error.text}")
        elif isinstance(command, Cancel):
            self.service.cancel(command.id)
        elif isinstance(command, Invalid) and command.id:
            self._write(Failed(command.id, command.code, command.text))
        else:
            _log(f"ignored: {command}")

    def _write(self, event: Event) -> None:
        try:
            with self._writing:
                self.events.write(encode(event))
                self.events.flush()
        except OSError:  # nobody listens any more: the reading thread sees its pipe end, too
            self.service.close(0)


def main(arguments: Sequence[str] | None = None) -> int:
    """The process: parse, keep stdout for frames, load and serve. Returns the exit code."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the parent decides
    threading.Thread(target=_follow_parent, args=(options.parent or os.getppid(),), daemon=True).start()
    events = _private_stdout()
    service = LocalService(
        # The bridge follows links before it judges a path, and a link that is there later was put there to deceive.
        lambda: load(options.model, threads=options.threads, links=False, **dict(options.option)),
        engine.__version__,
        options.latency,
    )
    code = Worker(service, os.fdopen(sys.stdin.fileno(), "rb", buffering=0, closefd=False), events).run()
    with contextlib.suppress(OSError):  # the bridge may be gone, and nobody reads what is left
        events.flush()
    # Not a plain return: the reading thread may sit in read(), and torch's own threads may hang in their exit.
    sys.stderr.flush()
    os._exit(code)


def _private_stdout() -> BinaryIO:
    """The real stdout for frames; from now on file descriptor 1 is stderr, so that no stray print cuts a frame."""
    private = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(private, "wb")


def _follow_parent(parent: int) -> None:
    """End with the parent, also when another process keeps our stdin open.

    A parent that says its own process id (`--parent`) is even followed if it ends before we look for the first time.
    """
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine.worker", description="The engine as a child process.")
    parser.add_argument("--model", default="pocket", help="which model to load")
    parser.add_argument("--parent", type=int, metavar="PID", help="end with this process; default: whoever started it")
    parser.add_argument("--threads", type=int, help="CPU threads, 1 or more")
    parser.add_argument("--latency", type=_seconds, default=LATENCY, help="seconds that a step should take at most")
    parser.add_argument(
        "--option", type=_option, action="append", default=[], metavar="KEY=VALUE", help="for the model"
    )
    return parser


def _seconds(text: str) -> float:
    if not (found := float(text)) > 0:
        raise argparse.ArgumentTypeError(f"must be more than 0 s, got {text}")
    return found


def _option(text: str) -> tuple[str, Any]:
    """KEY=VALUE, where the value is JSON if it can be read as JSON, and text otherwise."""
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise argparse.ArgumentTypeError(f"an option must be KEY=VALUE, got {text!r}")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _log(text: str) -> None:
    print(f"engine: {text}", file=sys.stderr, flush=True)  # noqa: T201 - stderr is where a child process logs


if __name__ == "__main__":
    sys.exit(main())

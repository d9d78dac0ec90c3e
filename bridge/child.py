"""The engine's process: started, spoken to through `engine`'s frames, started again when it is lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import engine
from engine import (
    Cancel,
    Cancelled,
    Close,
    Command,
    Decoder,
    Done,
    Event,
    Failed,
    Handling,
    Invalid,
    Ready,
    Request,
    Submit,
    WireError,
    encode,
)

BACKOFF = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before the next start, by the number of losses in a row; the last one repeats."""

SPINS = 1000
"""Turns of a loop, some 50 us, for which a thread of the engine waits for the others before it lets another program
have the processor. GNU OpenMP's own choice, 300000, is right for a machine that does nothing else: where a host's audio
wants the processors, too, each of the hundreds of joins in a step may then cost the rest of a time slice."""

_STABLE_SECONDS = 30.0  # an engine that was ready this long starts the row of losses anew
_CLOSE_SECONDS = 3.0
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Lost:
    """The engine process ended by itself. ``was_ready``: it had a model loaded. ``losses``: starts in a row that came
    to no model, this one included; 0 where it was ready."""

    text: str
    was_ready: bool
    losses: int


class EngineChild:
    """One engine process at a time.

    ``events()`` yields what it says, and a `Lost` each time it ends without being asked to; after that, and a pause
    that grows, it is started again. Everything that was submitted to a lost process is gone: the caller submits again
    when the next `Ready` comes. One that has jobs and says nothing for ``step_timeout`` seconds hangs and is ended;
    0 waits for ever. While a model is being loaded nothing is timed. ``latency``: seconds that a step should take at
    most where that can be chosen; None for the engine's own choice.
    """

    def __init__(
        self, model: str, threads: int | None = None, options: tuple[str, ...] = (), step_timeout: float = 0.0,
        latency: float | None = None,
    ) -> None:  # fmt: skip
        more = [] if threads is None else ["--threads", str(threads)]
        more += [] if latency is None else ["--latency", str(latency)]
        more += [part for option in options for part in ("--option", option)]
        if sys.platform != "win32":  # there, a venv's python is a launcher, and the worker's parent is not us
            more += ["--parent", str(os.getpid())]
        # -P: a folder that happens to be called `engine` where the user stands must not be taken for ours
        self._command = [sys.executable, "-P", "-m", "engine.worker", "--model", model, *more]
        self._process: asyncio.subprocess.Process | None = None
        self._closing = asyncio.Event()
        self._losses = 0
        self._failed_starts = 0
        self._step_timeout = step_timeout or None
        self._working: set[str] = set()  # jobs that the living engine owes an end
        self._silent_since = 0.0
        self._reason = ""

    @property
    def pid(self) -> int | None:
        """The engine's process id, None while there is none."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def submit(self, key: str, request: Request, handling: Handling | None = None) -> None:
        """Send a job. Without a living engine nothing happens."""
        if not self._working:
            self._silent_since = time.monotonic()  # until now it had nothing to say
        self._working.add(key)
        self._write(Submit(key, request, handling or Handling()))

    def cancel(self, key: str) -> None:
        """Stop a job at its next step. Without a living engine nothing happens."""
        self._write(Cancel(key))

    async def events(self) -> AsyncGenerator[Event | Invalid | Lost, None]:
        """Start the engine and yield its events until `close`."""
        while not self._closing.is_set():
            ready_at: float | None = None
            async for event in self._one_life():
                if isinstance(event, Ready):
                    ready_at = time.monotonic()
                yield event
            if self._closing.is_set():
                return
            if ready_at is not None and time.monotonic() - ready_at > _STABLE_SECONDS:
                self._losses = 0
            self._losses += 1
            self._failed_starts = 0 if ready_at is not None else self._failed_starts + 1
            yield Lost(self._how_it_ended(), ready_at is not None, self._failed_starts)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), BACKOFF[min(self._losses, len(BACKOFF)) - 1])

    async def _one_life(self) -> AsyncGenerator[Event | Invalid, None]:
        self._reason = ""
        self._working.clear()
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                limit=_READ_BYTES,
                env=environment(),
                **_own_group(),
            )
        except OSError as error:  # no memory, or too many processes: tried again after a pause
            self._process, self._reason = None, f"the engine process cannot be started: {error.strerror or error}"
            return
        assert process.stdout is not None
        decoder = Decoder()
        try:
            while data := await self._read(process.stdout):
                for value in decoder.feed(data):
                    if isinstance(value, Done | Failed | Cancelled | Invalid):
                        self._working.discard(value.id)
                    if not isinstance(value, Submit | Cancel | Close):
                        yield value
        except WireError:
            pass  # the pipe is of no use any more; the process is ended below
        finally:
            await self._end()

    async def _read(self, stdout: asyncio.StreamReader) -> bytes:
        """What the engine says next; nothing at its end, also when it is we who end it because it hangs."""
        self._silent_since = time.monotonic()
        while True:
            limit = self._step_timeout
            left = limit and max(0.01, self._silent_since + limit - time.monotonic() if self._working else limit)
            try:
                return await asyncio.wait_for(stdout.read(_READ_BYTES), left)
            except TimeoutError:
                if self._working and limit and time.monotonic() - self._silent_since >= limit:
                    self._reason = f"the engine process said nothing for {limit:g} s and was ended"
                    return b""

    async def _end(self) -> None:
        """Make sure that the process is gone. One that closed its output has nothing more to say."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 0.5)
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _how_it_ended(self) -> str:
        if self._reason:
            return self._reason
        code = self._process.returncode if self._process else None
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return f"the engine process was ended by {signal.Signals(-code).name}"
        return f"the engine process ended with status {code}"

    def _write(self, command: Command) -> None:
        process = self._process
        if process is None or process.returncode is not None or process.stdin is None or process.stdin.is_closing():
            return
        with contextlib.suppress(OSError, RuntimeError):  # it may end at this very moment; `Lost` follows
            process.stdin.write(encode(command))

    async def close(self) -> None:
        """End the engine: by asking, and by force after three seconds. Safe to call twice."""
        self._closing.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        self._write(Close())
        with contextlib.suppress(OSError, RuntimeError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _CLOSE_SECONDS)
        except TimeoutError:
            self.kill()
            await process.wait()

    def kill(self) -> None:
        """End the engine at once."""
        self._closing.set()
        if self.pid is not None and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()


def environment() -> dict[str, str]:
    """Ours, with the folder that holds the packages on the path: it need not be installed to be run; and with `SPINS`,
    unless the user has chosen how threads wait."""
    root = str(Path(engine.__file__).parent.parent)
    known = os.environ.get("PYTHONPATH", "")
    found = os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{known}" if known else root}
    return found if "OMP_WAIT_POLICY" in found else {"GOMP_SPINCOUNT": str(SPINS)} | found


def _own_group() -> dict[str, Any]:
    """Ctrl-C in the terminal goes to the bridge alone, which then ends the engine in order."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}

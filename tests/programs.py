"""Other people's programs, started by a test: what they say can be waited for, and they end with the test."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.programs import started

QUIET_PD = ("-nogui", "-stderr", "-noprefs", "-nrt", "-noaudio", "-nomidi")
"""Pd without a window, a sound card or the settings of the person who runs the tests."""


@contextmanager
def running(log: Path, *command: str) -> Iterator[Callable[..., str]]:
    """A program that writes to a log. ``wait(pattern, seconds)`` waits until the log holds the pattern, and returns all
    of it, without the backslashes that Pd puts before spaces and commas."""
    with started(log, *command):

        def wait(pattern: str, seconds: float = 90.0) -> str:
            end = time.monotonic() + seconds
            while not re.search(pattern, text := log.read_text(errors="replace").replace("\\", "")):
                assert time.monotonic() < end, f"{pattern!r} did not come from {command[0]}: {text}"
                time.sleep(0.02)
            return text

        yield wait

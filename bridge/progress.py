"""A line that says how far a rendering is. On a terminal it is drawn over itself; elsewhere nothing is written."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_WIDTH = 30


class ProgressLine:
    """Use as a context manager; the line is removed at the end."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._shown = self._stream.isatty()
        self._began = time.monotonic()

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        self._draw("")

    def say(self, text: str) -> None:
        """Show what is being waited for."""
        self._draw(text)

    def step(self, index: int, total: int) -> None:
        """Show that ``index`` of ``total`` steps are done."""
        filled = _WIDTH * index // max(1, total)
        seconds = time.monotonic() - self._began
        self._draw(f"rendering [{'#' * filled}{'.' * (_WIDTH - filled)}] step {index} of {total}, {seconds:.1f} s")

    def bytes(self, done: int, total: int, what: str = "") -> None:
        """Show that ``done`` of ``total`` bytes are here."""
        filled = _WIDTH * done // max(1, total)
        seconds = max(time.monotonic() - self._began, 1e-3)
        rate = f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"
        self._draw(f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {rate}, {seconds:.0f} s {what}")

    def _draw(self, text: str) -> None:
        if self._shown:
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()

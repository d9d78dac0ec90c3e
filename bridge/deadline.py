"""An end that comes: a driver that does not let a port or a device go must not keep the daemon for ever."""

from __future__ import annotations

import contextlib
import faulthandler
import io

SECONDS = 30.0
"""So long an end may take: engines are ended by force after three, and what is written is complete long before."""


def end_soon(seconds: float = SECONDS) -> None:
    """End this process in so many seconds, if it has not ended by then, with status 1, and say on its standard error
    where it stood. That is done by a thread that does not need Python's lock, as what hangs may hold it."""
    with contextlib.suppress(AttributeError, RuntimeError, io.UnsupportedOperation):  # a program without that output
        faulthandler.dump_traceback_later(seconds, exit=True)

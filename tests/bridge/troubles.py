"""What goes wrong on users' machines, made to happen to a real daemon."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.bridge.conftest import Running


@contextmanager
def full_disk(daemon: Running, left: int = 500_000) -> Iterator[None]:
    """Meanwhile no file of the daemon's may grow beyond so many bytes, as on a disk with so much left: its journal
    finds room, a take of four seconds does not."""
    if sys.platform != "linux":
        pytest.skip("only Linux changes another process's limits")
    process = psutil.Process(daemon.process.pid)
    soft, hard = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (left, hard))
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_FSIZE, (soft, hard))


def no_room() -> None:
    """For a process that begins: no file of its own may grow beyond some kilobytes."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as Python has it itself, but not for its children
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))

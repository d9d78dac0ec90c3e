"""What goes wrong on users' machines, made to happen to a real daemon."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bridge.journal import Journal
from tests.bridge.conftest import Client, Running, message


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


def aged_takes(
    serve: Callable[..., Running], connect: Callable[[Running], Client], folder: Path, oldest: int = 3
) -> tuple[str, ...]:
    """Takes with the seeds 0 to 2, the first `oldest` of them told more than an hour ago: in the folder are the journal
    of the bridge that rendered them, and `takes`. Returns the options of a bridge that goes on from there."""
    options = ("--state", str(folder), "--takes", str(folder / "takes"))
    daemon = serve(*options)
    client = connect(daemon)
    for number in range(3):
        client.job(f"a-{number}", "A4", "seconds", 0.1, "seed", number)
    client.send("/job/list")  # it has heard of all ends, and needs not be told at the next start
    client.until("/job/listed")
    daemon.stop()
    journal = Journal()
    journal.open(folder / "journal-0.sqlite")
    with journal._database:
        journal._database.execute("UPDATE takes SET told = told - 4000 WHERE seed < ?", (oldest,))
    journal.close()
    return options


@contextmanager
def other_version(version: str = "99.0.0") -> Iterator[int]:
    """The port of a bridge of another version, of which no more is there than that it says so, whatever it is told."""
    ready = message("/bridge/ready", version, "tone", 48000, "generate")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))

        def answer() -> None:
            while (told := port.recvfrom(65536))[0]:
                port.sendto(ready, told[1])

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield port.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", port.getsockname())
            thread.join()


def no_room() -> None:
    """For a process that begins: no file of its own may grow beyond some kilobytes."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as Python has it itself, but not for its children
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))

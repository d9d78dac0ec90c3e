"""A JACK server without a sound card, at the place where programs look for one: for tests and benchmarks."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.programs import started

RATE = 48000


def server_name() -> str:
    """JACK remembers eight servers at most, also those that were killed, by their names: so it is always the same."""
    return f"bridge-{os.environ.get('PYTEST_XDIST_WORKER', 'tests')}"


def environment() -> dict[str, str]:
    """What makes programs look for this server, and for no other."""
    return {"JACK_DEFAULT_SERVER": server_name(), "JACK_NO_START_SERVER": "1"}


@contextmanager
def jack_dummy(
    log: Path, jackd: str, jack_wait: str, block: int, *flags: str, realtime: bool = False
) -> Iterator[None]:  # fmt: skip
    """The server while it runs, with `RATE` and so many frames in a cycle.

    log: where it writes to. jackd, jack_wait: the programs. flags: more of jackd's own, such as -S. realtime: it and
    its clients go before all other programs, as musicians have it, who have to be allowed to.
    """
    name = server_name()
    first = "-R" if realtime else "-r"
    command = (jackd, "-n", name, first, *flags, "-d", "dummy", "-r", str(RATE), "-p", str(block))
    with started(log, *command) as process:
        wait = (jack_wait, "-s", name, "-w", "-t", "60")
        done = subprocess.run(wait, capture_output=True, timeout=90, check=False)
        assert done.returncode == 0 and process.poll() is None, log.read_text(errors="replace")
        yield

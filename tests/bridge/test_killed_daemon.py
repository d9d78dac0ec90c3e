"""The daemon is killed three times, and its engine once, under a row of jobs: nothing is lost or doubled."""

from __future__ import annotations

import random
import signal
import time
from collections import defaultdict
from pathlib import Path

import pytest

JOBS, KILLS, TAKES = 16, 3, 2
ENDS = ("/job/done", "/job/failed", "/job/cancelled")


@pytest.mark.slow
def test_every_acknowledged_job_ends_once_with_all_its_takes(serve, connect, free_port, tmp_path: Path) -> None:
    options = (
        "--osc-port", str(free_port()), "--state", str(tmp_path / "state"), "--takes", str(tmp_path / "takes"),
        "--option", "step_seconds=0.02",
    )  # fmt: skip
    daemon = serve(*options)
    client, draw = connect(daemon), random.Random(1)
    ends: dict[str, set[str]] = defaultdict(set)
    paths: dict[tuple[str, int], set[str]] = defaultdict(set)
    acknowledged: set[str] = set()

    def listen(seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not client.silent(left):
            address, args = client.receive()
            if address in ENDS:
                ends[args[0]].add(address)
            elif address == "/job/take":
                paths[args[0], args[1]].add(args[2])
            elif address == "/job/queued":
                acknowledged.add(args[0])

    for number in range(JOBS):
        client.send("/render/generate", f"j{number}", f"A{number}", "seconds", 0.1, "takes", TAKES, "seed", number)
    end = time.monotonic() + 20
    while len(acknowledged) < JOBS and time.monotonic() < end:
        listen(0.1)
    assert len(acknowledged) == JOBS
    for kill in range(KILLS):
        listen(draw.uniform(0.05, 0.6))
        daemon.stop(signal.SIGKILL)
        daemon = serve(*options)
        if kill == 0:
            daemon.engine().kill()
    end = time.monotonic() + 60
    while len(ends) < JOBS and time.monotonic() < end:
        client.send("/bridge/hello", "test")
        listen(0.5)
    assert dict(ends) == {f"j{number}": {"/job/done"} for number in range(JOBS)}
    assert len(paths) == JOBS * TAKES
    assert all(len(told) == 1 for told in paths.values())
    files = {str(path) for path in (tmp_path / "takes").glob("*.wav")}
    assert files == {path for told in paths.values() for path in told}  # none twice, and none that nobody knows

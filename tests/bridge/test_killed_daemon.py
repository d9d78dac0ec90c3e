"""The daemon is killed three times, and its engine once, under a row of jobs: nothing is lost or doubled."""

from __future__ import annotations

import random
import signal
import time
from collections import defaultdict
from pathlib import Path

import pytest

from tests.bridge.conftest import ENDS, Client

JOBS, KILLS, TAKES = 16, 3, 2


class Told:
    """What a client has heard of all jobs so far: acknowledged ids, their ends, and the paths of each take."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.acknowledged: set[str] = set()
        self.ends: dict[str, set[str]] = defaultdict(set)
        self.paths: dict[tuple[str, int], set[str]] = defaultdict(set)

    def listen(self, seconds: float) -> None:
        """Hear for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.client.silent(left):
            address, args = self.client.receive()
            if address in ENDS:
                self.ends[args[0]].add(address)
            elif address == "/job/take":
                self.paths[args[0], args[1]].add(args[2])
            elif address == "/job/queued":
                self.acknowledged.add(args[0])


@pytest.mark.slow
def test_every_acknowledged_job_ends_once_with_all_its_takes(serve, connect, free_port, tmp_path: Path) -> None:
    options = (
        "--osc-port", str(free_port()), "--state", str(tmp_path / "state"), "--takes", str(tmp_path / "takes"),
        "--option", "step_seconds=0.02",
    )  # fmt: skip
    daemon = serve(*options)
    client, draw = connect(daemon), random.Random(1)
    told = Told(client)
    for number in range(JOBS):
        client.send("/render/generate", f"j{number}", f"A{number}", "seconds", 0.1, "takes", TAKES, "seed", number)
    end = time.monotonic() + 20
    while len(told.acknowledged) < JOBS and time.monotonic() < end:
        told.listen(0.1)
    assert len(told.acknowledged) == JOBS
    for kill in range(KILLS):
        told.listen(draw.uniform(0.05, 0.6))
        daemon.stop(signal.SIGKILL)
        daemon = serve(*options)
        if kill == 0:
            daemon.engine().kill()
    end = time.monotonic() + 60
    while len(told.ends) < JOBS and time.monotonic() < end:
        client.send("/bridge/hello", "test")
        told.listen(0.5)
    assert dict(told.ends) == {f"j{number}": {"/job/done"} for number in range(JOBS)}
    assert len(told.paths) == JOBS * TAKES
    assert all(len(paths) == 1 for paths in told.paths.values())
    files = {str(path) for path in (tmp_path / "takes").glob("*.wav")}
    assert files == {path for paths in told.paths.values() for path in paths}  # none twice, none that nobody knows

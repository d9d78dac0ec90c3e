"""How much later does a live sound come when four long jobs are being rendered? And how soon is OSC answered then?

    python -m benchmarks.live_latency [--model pocket] [--rounds 20] [--seconds 2.56]

A live job is sent to an idle daemon and to one that renders four batch jobs, in turns, so that whatever else the
machine does falls on both. Latency is from sending the request to the take's path and to the first samples. The bars
are this project's own, on two cores: 1.5 times the idle latency, and 99 of 100 acknowledgements within 20 ms.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.hosts import ENDS, Host, Value, host, until
from benchmarks.serving import Serving

RATIO_BAR = 1.5
"""Latency of a live job while four batch jobs are rendered, over that on an idle engine."""

ACKNOWLEDGED_BAR = 0.020
"""Seconds within which 99 of 100 requests are acknowledged while the engine renders."""

BATCH_JOBS = 4
_BATCH_SECONDS = 5.12
_BATCH_STEPS = 50  # so that they outlast what is timed
_PAUSE_SECONDS = 0.05  # after the other jobs are there, or gone


@dataclass(slots=True)
class Measured:
    """Latencies in seconds. ``idle`` and ``busy`` are to the take, ``first_idle`` and ``first_busy`` to the first
    samples of a streamed take; ``acknowledged`` is from a request to /job/queued while the engine renders."""

    idle: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    first_idle: list[float] = field(default_factory=list)
    first_busy: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median latency while others are rendered, over the idle one."""
        return statistics.median(self.busy) / statistics.median(self.idle)


class Batch:
    """Clients that keep four batch jobs going while the context lasts."""

    def __init__(self, daemon: Serving, numbers: Iterator[int]) -> None:
        self._hosts = [host("udp", daemon.osc, daemon.http) for _ in range(BATCH_JOBS)]
        for number, one in enumerate(self._hosts):
            one.send("/bridge/hello", f"host {number}")  # who does not say who it is shares a turn with all such
        self._numbers = numbers
        self._living: dict[Host, str] = {}

    def __enter__(self) -> Batch:
        for one in self._hosts:
            self._begin(one)
        for one in self._hosts:
            list(until(one, "/job/step"))  # every one of them is being rendered
        return self

    def __exit__(self, *_: object) -> None:
        for one, id in self._living.items():
            one.send("/job/cancel", id)
            list(until(one, *ENDS, id=id))
        time.sleep(_PAUSE_SECONDS)

    def tend(self) -> None:
        """Begin another job for each that has ended."""
        for one, id in self._living.items():
            while (reply := one.receive(0.0)) is not None:
                if reply[0] in ENDS and reply[1][0] == id:
                    self._begin(one)
                    break

    def close(self) -> None:
        """Leave."""
        for one in self._hosts:
            one.close()

    def _begin(self, one: Host) -> None:
        id = self._living[one] = f"batch-{next(self._numbers)}"
        keys = ("seconds", _BATCH_SECONDS, "steps", _BATCH_STEPS, "priority", "batch")
        one.send("/render/generate", id, "a large machine hall, far away", *keys)


def live_job(client: Host, id: str, seconds: float, *more: Value) -> tuple[float, float]:
    """Seconds until the take is there, and until the first samples are: the same where none are streamed."""
    before = time.perf_counter()
    client.send("/render/generate", id, "a glass breaks", "seconds", seconds, "priority", "live", *more)
    first = 0.0
    for at, (address, args) in until(client, "/job/take", "/job/failed", id=id):
        if address == "/job/failed":
            raise RuntimeError(f"{id}: {args}")
        if address in ("/job/piece", "/job/take"):
            first = first or at - before
    took = at - before
    list(until(client, *ENDS, id=id))
    return took, first


def acknowledgement(client: Host, id: str) -> float:
    """Seconds until a further batch job is acknowledged; it is cancelled at once."""
    before = time.perf_counter()
    client.send("/render/generate", id, "wind", "seconds", 0.5, "priority", "batch")
    *_, (at, _) = until(client, "/job/queued", id=id)
    client.send("/job/cancel", id)
    list(until(client, *ENDS, id=id))
    return at - before


def measure(daemon: Serving, *, rounds: int, seconds: float, requests: int, stream: bool) -> Measured:
    """Idle and busy in turns, ``rounds`` times each; ``requests`` acknowledgements in all."""
    found, numbers = Measured(), itertools.count(1)
    live, batch = host("udp", daemon.osc, daemon.http), Batch(daemon, numbers)
    streamed = host("tcp count", daemon.osc, daemon.http)
    for client in (live, streamed):
        client.send("/bridge/hello", "live latency")
        list(until(client, "/bridge/ready"))
    live_job(live, "warm", seconds)
    for number in range(rounds):
        print(f"\r{number} of {rounds} rounds", end="", file=sys.stderr, flush=True)
        found.idle.append(live_job(live, f"idle-{number}", seconds)[0])
        if stream:
            found.first_idle.append(live_job(streamed, f"first-idle-{number}", seconds, *STREAMED)[1])
        with batch:
            found.busy.append(live_job(live, f"busy-{number}", seconds)[0])
            batch.tend()
            if stream:
                found.first_busy.append(live_job(streamed, f"first-busy-{number}", seconds, *STREAMED)[1])
            for asked in range(requests // rounds):
                batch.tend()
                found.acknowledged.append(acknowledgement(live, f"ask-{number}-{asked}"))
    print("\r", end="", file=sys.stderr)
    for open_one in (live, streamed, batch):
        open_one.close()
    return found


STREAMED: tuple[Value, ...] = ("stream", 1, "level", "ahead")
"""Keys of a job whose samples come while it is being decoded."""


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def rows(found: Measured) -> Iterator[str]:
    """What was measured, and the bars."""
    for name, values in (
        ("a take, idle", found.idle), ("a take, four batch jobs", found.busy),
        ("first samples, idle", found.first_idle), ("first samples, four batch jobs", found.first_busy),
        ("OSC acknowledged, rendering", found.acknowledged),
    ):  # fmt: skip
        if values:
            parts = (statistics.median(values), percentile(values, 0.9), percentile(values, 0.99), max(values))
            cells = "".join(f"{part * 1e3:>9.1f}" for part in parts)
            yield f"{name:<32}{len(values):>6}{cells}"
    ratio, late = found.ratio, percentile(found.acknowledged, 0.99)
    yield f"live over idle: {ratio:.2f}, bar {RATIO_BAR}{'' if ratio <= RATIO_BAR else '  MISSED'}"
    limit = ACKNOWLEDGED_BAR
    yield (f"99 % acknowledged within {late * 1e3:.1f} ms, bar {limit * 1e3:.0f} ms"
           f"{'' if late <= limit else '  MISSED'}")  # fmt: skip


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=2.56, help="length of the live sound")
    parser.add_argument("--requests", type=int, default=400, help="acknowledgements that are timed")
    parser.add_argument("--no-stream", action="store_true", help="leave out the first samples of streamed takes")
    parser.add_argument("--threads", type=int, help="torch's threads; its own choice if not given")
    told = parser.parse_args()
    threads = ("--threads", str(told.threads)) if told.threads else ()
    with Serving("--model", told.model, *threads) as daemon:
        found = measure(
            daemon, rounds=told.rounds, seconds=told.seconds, requests=told.requests, stream=not told.no_stream
        )
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{told.model}, a live sound of {told.seconds} s; {os.cpu_count()} cores, load {load:.1f}; times in ms")
    print(f"{'':<32}{'n':>6}{'median':>9}{'90 %':>9}{'99 %':>9}{'max':>9}")
    print("\n".join(rows(found)))
    sys.exit(found.ratio > RATIO_BAR or percentile(found.acknowledged, 0.99) > ACKNOWLEDGED_BAR)


if __name__ == "__main__":
    main()

"""How soon is the engine free again after a cancel?

    python -m benchmarks.cancel [--model pocket] [--cancels 100]

Each job is cancelled at a moment of its own, all over its rendering, decoding included. The daemon says
/job/cancelled when the engine has let go of the job, so the time until then is at least that to the engine's next free
tick. It is compared with the longest step of jobs that ran to their end, rendered in turns with those that are
cancelled. The bar is this project's own: one step.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.hosts import ENDS, Host, Value, host, until
from benchmarks.live_latency import percentile
from benchmarks.serving import Serving

_WHOLE_EVERY = 5  # so many jobs are cancelled between two that run to their end
_PROMPT = "rain on a tin roof"


@dataclass(slots=True)
class Measured:
    """Seconds. ``steps``: between two steps of a job that was left alone. ``decoding``: from its last step to its take.
    ``denoised`` and ``decoded``: from a cancel to the engine's letting go, of jobs that were in their steps, or beyond.
    ``too_late``: cancels that found a job at its end."""

    steps: list[float] = field(default_factory=list)
    decoding: list[float] = field(default_factory=list)
    denoised: list[float] = field(default_factory=list)
    decoded: list[float] = field(default_factory=list)
    too_late: int = 0

    @property
    def freed(self) -> list[float]:
        """All times from a cancel to a free engine."""
        return self.denoised + self.decoded


def whole(client: Host, id: str, keys: tuple[Value, ...], found: Measured) -> float:
    """Let a job run to its end, note its steps, and return how long it took from its first step on."""
    client.send("/render/generate", id, _PROMPT, *keys)
    steps, taken = [], 0.0
    for at, (address, args) in until(client, *ENDS, id=id):
        if address == "/job/step":
            steps.append(at)
        elif address == "/job/take":
            taken = taken or at
        elif address == "/job/failed":
            raise RuntimeError(f"{id}: {args}")
    found.steps += [after - before for before, after in itertools.pairwise(steps)]
    found.decoding.append(taken - steps[-1])
    return taken - steps[0]


def cancelled(client: Host, id: str, keys: tuple[Value, ...], after: float, found: Measured) -> None:
    """Cancel a job so many seconds after its first step."""
    client.send("/render/generate", id, _PROMPT, *keys)
    *_, (began, (_, args)) = until(client, "/job/step", id=id)
    step, of = int(args[1]), int(args[2])
    while (left := began + after - time.perf_counter()) > 0:
        reply = client.receive(left)
        if reply is not None and reply[0] == "/job/step":
            step = int(reply[1][1])
        elif reply is not None and reply[0] in ENDS:
            found.too_late += 1
            return
    before = time.perf_counter()
    client.send("/job/cancel", id)
    for at, (address, _) in until(client, *ENDS, id=id):
        if address == "/job/cancelled":
            (found.denoised if step < of else found.decoded).append(at - before)
        elif address == "/job/done":
            found.too_late += 1


def measure(daemon: Serving, *, cancels: int, seconds: float, takes: int) -> Measured:
    """Cancel so many jobs."""
    found, draw = Measured(), random.Random(1)
    client = host("udp", daemon.osc, daemon.http)
    keys: tuple[Value, ...] = ("seconds", seconds, "takes", takes)
    whole(client, "whole-warm", keys, Measured())
    number = 0
    while len(found.freed) < cancels:
        if number % _WHOLE_EVERY == 0:
            length = whole(client, f"whole-{number}", keys, found)
        cancelled(client, f"cancel-{number}", keys, draw.uniform(0.0, length), found)
        number += 1
    client.close()
    return found


def rows(found: Measured) -> Iterator[str]:
    """What was measured, and the bar."""
    for name, values in (
        ("a step", found.steps), ("decoding", found.decoding), ("cancel while denoising", found.denoised),
        ("cancel while decoding", found.decoded), ("all cancels", found.freed),
    ):  # fmt: skip
        if values:
            parts = (statistics.median(values), percentile(values, 0.9), percentile(values, 0.99), max(values))
            yield f"{name:<24}{len(values):>6}" + "".join(f"{part * 1e3:>9.1f}" for part in parts)
    step, freed = max(found.steps), max(found.freed)
    within = sum(one <= step for one in found.freed) / len(found.freed)
    yield (f"the engine was free {freed * 1e3:.1f} ms after a cancel at the latest, a step takes up to "
           f"{step * 1e3:.1f} ms: {freed / step:.2f} steps, bar 1.00{'' if freed <= step else '  MISSED'}; "
           f"{within:.0%} within one step, {found.too_late} came too late")  # fmt: skip


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--cancels", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=5.12)
    parser.add_argument("--takes", type=int, default=2)
    told = parser.parse_args()
    with Serving("--model", told.model) as daemon:
        found = measure(daemon, cancels=told.cancels, seconds=told.seconds, takes=told.takes)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{told.model}, {told.takes} takes of {told.seconds} s; {os.cpu_count()} cores, load {load:.1f}; in ms")
    print(f"{'':<24}{'n':>6}{'median':>9}{'90 %':>9}{'99 %':>9}{'max':>9}")
    print("\n".join(rows(found)))
    sys.exit(max(found.freed) > max(found.steps))


if __name__ == "__main__":
    main()

"""How soon is the engine free again after a cancel?

    python -m benchmarks.cancel [--model pocket] [--cancels 100]

Each job is cancelled at a moment of its own, all over its rendering, decoding included. It is compared with the longest
step of jobs that ran to their end, rendered in turns with those that are cancelled. The bar is this project's own: one
step. It is measured twice: from a client of a daemon, who hears /job/cancelled when the engine has let go of the job,
so that the way there and back counts as well; and in the engine alone, also by the time that its thread really had
(`benchmarks.cancel_engine`), so that nothing else that the machine does counts.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import time

from benchmarks import cancel_engine
from benchmarks.freed import HEADING, Measured, rows
from benchmarks.hosts import ENDS, Host, Value, host, until
from benchmarks.serving import Serving

_WHOLE_EVERY = 5  # so many jobs are cancelled between two that run to their end
_PROMPT = "rain on a tin roof"


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


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--cancels", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=5.12)
    parser.add_argument("--takes", type=int, default=2)
    told = parser.parse_args()
    asked = {"cancels": told.cancels, "seconds": told.seconds, "takes": told.takes}
    with Serving("--model", told.model) as daemon:
        heard = measure(daemon, **asked)
    wall, thread = cancel_engine.measure(told.model, **asked)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{told.model}, {told.takes} takes of {told.seconds} s; {os.cpu_count()} cores, load {load:.1f}")
    tables = {"a client of the daemon": heard, "the engine alone": wall, "the engine alone, time of its thread": thread}
    for name, found in tables.items():
        print(f"\n{name}\n{HEADING}")
        print("\n".join(rows(found)))
    sys.exit(any(found.missed for found in tables.values()))


if __name__ == "__main__":
    main()

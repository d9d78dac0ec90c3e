"""Does the daemon grow? Five hundred jobs, and the memory of both processes after the hundredth and after the last.

    python -m benchmarks.soak [--jobs 500] [--settled 100] [--model tone]

The bar is this project's own: 3 % more at most. Memory is what the process alone holds (USS: pages that would be free
without it). Ends with status 1 if the bar is missed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.hosts import ENDS, KINDS, Host, host, until
from benchmarks.serving import Serving

BAR = 0.03
"""How much more memory a process may hold after the last job than after the `settled`th."""


@dataclass(slots=True)
class Report:
    """Bytes by process after so many jobs, and how many jobs were done."""

    memory: dict[int, dict[str, int]] = field(default_factory=dict)
    done: int = 0
    seconds: float = 0.0

    def growth(self) -> dict[str, float]:
        """By process: how much more memory at the last reading than at the first, 0.01 is 1 %."""
        first, *_, last = self.memory.values()
        return {name: last[name] / first[name] - 1 for name in first}


def run(*, jobs: int, settled: int, options: Sequence[str], prompts: int = 40) -> Report:
    """Send jobs of all lengths over every transport, one after the other, and read the memory now and then."""
    draw, report = random.Random(1), Report()
    with Serving(*options) as daemon:
        hosts = [host(kind, daemon.osc, daemon.http) for kind in KINDS]
        before = time.monotonic()
        for number in range(1, jobs + 1):
            report.done += _job(hosts[number % len(hosts)], number, draw, prompts)
            if number % settled == 0 or number == jobs:
                report.memory[number] = _memory(daemon)
        report.seconds = time.monotonic() - before
        for one in hosts:
            one.close()
    return report


def _job(client: Host, number: int, draw: random.Random, prompts: int) -> bool:
    """One job; every seventh is cancelled at once, every eleventh is wrong and comes right the second time."""
    id, seconds = f"soak-{number}", draw.choice((0.1, 0.5, 1.28, 2.56))
    prompt = f"a {draw.choice(('deep', 'bright', 'dull'))} note {draw.randrange(prompts)}"
    if number % 11 == 0:
        client.send("/render/generate", id, prompt, "seconds", -1.0)
        list(until(client, "/job/failed", id=id))
    client.send("/render/generate", id, prompt, "seconds", seconds, "takes", draw.choice((1, 1, 1, 2)))
    if number % 7 == 0:
        client.send("/job/cancel", id)
    *_, (_, (end, _)) = until(client, *ENDS, id=id)
    return end == "/job/done" or number % 7 == 0


def _memory(daemon: Serving) -> dict[str, int]:
    time.sleep(0.5)  # what the last job leaves to be tidied up
    engine = daemon.engine
    assert engine is not None
    return {"daemon": daemon.process.memory_full_info().uss, "engine": engine.memory_full_info().uss}


def rows(report: Report) -> Iterator[str]:
    """The table, and the bar."""
    for number, memory in report.memory.items():
        yield f"after {number:>4} jobs: " + ", ".join(f"{name} {size / 2**20:.1f} MiB" for name, size in memory.items())
    for name, growth in report.growth().items():
        yield f"{name}: {growth:+.1%}, bar +{BAR:.0%}{'' if growth <= BAR else '  MISSED'}"


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--settled", type=int, default=100, help="jobs after which memory is read the first time")
    parser.add_argument("--model", default="tone")
    told = parser.parse_args()
    report = run(jobs=told.jobs, settled=told.settled, options=("--model", told.model))
    print(f"{report.done} of {told.jobs} jobs ended as they should, in {report.seconds:.0f} s, {told.model}")
    print("\n".join(rows(report)))
    sys.exit(report.done != told.jobs or max(report.growth().values()) > BAR)


if __name__ == "__main__":
    main()

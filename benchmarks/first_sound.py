"""How long until the first sound? Times the built-in model on this machine, stage by stage.

    python -m benchmarks.first_sound [--model pocket] [--threads N] [--runs 5] [--quick]

Each row is a fresh process, so that "cold" is cold. The bars are this project's own: a warm 5.12 s take in under 0.5 s
on two cores, all stages included, and a daemon that is ready within 5 s.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence

from benchmarks.stages import STAGES, Measured

SECONDS = (1.28, 2.56, 5.12, 10.24)
DTYPES = ("float32", "bfloat16")
TAKE_BAR = 0.5
"""Seconds that a warm take of 5.12 s may need."""
READY_BAR = 5.0
"""Seconds from the start of `bridge serve` until it is ready."""


def measure_afresh(model: str, seconds: float, dtype: str, *, threads: int | None, runs: int) -> Measured:
    """One row, in a process of its own. Raises RuntimeError with what the process said if it fails."""
    command = [sys.executable, "-m", "benchmarks.stages", "--model", model, "--seconds", str(seconds)]
    command += ["--dtype", dtype, "--runs", str(runs)] + (["--threads", str(threads)] if threads else [])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip() or f"ended with status {done.returncode}"
        raise RuntimeError(f"{model} {seconds} s {dtype}: {said.splitlines()[-1]}")
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def ready_after(model: str) -> float:
    """Seconds from starting `bridge serve` until it says that it is ready."""
    with tempfile.TemporaryDirectory() as takes:
        before = time.perf_counter()
        ports = ("--osc-port", "0", "--http-port", "0")
        command = [sys.executable, "-u", "-m", "bridge", "serve", *ports, "--takes", takes, "--model", model]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as daemon:
            try:
                assert daemon.stdout is not None
                said = []
                for line in daemon.stdout:
                    said.append(line)
                    if line.startswith("ready"):
                        return time.perf_counter() - before
            finally:
                daemon.terminate()
    raise RuntimeError(f"bridge serve was never ready; it said: {''.join(said)}")


def rows(measured: Sequence[Measured]) -> Iterator[str]:
    """The table: one line a measurement, times in milliseconds, `x` = seconds of sound made in a second."""
    head = ["dtype", "length", *STAGES, "warm", "x", "cold", "load", "MiB", "GFLOP", "GFLOP/s", "of peak"]
    widths = [9, 8, *(8,) * len(STAGES), 8, 6, 8, 7, 6, 7, 8, 8]
    yield "".join(f"{word:>{width}}" for word, width in zip(head, widths, strict=True))
    for row in measured:
        work = sum(row.gflop.values())
        cells = [row.dtype, f"{row.seconds:.2f} s", *(f"{row.stages[stage] * 1e3:.1f}" for stage in STAGES)]
        cells += [f"{row.warm * 1e3:.1f}", f"{row.seconds / row.warm:.1f}", f"{row.cold * 1e3:.1f}"]
        cells += [f"{row.loaded:.1f} s", f"{row.memory:.0f}", f"{work:.1f}"]
        cells += [f"{work / row.warm:.0f}", f"{work / row.warm / row.peak:.0%}"]
        yield "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def verdicts(measured: Sequence[Measured], ready: float | None) -> Iterator[str]:
    """Each bar with its result and their ratio; below 1 is inside."""
    for row in measured:
        if row.seconds == 5.12:
            name = f"a warm 5.12 s take, {row.dtype}, {row.steps} steps, {row.threads} threads"
            yield bar(name, row.warm, TAKE_BAR)
    if ready is not None:
        yield bar("`bridge serve` ready", ready, READY_BAR)


def bar(name: str, value: float, limit: float) -> str:
    """One line: "a warm take: 0.31 s, bar 0.50 s, ratio 0.62"."""
    return f"{name}: {value:.2f} s, bar {limit:.2f} s, ratio {value / limit:.2f}{'' if value <= limit else '  MISSED'}"


def main() -> None:
    """Measure, print the table, and say how the bars were met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--threads", type=int, help="torch's threads; its own choice if not given")
    parser.add_argument("--runs", type=int, default=5, help="warm takes a row, of which the median counts")
    parser.add_argument("--quick", action="store_true", help="only 5.12 s")
    told = parser.parse_args()
    measured = []
    for dtype in DTYPES:
        for seconds in (5.12,) if told.quick else SECONDS:
            measured.append(measure_afresh(told.model, seconds, dtype, threads=told.threads, runs=told.runs))
            print(f"\r{len(measured)} measured", end="", file=sys.stderr, flush=True)
    print("\r", end="", file=sys.stderr)
    peaks = {row.dtype: max(one.peak for one in measured if one.dtype == row.dtype) for row in measured}
    print(f"{told.model}, {measured[0].steps} steps, {measured[0].threads} threads of {os.cpu_count()} cores; "
          f"times in ms, median of {told.runs}; peak GFLOP/s: "
          + ", ".join(f"{dtype} {peak:.0f}" for dtype, peak in peaks.items()))  # fmt: skip
    print("\n".join(rows(measured)))
    print("\n".join(verdicts(measured, ready_after(told.model))))


if __name__ == "__main__":
    main()

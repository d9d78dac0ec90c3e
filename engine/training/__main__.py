"""`python -m engine.training pocket --budget 150m`: everything from nothing, or on from where it stopped."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from engine.training import stages

# glibc gives big blocks back to the system after every step; keeping them makes CPU training up to half as fast again.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(8 << 30), "MALLOC_TRIM_THRESHOLD_": str(16 << 30)}


def minutes(text: str) -> float:
    """"150m", "2.5h" or "90" (minutes) as minutes. ArgumentTypeError names what is accepted."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(m|h|)", text.strip())
    if not match or float(match[1]) <= 0:
        raise argparse.ArgumentTypeError(f"a budget is minutes or hours above 0, like 150m or 2.5h, got {text!r}")
    return float(match[1]) * (60 if match[2] == "h" else 1)


def positive(text: str) -> int:
    """A whole number of 1 or more. ArgumentTypeError names what was given."""
    if not text.strip().isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number of 1 or more is needed, got {text!r}")
    return int(text)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    out = argparse.ArgumentParser(prog="python -m engine.training", description=__doc__)
    out.add_argument("model", choices=["pocket"], help="which model to train")
    out.add_argument("--budget", type=minutes, default=150.0, help="time for all stages together (default 150m)")
    out.add_argument("--work", type=Path, default=stages.default_work(), help="folder of corpus and checkpoints")
    out.add_argument("--start", type=Path, help="go on from packed weights, such as engine/pocket_model")
    out.add_argument("--stage", choices=list(stages.STAGES), help="only this stage, with the whole budget to itself")
    out.add_argument("--clips", type=positive, default=130, help="rendered clips of each kind (default 130)")
    out.add_argument("--threads", type=positive, default=os.cpu_count() or 1, help="processor threads (default all)")
    return out


def _command(arguments: argparse.Namespace, stage: str, budget: float, threads: int) -> list[str]:
    """The command line of one stage in a process of its own; budget in minutes."""
    options = {"stage": stage, "work": arguments.work, "budget": f"{budget:.2f}m", "clips": arguments.clips}
    options["threads"] = threads
    return [
        sys.executable, "-m", "engine.training", arguments.model,
        *(word for name, value in options.items() for word in (f"--{name}", str(value))),
    ]  # fmt: skip


def main() -> int:
    """Runs the stages; those that can share the processor run side by side, each in a process of its own."""
    arguments = parser().parse_args()
    if sys.platform == "linux" and any(name not in os.environ for name in ALLOCATOR):
        os.execve(sys.executable, [sys.executable, "-m", "engine.training", *sys.argv[1:]], {**os.environ, **ALLOCATOR})
    if arguments.start:
        from engine.training import adopt

        adopt.copy(arguments.start, arguments.work)
    if arguments.stage:
        if arguments.stage != "corpus":
            import torch

            torch.set_flush_denormal(True)  # squares of small gradients are; arithmetic on them is many times slower
        stages.run(arguments.stage, arguments.work, arguments.budget, arguments.clips, arguments.threads)
        return 0
    for group in stages.PLAN:
        threads = max(1, arguments.threads // len(group))
        children = [
            subprocess.Popen(_command(arguments, name, max(0.01, share * arguments.budget), threads))
            for name, share in group.items()
        ]
        codes = [child.wait() for child in children]
        if any(codes):
            print(f"stage {' or '.join(group)} failed; run the command again to go on", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

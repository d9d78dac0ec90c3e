"""How long does AudioLDM 2 take, and how much memory, beside diffusers on the same weights?

    python -m benchmarks.audioldm2 [--shape base] [--seconds 10.24] [--steps 3] [--folder FOLDER] [--clock cpu]

One folder, of random weights unless one is given, is loaded and rendered with by each of the two, each in a process of
its own so that neither sees the other's memory, in float32 with the head counts of the configuration. *Load*: from the
interpreter to a model that can render. *Prompt*: both prompts through CLAP, Flan-T5 and the language model. *Step*: one
call of the U-Net with guidance, the median. *VAE*, *vocoder*: latent to mel, mel to samples. *Memory*: the most that
was resident. The last column is ours over theirs: below 1 is less. With `--clock cpu` times are the processor's and not
the wall's, which is what there is to compare on a machine that does other work; with one thread they are the same.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PROMPT, NEGATIVE = "a deep kick drum in a large hall", "low quality"
SIDES = ("engine", "diffusers")
STAGES = ("prompt", "step", "vae", "vocoder")


@dataclass(frozen=True, slots=True)
class Measured:
    """Times in s, of the stages those of each call; memory in MiB."""

    load: float
    memory: float
    stages: dict[str, list[float]] = field(default_factory=dict)

    def whole(self, steps: int) -> float:
        """A take of so many steps, in s, from what its stages took."""
        each = {stage: statistics.median(times) for stage, times in self.stages.items()}
        return each["prompt"] + steps * each["step"] + each["vae"] + each["vocoder"]


CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
Clock = Callable[[], float]


def timed(into: list[float], call: Callable[..., Any], clock: Clock) -> Callable[..., Any]:
    """`call`, with the time that each run of it takes put into a list."""

    def run(*args: Any, **kwargs: Any) -> Any:
        before = clock()
        try:
            return call(*args, **kwargs)
        finally:
            into.append(clock() - before)

    return run


def engine_side(folder: Path, seconds: float, steps: int, clock: Clock) -> Measured:
    """Load the folder with the engine, and render once."""
    began = clock()
    from engine.checkpoints import load
    from engine.passes import fresh
    from engine.request import Request

    family: Any = load(folder, heads="config", unconditional="empty", dtype="float32", device="cpu")
    loaded = clock() - began
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    request = Request(prompt=PROMPT, negative=NEGATIVE, seconds=seconds, seed=1, steps=steps, sampler="ddim")
    resolved = request.resolved({**family.defaults, "model": family.name})
    state = timed(stages["prompt"], family.begin, clock)(fresh(resolved, family.rate))
    while not state.done:
        (state,) = timed(stages["step"], family.step, clock)([state])
    mel = timed(stages["vae"], family.decode_latent, clock)(state.run.x[None])
    timed(stages["vocoder"], family.vocode, clock)(mel[0])
    return Measured(loaded, peak(), stages)


def diffusers_side(folder: Path, seconds: float, steps: int, clock: Clock) -> Measured:
    """Load the folder with diffusers, and render once."""
    began = clock()
    from benchmarks.audioldm2_folder import pipeline_of

    pipeline = pipeline_of(folder)
    loaded = clock() - began
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    pipeline.encode_prompt = timed(stages["prompt"], pipeline.encode_prompt, clock)
    pipeline.unet.forward = timed(stages["step"], pipeline.unet.forward, clock)
    pipeline.vae.decode = timed(stages["vae"], pipeline.vae.decode, clock)
    pipeline.vocoder.forward = timed(stages["vocoder"], pipeline.vocoder.forward, clock)
    pipeline(PROMPT, negative_prompt=NEGATIVE, audio_length_in_s=seconds, num_inference_steps=steps)
    return Measured(loaded, peak(), stages)


def peak() -> float:
    """The most memory that this process had resident, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rows(ours: Measured, theirs: Measured) -> Iterator[str]:
    """The table, with a line for what is measured."""
    yield f"{'':<16}{'engine':>12}{'diffusers':>12}{'ratio':>8}"
    parts = [("load", "s", ours.load, theirs.load)]
    for stage in STAGES:
        parts.append((stage, "s", statistics.median(ours.stages[stage]), statistics.median(theirs.stages[stage])))
    parts += [(f"{count} steps", "s", ours.whole(count), theirs.whole(count)) for count in (20, 200)]
    parts.append(("memory", "MiB", ours.memory, theirs.memory))
    for name, unit, one, other in parts:
        yield f"{name + ', ' + unit:<16}{one:>12.2f}{other:>12.2f}{one / other:>8.2f}"


def child(side: str, folder: Path, seconds: float, steps: int, clock: str) -> Measured:
    """One side's measurement, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.audioldm2", "--side", side, "--folder", str(folder)]
    command += ["--seconds", str(seconds), "--steps", str(steps), "--clock", clock]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def compare(folder: Path, seconds: float, steps: int, clock: str) -> tuple[Measured, Measured]:
    """Both sides of a folder, one after the other."""
    ours, theirs = (child(side, folder, seconds, steps, clock) for side in SIDES)
    return ours, theirs


def main() -> None:
    """Measure what the command line says and print the table."""
    parser = argparse.ArgumentParser(description="AudioLDM 2 beside diffusers on the same weights.")
    parser.add_argument("--shape", default="base", help="of the random weights: base, large, tiny ...")
    parser.add_argument("--folder", type=Path, help="a diffusers folder with an AudioLDM 2, instead of random weights")
    parser.add_argument("--seconds", type=float, default=10.24)
    parser.add_argument("--steps", type=int, default=3, help="that are measured")
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="wall")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.side:
        side = engine_side if told.side == "engine" else diffusers_side
        print(json.dumps(asdict(side(told.folder, told.seconds, told.steps, CLOCKS[told.clock]))))
        return
    with tempfile.TemporaryDirectory() as made:
        folder = told.folder
        if folder is None:
            folder = Path(made, told.shape)
            code = "from benchmarks.audioldm2_folder import *; from engine.families.audioldm2_shapes import SHAPES; "
            code += f"save_folder2(Path({str(folder)!r}), SHAPES[{told.shape!r}])"
            subprocess.run([sys.executable, "-c", code], check=True)  # apart, so that its memory is given back
        print("\n".join(rows(*compare(folder, told.seconds, told.steps, told.clock))))


if __name__ == "__main__":
    main()

"""Measure one model in this process, stage by stage; `benchmarks.first_sound` starts it afresh for every row.

    python -m benchmarks.stages --model pocket --seconds 5.12 --dtype float32

prints one line of JSON. Times are wall-clock seconds. The stages are the family's own methods, watched while real
requests are rendered: what is timed is what a user waits for.
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import argparse  # noqa: E402  (the clock has to start before anything heavy is imported)
import contextlib  # noqa: E402
import inspect  # noqa: E402
import json  # noqa: E402
import statistics  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from dataclasses import asdict, dataclass  # noqa: E402
from typing import Any  # noqa: E402

import psutil  # noqa: E402

STAGES = ("text", "denoise", "vae", "vocoder", "finish")
PROMPT = "a deep kick drum in a large hall"

# Stage → the method of a family that does it. Where a family has no such method the stage is part of what calls it:
# `begin` and `step` are the denoising, `decode` the vocoder. What no family does is the finishing.
_METHODS = {"encode_text": "text", "decode_latent": "vae", "_mel": "vae", "vocode": "vocoder", "_pieces": "vocoder"}
_CALLERS = {"begin": "denoise", "step": "denoise", "decode": "vocoder"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One length in one precision. Times in s, memory in MiB, arithmetic in GFLOP (a multiply-add is two).

    loaded: from the interpreter's start to a model that can render. cold: the first take after that, no warm-up.
    warm: the median of `runs` further takes; stages: their medians. peak: GFLOP/s of a large matrix product.
    """

    model: str
    dtype: str
    seconds: float
    steps: int
    threads: int
    runs: int
    loaded: float
    cold: float
    warm: float
    stages: dict[str, float]
    gflop: dict[str, float]
    peak: float
    memory: float


class Stopwatch:
    """Wraps a family's methods so that the time (or work) inside each is added up, its callees' taken out."""

    def __init__(self, family: Any, reading: Callable[[], float] = time.perf_counter) -> None:
        """`reading` is a meter that only grows; its unit is the unit of the results."""
        self.family, self.reading = family, reading
        self.totals = dict.fromkeys(STAGES, 0.0)
        self._inner: list[float] = []

    @contextlib.contextmanager
    def _counted(self, stage: str) -> Iterator[None]:
        self._inner.append(0.0)
        before = self.reading()
        try:
            yield
        finally:
            spent = self.reading() - before
            self.totals[stage] += spent - self._inner.pop()
            if self._inner:
                self._inner[-1] += spent

    def _wrap(self, method: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self._counted(stage):
                return method(*args, **kwargs)

        def pieces(*args: Any, **kwargs: Any) -> Iterator[Any]:
            """What comes in pieces works only while one is waited for."""
            made = method(*args, **kwargs)
            while True:
                with self._counted(stage):
                    try:
                        piece = next(made)
                    except StopIteration as end:
                        return end.value
                yield piece

        return pieces if inspect.isgeneratorfunction(method) else timed

    @contextlib.contextmanager
    def running(self) -> Iterator[dict[str, float]]:
        """Watch the family; the dictionary is complete when the context ends."""
        names = [name for name in (*_METHODS, *_CALLERS) if hasattr(self.family, name)]
        for name in names:
            stage = _METHODS.get(name) or _CALLERS[name]
            setattr(self.family, name, self._wrap(getattr(self.family, name), stage))
        before = self.reading()
        try:
            yield self.totals
        finally:
            self.totals["finish"] += self.reading() - before - sum(self.totals.values())
            for name in names:
                delattr(self.family, name)  # the class's own method shows through again


def attention_flops(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    """Two matrix products of an attention call; torch's counter knows the CUDA kernels and leaves out the CPU's."""
    from torch.utils.flop_counter import sdpa_flop_count

    return int(sdpa_flop_count(query, key, value))


def arithmetic(model: Any, request: Any) -> dict[str, float]:
    """GFLOP of each stage for one take: convolutions, matrix products and attention. FFTs and filters don't count."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    on_cpu = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    counter = FlopCounterMode(display=False, custom_mapping={on_cpu: attention_flops})
    with counter, Stopwatch(model.family, lambda: float(counter.get_total_flops())).running() as counts:
        model.render(request)
    return {stage: count / 1e9 for stage, count in counts.items()}


def machine_peak(dtype: str, size: int = 1536, runs: int = 8) -> float:
    """GFLOP/s that this machine reaches with torch's current threads in a square matrix product: the best of `runs`."""
    import torch

    a = torch.rand(size, size).to(getattr(torch, dtype))
    best = float("inf")
    for _ in range(runs + 1):
        before = time.perf_counter()
        torch.mm(a, a)
        best = min(best, time.perf_counter() - before)
    return 2 * size**3 / best / 1e9


def measure(name: str, seconds: float, dtype: str, *, threads: int | None, runs: int) -> Measured:
    """Load the model `name`, render one cold take, then `runs` warm ones."""
    from engine import Request, load

    request = Request(prompt=PROMPT, seconds=seconds, seed=1)
    with load(name, threads=threads, dtype=dtype) as model:
        loaded = time.perf_counter() - STARTED
        before = time.perf_counter()
        model.render(request)
        cold = time.perf_counter() - before
        whole, parts = [], []
        for _ in range(runs):
            before = time.perf_counter()
            with Stopwatch(model.family).running() as stages:
                model.render(request)
            whole.append(time.perf_counter() - before)
            parts.append(stages)
        memory = psutil.Process().memory_info().rss / 2**20
        steps = model.resolve(request).steps or 0
        gflop = arithmetic(model, request)
    import torch

    return Measured(
        model=name, dtype=dtype, seconds=seconds, steps=steps, threads=torch.get_num_threads(), runs=runs,
        loaded=loaded, cold=cold, warm=statistics.median(whole),
        stages={stage: statistics.median(part[stage] for part in parts) for stage in STAGES},
        gflop=gflop, peak=machine_peak(dtype), memory=memory,
    )  # fmt: skip


def main() -> None:
    """Measure what the command line says and print it as one line of JSON."""
    parser = argparse.ArgumentParser(description="One row of benchmarks.first_sound, as JSON.")
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--seconds", type=float, default=5.12)
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--runs", type=int, default=5)
    told = parser.parse_args()
    row = measure(told.model, told.seconds, told.dtype, threads=told.threads, runs=told.runs)
    print(json.dumps(asdict(row)))


if __name__ == "__main__":
    main()

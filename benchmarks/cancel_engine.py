"""How soon is the engine free again after a cancel, without a daemon, by the wall's clock and by its thread's own.

The thread's clock counts the time that it was really computing. So what else the machine does, which makes any step or
any wait longer now and then, is not taken for the engine's doing.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import engine
from benchmarks.freed import Measured
from engine.family import State
from engine.model import Model
from engine.service import LocalService

_WHOLE_EVERY = 5  # as many jobs are cancelled between two that run to their end
_REQUEST = engine.Request(prompt="rain on a tin roof")


class Clocks:
    """The two clocks, from the outside: of the wall, and of the engine's thread."""

    def __init__(self) -> None:
        thread = next(one for one in threading.enumerate() if one.name == "engine")
        self._thread = time.pthread_getcpuclockid(thread.ident or 0)

    def __call__(self) -> tuple[float, float]:
        return time.perf_counter(), time.clock_gettime(self._thread)


class Timed:
    """A model whose steps are timed, by the wall's clock and the thread's."""

    def __init__(self, name: str, options: Mapping[str, Any], found: Sequence[Measured]) -> None:
        self._name, self._options, self._found = name, options, found
        self.counts = False

    def load(self) -> Model:
        """The model; called by the engine's thread."""
        model = engine.load(self._name, **self._options)
        step: Callable[[Sequence[State]], list[State]] = model.family.step

        def timed(states: Sequence[State]) -> list[State]:
            before = time.perf_counter(), time.thread_time()
            stepped = step(states)
            if self.counts:
                for one, began, now in zip(self._found, before, (time.perf_counter(), time.thread_time()), strict=True):
                    one.steps.append(now - began)
            return stepped

        model.family.step = timed  # type: ignore[method-assign]
        return model


def measure(model: str, *, cancels: int, seconds: float, takes: int, **options: object) -> tuple[Measured, Measured]:
    """Cancel so many jobs; what was found by the wall's clock, and by the thread's. options: of the model."""
    found, draw, number = (Measured(), Measured()), random.Random(1), 0
    timed = Timed(model, options, found)
    service = LocalService(timed.load)
    clocks = Clocks()
    request = _REQUEST.replace(seconds=seconds, takes=takes)
    _whole(service, "warm", request.replace(seed=0))
    while len(found[0].freed) < cancels:
        if number % _WHOLE_EVERY == 0:
            timed.counts = True
            length = _whole(service, f"whole-{number}", request.replace(seed=number))
            timed.counts = False
        _cancelled(service, f"cancel-{number}", request.replace(seed=number), draw.uniform(0.0, length), clocks, found)
        number += 1
    service.close()
    return found


def _whole(service: LocalService, id: str, request: engine.Request) -> float:
    """Let a job run to its end; seconds from its beginning."""
    service.submit(id, request)
    begun = 0.0
    while True:
        for event in service.events():
            begun = time.perf_counter() if isinstance(event, engine.Started) else begun
            if isinstance(event, engine.Failed | engine.Broken):
                raise RuntimeError(event.text)
            if isinstance(event, engine.Done):
                return time.perf_counter() - begun


def _cancelled(
    service: LocalService,
    id: str,
    request: engine.Request,
    after: float,
    clocks: Clocks,
    found: Sequence[Measured],
) -> None:
    """Cancel a job so many seconds after its beginning."""
    service.submit(id, request)
    before: Any = None
    end, denoises = float("inf"), True
    while True:
        for event in service.events(timeout=max(0.0, min(end - time.perf_counter(), 1.0))):
            if isinstance(event, engine.Started):
                end = time.perf_counter() + after
            elif isinstance(event, engine.Step) and before is None:
                denoises = event.index < event.total
            elif isinstance(event, engine.Cancelled):
                # The engine has nothing left to do, so its clock stands still by now.
                for one, began, now in zip(found, before, clocks(), strict=True):
                    (one.denoised if denoises else one.decoded).append(now - began)
                return
            elif isinstance(event, engine.Done):
                for one in found:
                    one.too_late += 1
                return
        if before is None and time.perf_counter() >= end:
            before = clocks()
            service.cancel(id)
            end = float("inf")

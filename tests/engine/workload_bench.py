"""A workload that tests can watch: a family that notes what it does, and a clock of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine import Event, Handling, Model, Request
from engine.families.tone import Tone, ToneState
from engine.workload import Workload

SHORT = Request(prompt="A4", seconds=0.05, seed=1, steps=6)
LIVE, BATCH = Handling(priority="live", client="pads"), Handling(priority="batch", client="night")


class Watched(Tone):
    """A tone that notes its batches, and whose memory holds so many states and so many frames of a state."""

    def __init__(self, states: int = 1000, frames: int = 10**9) -> None:
        super().__init__()
        self.batches: list[list[int | None]] = []
        self.states, self.frames = states, frames

    def step(self, states: Sequence[ToneState]) -> list[ToneState]:
        if len(states) > self.states or any(state.asked.frames > self.frames for state in states):
            raise MemoryError
        if any(state.request.prompt == "explode" for state in states):
            raise RuntimeError("boom")
        self.batches.append([state.request.seed for state in states])
        return super().step(states)


class Bench:
    """A workload on a clock of its own, which every look at it moves on a little."""

    def __init__(self, family: Any = None, **options: Any) -> None:
        self.events: list[Event] = []
        self.now = 0.0
        self.family = family or Watched()
        self.load = Workload(Model(self.family), self.events.append, clock=self.clock, **options)

    def clock(self) -> float:
        self.now += 0.001
        return self.now

    def finish(self, ticks: int = 5000) -> list[Event]:
        while self.load and (ticks := ticks - 1):
            self.load.tick()
        assert not self.load
        return self.events

    def of(self, kind: type[Any], id: str = "") -> list[Any]:
        return [event for event in self.events if isinstance(event, kind) and (not id or event.id == id)]

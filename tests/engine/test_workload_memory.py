"""What memory does not hold is done in parts, and costs at most the one job that cannot fit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from engine import Done, Failed, Handling, Step
from engine.families.tone import ToneState
from tests.engine.workload_bench import BATCH, LIVE, SHORT, Bench, Watched


def test_memory_that_does_not_hold_a_batch_costs_nobody_a_job() -> None:
    bench = Bench(Watched(states=3))
    for number in range(4):
        bench.load.add(str(number), SHORT.replace(seed=10 * number, takes=5), Handling(client=str(number)))
    bench.finish()
    assert [event.takes for event in bench.of(Done)] == [5] * 4
    assert max(len(batch) for batch in bench.family.batches) <= 3


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Choir(ToneState):
    """A tone of several voices, which can be stepped apart."""

    voices: int = 4

    @property
    def size(self) -> float:
        return float(self.voices)

    @property
    def parts(self) -> tuple[Any, ...]:
        return tuple(dataclasses.replace(self, voices=1) for _ in range(self.voices))

    def whole(self, parts: Sequence[Any]) -> Any:
        assert {part.index for part in parts} == {self.index + 1}
        return dataclasses.replace(self, index=self.index + 1)


class Choral(Watched):
    """A family of choirs. memory: voices that it holds at once."""

    def __init__(self, memory: int = 1000) -> None:
        super().__init__()
        self.memory, self.sung = memory, []

    def begin(self, asked: Any) -> Any:
        state = super().begin(asked)
        return Choir(**{field.name: getattr(state, field.name) for field in dataclasses.fields(state)})

    def step(self, states: Sequence[Any]) -> list[Any]:
        if sum(state.voices for state in states) > self.memory:
            raise MemoryError
        self.sung.append([state.voices for state in states])
        return super().step(states)


def test_a_state_that_memory_cannot_hold_is_stepped_in_parts() -> None:
    bench = Bench(Choral(memory=2))
    bench.load.add("a", SHORT, Handling())
    bench.finish()
    assert bench.of(Failed) == []
    assert [event.index for event in bench.of(Step)] == [1, 2, 3, 4, 5, 6]
    assert bench.family.sung == [[1, 1]] * 12


def test_a_state_is_stepped_in_parts_while_live_work_is_about() -> None:
    bench = Bench(Choral(), latency=0.002)
    bench.load.add("long", SHORT.replace(steps=30), BATCH)
    while not bench.of(Step):
        bench.load.tick()
    assert bench.family.sung == [[4]]
    bench.load.add("hit", SHORT, LIVE)
    while not bench.of(Done):
        bench.load.tick()
    assert [4] not in bench.family.sung[7:]  # a live job is never cut, so six more are its own
    bench.family.sung.clear()
    bench.finish()
    assert bench.family.sung[:8] == [[1]] * 8
    assert bench.of(Done)[-1] == Done("long", 1)


def test_the_one_job_that_memory_cannot_hold_is_told_what_would_fit() -> None:
    bench = Bench(Watched(frames=48000 * 3))
    for number, seconds in enumerate((1.0, 20.0, 2.0)):
        bench.load.add(str(number), SHORT.replace(seconds=seconds), Handling(client=str(number)))
    bench.finish()
    assert {event.id for event in bench.of(Done)} == {"0", "2"}
    assert bench.of(Failed) == [Failed("1", "memory", "out of memory: 20 s do not fit, 2.5 s would")]


def test_memory_that_runs_out_in_decoding_fails_that_job_only() -> None:
    class Heavy(Watched):
        def decode(self, state: ToneState) -> Any:
            if state.asked.frames > 48000:
                raise type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory")
            return super().decode(state)

    bench = Bench(Heavy())
    bench.load.add("large", SHORT.replace(seconds=4.0), Handling())
    bench.load.add("small", SHORT, Handling())
    bench.finish()
    assert bench.of(Failed) == [Failed("large", "memory", "out of memory: 4 s do not fit, 1 s would")]
    assert [event.id for event in bench.of(Done)] == ["small"]

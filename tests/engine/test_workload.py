"""Jobs together: who overtakes whom, who shares a step, what a failure costs, and that no sample is changed by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import engine
from engine import Done, Failed, Handling, Piece, Preview, Request, Started, Step, TakeReady, Turn
from engine.families.tone import ToneState
from engine.leaving import breathe
from tests.engine.workload_bench import BATCH, LIVE, SHORT, Bench, Watched


def test_a_live_job_overtakes_at_the_next_step() -> None:
    bench = Bench()
    bench.load.add("long", SHORT.replace(steps=50), BATCH)
    while not bench.of(Step):
        bench.load.tick()
    bench.load.add("hit", SHORT, LIVE)
    bench.load.tick()
    assert bench.events[-1] == Started("hit")
    bench.finish()
    ends = [event.id for event in bench.of(Done)]
    assert ends == ["hit", "long"]
    steps = bench.events[bench.events.index(Started("hit")) : bench.events.index(Done("hit", 1))]
    assert not [event for event in steps if isinstance(event, Step) and event.id == "long"]


def test_jobs_that_fit_are_stepped_together_and_join_and_leave_at_steps() -> None:
    bench = Bench()
    for number in range(4):
        bench.load.add(str(number), SHORT.replace(seed=number, steps=10 + number), Handling(client=str(number)))
    bench.finish()
    assert max(len(batch) for batch in bench.family.batches) == 4
    assert len(bench.of(Done)) == 4
    assert sum(len(batch) for batch in bench.family.batches) == 10 + 11 + 12 + 13


def test_a_job_that_an_engine_was_lost_under_is_stepped_alone() -> None:
    bench = Bench()
    for number in range(3):
        handling = Handling(client=str(number), alone=number == 1)
        bench.load.add(str(number), SHORT.replace(seed=10 * number, takes=2), handling)
    bench.finish()
    mixed = [batch for batch in bench.family.batches if {10, 11} & set(batch)]
    assert mixed and all(batch == [10, 11] for batch in mixed)
    assert any({0, 20} <= set(batch) for batch in bench.family.batches)  # the others still share their steps


def test_batches_shrink_while_live_work_is_about() -> None:
    bench = Bench(latency=0.002)
    bench.load.add("many", SHORT.replace(takes=16, steps=40), BATCH)
    while not bench.of(Step):
        bench.load.tick()
    assert len(bench.family.batches[-1]) == 16  # all its takes, as nobody waits
    bench.load.add("hit", SHORT, LIVE)
    while not bench.of(Done):
        bench.load.tick()
    bench.family.batches.clear()
    for _ in range(5):
        bench.load.tick()
    assert all(len(batch) < 16 for batch in bench.family.batches)
    bench.finish()
    assert [event.takes for event in bench.of(Done, "many")] == [16]


def test_whose_turn_it_is_is_told_before_the_step() -> None:
    bench = Bench()
    bench.load.add("a", SHORT, LIVE)
    bench.load.add("b", SHORT, BATCH)
    bench.finish()
    current: tuple[str, ...] = ()
    for event in bench.events:
        current = event.ids if isinstance(event, Turn) else current
        if isinstance(event, Started | Step | TakeReady):
            assert event.id in current
    assert {event.id for event in bench.of(Step)} == {"a", "b"}


@pytest.mark.parametrize("name", ["tone", "audioldm-tiny-random"])
def test_samples_do_not_depend_on_what_else_runs(name: str) -> None:
    ask = Request(prompt="A4 rain", seconds=0.3, seed=5, steps=4, level="none", format="float32")
    model = engine.load(name)
    alone = model.render(ask)[0].clip.samples
    again = Bench(model.family)
    again.load.add("a", ask, Handling())
    again.finish()
    np.testing.assert_array_equal(again.of(TakeReady)[0].take.clip.samples, alone)  # bit for bit

    bench = Bench(model.family)
    for number in range(2):  # some are there before
        bench.load.add(f"early {number}", ask.replace(seed=50 + number, steps=2 + 4 * number), Handling(client="x"))
    while not bench.of(Step):
        bench.load.tick()
    bench.load.add("a", ask, Handling(client="y", preview=1))
    while not bench.of(Step, "a"):
        bench.load.tick()
    bench.load.add("late", ask.replace(seed=60), LIVE)  # and one comes in the middle of it
    bench.finish()
    np.testing.assert_allclose(bench.of(TakeReady, "a")[0].take.clip.samples, alone, atol=1e-4 * np.abs(alone).max())


def test_a_job_that_fails_in_a_batch_fails_alone(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench()
    for number, prompt in enumerate(("A4", "explode", "A5")):
        bench.load.add(str(number), SHORT.replace(prompt=prompt), Handling(client=str(number)))
    bench.finish()
    assert [(event.id, event.code) for event in bench.of(Failed)] == [("1", "render")]
    assert {event.id for event in bench.of(Done)} == {"0", "2"}
    assert "boom" in capsys.readouterr().err


def test_previews_come_every_so_many_steps_and_change_no_sample() -> None:
    ask = SHORT.replace(seconds=0.5, steps=9)
    plain, shown = Bench(), Bench()
    plain.load.add("a", ask, Handling())
    shown.load.add("a", ask, Handling(preview=3))
    plain.finish()
    shown.finish()
    assert [event.step for event in shown.of(Preview)] == [3, 6]
    (clip, _) = (event.clip for event in shown.of(Preview))
    assert (clip.frames, clip.rate) == (24000, 48000)
    one, other = (bench.of(TakeReady)[0].take.clip.samples for bench in (plain, shown))
    np.testing.assert_array_equal(one, other)


def test_previews_wait_for_live_work_and_failing_ones_harm_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    bench = Bench()
    bench.load.add("a", SHORT.replace(steps=40), Handling(preview=1))
    bench.load.add("pad", SHORT.replace(steps=100), LIVE)
    bench.finish()
    last_live = bench.events.index(Done("pad", 1))
    assert not [event for event in bench.events[:last_live] if isinstance(event, Preview)]

    class Blind(Watched):
        def preview(self, state: ToneState) -> Any:
            raise RuntimeError("no preview")
            yield

    bench = Bench(Blind())
    bench.load.add("a", SHORT, Handling(preview=1))
    bench.finish()
    assert [event.takes for event in bench.of(Done)] == [1]
    assert "no preview" in capsys.readouterr().err


@pytest.mark.parametrize("format", ["pcm16", "pcm24", "float32"])
def test_pieces_come_before_the_take_and_are_what_its_file_holds(format: str) -> None:
    ask = SHORT.replace(seconds=2.0, level="ahead", format=format, takes=2)
    bench = Bench()
    bench.load.add("a", ask, Handling(stream=1))
    bench.finish()
    assert len(bench.of(TakeReady)) == 2
    for ready in bench.of(TakeReady):
        pieces = [event for event in bench.of(Piece) if event.index == ready.take.index]
        assert len(pieces) > 4
        assert bench.events.index(pieces[0]) < bench.events.index(ready)
        assert [piece.first for piece in pieces] == list(np.cumsum([0, *(p.clip.frames for p in pieces)])[:-1])
        assert {piece.frames for piece in pieces} == {96000}
        joined = np.concatenate([piece.clip.samples for piece in pieces], axis=1)
        file = engine.read_clip(engine.wav_bytes(ready.take)).samples
        np.testing.assert_array_equal(joined, file[:, : joined.shape[1]])
        assert joined.shape[1] > 0.9 * 96000


def test_streaming_changes_no_sample_and_other_levels_come_whole() -> None:
    for level in ("ahead", "peak"):
        ask = SHORT.replace(seconds=1.0, level=level)
        plain, streamed = Bench(), Bench()
        plain.load.add("a", ask, Handling())
        streamed.load.add("a", ask, Handling(stream=1))
        plain.finish()
        streamed.finish()
        one, other = (bench.of(TakeReady)[0].take.clip.samples for bench in (plain, streamed))
        np.testing.assert_array_equal(one, other)
        assert bool(streamed.of(Piece)) == (level == "ahead")


def test_a_job_that_is_to_end_is_left_within_a_piece_of_decoding() -> None:
    stopped: set[str] = set()
    bench = Bench(latency=100.0, stopped=stopped.__contains__)
    decoded = []
    work = type(bench.family).decoding

    def counting(state: ToneState) -> Any:
        for piece in work(bench.family, state):
            decoded.append(piece)
            stopped.add("a")
            yield piece
        return bench.family.decode(state)

    bench.family.decoding = counting
    bench.load.add("a", SHORT.replace(seconds=5.0), Handling())
    while not stopped:
        bench.load.tick()
    assert len(decoded) == 1
    assert bench.load.remove("a") and not bench.load.remove("a")


@pytest.mark.parametrize("cancelled", ["a", "ab"])
def test_a_step_is_left_when_all_its_jobs_are_to_end_and_only_then(cancelled: str) -> None:
    stopped: set[str] = set()
    ended = []

    class Breathing(Watched):
        def step(self, states: Sequence[ToneState]) -> list[ToneState]:
            if len(states) == 2:
                stopped.update(cancelled)
            breathe()
            ended.append(len(states))
            return super().step(states)

    bench = Bench(Breathing(), stopped=stopped.__contains__)
    for id in "ab":
        bench.load.add(id, SHORT, Handling(client=id))
    while not stopped:
        bench.load.tick()
    assert (2 in ended) == (cancelled == "a")
    for id in stopped:
        assert bench.load.remove(id)
    alone = Bench()
    alone.load.add("b", SHORT, Handling())
    one = [event.take.clip.samples for event in alone.finish() if isinstance(event, TakeReady)]
    other = [event.take.clip.samples for event in bench.finish() if isinstance(event, TakeReady)]
    assert len(other) == 2 - len(cancelled)
    np.testing.assert_array_equal(other, one[: len(other)])
    assert not [event for event in bench.events if isinstance(event, Failed)]


def test_what_is_no_step_is_left_as_well() -> None:
    stopped: set[str] = set()

    class Breathing(Watched):
        def begin(self, asked: Any) -> ToneState:
            stopped.add("a")
            breathe()
            pytest.fail("begun")

    bench = Bench(Breathing(), stopped=stopped.__contains__)
    bench.load.add("a", SHORT, Handling())
    while not stopped:
        bench.load.tick()
    assert bench.load.remove("a")
    assert not bench.of(Failed)

"""Every job ends exactly once, cancels are quick, and no job harms another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import engine
from engine import (
    BadRequest,
    Broken,
    Busy,
    Cancelled,
    Done,
    Event,
    Failed,
    Handling,
    LocalService,
    Model,
    ModelError,
    Piece,
    Preview,
    Ready,
    Request,
    Started,
    Step,
    TakeReady,
    Turn,
)
from engine.families.tone import Tone, ToneState
from engine.params import TASKS
from engine.passes import Pass

SHORT = Request(prompt="A4", seconds=0.05, seed=1, steps=3)
LONG = SHORT.replace(steps=200)
LAST = (Done, Failed, Cancelled)


class Faulty(Tone):
    """A tone that fails as its prompt says."""

    def begin(self, asked: Pass) -> ToneState:
        request = asked.request
        if request.prompt == "memory":
            raise MemoryError
        if request.prompt == "refuse":
            raise BadRequest("prompt", "prompt must not be refuse")
        return super().begin(asked)

    def step(self, states: Any) -> list[ToneState]:
        if any(state.request.prompt == "explode" for state in states):
            raise RuntimeError("boom")
        return super().step(states)


@pytest.fixture
def serve() -> Iterator[Callable[..., LocalService]]:
    services = []

    def start(load: Callable[[], Model]) -> LocalService:
        services.append(LocalService(load, "1.2"))
        return services[-1]

    yield start
    for service in services:
        service.close(10)
        assert not service.alive


def until(service: LocalService, stop: Callable[[list[Event]], object], seconds: float = 20) -> list[Event]:
    """All events until `stop` is content with them."""
    events: list[Event] = []
    deadline = time.monotonic() + seconds
    while not stop(events):
        assert time.monotonic() < deadline, events
        events += service.events(0.5)
    return events


def over(*ids: str) -> Callable[[list[Event]], bool]:
    return lambda events: {event.id for event in events if isinstance(event, LAST)} >= set(ids)


def slow() -> Model:
    return engine.load("tone", step_seconds=0.01)


def test_a_job_from_ready_to_done(serve: Callable[..., LocalService]) -> None:
    service = serve(lambda: engine.load("tone"))
    service.submit("a", SHORT.replace(takes=2))
    events = [event for event in until(service, over("a")) if not isinstance(event, Turn)]
    assert events[0] == Ready("tone", 48000, "1.2", TASKS)
    assert events[1:5] == [Started("a"), Step("a", 1, 3), Step("a", 2, 3), Step("a", 3, 3)]
    assert [event.take.index for event in events if isinstance(event, TakeReady)] == [0, 1]
    assert events[-1] == Done("a", 2)
    assert len(events) == 8


def test_jobs_are_done_in_order_and_ids_can_be_used_again(serve: Callable[..., LocalService]) -> None:
    service = serve(lambda: engine.load("tone"))
    for id in "abc":
        service.submit(id, SHORT)
    events = until(service, over("a", "b", "c"))
    assert [event.id for event in events if isinstance(event, Done)] == ["a", "b", "c"]
    service.submit("a", SHORT)
    assert until(service, over("a"))[-1] == Done("a", 1)


def test_an_id_belongs_to_one_job_at_a_time(serve: Callable[..., LocalService]) -> None:
    service = serve(slow)
    service.submit("a", LONG)
    with pytest.raises(Busy, match="id 'a' belongs to a job that is not over yet"):
        service.submit("a", SHORT)
    with pytest.raises(BadRequest, match="id must be 1 or more"):
        service.submit("", SHORT)


def test_a_cancel_takes_effect_at_the_next_step(serve: Callable[..., LocalService]) -> None:
    service = serve(slow)
    service.submit("a", LONG)
    until(service, lambda events: any(isinstance(event, Step) for event in events))
    begin = time.monotonic()
    service.cancel("a")
    events = until(service, over("a"))
    assert time.monotonic() - begin < 1.0
    assert events[-1] == Cancelled("a")
    assert not any(isinstance(event, TakeReady) for event in events)


def test_a_queued_job_is_cancelled_without_starting(serve: Callable[..., LocalService]) -> None:
    service = serve(slow)
    service.submit("a", SHORT.replace(steps=20))
    service.submit("b", SHORT)
    service.cancel("b")
    service.cancel("nobody")
    events = until(service, over("a", "b"))
    assert events[-1] == Done("a", 1)
    assert Cancelled("b") in events  # at once, and not when its turn would have come
    assert Started("b") not in events
    service.submit("b", SHORT)
    assert until(service, over("b"))[-1] == Done("b", 1)


def test_a_failing_job_fails_alone(serve: Callable[..., LocalService], capsys: pytest.CaptureFixture[str]) -> None:
    service = serve(lambda: Model(Faulty()))
    for id in ("explode", "memory", "refuse"):
        service.submit(id, SHORT.replace(prompt=id))
    service.submit("other", SHORT.replace(model="pocket"))
    service.submit("fine", SHORT)
    failed = {e.id: e for e in until(service, over("fine")) if isinstance(e, LAST)}
    assert failed["explode"] == Failed("explode", "render", "the model failed: RuntimeError: boom")
    text = "out of memory: 0.05 s do not fit, and nothing smaller does; free some, or load a smaller model"
    assert failed["memory"] == Failed("memory", "memory", text)
    assert failed["refuse"] == Failed("refuse", "bad-value", "prompt must not be refuse")
    assert failed["other"].code == "bad-value"
    assert failed["fine"] == Done("fine", 1)
    assert "boom" in capsys.readouterr().err  # the whole story is for the log


def test_closing_ends_every_job_and_every_wait(serve: Callable[..., LocalService]) -> None:
    service = serve(slow)
    for id in "abc":
        service.submit(id, LONG)
    until(service, lambda events: Started("a") in events)
    service.close(10)
    events = service.events()
    assert [event for event in events if isinstance(event, LAST)] == [Cancelled("a"), Cancelled("b"), Cancelled("c")]
    assert service.events() == []
    assert service.events(5) == []
    with pytest.raises(Busy, match="closed"):
        service.submit("d", SHORT)


def test_a_model_that_cannot_be_loaded_is_told_once_and_to_every_job(serve: Callable[..., LocalService]) -> None:
    def fail() -> Model:
        time.sleep(0.2)
        raise ModelError("no weights here")

    service = serve(fail)
    service.submit("a", SHORT)
    events = until(service, lambda events: any(isinstance(event, Broken) for event in events))
    assert events == [Failed("a", "model", "no weights here"), Broken("model", "no weights here")]
    with pytest.raises(Busy):
        service.submit("b", SHORT)


def test_a_model_that_fails_to_warm_up_is_broken_and_closed(serve: Callable[..., LocalService]) -> None:
    closed = []

    class Cold(Tone):
        def step(self, states: Any) -> list[ToneState]:
            raise RuntimeError("cold")

        def close(self) -> None:
            closed.append(True)

    service = serve(lambda: Model(Cold()))
    events = until(service, bool)
    assert events == [Broken("render", "the model failed: RuntimeError: cold")]
    assert closed == [True]


def test_the_model_is_closed_with_the_service() -> None:
    closed = []

    class Closing(Tone):
        def close(self) -> None:
            closed.append(True)

    service = LocalService(lambda: Model(Closing()))
    until(service, bool)
    service.close(10)
    assert closed == [True]


def test_many_jobs_and_cancels_each_end_once(serve: Callable[..., LocalService]) -> None:
    service = serve(lambda: engine.load("tone"))
    ids = [str(index) for index in range(60)]
    for id in ids:
        service.submit(id, SHORT)
        if int(id) % 3 == 0:
            service.cancel(id)
            service.cancel(id)
    events = until(service, over(*ids))
    assert sorted(event.id for event in events if isinstance(event, LAST)) == sorted(ids)


@pytest.mark.parametrize("phase", ["stepping", "decoding", "preview"])
def test_a_cancel_frees_the_device_within_a_unit_in_every_phase(serve: Callable[..., LocalService], phase: str) -> None:
    """A step and a piece of decoding take 50 ms each here; all that is left of the job would take 4 s and more."""
    service = serve(lambda: engine.load("tone", step_seconds=0.05, piece_seconds=0.05))
    steps = 1 if phase == "decoding" else 100
    asked = SHORT.replace(seconds=20.0, steps=steps, level="ahead")
    service.submit("a", asked, Handling(stream=1, preview=2 if phase == "preview" else 0))
    wanted = {"stepping": Step, "decoding": Piece, "preview": Preview}[phase]
    until(service, lambda events: any(isinstance(event, wanted) for event in events))
    begin = time.monotonic()
    service.cancel("a")
    service.submit("b", SHORT.replace(steps=1))
    events = until(service, over("a", "b"))
    assert time.monotonic() - begin < 1.5
    assert Cancelled("a") in events and events[-1] == Done("b", 1)
    assert not any(isinstance(event, TakeReady) and event.id == "a" for event in events)


def test_a_live_job_does_not_wait_for_another_ones_decoding(serve: Callable[..., LocalService]) -> None:
    service = serve(lambda: engine.load("tone", piece_seconds=0.05))
    service.submit("long", SHORT.replace(seconds=20.0, steps=1, level="ahead"), Handling(priority="batch", stream=1))
    until(service, lambda events: any(isinstance(event, Piece) for event in events))
    service.submit("hit", SHORT, Handling(priority="live"))
    events = until(service, over("hit"))
    assert Done("long", 1) not in events
    assert len([event for event in events if isinstance(event, Piece)]) <= 4


def test_a_latency_is_more_than_nothing() -> None:
    with pytest.raises(BadRequest, match="latency must be more than 0 s, got 0"):
        LocalService(lambda: engine.load("tone"), latency=0)

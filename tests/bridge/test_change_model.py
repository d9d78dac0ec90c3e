"""Changing the model while jobs wait and render: which engine gets them, and what happens if the new one is no good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.child import Lost
from bridge.config import Config
from bridge.desk import Desk
from bridge.models import Record, Store
from bridge.osc import Message
from engine import Broken, Done, Handling, Ready, Request, Started

A, B = ("127.0.0.1", 5000), ("127.0.0.1", 5001)
OLD, NEW = Ready("tone", 48000, "1", ("generate",)), Ready("mine", 16000, "1", ("generate", "restyle"))


class Stage:
    """A desk with the model tone in use, engines that only note what is asked of them, and a store with one model."""

    def __init__(self, folder: Path) -> None:
        self.running = ["tone"]
        self.sent: list[tuple[Any, ...]] = []
        self.asked: list[tuple[str, str]] = []
        self.store = Store(folder / "models")
        (folder / "weights").mkdir()
        self.store.put(Record(name="mine", path=str(folder / "weights"), owned=False, summary="AudioLDM S"))
        self.desk = Desk(Config(takes=folder / "takes", model="tone"), self, self._send, self.store)

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(self.running)

    def start(self, model: str) -> None:
        self.store.loadable(model)
        if model not in self.running:
            self.running.append(model)

    def retire(self, model: str) -> None:
        self.running.remove(model)

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        assert request.model == model
        self.asked.append((model, key))

    def cancel(self, model: str, key: str) -> None: ...

    def _send(self, to: tuple[Any, ...], address: str, args: tuple[Any, ...]) -> None:
        self.sent += [(receiver, address, *args) for receiver in to]

    def say(self, address: str, *args: Any, sender: tuple[str, int] = A) -> list[tuple[Any, ...]]:
        self.sent.clear()
        self.desk.receive([Message(address, args)], sender)
        return list(self.sent)

    async def play(self, model: str, *events: Any) -> list[tuple[Any, ...]]:
        self.sent.clear()
        for event in events:
            await self.desk.on_event(model, event)
        return list(self.sent)


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    await stage.play("tone", OLD)
    stage.say("/bridge/hello", "b", sender=B)
    return stage


async def test_the_old_engine_goes_on_until_the_new_one_is_ready(stage: Stage) -> None:
    told = stage.say("/bridge/model", "mine")
    assert [one[:2] + one[3:] for one in told] == [(A, "/bridge/loading", "mine"), (B, "/bridge/loading", "mine")]
    assert stage.running == ["tone", "mine"]
    told = await stage.play("mine", NEW)
    assert told == [(B, "/bridge/ready", "1", "mine", 16000, "generate", "restyle")]
    assert stage.running == ["mine"]


async def test_jobs_go_to_the_model_that_was_in_use_when_they_came(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    await stage.play("tone", Started("job-1"))
    stage.say("/bridge/model", "mine")
    stage.say("/render/generate", "2", "wind")
    stage.say("/render/generate", "3", "hail", "model", "tone")
    assert stage.asked == [("tone", "job-1"), ("tone", "job-3")]
    await stage.play("mine", NEW)
    assert stage.asked[2:] == [("mine", "job-2")]
    assert stage.running == ["tone", "mine"]  # the old one has work to do
    await stage.play("tone", Done("job-1", 0))
    assert stage.running == ["tone", "mine"]
    assert await stage.play("tone", Started("job-3"), Done("job-3", 0)) == [(A, "/job/done", "3", 0)]
    assert stage.running == ["mine"]


async def test_a_model_that_cannot_be_loaded_leaves_the_old_one_in_use(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    stage.say("/bridge/model", "mine")
    stage.say("/render/generate", "2", "wind")
    told = await stage.play("mine", Broken("model", "unet/config.json is missing"))
    assert (A, "/job/failed", "2", "model", "unet/config.json is missing") in told
    assert (A, "/bridge/error", "model", "the model is still tone: unet/config.json is missing") in told
    assert told[-1] == (B, "/bridge/ready", "1", "tone", 48000, "generate")
    assert stage.running == ["tone"]
    assert await stage.play("tone", Started("job-1"), Done("job-1", 0)) == [(A, "/job/done", "1", 0)]
    assert stage.say("/render/generate", "3", "hail") == [(A, "/job/queued", "3", 0)]
    assert stage.asked[-1] == ("tone", "job-3")


async def test_an_engine_that_is_lost_while_loading_leaves_the_old_one_in_use(stage: Stage) -> None:
    stage.say("/bridge/model", "mine")
    told = await stage.play("mine", Lost("the engine process was ended by SIGKILL", False, 1))
    text = "the model is still tone: the engine process was ended by SIGKILL while loading the model mine"
    assert (A, "/bridge/error", "engine-lost", text) in told
    assert stage.running == ["tone"]


async def test_an_unknown_model_is_refused_with_those_that_are_known(stage: Stage) -> None:
    ((to, address, code, text),) = stage.say("/bridge/model", "mime")
    assert (to, address, code) == (A, "/bridge/error", "model")
    assert text.startswith("the model is still tone: unknown model 'mime': known are pocket,")
    assert ", mine;" in text
    assert stage.running == ["tone"]


async def test_the_model_in_use_is_only_confirmed(stage: Stage) -> None:
    assert stage.say("/bridge/model", "tone")[0] == (A, "/bridge/ready", "1", "tone", 48000, "generate")
    assert stage.running == ["tone"]


async def test_going_back_before_the_new_one_is_ready_ends_the_new_one(stage: Stage) -> None:
    stage.say("/bridge/model", "mine")
    assert stage.say("/bridge/model", "tone")[0][1:4] == ("/bridge/ready", "1", "tone")
    assert stage.running == ["tone"]
    await stage.play("mine", NEW)  # too late, and harmless
    assert stage.say("/bridge/hello", "a")[0][3] == "tone"


async def test_a_second_change_overtakes_the_first(stage: Stage) -> None:
    stage.say("/bridge/model", "mine")
    stage.say("/render/generate", "1", "rain")
    stage.say("/bridge/model", "pocket")
    await stage.play("pocket", Ready("pocket", 48000, "1", ("generate",)))
    assert stage.running == ["mine", "pocket"]  # a job waits for the one that was overtaken
    (failed,) = await stage.play("mine", Broken("model", "damaged"))
    assert failed == (A, "/job/failed", "1", "model", "damaged")
    assert stage.running == ["pocket"]


async def test_an_old_engine_that_is_lost_during_the_change_keeps_its_jobs(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    stage.say("/bridge/model", "mine")
    await stage.play("tone", Lost("the engine process was ended by SIGSEGV", True, 1))
    await stage.play("mine", NEW)
    stage.asked.clear()
    await stage.play("tone", OLD)
    assert stage.asked == [("tone", "job-1")]
    await stage.play("tone", Started("job-1"), Done("job-1", 0))
    assert stage.running == ["mine"]


async def test_a_first_model_may_be_replaced_before_it_is_ready(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.say("/bridge/model", "mine")
    await stage.play("tone", Broken("model", "damaged"))
    await stage.play("mine", NEW)
    assert stage.running == ["mine"]


async def test_the_list_of_models_names_all_of_them(stage: Stage) -> None:
    told = stage.say("/bridge/models")
    assert (A, "/bridge/known", "mine", "AudioLDM S") in told
    assert (A, "/bridge/known", "tone", "comes with the engine") in told
    assert told[-1] == (A, "/bridge/listed", len(told) - 1)


async def test_a_model_that_is_not_loaded_is_refused_in_a_request(stage: Stage) -> None:
    failed = stage.say("/render/generate", "1", "rain", "model", "mine")[0]
    assert failed[1:4] == ("/job/failed", "1", "model")
    assert "/bridge/model" in failed[4]

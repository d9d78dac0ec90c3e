"""Changing the model while jobs wait and render: which engine gets them, and what happens if the new one is no good."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.child import Lost
from bridge.models import Record
from engine import Broken, Done, Handling, Ready, Request, Started
from tests.bridge.stage import A, B, Stage

OLD, NEW = Ready("tone", 48000, "1", ("generate",)), Ready("mine", 16000, "1", ("generate", "restyle"))


class Changing(Stage):
    """A stage with a store that has one more model. ``asked`` is which model's engine was given which job."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "takes")
        (folder / "weights").mkdir()
        self.store.put(Record(name="mine", path=str(folder / "weights"), owned=False, summary="AudioLDM S"))

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        super().submit(model, key, request, handling)
        self.asked[-1] = (model, key)


@pytest.fixture
async def stage(tmp_path: Path) -> Changing:
    stage = Changing(tmp_path)
    await stage.play(OLD)
    stage.say("/bridge/hello", "b", sender=B)
    return stage


async def test_the_old_engine_goes_on_until_the_new_one_is_ready(stage: Changing) -> None:
    told = stage.say("/bridge/model", "mine")
    assert [one[:2] + one[3:] for one in told] == [(A, "/bridge/loading", "mine"), (B, "/bridge/loading", "mine")]
    assert stage.running == ["tone", "mine"]
    told = await stage.play(NEW, model="mine")
    assert told == [(B, "/bridge/ready", "1", "mine", 16000, "generate", "restyle")]
    assert stage.running == ["mine"]


async def test_jobs_go_to_the_model_that_was_in_use_when_they_came(stage: Changing) -> None:
    stage.say("/render/generate", "1", "rain")
    await stage.play(Started("job-1"))
    stage.say("/bridge/model", "mine")
    stage.say("/render/generate", "2", "wind")
    stage.say("/render/generate", "3", "hail", "model", "tone")
    assert stage.asked == [("tone", "job-1"), ("tone", "job-3")]
    await stage.play(NEW, model="mine")
    assert stage.asked[2:] == [("mine", "job-2")]
    assert stage.running == ["tone", "mine"]  # the old one has work to do
    await stage.play(Done("job-1", 0))
    assert stage.running == ["tone", "mine"]
    assert await stage.play(Started("job-3"), Done("job-3", 0)) == [(A, "/job/done", "3", 0)]
    assert stage.running == ["mine"]


async def test_a_model_that_cannot_be_loaded_leaves_the_old_one_in_use(stage: Changing) -> None:
    stage.say("/render/generate", "1", "rain")
    stage.say("/bridge/model", "mine")
    stage.say("/render/generate", "2", "wind")
    told = await stage.play(Broken("model", "unet/config.json is missing"), model="mine")
    assert (A, "/job/failed", "2", "model", "unet/config.json is missing") in told
    assert (A, "/bridge/error", "model", "the model is still tone: unet/config.json is missing") in told
    assert told[-1] == (B, "/bridge/ready", "1", "tone", 48000, "generate")
    assert stage.running == ["tone"]
    assert await stage.play(Started("job-1"), Done("job-1", 0)) == [(A, "/job/done", "1", 0)]
    assert stage.say("/render/generate", "3", "hail") == [(A, "/job/queued", "3", 0)]
    assert stage.asked[-1] == ("tone", "job-3")


async def test_an_engine_that_is_lost_while_loading_leaves_the_old_one_in_use(stage: Changing) -> None:
    stage.say("/bridge/model", "mine")
    told = await stage.play(Lost("the engine process was ended by SIGKILL", False, 1), model="mine")
    text = "the model is still tone: the engine process was ended by SIGKILL while loading the model mine"
    assert (A, "/bridge/error", "engine-lost", text) in told
    assert stage.running == ["tone"]


async def test_an_unknown_model_is_refused_with_those_that_are_known(stage: Changing) -> None:
    ((to, address, code, text),) = stage.say("/bridge/model", "mime")
    assert (to, address, code) == (A, "/bridge/error", "model")
    assert text.startswith("the model is still tone: unknown model 'mime': known are pocket,")
    assert ", mine;" in text
    assert stage.running == ["tone"]


async def test_the_model_in_use_is_only_confirmed(stage: Changing) -> None:
    assert stage.say("/bridge/model", "tone")[0] == (A, "/bridge/ready", "1", "tone", 48000, "generate")
    assert stage.running == ["tone"]


async def test_going_back_before_the_new_one_is_ready_ends_the_new_one(stage: Changing) -> None:
    stage.say("/bridge/model", "mine")
    assert stage.say("/bridge/model", "tone")[0][1:4] == ("/bridge/ready", "1", "tone")
    assert stage.running == ["tone"]
    await stage.play(NEW, model="mine")  # too late, and harmless
    assert stage.say("/bridge/hello", "a")[0][3] == "tone"


async def test_a_second_change_overtakes_the_first(stage: Changing) -> None:
    stage.say("/bridge/model", "mine")
    stage.say("/render/generate", "1", "rain")
    stage.say("/bridge/model", "pocket")
    await stage.play(Ready("pocket", 48000, "1", ("generate",)), model="pocket")
    assert stage.running == ["mine", "pocket"]  # a job waits for the one that was overtaken
    (failed,) = await stage.play(Broken("model", "damaged"), model="mine")
    assert failed == (A, "/job/failed", "1", "model", "damaged")
    assert stage.running == ["pocket"]


async def test_an_old_engine_that_is_lost_during_the_change_keeps_its_jobs(stage: Changing) -> None:
    stage.say("/render/generate", "1", "rain")
    stage.say("/bridge/model", "mine")
    await stage.play(Lost("the engine process was ended by SIGSEGV", True, 1))
    await stage.play(NEW, model="mine")
    stage.asked.clear()
    await stage.play(OLD)
    assert stage.asked == [("tone", "job-1")]
    await stage.play(Started("job-1"), Done("job-1", 0))
    assert stage.running == ["mine"]


async def test_a_first_model_may_be_replaced_before_it_is_ready(tmp_path: Path) -> None:
    stage = Changing(tmp_path)
    stage.say("/bridge/model", "mine")
    await stage.play(Broken("model", "damaged"))
    await stage.play(NEW, model="mine")
    assert stage.running == ["mine"]


async def test_the_list_of_models_names_all_of_them(stage: Changing) -> None:
    told = stage.say("/bridge/models")
    assert (A, "/bridge/known", "mine", "AudioLDM S") in told
    assert (A, "/bridge/known", "tone", "comes with the engine") in told
    assert told[-1] == (A, "/bridge/listed", len(told) - 1)


async def test_a_model_that_is_not_loaded_is_refused_in_a_request(stage: Changing) -> None:
    failed = stage.say("/render/generate", "1", "rain", "model", "mine")[0]
    assert failed[1:4] == ("/job/failed", "1", "model")
    assert "/bridge/model" in failed[4]

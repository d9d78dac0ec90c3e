"""Presets over the daemon's commands, and what makes a preset a request or a sound a preset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.config import Config
from bridge.desk import Desk
from bridge.http.calls import message
from bridge.keeping import kept, typed
from bridge.models import Store
from bridge.osc import Message
from bridge.osc import encode as packet
from bridge.shelf import Shelf, check_preset, request_of
from engine import BadRequest, Handling, Ready, Request, UnknownKey
from presets import Library, PackError, preset_of

A = ("127.0.0.1", 5000)


class Stage:
    """A desk without engines: what it was sent to render, and what it answered."""

    def __init__(self, folder: Path, model: str) -> None:
        self.sent: list[tuple[Any, ...]] = []
        self.asked: list[Request] = []
        self.models = (model,)
        self.desk = Desk(Config(takes=folder, model=model), self, self._send, Store(folder / "models"))

    def _send(self, to: tuple[Any, ...], address: str, args: tuple[Any, ...]) -> None:
        self.sent.append((address, *args))

    def start(self, model: str) -> None:
        """No engine is started here."""

    def retire(self, model: str) -> None:
        """None is there to be ended."""

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        self.asked.append(request)

    def cancel(self, model: str, key: str) -> None:
        """Nothing is rendered here."""

    def say(self, address: str, *args: Any) -> list[tuple[Any, ...]]:
        self.sent.clear()
        self.desk.receive([Message(address, args)], A)
        return list(self.sent)


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path, "pocket")
    await stage.desk.on_event("pocket", Ready("pocket", 48000, "1", ("generate",)))
    return stage


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf(Library())


async def test_a_preset_is_rendered_with_its_variables_and_settings_changed(stage: Stage) -> None:
    said = stage.say("/render/preset", "1", "foley/footsteps", "surface", "in snow", "seconds", "2.5", "seed", 3.0)
    assert said == [("/job/queued", "1", 0)]
    (asked,) = stage.asked
    assert asked.prompt == "brisk footsteps in snow"
    assert (asked.seconds, asked.seed, asked.model) == (2.5, 3, "pocket")


async def test_a_loop_keeps_its_task_and_takes_another_tempo(stage: Stage) -> None:
    stage.say("/render/preset", "1", "techno-loop", "bpm", 140.0, "priority", "live")
    (asked,) = stage.asked
    assert (asked.task, asked.bars, asked.bpm) == ("loop", 2.0, 140.0)


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        (("door-slum",), "unknown-preset", "there is no preset 'door-slum'; did you mean 'door-slam'?"),
        (("footsteps", "surface", "on Mars"), "bad-value", "surface must be on gravel | on a wooden floor"),
        (("footsteps", "surfase", "in snow"), "unknown-key", "did you mean surface?"),
        (("footsteps", "seconds", 99.0), "bad-value", "seconds must be 0.05 to 60 s, got 99.0"),
        (("footsteps", "task", "loop"), "unknown-key", "unknown key 'task'"),
        (("taiko",), "model", "drums/taiko is for audioldm or audioldm2, and not for pocket"),
        (("footsteps", "model", "tone"), "model", "model must be pocket"),
        (("footsteps", "source", "/no/such.wav"), "bad-file", "/no/such.wav"),
        (("footsteps", "seconds"), "bad-value", "seconds has no value"),
    ],
)  # fmt: skip
async def test_what_no_preset_can_do_is_told_with_the_jobs_id(
    stage: Stage, args: tuple[Any, ...], code: str, text: str
) -> None:
    ((address, id, told, words),) = stage.say("/render/preset", "7", *args)
    assert (address, id, told) == ("/job/failed", "7", code)
    assert text in words
    assert stage.asked == []


async def test_packs_presets_and_keys_are_listed(stage: Stage) -> None:
    packs = stage.say("/presets/packs")
    assert packs[-1] == ("/presets/listed", len(packs) - 1)
    assert ("/presets/pack", "drums", "Drums and one-shots") in {one[:3] for one in packs}
    drums = stage.say("/presets/list", "drums")
    assert ("/presets/entry", "drums/taiko") in {one[:2] for one in drums}
    assert {one[1]: one[-1] for one in drums[:-1]}["drums/taiko"] == 0
    assert len(stage.say("/presets/list")) > 200
    shown = stage.say("/presets/show", "footsteps")
    assert ("/presets/key", "foley/footsteps", "pace", "brisk | slow | running") in shown
    assert ("/presets/key", "foley/footsteps", "mode", "loop") in shown
    assert stage.say("/presets/list", "folly")[0][:2] == ("/bridge/error", "unknown-preset")


async def test_every_answer_about_presets_fits_a_datagram(stage: Stage) -> None:
    for said in (stage.say("/presets/list"), stage.say("/presets/packs"), stage.say("/presets/show", "rain-bed")):
        assert max(len(packet(address, *args)) for address, *args in said) <= 1400


async def test_a_search_finds_what_no_word_names(stage: Stage) -> None:
    stage.desk._shelf.shelf.warm()
    found = [one[1] for one in stage.say("/presets/search", "lullaby", 5)[:-1]]
    assert "instruments/music-box" in found
    assert stage.say("/presets/search", "rain", 3)[-1] == ("/presets/listed", 3)
    assert stage.say("/presets/search", "rain", 101)[0][:2] == ("/bridge/error", "bad-value")


def test_until_the_vectors_are_made_a_search_goes_by_words() -> None:
    fresh = Shelf(Library())
    assert [preset.name for preset, _ in fresh.search("camera shutter", 1)] == ["camera-shutter"]


def test_names_come_before_likeness(shelf: Shelf) -> None:
    assert shelf.search("kick", 1, wait=True)[0][0].name == "kick"
    assert {"thunder", "far-thunder"} <= {preset.name for preset, _ in shelf.search("thunderstorm", 3, wait=True)}


def test_over_http_the_variables_come_by_name() -> None:
    sent = message("/render/preset", {"id": "1", "name": "footsteps", "surface": "in snow", "seconds": 2.5})
    assert sent.args == ("1", "footsteps", "surface", "in snow", "seconds", "2.5")


def test_a_request_of_a_preset_names_what_it_cannot_take(shelf: Shelf) -> None:
    preset = shelf.library.find("footsteps")
    assert request_of(preset, {}).prompt == "brisk footsteps on gravel"
    with pytest.raises(UnknownKey, match="did you mean pace"):
        request_of(preset, {"pase": "slow"})
    with pytest.raises(BadRequest, match="pace must be brisk"):
        request_of(preset, {"pace": "hopping"})
    assert request_of(shelf.library.find("taiko"), {}, "my-audioldm").model == "my-audioldm"


def test_a_preset_out_of_range_is_found_in_any_choice() -> None:
    check_preset(preset_of({"why": "w", "prompt": "{x} rain", "variables": {"x": ["", "light"]}}, "a"))
    with pytest.raises(PackError, match="seconds must be"):
        check_preset(preset_of({"why": "w", "prompt": "rain", "seconds": 61}, "a"))
    with pytest.raises(PackError, match="prompt must be"):
        check_preset(preset_of({"why": "w", "prompt": "{x}", "variables": {"x": ["rain", "x" * 1001]}}, "a"))


def test_a_take_becomes_a_preset_with_its_seed() -> None:
    take = Request(
        prompt="a door slam", seconds=3.0, seed=7, steps=6, guidance=1.0, model="pocket", rate=44100, takes=1
    )
    preset = kept("door", "mine", None, take, {"mode": "gate"})
    assert preset.asked() == {"prompt": "a door slam", "seconds": 3.0, "seed": 7, "steps": 6, "guidance": 1.0}
    assert (preset.models, preset.playing.mode, preset.full_name) == (("pocket",), "gate", "mine/door")


def test_a_preset_becomes_another_with_other_defaults(shelf: Shelf) -> None:
    steps = kept("steps", "mine", shelf.library.find("footsteps"), None, {"pace": "slow", "seconds": 8}, "Mine.", ["a"])
    assert steps.variables["pace"] == ("slow", "brisk", "running")
    assert (steps.asked()["seconds"], steps.why, steps.tags) == (8, "Mine.", ("a",))
    with pytest.raises(PackError, match="pace must be brisk"):
        kept("steps", "mine", shelf.library.find("footsteps"), None, {"pace": "hopping"})
    with pytest.raises(PackError, match="unknown key 'second'; did you mean 'seconds'"):
        kept("steps", "mine", None, None, {"prompt": "rain", "second": 1})


def test_values_of_the_command_line_get_their_types() -> None:
    found = [
        typed(*pair) for pair in (("seconds", "2"), ("takes", "3"), ("root", "60"), ("surface", "1"), ("bpm", "x"))
    ]
    assert [(value, type(value)) for value in found] == [(2.0, float), (3, int), (60, int), ("1", str), ("x", str)]

"""Takes of pads between the engine and the first hit, with engines that the test plays: as the pad is by then."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bridge.audio.output import Output
from bridge.audio.prepare import Prepared, prepare
from bridge.pads.pool import Held, Pad, Pool
from bridge.pads.stage import Stage
from bridge.pads.store import PadStore
from engine import Clip, Done, Handling, Ready, Request, Take, TakeReady
from presets import Playing

PAD = Pad("kick", "a kick", Request(prompt="a kick", seconds=0.1, seed=1), Playing(pool=1))


class Set:
    """A stage with one engine, which renders when it is told to; and the stage's audience."""

    def __init__(self) -> None:
        self.ordered: dict[str, Request] = {}
        self.orders = 0
        self.complaints: list[str] = []
        self.stage = Stage(Output("null"), self, PadStore(None), self)
        self.stage.open()
        self.stage.use_model("tone")
        self.stage.on_event("tone", Ready("tone", 48000, "1", ("generate",)))

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        self.ordered[key] = request
        self.orders += 1

    def cancel(self, model: str, key: str) -> None:
        self.ordered.pop(key, None)

    def filled(self, pool: Pool) -> None: ...

    def failed(self, pool: Pool, code: str, text: str) -> None:
        self.complaints.append(text)

    def played(self, pool: Pool, take: Held, note: int, velocity: float) -> None: ...

    def render(self) -> None:
        """Do what was ordered."""
        for key, request in tuple(self.ordered.items()):
            del self.ordered[key]
            resolved = request.replace(steps=1, guidance=1.0, rate=48000)
            take = Take(Clip(np.full((1, 4800), 0.1, np.float32), 48000), resolved, 0, 0.5)
            self.stage.on_event("tone", TakeReady(key, take))
            self.stage.on_event("tone", Done(key, 1))

    async def settle(self) -> None:
        """Wait until nothing goes on."""
        while self.stage._work:
            await asyncio.gather(*self.stage._work)


class HeldUp:
    """`prepare`, whose first call waits until it may go on."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, *args: Any) -> Prepared:
        first = not self.begun.is_set()
        self.begun.set()
        if first:
            assert self.go_on.wait(20)
        return prepare(*args)


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> HeldUp:
    found = HeldUp()
    monkeypatch.setattr("bridge.pads.voicing.prepare", found)
    return found


def tuned(semitones: float) -> Pad:
    return dataclasses.replace(PAD, playing=PAD.playing.replace(tune=semitones))


async def meanwhile(held_up: HeldUp, act: Callable[[], Any]) -> None:
    """Do something while a take is made ready, and let that go on."""
    await asyncio.to_thread(held_up.begun.wait, 20)
    act()
    await asyncio.sleep(0.05)
    held_up.go_on.set()


async def test_a_pad_that_is_changed_while_its_take_comes_plays_it_as_changed(held_up: HeldUp) -> None:
    one = Set()
    pool = one.stage.assign(PAD)
    one.render()
    await meanwhile(held_up, lambda: one.stage.change(tuned(12.0)))
    await one.settle()
    assert pool.takes[0].prepared is not None
    assert pool.takes[0].prepared.sound.frames == pytest.approx(2400, abs=2)  # an octave up


async def test_of_two_changes_the_latest_holds_however_long_the_first_takes(
    held_up: HeldUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Set()
    held_up.begun.set()  # for what comes first
    pool = one.stage.assign(PAD)
    one.render()
    await one.settle()
    held_up.begun.clear()
    one.stage.change(tuned(12.0))
    await meanwhile(held_up, lambda: one.stage.change(tuned(-12.0)))
    await one.settle()
    assert pool.takes[0].prepared is not None
    assert pool.takes[0].prepared.sound.frames == pytest.approx(9600, abs=2)


async def test_a_take_that_cannot_be_made_ready_is_not_ordered_again_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Prepared:
        raise RuntimeError("a defect")

    monkeypatch.setattr("bridge.pads.voicing.prepare", broken)
    one = Set()
    one.stage.assign(PAD)
    for _ in range(10):
        one.render()
        await one.settle()
    assert one.orders <= 2
    assert "could not be made ready" in one.complaints[0]

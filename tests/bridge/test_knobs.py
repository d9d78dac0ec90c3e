"""Knobs on their way to parameters: the latest of each, steps that add up, buttons, what waits until it has settled."""

from __future__ import annotations

import asyncio

import pytest

from bridge.midi.knobs import Knobs
from bridge.midi.maps import Binding
from bridge.midi.parameters import NoParameter, NotNow, Parameter
from bridge.midi.scaling import Range, Value


class Desk:
    """Parameters that remember what was written: level, word, count and settled; gone cannot be written."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {"level": 0.0, "word": "b", "count": 4, "settled": 1.0, "press": 0}
        self.written: list[tuple[str, Value]] = []
        self.troubles: list[str] = []
        self.ranges = {
            "level": Range(-60.0, 12.0), "word": Range(choices=("a", "b", "c")), "count": Range(1, 16, whole=True),
            "settled": Range(0.0, 20.0), "press": Range(), "gone": Range(),
        }  # fmt: skip
        self.knobs = Knobs(self, self._note, self.troubles.append)  # type: ignore[arg-type]

    def find(self, name: str) -> Parameter:
        if name not in self.ranges:
            raise NoParameter(f"no {name}")
        settle = 0.1 if name == "settled" else 0.0
        return Parameter(name, self.ranges[name], "", lambda: self.values[name], lambda v: self._set(name, v), settle)

    def _set(self, name: str, value: Value) -> None:
        if name == "gone":
            raise NotNow("there is no pad gone")
        self.values[name] = value

    def _note(self, binding: Binding, parameter: Parameter, value: Value) -> None:
        self.written.append((parameter.name, value))


async def turned(desk: Desk, parameter: str, *moves: tuple[float | None, int], **more: float) -> list[Value]:
    desk.knobs.open()
    for position, steps in moves:
        desk.knobs.turn(Binding("cc 1", parameter, **more), position, steps)  # type: ignore[arg-type]
    await asyncio.sleep(0.25)
    desk.knobs.close()
    return [value for name, value in desk.written if name == parameter]


async def test_the_latest_of_many_is_written_once() -> None:
    desk = Desk()
    assert await turned(desk, "level", *((n / 1000, 0) for n in range(1001))) == [12.0]
    assert await turned(desk, "level", (1.0, 0), low=-24.0, high=-12.0) == [12.0, -12.0]


async def test_steps_add_up_from_where_the_parameter_is() -> None:
    desk = Desk()
    assert await turned(desk, "level", *[(None, 1)] * 10) == [pytest.approx(10 * 72 / 127)]
    assert await turned(desk, "word", (None, 1)) == ["c"]
    assert await turned(desk, "word", (None, -5)) == ["c", "a"]
    assert await turned(desk, "count", (None, 2)) == [6]


async def test_what_costs_a_rendering_waits_until_it_has_settled() -> None:
    desk = Desk()
    desk.knobs.open()
    for number in range(6):
        desk.knobs.turn(Binding("cc 1", "settled"), None, 1)
        await asyncio.sleep(0.04)
        assert desk.written == [], number
    await asyncio.sleep(0.3)
    assert desk.written == [("settled", pytest.approx(1.0 + 6 * 20 / 127))]
    desk.knobs.close()


async def test_buttons_are_pressed_once_and_trouble_is_told() -> None:
    desk = Desk()
    desk.knobs.open()
    for position in (0.2, 0.6, 1.0, 0.7, 0.0, 1.0):
        desk.knobs.press(Binding("cc 1", "press"), position)
    await asyncio.sleep(0.05)
    assert desk.written == [("press", 0.6), ("press", 1.0)]
    assert await turned(desk, "gone", (0.5, 0)) == [] and await turned(desk, "nothing", (0.5, 0)) == []
    assert desk.troubles == ["cc 1: there is no pad gone", "cc 1: no nothing"]

"""The evaluation of presets: what the judge hears of a take, what is done again, and what the document says."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.evaluation import packs, packs_table
from engine.evaluation.packs_table import Heard, digest, document
from engine.request import Request
from presets import Pack, Preset, pack_of, preset_of


def preset(name: str, **keys: Any) -> Preset:
    return preset_of({"why": "w", "prompt": f"a {name}", "expects": name, **keys}, name, "mine")


def test_short_takes_end_in_silence_and_loops_go_round() -> None:
    short = np.ones(24000, np.float32)
    (once,) = packs.windows(short, loop=False)
    assert (len(once), once.sum()) == (packs.WINDOW, 24000)
    (round_,) = packs.windows(short, loop=True)
    assert (len(round_), round_.sum()) == (packs.WINDOW, packs.WINDOW)


def test_long_takes_are_heard_piece_by_piece_without_a_short_rest() -> None:
    assert len(packs.windows(np.ones(packs.WINDOW * 2 + 100, np.float32), loop=False)) == 2
    assert len(packs.windows(np.ones(packs.WINDOW * 2 - 100, np.float32), loop=False)) == 2


def test_a_request_has_a_seed_of_its_own_unless_the_preset_names_one() -> None:
    first, second = (packs.request_of(preset(name)).seed for name in ("rain", "wind"))
    assert first == packs.request_of(preset("rain")).seed != second
    assert packs.request_of(preset("rain", seed=7, takes=4)).seed == 7
    assert packs.request_of(preset("rain", takes=4)).takes == 1


def test_only_what_changed_is_heard_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def hear(model: object, judge: object, one: Preset) -> Heard:
        heard.append(one.name)
        return Heard(digest(one), one.expects, "wind", 0.5, 0.9)

    monkeypatch.setattr(packs, "hear", hear)
    file, nobody = tmp_path / "presets.json", None
    both = [preset("rain"), preset("wind")]
    packs.measure(nobody, nobody, both, file, "w1")  # type: ignore[arg-type]
    packs.measure(nobody, nobody, [preset("rain", seconds=2), both[1]], file, "w1")  # type: ignore[arg-type]
    assert heard == ["rain", "wind", "rain"]
    results = packs.measure(nobody, nobody, both[1:], file, "w2")  # type: ignore[arg-type]
    assert heard[3:] == ["wind"]
    assert packs.read(file, "w2") == results
    assert packs.read(file, "w1") == {}


def test_the_document_names_what_is_not_recognised() -> None:
    rain, wind, large = preset("rain"), preset("wind"), preset("crowd", models=["audioldm"])
    pack = Pack("mine", {one.name: one for one in (rain, wind, large)}, "Mine", "Two.")
    results = {one.full_name: Heard(digest(one), one.expects, "wind", 0.25, 0.9) for one in (rain, wind)}
    text = document([pack], results, "w1")
    assert "**1 of 2 presets with one kind of sound are heard as what they are called in their first take,\n1 " in text
    assert "| rain | a rain | one-shot | **wind** | 0.25 | 0.90 |" in text
    assert "| crowd | a crowd | one-shot | for audioldm | | |" in text


def test_what_is_not_recognised_is_heard_four_times_more(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def hear_one(model: object, judge: object, one: Preset, request: Request) -> Heard:
        asked.append(request.seed or 0)
        return Heard(digest(one), "rain", "wind" if len(asked) in (1, 3) else "rain", 0.25, 0.9)

    monkeypatch.setattr(packs, "hear_one", hear_one)
    nobody: Any = None
    rain = preset("rain")
    found = packs.hear(nobody, nobody, rain)
    assert (found.heard, found.more, found.right) == ("wind", 4, 3) and not found.recognised and found.mostly
    first = packs.request_of(rain).seed or 0
    assert asked == [(first + number) % 2**31 for number in range(5)]
    asked.clear()
    once = packs.hear(nobody, nobody, preset("rain", seed=7))
    assert (once.heard, once.more, once.mostly) == ("wind", 0, False) and asked == [7]
    text = document([Pack("mine", {"rain": rain}, "Mine", "One.")], {rain.full_name: found}, "w1")
    assert "| **wind**; 3 of 4 more are right |" in text and "first take,\n1 in most" in text
    assert Heard(**found.as_dict()) == found and "more" not in once.as_dict()


def test_the_example_of_a_pack_is_one() -> None:
    found = pack_of(textwrap.dedent(packs_table.EXAMPLE), "mine").presets["attic-steps"]
    assert found.asked() == {"prompt": "slow footsteps on a wooden floor", "seconds": 6.0}
    assert [effect.name for effect in found.playing.chain] == ["lowpass", "reverb"]


def test_a_mixture_is_recognised_by_its_score() -> None:
    assert Heard("d", "", "rain", 0.0, 0.6).recognised
    assert not Heard("d", "", "rain", 0.0, 0.4).recognised

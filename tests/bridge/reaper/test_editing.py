"""Takes of an item of Reaper: of what is visible of it, in its place, and nothing else is changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.bridge.reaper.host import ITEM, SELECTED, Reaper, exported, only_item, read

pytestmark = pytest.mark.peers


def test_inpainting_replaces_the_selection_and_nothing_else(reaper: Reaper) -> None:
    """The visible part only, at the take's play rate and offset; outside the selection every bit is what it was."""
    tracks = [{1: {**ITEM, "selected": True}, 2: {"position": 8.0, "length": 1.0}}]
    result = reaper.run("inpaint", selection=[2.25, 2.75], answer="A4\n2\n3", tracks=tracks)
    assert not result["boxes"]
    item, other = result["tracks"][0]["items"]
    assert (item["position"], item["length"], other["position"]) == (2.0, 1.0, 8.0)
    assert [take["active"] for take in item["takes"]] == [False, True, False]
    was = exported(ITEM)
    for take in item["takes"][1:]:
        rate, samples = read(take["path"])
        assert (rate, samples.shape) == (48000, (48000, 2))
        assert np.array_equal(samples[:12000], was[:12000])
        assert np.array_equal(samples[36000:], was[36000:])
        assert not np.array_equal(samples[12000:36000], was[12000:36000])
        assert (take["offset"], take["speed"], take["volume"]) == (0, 1, 0.5)
    assert len(result["undo"]) == 1
    assert not list((Path(take["path"]).parent / "clips").glob("r-*")), "the clip is gone with the job"


def test_restyling_at_strength_0_gives_the_visible_part(reaper: Reaper) -> None:
    result = reaper.run("restyle", answer="A4\n0\n1\n", tracks=SELECTED)
    take = only_item(result)["takes"][1]
    assert np.array_equal(read(take["path"])[1], exported(ITEM))


def test_a_long_item_is_read_in_one_go_over_many_of_reapers_turns(reaper: Reaper) -> None:
    """The imitation refuses a second accessor in the middle, and one that is not given back."""
    long = {**ITEM, "length": 12.0, "selected": True}
    result = reaper.run("restyle", answer="A4\n0\n1\n", tracks=[{1: long}])
    take = only_item(result)["takes"][1]
    assert np.array_equal(read(take["path"])[1], exported(long))
    assert result["window"].count("Reading the item…") > 1


@pytest.mark.parametrize(
    ("mode", "heard"), [(1, [1, 0, 2, 3]), (2, None), (3, [0]), (6, [3]), (67, [0, 1]), (68, [1, 2])]
)
def test_the_channels_that_the_take_plays_are_edited(reaper: Reaper, mode: int, heard: list[int] | None) -> None:
    """Channel modes: swapped, mixed, one channel, a pair; of a source with four."""
    four = {**ITEM, "channels": 4}
    item = {**four, "mode": mode, "selected": True}
    take = only_item(reaper.run("restyle", answer="A4\n0\n1\n", tracks=[{1: item}]))["takes"][1]
    was = exported(four)
    expected = was[:, :2].mean(axis=1, keepdims=True) if heard is None else was[:, heard]
    assert np.array_equal(read(take["path"])[1], expected)


@pytest.mark.parametrize(
    ("channels", "text"),
    [(0, "media is missing or offline"), (16, "The selected item has 16 channels; those with 1 to 8 can be edited.")],
)
def test_an_item_that_cannot_be_edited_is_said(reaper: Reaper, channels: int, text: str) -> None:
    assert text in reaper.trouble("restyle", tracks=[{1: {**ITEM, "channels": channels, "selected": True}}])


@pytest.mark.parametrize(
    ("side", "position", "length", "offsets"),
    [("after", 2.0, 1.5, (0.2503, 0)), ("before", 1.5, 1.5, (-0.4997, 0)), ("both", 1.5, 2.0, (-0.4997, 0))],
)
def test_an_extended_item_is_longer_and_what_it_had_stays_where_it_was(
    reaper: Reaper, side: str, position: float, length: float, offsets: tuple[float, float]
) -> None:
    result = reaper.run("extend", answer=f"A4\n0.5\n{side}\n1\n", tracks=SELECTED)
    item = only_item(result)
    assert (item["position"], item["length"], item["loop"]) == (position, length, 0)
    assert [take["offset"] for take in item["takes"]] == pytest.approx(offsets)
    samples = read(item["takes"][1]["path"])[1]
    begin = round((2.0 - position) * 48000)
    assert len(samples) == round(length * 48000)
    assert np.array_equal(samples[begin : begin + 48000], exported(ITEM))


def test_nothing_is_before_the_projects_beginning(reaper: Reaper) -> None:
    early = {**ITEM, "position": 0.25, "selected": True}
    item = only_item(reaper.run("extend", answer="A4\n0.5\nbefore\n1\n", tracks=[{1: early}]))
    assert (item["position"], item["length"]) == (0, 1.25)
    assert [take["offset"] for take in item["takes"]] == pytest.approx([0.2503 - 0.25 * 1.5, 0.25])


@pytest.mark.parametrize(("action", "answer"), [("upsample", "\n8000\n1\n"), ("vary", "A4\n0.5\n1\n")])
def test_other_edits_are_takes_of_the_item_as_long_as_it_is(reaper: Reaper, action: str, answer: str) -> None:
    item = only_item(reaper.run(action, answer=answer, tracks=SELECTED))
    assert len(item["takes"]) == 2
    assert len(read(item["takes"][1]["path"])[1]) == 48000


def test_an_item_that_was_trimmed_and_moved_meanwhile_gets_its_take_in_its_place(reaper: Reaper) -> None:
    trim = """function(tests)
      local item = tests.project.items[1]
      item.values.D_POSITION, item.values.D_LENGTH = 5.0, 0.8
      item.takes[1].values.D_STARTOFFS = 0.2503 + 0.2 * 1.5
    end"""
    given = {**ITEM, "selected": True}
    item = only_item(reaper.run("restyle", answer="A4\n1\n1\n", tracks=[{1: given}], once_read=trim))
    assert (item["position"], item["length"]) == (5.0, 0.8)
    assert item["takes"][1]["offset"] == pytest.approx(0.2)


def test_an_item_that_is_gone_meanwhile_costs_no_take(reaper: Reaper) -> None:
    remove = "function(tests) tests.without(tests.project.items, tests.project.items[1]) end"
    result = reaper.run("restyle", answer="A4\n1\n1\n", tracks=SELECTED, once_read=remove)
    (box,) = result["boxes"]
    assert "The item is not there any more. The takes are in\n" in box
    assert Path(box.splitlines()[-1]).is_dir()

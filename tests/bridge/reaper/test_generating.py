"""New items of Reaper: in the time selection, on the bars, at markers; exactly there and exactly so long."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bridge.reaper.host import Reaper, only_item, read

pytestmark = pytest.mark.peers


def test_takes_come_into_the_time_selection_exactly(reaper: Reaper) -> None:
    result = reaper.run("generate", selection=[1.5, 3.2500001], answer="A4, loud\n3\n7", tracks=[{"selected": True}])
    item = only_item(result)
    assert (item["position"], item["length"], item["loop"]) == (1.5, 3.2500001 - 1.5, 0)
    assert [take["active"] for take in item["takes"]] == [True, False, False]
    assert [take["name"] for take in item["takes"]] == ["A4, loud (7)", "A4, loud (8)", "A4, loud (9)"]
    for take in item["takes"]:
        rate, samples = read(take["path"])
        assert (rate, len(samples)) == (48000, round((3.2500001 - 1.5) * 48000))
    assert result["undo"] == ["audioldm-bridge: generate"]
    assert result["commands"] == [40047], (
        "the peaks are built; any other of Reaper's actions might follow the ripple mode"
    )
    assert not result["window_open"]
    assert any("step" in text for text in result["window"])


def test_a_take_has_the_devices_rate_where_the_project_has_none(reaper: Reaper) -> None:
    result = reaper.run("generate", selection=[0.0, 0.5], answer="A4\n1\n", rate_used=False)
    ((item,),) = [track["items"] for track in result["tracks"]]
    assert read(item["takes"][0]["path"])[0] == 44100
    assert result["tracks"][0]["name"] == "bridge", "without a selected track there is a new one"


@pytest.mark.parametrize("old", [True, False])
def test_what_is_rendered_comes_into_its_project_whichever_is_in_front(reaper: Reaper, old: bool) -> None:
    """Reaper 6 makes tracks only in the project in front; the user's own tab is there again afterwards."""
    leave = {1: "function(tests) tests.leave() end"}
    result = reaper.run("generate", selection=[0.0, 0.1], answer="A4\n1\n", meanwhile=leave, old=old)
    assert only_item(result)["length"] == pytest.approx(0.1)
    assert result["left"]


@pytest.mark.parametrize(
    ("tempo", "selection", "bars", "position", "seconds"),
    [
        ([[0.0, 120.0, 4]], [2.5, 3.0], 1, 2.0, 2.0),
        ([[0.0, 90.0, 3]], None, 2, 0.0, 4.0),
        ([[0.0, 120.0, 4], [4.0, 60.0, 4]], [2.0, 3.0], 2, 2.0, 6.0),  # one bar at 120, one at 60
        ([[0.0, 90.0, 6, 8]], [2.5, 3.0], 2, 2.0, 4.0),  # bars of six eighths
        ([[0.0, 240.0, 7, 8]], [0.0, 1.0], 2, 0.0, 1.75),  # 480 eighths a minute: only the length can be told
    ],
)
def test_a_loop_is_whole_bars_of_the_tempo_map(
    reaper: Reaper, tempo: list, selection: list | None, bars: int, position: float, seconds: float
) -> None:
    item = only_item(reaper.run("loop", tempo=tempo, selection=selection, answer=f"A4\n{bars}\n1\n"))
    assert (item["position"], item["length"], item["loop"]) == (position, pytest.approx(seconds, abs=1e-9), 1)
    assert len(read(item["takes"][0]["path"])[1]) == round(seconds * 48000)


def test_markers_and_regions_are_rendered_by_their_names_in_one_step(reaper: Reaper) -> None:
    markers = [
        {"start": 1.0, "name": "C3"}, {"start": 2.0, "finish": 2.75, "name": "Türschlag, dumpf"},
        {"start": 3.0, "name": " "}, {"start": 9.0, "finish": 9.5, "name": "outside"},
    ]  # fmt: skip
    result = reaper.run("markers", markers=markers, selection=[0.5, 5.0], answer="0.3\n2")
    assert not result["boxes"]
    (track,) = result["tracks"]
    assert [(one["position"], one["length"]) for one in track["items"]] == [(1, 0.3), (2, 0.75)]
    assert [len(one["takes"]) for one in track["items"]] == [2, 2]
    assert track["items"][1]["takes"][0]["name"].startswith("Türschlag, dumpf (")
    assert result["undo"] == ["audioldm-bridge: markers and regions"]


def test_more_markers_than_the_bridge_takes_jobs_of_one_client(reaper: Reaper) -> None:
    markers = [{"start": float(number), "name": "A4"} for number in range(70)]
    result = reaper.run("markers", markers=markers, answer="0.05\n1")
    assert not result["boxes"]
    assert [item["position"] for item in result["tracks"][0]["items"]] == list(range(70))
    assert "markers and regions: 0 of 70" in result["window"]
    assert "Reading the item…" not in result["window"]


def test_takes_are_kept_with_a_project_that_was_saved(reaper: Reaper, tmp_path: Path) -> None:
    more = {"selection": [0.0, 0.25], "answer": "A4\n1\n5", "project": str(tmp_path / "song.rpp")}
    paths = [Path(only_item(reaper.run("generate", **more))["takes"][0]["path"]) for _ in range(2)]
    assert [path.parent for path in paths] == [tmp_path / "Media"] * 2
    assert paths[0] != paths[1]
    assert len(read(str(paths[0]))[1]) == 12000


def test_a_dialog_that_is_cancelled_does_nothing(reaper: Reaper) -> None:
    result = reaper.run("generate", selection=[0.0, 1.0])
    assert (result["boxes"], result["tracks"], result["undo"]) == ({}, {}, {})
    assert not result["window"]


def test_answers_are_there_the_next_time(reaper: Reaper) -> None:
    state = reaper.run("generate", selection=[0.0, 0.1], answer="a, b\n2\n")["state"]
    (dialog,) = reaper.run("generate", selection=[0.0, 0.1], ext=state)["dialogs"]
    assert dialog["defaults"] == "a, b\n2\n"

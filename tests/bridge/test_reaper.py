"""The Reaper scripts under real Lua, in a strict imitation of Reaper's API, with a real daemon."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.hosts.reaper import SCRIPTS, scripts
from bridge.hosts.reaper.reapack import index
from engine import __version__, read_clip

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
pytestmark = pytest.mark.peers


def lua(value: Any) -> str:
    """A Python value as Lua source; text that begins with ``function`` is one."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{lua(key)}] = {lua(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "{" + ", ".join(map(lua, value)) + "}"
    if isinstance(value, str):
        return value if value.startswith("function") else json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "nil"}[value]
    return repr(value)


@pytest.fixture(scope="module")
def running(serve_for_all: Callable, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("state")
    daemon = serve_for_all("--state", str(state))
    daemon.spool = state / "spool-0"
    return daemon


@pytest.fixture(params=["lua5.3", "lua5.4"])
def program(request: pytest.FixtureRequest, peer: Callable[[str], str]) -> str:
    """Reaper 6 has Lua 5.3, Reaper 7 has 5.4."""
    return peer(request.param)


class Reaper:
    """Runs scripts; each time in a fresh project."""

    def __init__(self, program: str, spool: Path, folder: Path) -> None:
        self.program, self.spool, self.folder, self.runs = program, spool, folder, 0

    def run(self, action: str, **more: Any) -> dict[str, Any]:
        self.runs += 1
        scenario = {
            "scripts": f"{SCRIPTS}/", "script": f"bridge_{action}.lua", "rate": 48000, "device_rate": 44100,
            "tempo": [[0.0, 120.0, 4]], "guid": f"{abs(hash((str(self.folder), self.runs))):032x}"[:24],
            "ext": {"audioldm-bridge.spool": str(self.spool)}, **more,
        }  # fmt: skip
        file, result = self.folder / f"scenario{self.runs}.lua", self.folder / f"result{self.runs}.json"
        file.write_text(f"return {lua(scenario)}")
        command = [self.program, str(HERE / "lua" / "reaper.lua"), str(file), str(result)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(result.read_text())


@pytest.fixture
def reaper(program: str, running: Any, tmp_path: Path) -> Reaper:
    return Reaper(program, running.spool, tmp_path)


def read(path: str) -> tuple[int, np.ndarray]:
    """A WAV file's rate and samples (frames, channels), by the engine's own reader."""
    clip = read_clip(path)
    return clip.rate, clip.samples.T


def exported(item: dict[str, Any], rate: int = 48000) -> np.ndarray:
    """What the imitation's item sounds like, frame by frame."""
    frames, channels = round(item["length"] * rate), item.get("channels", 1)
    times = item.get("offset", 0.0) + np.arange(frames) / rate * item.get("speed", 1.0)
    n = np.floor(times * item.get("rate", rate) + 0.5).astype(np.int64)
    c = np.arange(channels)
    return (((7919 * n[:, None] + 104729 * c) % 65536 - 32768) / 65536).astype(np.float32)


def only_item(result: dict[str, Any]) -> dict[str, Any]:
    assert not result["boxes"]
    ((item,),) = [track["items"] for track in result["tracks"]]
    return item


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
    assert not result["window_open"]
    assert any("step" in text for text in result["window"])


def test_a_take_has_the_devices_rate_where_the_project_has_none(reaper: Reaper) -> None:
    result = reaper.run("generate", selection=[0.0, 0.5], answer="A4\n1\n", rate_used=False)
    ((item,),) = [track["items"] for track in result["tracks"]]
    assert read(item["takes"][0]["path"])[0] == 44100
    assert result["tracks"][0]["name"] == "bridge", "without a selected track there is a new one"


ITEM = {"position": 2.0, "length": 1.0, "offset": 0.2503, "speed": 1.5, "channels": 2, "rate": 44100, "volume": 0.5}


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
    result = reaper.run("restyle", answer="A4\n0\n1\n", tracks=[{1: {**ITEM, "selected": True}}])
    take = only_item(result)["takes"][1]
    assert np.array_equal(read(take["path"])[1], exported(ITEM))


@pytest.mark.parametrize(
    ("side", "position", "length", "offsets"),
    [("after", 2.0, 1.5, (0.2503, 0)), ("before", 1.5, 1.5, (-0.4997, 0)), ("both", 1.5, 2.0, (-0.4997, 0))],
)
def test_an_extended_item_is_longer_and_what_it_had_stays_where_it_was(
    reaper: Reaper, side: str, position: float, length: float, offsets: tuple[float, float]
) -> None:
    result = reaper.run("extend", answer=f"A4\n0.5\n{side}\n1\n", tracks=[{1: {**ITEM, "selected": True}}])
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
    item = only_item(reaper.run(action, answer=answer, tracks=[{1: {**ITEM, "selected": True}}]))
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
    result = reaper.run("restyle", answer="A4\n1\n1\n", tracks=[{1: {**ITEM, "selected": True}}], once_read=remove)
    (box,) = result["boxes"]
    assert "The item is not there any more. The takes are in\n" in box
    assert Path(box.splitlines()[-1]).is_dir()


@pytest.mark.parametrize(
    ("tempo", "selection", "bars", "position", "seconds"),
    [
        ([[0.0, 120.0, 4]], [2.5, 3.0], 1, 2.0, 2.0),
        ([[0.0, 90.0, 3]], None, 2, 0.0, 4.0),
        ([[0.0, 120.0, 4], [4.0, 60.0, 4]], [2.0, 3.0], 2, 2.0, 6.0),  # one bar at 120, one at 60
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


def test_takes_are_kept_with_a_project_that_was_saved(reaper: Reaper, tmp_path: Path) -> None:
    more = {"selection": [0.0, 0.25], "answer": "A4\n1\n5", "project": str(tmp_path / "song.rpp")}
    paths = [Path(only_item(reaper.run("generate", **more))["takes"][0]["path"]) for _ in range(2)]
    assert [path.parent for path in paths] == [tmp_path / "Media"] * 2
    assert paths[0] != paths[1]
    assert len(read(str(paths[0]))[1]) == 12000


@pytest.mark.parametrize("how", ["button", "escape", "action", "imgui"])
def test_cancelling_leaves_the_project_as_it_was(reaper: Reaper, how: str) -> None:
    more: dict[str, Any] = {
        "button": {"cancel_at": 12}, "escape": {"escape_at": 12}, "imgui": {"cancel_at": 12, "imgui": True},
        "action": {"meanwhile": {12: "function(tests) tests.state['audioldm-bridge.cancel'] = 'x' end"}},
    }[how]  # fmt: skip
    result = reaper.run("generate", selection=[0.0, 60.0], answer="A4\n16\n", **more)
    assert (result["boxes"], result["tracks"], result["undo"]) == ({}, {}, {})


def test_the_action_that_cancels_tells_the_others(reaper: Reaper) -> None:
    assert reaper.run("cancel")["state"]["audioldm-bridge.cancel"]


def test_closing_the_window_stops_nothing(reaper: Reaper) -> None:
    for more in ({}, {"imgui": True}):
        result = reaper.run("generate", selection=[0.0, 0.5], answer="A4\n1\n", close_at=2, **more)
        assert len(only_item(result)["takes"]) == 1


@pytest.mark.parametrize(
    ("action", "more", "text"),
    [
        ("generate", {}, "Make a time selection first."),
        ("generate", {"selection": [0.0, 61.0]}, "must be 0.05 to 60 s long, got 61.000 s"),
        ("generate", {"selection": [0.0, 1.0], "answer": "\n1\n"}, "Prompt must not be empty."),
        ("generate", {"selection": [0.0, 1.0], "answer": "A4\n17\n"}, 'must be a whole number, 1 to 16, got "17"'),
        ("generate", {"selection": [0.0, 1.0], "answer": "A4\n1\nx"}, "Seed (empty: by chance) must be"),
        ("generate", {"selection": [0.0, 1.0], "answer": "x" * 1001 + "\n1\n"}, "prompt must be 0 to 1000 characters"),
        ("restyle", {}, "Select one item first."),
        ("restyle", {"tracks": [{1: {**ITEM, "selected": True, "midi": True}}]}, "has no audio"),
        ("inpaint", {"selection": [0.0, 1.0], "tracks": [{1: {**ITEM, "selected": True}}]}, "outside the selected"),
        ("extend", {"answer": "A4\n1\nup\n1\n", "tracks": [{1: {**ITEM, "selected": True}}]}, "after, before or both"),
        ("loop", {"answer": "A4\n64\n1\n"}, "The loop must be 0.05 to 60 s long, got 128.000 s"),
        ("markers", {}, "There is no marker or region with a name."),
    ],
)
def test_what_cannot_be_is_said_in_words(reaper: Reaper, action: str, more: dict, text: str) -> None:
    result = reaper.run(action, **more)
    (box,) = result["boxes"]
    assert text in box
    assert "defect" not in box
    assert not result["undo"]


def test_a_dialog_that_is_cancelled_does_nothing(reaper: Reaper) -> None:
    result = reaper.run("generate", selection=[0.0, 1.0])
    assert (result["boxes"], result["turns"], result["tracks"]) == ({}, 0, {})


def test_answers_are_there_the_next_time(reaper: Reaper) -> None:
    state = reaper.run("generate", selection=[0.0, 0.1], answer="a, b\n2\n")["state"]
    (dialog,) = reaper.run("generate", selection=[0.0, 0.1], ext=state)["dialogs"]
    assert dialog["defaults"] == "a, b\n2\n"


def test_without_a_bridge_the_user_is_told_how_to_start_it(reaper: Reaper, program: str, tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", tmp_path / "silent"):
        if folder.name == "silent":
            (folder / "in").mkdir(parents=True)
        silent = Reaper(program, folder, tmp_path)
        result = silent.run("generate", selection=[0.0, 1.0], answer="A4\n1\n", sleep=0)
        (box,) = result["boxes"]
        assert "bridge serve" in box
    assert list((tmp_path / "silent" / "in").iterdir()) == [], "what nobody read is taken back"


def test_a_bridge_of_another_version_is_said(reaper: Reaper, program: str, tmp_path: Path) -> None:
    reply = {"spool": 2, "boot": "x", "version": "9.9", "clips": "", "messages": []}
    write = f"""function(tests)
      local session = io.popen("ls '{tmp_path}/new/in'"):read("l"):match("^(.-)%.")
      os.execute("mkdir -p '{tmp_path}/new/out/" .. session .. "'")
      local file = io.open("{tmp_path}/new/out/" .. session .. "/1.json", "wb")
      file:write({lua(json.dumps(reply))})
      file:close()
    end"""
    (tmp_path / "new" / "in").mkdir(parents=True)
    other = Reaper(program, tmp_path / "new", tmp_path)
    result = other.run("generate", selection=[0.0, 1.0], answer="A4\n1\n", meanwhile={3: write})
    (box,) = result["boxes"]
    assert "version 9.9" in box
    assert "bridge install reaper" in box


def test_every_action_is_registered(reaper: Reaper) -> None:
    registered = reaper.run("register")["registered"]
    names = [Path(one["path"]).name for one in registered]
    scripts = {path.name for path in SCRIPTS.glob("*.lua")} - {"bridge_register.lua"}
    assert set(names) == scripts
    assert [one["commit"] for one in registered] == [False] * (len(names) - 1) + [True]


def test_json_of_every_kind(program: str, tmp_path: Path) -> None:
    values = {"a": [1, -2.5, 1e-7, "ä\n\"\\\u0001😀", True, False, [], {}], "b": {"c": "/"}, "": 2**53}
    (tmp_path / "in.json").write_text(json.dumps(values))
    script = f"""local json = dofile("{SCRIPTS}/lib/json.lua")
    local text = io.open("{tmp_path}/in.json", "rb"):read("a")
    io.write(json.encode(json.decode(text)))
    for _, bad in ipairs({{"", "{{", "[1,]", '"', '"\\\\x"', "nul", "1 2", '{{"a" 1}}', "01x"}}) do
      assert(not pcall(json.decode, bad), bad)
    end"""
    (tmp_path / "json.lua").write_text(script)
    done = subprocess.run([program, str(tmp_path / "json.lua")], capture_output=True, text=True, check=True)
    back = json.loads(done.stdout)
    assert back["a"][:6] == values["a"][:6]
    assert back["b"] == values["b"]
    assert back[""] == 2**53


def test_the_reapack_index_names_every_script_under_an_address_of_its_own() -> None:
    root = ET.fromstring(index("https://example.org/raw/v1", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)))
    assert (root.tag, root.attrib) == ("index", {"version": "1", "name": "audioldm-bridge"})
    (package,) = root.findall("category/reapack")
    assert package.attrib["type"] == "script"
    (version,) = package.findall("version")
    assert (version.attrib["name"], version.attrib["time"]) == (__version__, "2026-01-02T03:04:05Z")
    sources = {one.attrib["file"]: one for one in version.findall("source")}
    assert set(sources) == set(scripts())
    for place, one in sources.items():
        assert one.text == f"https://example.org/raw/v1/bridge/hosts/reaper/scripts/{place}"
        assert (ROOT / one.text.removeprefix("https://example.org/raw/v1/")).is_file()
        in_list = place.startswith("bridge_") and place != "bridge_register.lua"
        assert one.attrib.get("main") == ("main" if in_list else None)
    with pytest.raises(ValueError, match="https://"):
        index("example.org", datetime.now(UTC))


def test_the_scripts_look_where_the_bridge_does(program: str, tmp_path: Path) -> None:
    """What the installation writes down, and, without it, the default: both are the settings' own."""
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    script = f"""local API = {{ GetOS = function() return "Other" end }}
    local Spool = dofile("{SCRIPTS}/lib/spool.lua")(API, nil)
    io.write(Spool.default_folder())"""
    (tmp_path / "default.lua").write_text(script)
    found = subprocess.check_output([program, str(tmp_path / "default.lua")], text=True, env=environment)
    code = "from bridge.hosts.reaper import *; print(files()[f'{PLACE}/{SPOOL_FILE}'].decode())"
    environment |= {"PYTHONPATH": str(ROOT)}
    written = subprocess.check_output([sys.executable, "-c", code], text=True, env=environment, cwd=ROOT)
    assert found == written.strip() == str(tmp_path / "state" / "audioldm-bridge" / "spool-9630")


def test_the_picture_in_the_documents_is_the_window(program: str) -> None:
    """Made by ``lua5.4 tests/bridge/lua/picture.lua bridge/hosts/reaper/scripts > docs/hosts/reaper.svg``."""
    command = [program, str(HERE / "lua" / "picture.lua"), str(SCRIPTS)]
    drawn = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs" / "hosts" / "reaper.svg").read_text() == drawn


def test_a_bridge_that_is_killed_and_started_again_finishes_the_job(
    program: str, serve: Callable, tmp_path: Path
) -> None:
    """The script hears of the new one, asks again under the same id, and gets the takes that were promised."""
    state = tmp_path / "state"
    slow = ("--state", str(state), "--takes", str(tmp_path / "takes"), "--option", "step_seconds=0.2")
    first = serve(*slow)
    running, log = Reaper(program, state / "spool-0", tmp_path), state / "bridge-0.log"
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(running.run, "generate", selection=[0.0, 0.5], answer="A4\n2\n7")
        end = time.monotonic() + 60
        while not re.search(r"job r-\S+ of 'Reaper': generate", log.read_text()):
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        first.stop(signal.SIGKILL)
        serve(*slow)
        item = only_item(result.result(90))
    assert [take["name"] for take in item["takes"]] == ["A4 (7)", "A4 (8)"]
    assert len(list((tmp_path / "takes").glob("*.wav"))) == 2

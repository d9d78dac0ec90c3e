"""The actions for Ardour in a real Ardour with a real session, and with a real daemon: where takes lie, how long they
are, what is read of a region, what is undone. Only the editor's window is imitated (`ardour/actions.lua`)."""

from __future__ import annotations

import json
import os
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.hosts.ardour import ACTIONS, files, script
from tests.bridge.troubles import full_disk

HERE = Path(__file__).parent
pytestmark = pytest.mark.peers


def lua(value: Any) -> str:
    """A Python value as Lua source."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {lua(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "{" + ", ".join(map(lua, value)) + "}"
    return json.dumps(value, ensure_ascii=False)


class Ardour:
    """Runs actions, each time in a new session: a track "voice" with a region of noise from 48000 to 144000."""

    def __init__(self, program: str, spool: Path, folder: Path, daemon: Any = None) -> None:
        self.program, self.spool, self.folder, self.daemon = program, spool, folder, daemon

    def run(self, *steps: dict[str, Any], channels: int = 1) -> list[list[str]]:
        """What happened, a list of words each. A step is an action and what is selected and answered for it. channels:
        of the region."""
        for number, step in enumerate(steps):
            file = self.folder / f"{number}.lua"
            file.write_text(script(step["action"], str(self.spool)))
            step["script"] = str(file)
        session, result = self.folder / "session", self.folder / "result"
        scenario = {"folder": str(session), "result": str(result), "channels": channels, "steps": steps}
        (self.folder / "scenario.lua").write_text(f"return {lua(scenario)}")
        asked = {"SCENARIO": str(self.folder / "scenario.lua"), "TOOLS": str(HERE / "ardour")}
        environment = os.environ | {"HOME": str(self.folder)} | asked
        command = [self.program, str(HERE / "ardour" / "actions.lua")]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200, check=False)
        assert result.is_file(), done.stdout + done.stderr
        return [line.split("\t") for line in result.read_text().splitlines()]

    def noise(self, said: list[list[str]]) -> np.ndarray:
        """What the region holds, as Ardour recorded it."""
        ((start, _, length),) = [[int(word) for word in one[1:]] for one in said if one[0] == "recorded"]
        (file,) = (self.folder / "session").glob("interchange/*/audiofiles/Take1_voice-1.wav")
        return soundfile.read(file, dtype="float32")[0][start : start + length]


@pytest.fixture(scope="module")
def running(serve_for_all: Callable, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("state")
    daemon = serve_for_all("--state", str(state), "--midi", "none")
    daemon.spool = state / "spool-0"
    return daemon


@pytest.fixture
def ardour(peer: Callable[[str], str], running: Any, tmp_path: Path) -> Ardour:
    return Ardour(peer("ardour7-lua"), running.spool, tmp_path, running)


def step(action: str, **more: Any) -> dict[str, Any]:
    return {"action": action, **more}


def those(said: list[list[str]], kind: str) -> list[list[str]]:
    return [one[1:] for one in said if one[0] == kind]


def test_takes_come_into_the_range_exactly_and_in_one_step(ardour: Ardour) -> None:
    """Three layers, the first on top, with one undo for all of them."""
    said = ardour.run(step("generate", range=[60001, 108124], select="track", answers=["A4, loud", "3", "7"]))
    assert not those(said, "message") + those(said, "raised")
    regions = [one for one in those(said, "region") if one[1].startswith("A4")]
    assert [(one[0], one[2], one[3]) for one in regions] == [("voice", "60001", "48123")] * 3
    assert [one[1] for one in sorted(regions, key=lambda one: -int(one[4]))] == [
        "A4, loud (7)", "A4, loud (8)", "A4, loud (9)",
    ]  # fmt: skip
    assert all(len(soundfile.read(path)[0]) == 48123 for path, _ in those(said, "imported"))


def test_a_run_is_one_step_of_the_history(ardour: Ardour) -> None:
    said = ardour.run(step("generate", range=[60001, 108124], select="track", answers=["A4", "2", "7"]))
    assert len(those(said, "imported")) == 2
    steps = ET.parse(ardour.folder / "session" / "session.history").findall("UndoTransaction")
    assert [one.attrib["name"] for one in steps if "bridge" in one.attrib["name"]] == ["audioldm-bridge: generate"]


def test_without_a_selected_track_there_is_a_new_one(ardour: Ardour) -> None:
    said = ardour.run(step("generate", range=[0, 24000], answers=["A4", "1", "7"]))
    assert [one for one in those(said, "region") if one[0] == "bridge"] == [["bridge", "A4 (7)", "0", "24000", "0"]]


def test_what_is_read_of_a_region_is_what_ardour_recorded(ardour: Ardour) -> None:
    """Restyled at strength 0 a region comes back as it was, above itself."""
    said = ardour.run(step("restyle", select="region", answers=["A4", "0", "1", "7"]))
    ((path, frames),) = those(said, "imported")
    noise = ardour.noise(said)
    assert noise.std() > 0.05
    assert frames == "96000"
    assert np.array_equal(soundfile.read(path, dtype="float32")[0], noise)
    ((_, _, position, length, layer),) = [one for one in those(said, "region") if one[1] == "A4 (7)"]
    assert (position, length, layer) == ("48000", "96000", "1")
    assert list((Path(path).parent / "clips").iterdir()) == [], "the clip is gone with the job"


def test_inpainting_changes_the_range_and_nothing_else(ardour: Ardour) -> None:
    """Ardour deselects regions where a range is selected: then it is the uppermost in the range."""
    said = ardour.run(step("inpaint", range=[72000, 96000], select="track", answers=["C5", "1", "7"]))
    ((path, _),) = those(said, "imported")
    noise, samples = ardour.noise(said), soundfile.read(path, dtype="float32")[0]
    assert np.array_equal(samples[:24000], noise[:24000])
    assert np.array_equal(samples[48000:], noise[48000:])
    assert not np.array_equal(samples[24000:48000], noise[24000:48000])


def test_an_extended_region_begins_earlier(ardour: Ardour) -> None:
    said = ardour.run(step("extend", select="region", answers=["A4", "0.25", "before", "1", "7"]))
    ((path, _),) = those(said, "imported")
    ((_, _, position, length, _),) = [one for one in those(said, "region") if one[1] == "A4 (7)"]
    assert (position, length) == ("36000", "108000")
    assert np.array_equal(soundfile.read(path, dtype="float32")[0][12000:], ardour.noise(said))


def test_what_cannot_be_is_said_in_words(ardour: Ardour) -> None:
    wrong = [
        (step("generate"), "Make a time selection first."),
        (step("restyle"), "Select one region first, or a range that begins in one."),
        (step("generate", range=[0, 61 * 48000], answers=["A4", "1", ""]), "must be 0.05 to 60 s long, got 61.000 s"),
        (step("generate", range=[0, 48000], answers=["A4", "17", ""]), 'must be a whole number, 1 to 16, got "17"'),
        (step("generate", range=[0, 48000], answers=["x" * 1001, "1", ""]), "prompt must be 0 to 1000 characters"),
        (step("extend", select="region", answers=["A4", "2", "before", "1", "7"]), "before the session's beginning"),
    ]
    said = ardour.run(*(one for one, _ in wrong))
    messages = [message for (message,) in those(said, "message")]
    assert len(messages) == len(wrong)
    for message, (_, text) in zip(messages, wrong, strict=True):
        assert text in message
        assert "defect" not in message
    assert not those(said, "imported") + those(said, "raised")


def test_a_region_of_more_channels_than_the_bridge_takes_is_refused(ardour: Ardour) -> None:
    said = ardour.run(step("restyle", select="region", answers=["A4", "0.5", "1", ""]), channels=9)
    ((message,),) = those(said, "message")
    assert "The selected region has 9 channels; those with 1 to 8 can be edited." in message
    assert not those(said, "imported") + those(said, "raised")


def test_cancelling_leaves_the_session_as_it_was_and_answers_are_kept(ardour: Ardour) -> None:
    long = step("generate", range=[0, 48000 * 60], answers=["A4", "16", ""], cancel_at=12)
    said = ardour.run(long, step("generate", range=[0, 4800]))
    assert not those(said, "imported") + those(said, "message") + those(said, "raised")
    assert those(said, "window closed") == [[]]
    assert those(said, "dialog") == [["audioldm-bridge: generate", "3"]] * 2
    (kept,) = ardour.folder.rglob("bridge_answers.txt")
    assert "generate.takes\t16\n" in kept.read_text()


def test_without_a_bridge_the_user_is_told_how_to_start_it(peer: Callable[[str], str], tmp_path: Path) -> None:
    silent = Ardour(peer("ardour7-lua"), tmp_path / "nothing", tmp_path)
    ((message,),) = those(silent.run(step("generate", range=[0, 4800], answers=["A4", "1", ""])), "message")
    assert "bridge serve" in message


def test_a_bridge_of_another_version_is_said(peer: Callable[[str], str], tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    (spool / "in").mkdir(parents=True)

    def answer() -> None:
        end = time.monotonic() + 150
        while not (found := list((spool / "in").glob("*.json"))):
            assert time.monotonic() < end
            time.sleep(0.02)
        out = spool / "out" / found[0].name.partition(".")[0]
        out.mkdir(parents=True)
        reply = {"spool": 2, "boot": "x", "version": "9.9", "clips": "", "messages": []}
        (out / "aside").write_text(json.dumps(reply))
        (out / "aside").rename(out / "1.json")

    with ThreadPoolExecutor(1) as pool:
        answered = pool.submit(answer)
        ardour = Ardour(peer("ardour7-lua"), spool, tmp_path)
        said = ardour.run(step("generate", range=[0, 4800], answers=["A4", "1", ""]))
        answered.result()
    ((message,),) = those(said, "message")
    assert "version 9.9" in message
    assert "bridge install ardour" in message


def test_a_full_disk_is_said_and_nothing_is_placed(ardour: Ardour) -> None:
    with full_disk(ardour.daemon):
        said = ardour.run(step("generate", range=[0, 240000], answers=["A4", "1", ""]))
    ((message,),) = those(said, "message")
    assert "disk" in message or "space" in message or "too large" in message, message
    assert not those(said, "imported")


def test_every_action_has_a_file_of_its_own_that_needs_nothing_beside_it() -> None:
    made = files()
    assert set(made) == {f"scripts/bridge_{action}.lua" for action in ACTIONS}
    for content in made.values():
        assert b"dofile" not in content and b"debug." not in content

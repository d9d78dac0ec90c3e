"""What goes wrong in Reaper is said there in words, and the project stays as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bridge.reaper.host import ITEM, SELECTED, Reaper, lua

pytestmark = pytest.mark.peers


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
        ("inpaint", {"selection": [0.0, 1.0], "tracks": SELECTED}, "outside the selected"),
        ("extend", {"answer": "A4\n1\nup\n1\n", "tracks": SELECTED}, "after, before or both"),
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

"""What goes wrong in Reaper is said there in words, and the project stays as it was."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.models import Record, Store
from tests.bridge.conftest import Running
from tests.bridge.reaper.host import ITEM, SELECTED, TAKEN, Reaper, lua, read, until_logged
from tests.bridge.troubles import full_disk
from tests.engine import checkpoint_makers as makers

pytestmark = pytest.mark.peers


@pytest.mark.parametrize(
    ("action", "more", "text"),
    [
        ("generate", {}, "Make a time selection first."),
        ("generate", {"selection": [0.0, 61.0]}, "must be 0.05 to 60 s long, got 61.000 s"),
        ("generate", {"selection": [0.0, 1.0], "answer": "\n1\n"}, "Prompt must not be empty."),
        ("generate", {"selection": [0.0, 1.0], "answer": "A4\n17\n"}, 'must be a whole number, 1 to 16, got "17"'),
        ("generate", {"selection": [0.0, 1.0], "answer": "A4\n1\nx"}, "Seed (empty: by chance) must be"),
        ("generate", {"selection": [0.0, 1.0], "answer": "x" * 900}, "more than Reaper's dialog can hold"),
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
    assert text in reaper.trouble(action, **more)


def test_without_a_bridge_the_user_is_told_how_to_start_it(reaper: Reaper, program: str, tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", tmp_path / "silent"):
        if folder.name == "silent":
            (folder / "in").mkdir(parents=True)
        silent = Reaper(program, folder, tmp_path)
        assert "bridge serve" in silent.trouble("generate", selection=[0.0, 1.0], answer="A4\n1\n", sleep=0)
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
    box = other.trouble("generate", selection=[0.0, 1.0], answer="A4\n1\n", meanwhile={3: write})
    assert "version 9.9" in box
    assert "bridge install reaper" in box


def test_a_full_disk_is_said_with_what_to_do(reaper: Reaper, running: Running) -> None:
    with full_disk(running):
        box = reaper.trouble("generate", selection=[0.0, 5.0], answer="A4\n1\n")
    assert f"the take could not be written to {running.takes}" in box
    assert "Make room, or choose another folder: bridge serve --takes FOLDER" in box
    assert not list(running.takes.glob("*.part"))


def test_a_disk_too_full_for_the_clip_is_said(reaper: Reaper, running: Running) -> None:
    box = reaper.trouble("restyle", room=65536, answer="A4\n1\n1\n", tracks=SELECTED)
    assert "The clip could not be written:" in box
    assert not list((running.takes / "clips").glob("r-*")), "half of a clip is left behind"


def test_takes_that_find_no_room_beside_the_project_are_used_where_they_are(
    reaper: Reaper, running: Running, tmp_path: Path
) -> None:
    project = str(tmp_path / "song.rpp")
    result = reaper.run("generate", room=65536, selection=[0.0, 1.0], answer="A4\n1\n", project=project)
    (box,) = result["boxes"]
    assert f"could not be copied to the project's media and stay where the bridge wrote them:\n{tmp_path}" in box
    ((item,),) = [track["items"] for track in result["tracks"]]
    path = Path(item["takes"][0]["path"])
    assert path.parent == running.takes
    assert len(read(str(path))[1]) == 48000
    assert not list((tmp_path / "Media").iterdir()), "half of a copy is left behind"


def test_a_clip_that_the_bridge_may_not_read_is_said(
    program: str, serve: Callable[..., Running], tmp_path: Path
) -> None:
    """Clips go where the bridge wants them, so that takes a link that leads out of what it may read."""
    state, takes, outside = tmp_path / "state", tmp_path / "takes", tmp_path / "outside"
    takes.mkdir()
    outside.mkdir()
    (takes / "clips").symlink_to(outside)
    serve("--state", str(state), "--takes", str(takes), "--root", str(takes))
    box = Reaper(program, state / "spool-0", tmp_path).trouble("restyle", answer="A4\n1\n1\n", tracks=SELECTED)
    assert f"is outside the folders of the setting roots, which are {takes}" in box
    assert "bridge serve --root FOLDER" in box


def test_a_model_that_is_gone_when_the_bridge_is_back_is_said(
    peer: Callable[[str], str], serve: Callable[..., Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIDGE_MODELS", str(tmp_path / "models"))
    state, store = tmp_path / "state", Store(tmp_path / "models")
    makers.save_folder(tmp_path / "weights", makers.SMALL)
    store.put(Record(name="mine", path=str(tmp_path / "weights"), owned=False, summary="AudioLDM S"))
    first = serve("--state", str(state), "--model", "mine")
    reaper, log = Reaper(peer("lua5.4"), state / "spool-0", tmp_path), state / "bridge-0.log"
    with ThreadPoolExecutor(1) as pool:
        box = pool.submit(reaper.trouble, "generate", selection=[0.0, 60.0], answer="rain\n16\n7")
        until_logged(log, TAKEN)
        first.stop(signal.SIGKILL)
        store.remove("mine")
        serve("--state", str(state))
        assert re.search(r"unknown model 'mine'.*\n\nbridge models list shows which there are", box.result(120))

"""The files of Reaper: which there are, where they look, what is told of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.hosts.reaper import SCRIPTS, scripts
from bridge.hosts.reaper.reapack import index
from engine import __version__
from tests.bridge.reaper.host import LUA, Reaper

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.peers


def test_every_action_is_registered(reaper: Reaper) -> None:
    result = reaper.run("register")
    registered = result["registered"]
    assert result["boxes"] == ['9 of 9 actions are in the action list. Look there for "bridge".']
    assert not result["undo"]
    names = [Path(one["path"]).name for one in registered]
    scripts = {path.name for path in SCRIPTS.glob("*.lua")} - {"bridge_register.lua"}
    assert set(names) == scripts
    assert [one["commit"] for one in registered] == [False] * (len(names) - 1) + [True]


def test_json_of_every_kind(program: str, tmp_path: Path) -> None:
    values = {"a": [1, -2.5, 1e-7, 'ä\n"\\\u0001😀', True, False, [], {}], "b": {"c": "/"}, "": 2**53}
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


def test_the_bridge_is_told_of_answers_that_are_read_and_cannot_be_deleted(program: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out" / "r-a").mkdir(parents=True)
    answer = {"spool": 1, "boot": "x", "clips": "", "messages": [{"address": "/job/step", "args": {"step": 1}}]}
    for number in range(1, 41):
        (tmp_path / "out" / "r-a" / f"{number}.json").write_text(json.dumps(answer))
    script = f"""local API = {{ genGuid = function() return "a" end, time_precise = function() return 0 end }}
    local json = dofile("{SCRIPTS}/lib/json.lua")
    function os.remove() return nil end
    local spool = dofile("{SCRIPTS}/lib/spool.lua")(API, json).new("{tmp_path}")
    assert(#spool:poll() == 40)
    assert(#spool:poll() == 0)"""
    (tmp_path / "read.lua").write_text(script)
    subprocess.run([program, str(tmp_path / "read.lua")], check=True)
    assert [json.loads(path.read_text()) for path in (tmp_path / "in").iterdir()] == [{"next": 41, "ping": 1}]


def test_the_picture_in_the_documents_is_the_window(program: str) -> None:
    """Made by ``lua5.4 tests/bridge/lua/picture.lua bridge/hosts/reaper/scripts > docs/hosts/reaper.svg``."""
    command = [program, str(LUA / "picture.lua"), str(SCRIPTS)]
    drawn = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs" / "hosts" / "reaper.svg").read_text() == drawn

"""The steps of docs/hosts/reaper.md, from nothing to the first sound, with what the installation puts down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.hosts.reaper import PLACE
from tests.bridge.conftest import Running
from tests.bridge.reaper.host import Reaper, only_item, read

pytestmark = pytest.mark.peers


def test_what_is_installed_is_registered_and_makes_sound(
    program: str, running: Running, state: Path, run_bridge: Callable[..., Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The scripts find the bridge by what was written down beside them, and nothing else is told them."""
    monkeypatch.setenv("BRIDGE_STATE", str(state))
    monkeypatch.setenv("BRIDGE_OSC_PORT", "0")
    resources = tmp_path / "REAPER"
    resources.mkdir()
    done = run_bridge("install", "reaper", "--folder", str(resources))
    assert done.returncode == 0, done.stderr

    here = {"scripts": f"{resources / PLACE}/", "ext": {}}
    reaper = Reaper(program, Path(), tmp_path)
    registered = [Path(one["path"]) for one in reaper.run("register", **here)["registered"]]
    assert resources / PLACE / "bridge_generate.lua" in registered

    prompt = "heavy door slams in a stone corridor"
    more = {"selection": [2.0, 6.2], "answer": f"{prompt}\n3\n7", "tracks": [{"selected": True}], **here}
    item = only_item(reaper.run("generate", **more))
    assert (item["position"], item["length"]) == (2.0, 6.2 - 2.0)
    assert [len(read(take["path"])[1]) for take in item["takes"]] == [201_600] * 3

    assert run_bridge("uninstall", "reaper", "--folder", str(resources)).returncode == 0
    assert not (resources / PLACE).exists()

"""While an action of Reaper renders: its window, cancelling, and a bridge that is killed and started again."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.bridge.reaper.host import CANCELLED, SELECTED, TAKEN, Reaper, only_item, until_logged

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("how", ["button", "escape", "action", "imgui", "escape in imgui"])
def test_cancelling_leaves_the_project_as_it_was(reaper: Reaper, how: str) -> None:
    more: dict[str, Any] = {
        "button": {"cancel_at": 12}, "escape": {"escape_at": 12}, "imgui": {"cancel_at": 12, "imgui": True},
        "escape in imgui": {"escape_at": 12, "imgui": True},
        "action": {"meanwhile": {12: "function(tests) tests.state['audioldm-bridge.cancel'] = 'x' end"}},
    }[how]  # fmt: skip
    result = reaper.run("generate", selection=[0.0, 60.0], answer="A4\n16\n", **more)
    assert (result["boxes"], result["tracks"], result["undo"]) == ({}, {}, {})


def test_windows_may_keep_lua_from_renaming_and_deleting(reaper: Reaper) -> None:
    """Where the user's name has foreign letters. What is left lying about the bridge clears away."""
    before = set((reaper.spool / "in").glob("*.part"))
    result = reaper.run("restyle", answer="A4\n0\n2\n", tracks=SELECTED, windows=True)
    assert len(only_item(result)["takes"]) == 3
    (session,) = {path.name.partition(".")[0] for path in set((reaper.spool / "in").glob("*.part")) - before}
    end = time.monotonic() + 60
    while (reaper.spool / "out" / session).exists():
        assert time.monotonic() < end, "the answers stay"
        time.sleep(0.02)


def test_a_script_that_is_ended_cancels_what_nobody_waits_for(reaper: Reaper, state: Path) -> None:
    """By the user, or with Reaper."""
    log = state / "bridge-0.log"
    before = len(re.findall(CANCELLED, log.read_text()))
    result = reaper.run("generate", selection=[0.0, 60.0], answer="A4\n16\n", end_when="generate: step")
    assert (result["boxes"], result["tracks"], result["undo"]) == ({}, {}, {})
    until_logged(log, CANCELLED, before + 1)


def test_the_action_that_cancels_tells_the_others(reaper: Reaper) -> None:
    assert reaper.run("cancel")["state"]["audioldm-bridge.cancel"]


def test_closing_the_window_stops_nothing(reaper: Reaper) -> None:
    for more in ({}, {"imgui": True}):
        result = reaper.run("generate", selection=[0.0, 0.5], answer="A4\n1\n", close_at=2, **more)
        assert len(only_item(result)["takes"]) == 1


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
        until_logged(log, TAKEN)
        first.stop(signal.SIGKILL)
        serve(*slow)
        item = only_item(result.result(90))
    assert [take["name"] for take in item["takes"]] == ["A4 (7)", "A4 (8)"]
    assert len(list((tmp_path / "takes").glob("*.wav"))) == 2

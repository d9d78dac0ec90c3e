"""A daemon with a spool, and a Reaper of each Lua that looks there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bridge.conftest import Running
from tests.bridge.reaper.host import Reaper


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The daemon's state folder."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def running(serve_for_all: Callable[..., Running], state: Path) -> Running:
    """One daemon for all tests of a file."""
    return serve_for_all("--state", str(state))


@pytest.fixture(params=["lua5.3", "lua5.4"])
def program(request: pytest.FixtureRequest, peer: Callable[[str], str]) -> str:
    """Reaper 6 has Lua 5.3, Reaper 7 has 5.4."""
    return peer(request.param)


@pytest.fixture
def reaper(program: str, running: Running, state: Path, tmp_path: Path) -> Reaper:
    """A Reaper that speaks to that daemon."""
    return Reaper(program, state / "spool-0", tmp_path)

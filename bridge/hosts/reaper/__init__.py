"""Reaper: ReaScripts in Lua, without any extension."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bridge.hosts import Here, Host

SCRIPTS = Path(__file__).parent / "scripts"
"""The scripts as they are in Reaper's folder."""

PLACE = "Scripts/audioldm-bridge"
"""Where they are put, in Reaper's resource folder."""


def folders(here: Here) -> tuple[Path, ...]:
    """Reaper's resource folder; one that is carried about has it beside the program, and is named by ``--folder``."""
    return (here.settings / "REAPER",)


def files() -> Mapping[str, bytes]:
    """The scripts."""
    paths = sorted(path for path in SCRIPTS.rglob("*.lua"))
    return {f"{PLACE}/{path.relative_to(SCRIPTS).as_posix()}": path.read_bytes() for path in paths}


HOST = Host(
    "reaper",
    "Reaper",
    folders,
    files,
    "In Reaper: Actions > Show action list > New action > Load ReaScript, choose bridge_register.lua in\n"
    "Scripts/audioldm-bridge and run it. From then on every action is in the list; look for 'bridge'.",
)

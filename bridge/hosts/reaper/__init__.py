"""Reaper: ReaScripts in Lua, without any extension. They speak to the bridge by files (`bridge.spool`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bridge.hosts import Here, Host

SCRIPTS = Path(__file__).parent / "scripts"
"""The scripts as they are in Reaper's folder."""

PLACE = "Scripts/audioldm-bridge"
"""Where they are put, in Reaper's resource folder."""

SPOOL_FILE = "lib/spool_folder.txt"
"""Beside them: where the bridge looks, which the scripts cannot ask anybody."""


def folders(here: Here) -> tuple[Path, ...]:
    """Reaper's resource folder; one that is carried about has it beside the program, and is named by ``--folder``."""
    return (here.settings / "REAPER",)


def scripts() -> Mapping[str, bytes]:
    """Every script: its place → its content."""
    return {path.relative_to(SCRIPTS).as_posix(): path.read_bytes() for path in sorted(SCRIPTS.rglob("*.lua"))}


def files() -> Mapping[str, bytes]:
    """The scripts, and the folder in which the bridge of these settings looks for their messages."""
    places = {**scripts(), SPOOL_FILE: spool_folder().encode()}
    return {f"{PLACE}/{place}": content for place, content in places.items()}


def spool_folder() -> str:
    """Where the bridge of these settings looks; empty where they name no folder: the scripts then know the default."""
    from bridge.settings import BadSetting, config, resolve

    try:
        return str(config(resolve({})).spool or "")
    except BadSetting:
        return ""


HOST = Host(
    "reaper",
    "Reaper",
    folders,
    files,
    "In Reaper: Actions > Show action list > New action > Load ReaScript, choose bridge_register.lua in\n"
    "Scripts/audioldm-bridge and run it. From then on every action is in the list; look for 'bridge'.",
)

"""Ardour: actions in Lua, which speak to the bridge by files (`bridge.spool`).

Ardour takes the text of an action into its own settings when a user chooses it, and lets it load nothing beside it. So
each action is one file, put together here: a head by which Ardour knows it, what Reaper's scripts have that depends on
no host, and what is Ardour's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from bridge.hosts import Here, Host, reaper

SCRIPTS = Path(__file__).parent / "scripts"

ACTIONS: Mapping[str, str] = {
    "generate": "generate into the range",
    "inpaint": "inpaint the range inside the selected region",
    "restyle": "restyle the selected region",
    "extend": "extend the selected region",
    "upsample": "upsample the selected region",
    "vary": "vary the selected region",
}
"""Action → what it does, as Ardour's list shows it. The names are those of Reaper's ``plans.lua``."""

_PARTS = (
    ("host", "ardour/host.lua", ""), ("json", "reaper/json.lua", ""),
    ("Spool", "reaper/spool.lua", '(host, json, "ardour")'), ("Export", "reaper/export.lua", "(host)"),
    ("Job", "reaper/job.lua", "(json, Export)"), ("Work", "reaper/work.lua", "(host, Spool, Job)"),
    ("dialog", "reaper/dialog.lua", "(host)"), ("plans", "reaper/plans.lua", "(host, dialog)"),
    ("Project", "ardour/session.lua", ""), ("run", "ardour/run.lua", ""),
)  # fmt: skip
"""Name → its file, and what its value is called with."""


def folders(here: Here) -> tuple[Path, ...]:
    """Ardour's folder of settings, of the versions that have this Lua."""
    versions = ("8", "7")
    match here.platform:
        case "win32":
            return tuple(here.data / f"ardour{version}" for version in versions)
        case "darwin":
            return tuple(here.home / "Library" / "Preferences" / f"Ardour{version}" for version in versions)
    return tuple(here.settings / f"ardour{version}" for version in versions)


def files() -> Mapping[str, bytes]:
    """The actions."""
    return {f"scripts/bridge_{action}.lua": script(action).encode() for action in ACTIONS}


def script(action: str, spool: str | None = None) -> str:
    """The file of an action. ``spool`` is the bridge's folder for messages, that of the settings if left out."""
    head = (
        f'ardour {{ ["type"] = "EditorAction", name = "Bridge: {ACTIONS[action]}", author = "audioldm-bridge",\n'
        '  license = "MIT", description = [[Text becomes sound, by a bridge that runs on this machine.]] }\n'
    )
    folder = json.dumps(reaper.spool_folder() if spool is None else spool, ensure_ascii=False)
    parts = [f"local {name} = (function()\n{_read(file)}end)(){given}\n" for name, file, given in _PARTS]
    lib = "{ Project = Project, plans = plans, Spool = Spool, Work = Work, folder = " + folder + " }"
    body = "\n".join(parts) + f'\nrun({lib}, "{action}")\n'
    return f"{head}function factory () return function ()\n{body}end end\n"


def _read(file: str) -> str:
    owner, _, name = file.partition("/")
    folder = SCRIPTS if owner == "ardour" else reaper.SCRIPTS / "lib"
    return (folder / name).read_text(encoding="utf-8")


HOST = Host(
    "ardour",
    "Ardour",
    folders,
    files,
    "In Ardour: Edit > Lua Scripts > Script Manager, choose a free action, then Add/Set, and one of those whose names\n"
    "begin with 'Bridge:'. After an update of the bridge choose it again: Ardour keeps its own copy.",
)

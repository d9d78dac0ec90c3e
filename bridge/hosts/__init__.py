"""Tools for hosts, and how they get there: ``bridge install reaper`` puts them in, ``bridge uninstall reaper`` takes
exactly that out again.

To add a host:

1. make a sub-package ``bridge/hosts/NAME`` whose ``__init__.py`` has a `Host` by the name ``HOST``;
2. put its files beside that (all of the folder is in the wheel), or, if they are patches, into ``max_patches``, and let
   ``files`` read them or build them;
3. add a row to `MODULES`, and ``docs/hosts/NAME.md``. The command line, ``--list`` and the tests follow.

``folders`` gets `Here`, not the real machine, so that a test can be on Windows and macOS, too
(`tests/bridge/test_hosts.py`). It returns every folder that the host might have, likeliest first, also those that are
not there: the first that exists is taken, and if none does, the host is taken to be missing, and ``--folder`` is asked
for.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MODULES: Mapping[str, str] = {
    "live": "bridge.hosts.live",
    "max": "bridge.hosts.max",
    "reaper": "bridge.hosts.reaper",
    "ardour": "bridge.hosts.ardour",
    "pd": "bridge.hosts.pd",
    "sc": "bridge.hosts.sc",
}
"""Host → the module that has its `HOST`. Imported when that host is asked for."""


@dataclass(frozen=True, slots=True)
class Here:
    """The machine as far as hosts' folders depend on it. ``platform`` is as ``sys.platform``."""

    platform: str = sys.platform
    home: Path = field(default_factory=Path.home)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def variable(self, name: str, otherwise: Path) -> Path:
        """The folder that a variable of the environment names, if it names one."""
        named = self.environment.get(name, "")
        return Path(named) if Path(named).is_absolute() else otherwise

    @property
    def documents(self) -> Path:
        """The user's documents."""
        return self.home / "Documents"

    @property
    def settings(self) -> Path:
        """Where programs keep a user's settings here."""
        match self.platform:
            case "win32":
                return self.variable("APPDATA", self.home / "AppData" / "Roaming")
            case "darwin":
                return self.home / "Library" / "Application Support"
        return self.variable("XDG_CONFIG_HOME", self.home / ".config")

    @property
    def data(self) -> Path:
        """Where programs keep a user's data here."""
        match self.platform:
            case "win32":
                return self.variable("LOCALAPPDATA", self.home / "AppData" / "Local")
            case "darwin":
                return self.home / "Library" / "Application Support"
        return self.variable("XDG_DATA_HOME", self.home / ".local" / "share")


@dataclass(frozen=True, slots=True)
class Host:
    """A program that tools of ours can be put into."""

    name: str
    """The word on the command line."""
    title: str
    """What its makers call it."""
    folders: Callable[[Here], tuple[Path, ...]]
    """Where its user's files may lie, likeliest first."""
    files: Callable[[], Mapping[str, bytes]]
    """What is put there: a path below the folder, with ``/``, → the content."""
    then: str
    """What the user does next, in a few lines."""


def host(name: str) -> Host:
    """A host by its name. Raises KeyError."""
    found: Host = importlib.import_module(MODULES[name]).HOST
    return found


def find(one: Host, here: Here | None = None) -> Path | None:
    """The folder of a host on this machine, if it has one."""
    return next((folder for folder in one.folders(here or Here()) if folder.is_dir()), None)

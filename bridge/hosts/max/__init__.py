"""Max: the patch of the Live devices, for Max alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import max_patches
from bridge.hosts import Here, Host

PLACE = "audioldm-bridge/patchers"
"""Where the patch is put, in Max's folder of packages."""


def folders(here: Here) -> tuple[Path, ...]:
    """Max's folder of packages, of Max 9 or 8."""
    return tuple(here.documents / version / "Packages" for version in ("Max 9", "Max 8"))


def files() -> Mapping[str, bytes]:
    """The patch, and what it loads."""
    paths = [*max_patches.LIVE.glob("*.js"), max_patches.LIVE / "Bridge.maxpat"]
    return {f"{PLACE}/{path.name}": path.read_bytes() for path in sorted(paths)}


HOST = Host(
    "max",
    "Max",
    folders,
    files,
    "In Max: File > Show File Browser, look for Bridge.maxpat and open it; switch audio on.",
)

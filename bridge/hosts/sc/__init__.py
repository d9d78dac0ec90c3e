"""SuperCollider: a Quark with the classes Bridge, BridgeJob and BridgeTake, which speak OSC over UDP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import max_patches
from bridge.hosts import Here, Host

PLACE = "Extensions/audioldm-bridge"
"""Where it is put, in SuperCollider's folder of the user."""


def folders(here: Here) -> tuple[Path, ...]:
    """What sclang calls Platform.userAppSupportDir."""
    return (here.data / "SuperCollider",)


def files() -> Mapping[str, bytes]:
    """The Quark as it is."""
    quark = max_patches.SC / "audioldm-bridge"
    paths = sorted(path for path in quark.rglob("*") if path.is_file())
    return {f"{PLACE}/{path.relative_to(quark).as_posix()}": path.read_bytes() for path in paths}


HOST = Host(
    "sc",
    "SuperCollider",
    folders,
    files,
    "In SuperCollider: Language > Recompile Class Library, then Bridge.new. Its help is under Bridge.",
)

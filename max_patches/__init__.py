"""Patches for Max and Pure Data that speak to the bridge, and where to find them once installed."""

from __future__ import annotations

from pathlib import Path

__all__ = ["LIVE", "PD", "SC", "VERSION", "patches", "path"]

VERSION = "0.1.0"
"""Of the bridge that they speak with, for those that cannot be made from its tables."""

_FOLDER = Path(__file__).parent
LIVE = _FOLDER / "live"
"""The devices for Live, the patch for Max, and the JavaScript that they share."""
PD = _FOLDER / "pd"
"""The patches for Pure Data."""
SC = _FOLDER / "sc"
"""The Quarks for SuperCollider."""

_ENDINGS = (".pd", ".maxpat", ".amxd")


def patches() -> tuple[str, ...]:
    """Names of the patches that come with the package, such as "pd/first_sound.pd", sorted."""
    return tuple(sorted(p.relative_to(_FOLDER).as_posix() for p in _FOLDER.rglob("*") if p.suffix in _ENDINGS))


def path(name: str) -> Path:
    """Where a patch lies on this machine, for `pd -open` or a host's file dialog.

    Raises FileNotFoundError, naming the patches there are.
    """
    if name not in patches():
        raise FileNotFoundError(f"no patch {name!r}; there are: {', '.join(patches())}")
    return _FOLDER / name

"""Pure Data: vanilla abstractions and their help patches, which speak OSC over UDP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import max_patches
from bridge.hosts import Here, Host

PLACE = "audioldm-bridge"
"""Where they are put, in Pd's folder of externals."""


def folders(here: Here) -> tuple[Path, ...]:
    """The folders in which Pd looks for externals, the one that it offers to make first."""
    own = here.documents / "Pd" / "externals"
    match here.platform:
        case "win32":
            return (own, here.variable("APPDATA", here.home / "AppData" / "Roaming") / "Pd")
        case "darwin":
            return (own, here.home / "Library" / "Pd")
    return (own, here.home / ".local" / "lib" / "pd" / "extra", here.home / "pd-externals")


def files() -> Mapping[str, bytes]:
    """Every patch."""
    return {f"{PLACE}/{path.name}": path.read_bytes() for path in sorted(max_patches.PD.glob("*.pd"))}


HOST = Host(
    "pd",
    "Pure Data",
    folders,
    files,
    "In Pd: open generate-help.pd in the folder audioldm-bridge, and click 1, 2. In patches of your own put\n"
    "[declare -path audioldm-bridge], and save and open them again.",
)

"""Ableton Live: two Max for Live devices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import max_patches
from bridge.hosts import Here, Host

PLACE = "Presets/audioldm-bridge"
"""Where the devices are put, in Live's User Library: its browser shows them there."""


def folders(here: Here) -> tuple[Path, ...]:
    """Live's User Library, where Live puts it unless the user chose another place."""
    if here.platform == "darwin":
        return (here.home / "Music" / "Ableton" / "User Library",)
    return (here.documents / "Ableton" / "User Library",)


def files() -> Mapping[str, bytes]:
    """The devices, and beside them what they load: Max looks for that in the device's own folder first."""
    kept = (".amxd", ".js")
    paths = [*max_patches.LIVE.glob("*"), max_patches.LIVE / "bridge_voice.maxpat"]
    return {f"{PLACE}/{path.name}": path.read_bytes() for path in sorted(set(paths))
            if path.suffix in kept or path.stem == "bridge_voice"}  # fmt: skip


HOST = Host(
    "live",
    "Ableton Live",
    folders,
    files,
    "In Live (Suite, or Standard with Max for Live): browser > User Library > Presets > audioldm-bridge.\n"
    "Drag Bridge Effect onto an audio track, or Bridge Instrument onto a MIDI track; leave the files together.",
)

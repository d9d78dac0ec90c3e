"""Folders: whether they can be written, how much room there is, and which ones clients may name files in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bridge.config import Config
from bridge.doctor.finding import Finding
from bridge.takes import why_not_writable

LITTLE = 2e9
"""Bytes of free space below which it is worth a word: an hour of stereo takes."""

_NONE = 50e6  # with less, the next takes fail


def folders(config: Config) -> list[Finding]:
    """The takes folder, the state folder and their disks."""
    reason = why_not_writable(config.takes)
    found = [Finding("takes folder", reason is None, reason or _shown(config.takes))]
    if config.state is not None:
        reason = _why_no_folder(config.state)
        text = reason or f"{config.state}: jobs survive the bridge"
        found.append(Finding("state folder", reason is None, text, core=False))
    disks: dict[int, tuple[Path, list[str]]] = {}
    for name, folder in (("takes", config.takes), ("state", config.state)):
        if folder is not None:
            existing = _existing(folder)
            disks.setdefault(existing.stat().st_dev, (existing, []))[1].append(name)
    return [*found, *(_space(folder, " and ".join(names)) for folder, names in disks.values())]


def _why_no_folder(folder: Path) -> str | None:
    existing = _existing(folder)
    if not existing.is_dir():
        return f"{existing} is no folder, so {folder} cannot be made"
    return None if os.access(existing, os.W_OK | os.X_OK) else f"{existing} may not be written to"


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _space(folder: Path, what: str) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free for {what}"
    if free < LITTLE:
        text += ": make room, or choose another folder, or limit what is kept (keep_gb)"
    return Finding("disk", free >= LITTLE, text, core=free < _NONE)


def _shown(folder: Path) -> str:
    real = folder.resolve()
    return str(folder) if real == folder else f"{folder}, which leads to {real}"


def roots(config: Config) -> Finding:
    """The folders that clients may name files in."""
    from bridge.roots import Roots

    gone = [str(root) for root in config.roots if not root.is_dir()]
    if gone:
        return Finding("roots", False, f"not there: {', '.join(gone)}", core=False)
    near = ", ".join(str(root) for root in Roots(config.takes, config.roots).of(True) if root.is_dir())
    return Finding("roots", True, f"clips may lie in {near}")


def models_store() -> Finding:
    """The models that were added."""
    from bridge.models import Store

    store = Store()
    records = store.records()
    text = f"{', '.join(record.name for record in records) or 'none added'}, in {store.folder}"
    gone = [record.name for record in records if not Path(record.path).exists()]
    more = f"; the weights of {', '.join(gone)} are gone" if gone else ""
    return Finding("models store", not gone, text + more, core=False)

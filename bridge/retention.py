"""Which takes are kept: by count, age and size, if a limit is set. Nobody's take vanishes an hour after it was told."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger("bridge")

SAFE_SECONDS = 3600.0
"""A take that a client was told about within this time is kept, whatever the limits say."""

EVERY_SECONDS = 300.0
"""How often the daemon looks."""

AT_ONCE = 100
"""Takes that are deleted before somebody else has a turn."""

_DAY = 86400.0
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Limits:
    """So many takes, days and gigabytes are kept; 0 is no limit."""

    takes: int = 0
    days: float = 0.0
    gb: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.takes or self.days or self.gb)


@dataclass(frozen=True, slots=True)
class Kept:
    """A take on disk: when its client was last told about it, in seconds since 1970, and its bytes."""

    path: Path
    told: float
    size: int


def superfluous(takes: Iterable[Kept], limits: Limits, now: float) -> list[Path]:
    """The takes that the limits do not leave room for, the oldest first."""
    latest = sorted(takes, key=lambda take: take.told, reverse=True)
    found, count, size = [], 0, 0
    for take in latest:
        age = now - take.told
        count, size = count + 1, size + take.size
        too_many = limits.takes and count > limits.takes
        too_old = limits.days and age > limits.days * _DAY
        too_large = limits.gb and size > limits.gb * _GB
        if age > SAFE_SECONDS and (too_many or too_old or too_large):
            found.append(take.path)
    return found[::-1]


def too_many(told: Mapping[Path, float], limits: Limits, now: float) -> list[Path]:
    """What the limits do not leave room for, the oldest first, among takes that the bridge wrote itself and that are
    still there. Looks at the disk, which may take a while; nothing is deleted."""
    return superfluous(_on_disk(told), limits, now)


def delete(paths: Iterable[Path], told: Mapping[Path, float], needed: Collection[str], now: float) -> list[Path]:
    """Delete takes, but none that a client was told about by now, or that a job is made from. Returns what is gone."""
    gone = []
    for path in paths:
        if now - told.get(path, 0.0) <= SAFE_SECONDS or str(path) in needed:
            continue
        try:
            path.unlink()
        except OSError as error:
            log.warning("the take %s should be deleted, and cannot be: %s", path, error.strerror or error)
            continue
        gone.append(path)
    if gone:
        log.info("deleted %d takes that the settings do not keep, the first %s", len(gone), gone[0])
    return gone


def _on_disk(told: Mapping[Path, float]) -> Iterable[Kept]:
    for path, when in told.items():
        try:
            yield Kept(path, when, path.stat().st_size)
        except OSError:  # deleted or moved by its user
            continue

"""Which takes are kept: by count, age and size, if a limit is set. Nobody's take vanishes an hour after it was told."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.journal import Journal

log = logging.getLogger("bridge")

SAFE_SECONDS = 3600.0
"""A take that a client was told about within this time is kept, whatever the limits say."""

EVERY_SECONDS = 300.0
"""How often the daemon looks."""

AT_ONCE = 100
"""Takes that are deleted before somebody else has a turn."""

JUMP_SECONDS = 60.0
"""A wall clock that gains or loses more between two looks was set: of what it said before, no age is known."""

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


def _steady() -> float:
    """Seconds of a clock that nobody sets, and that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Tidying:
    """Deletes what the limits do not keep, of one daemon's takes.

    ``needed`` names files that something is made from. ``wall`` gives seconds since 1970, ``steady`` seconds of a clock
    that is never set: when the wall clock was, nothing is deleted for `SAFE_SECONDS`.
    """

    def __init__(
        self, limits: Limits, journal: Journal, needed: Callable[[], Collection[str]],
        wall: Callable[[], float] = time.time, steady: Callable[[], float] = _steady,
    ) -> None:  # fmt: skip
        self._limits = limits
        self._journal = journal
        self._needed = needed
        self._wall, self._steady = wall, steady
        self._apart = wall() - steady()
        self._not_before = steady()

    async def run(self) -> None:
        """Look now and then, for ever; at once return where nothing is limited."""
        while self._limits:
            try:
                await self.look()
            except Exception:  # a disk or a database that cannot be read now may be later
                log.exception("the takes folder could not be tidied")
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Delete what is too much now."""
        if not self._clock_is_known():
            return
        old = await asyncio.to_thread(too_many, self._journal.told(), self._limits, self._wall())
        for begin in range(0, len(old), AT_ONCE):
            # in the loop: what a client is told of meanwhile stays, and what is gone it is not told of any more
            gone = delete(old[begin : begin + AT_ONCE], self._journal.told(), self._needed(), self._wall())
            self._journal.drop(gone)
            await asyncio.sleep(0)

    def _clock_is_known(self) -> bool:
        apart, self._apart = self._apart, self._wall() - self._steady()
        if abs(self._apart - apart) > JUMP_SECONDS:
            log.warning("the clock was set by %.0f s: no take is deleted for an hour", self._apart - apart)
            self._not_before = self._steady() + SAFE_SECONDS
        return self._steady() >= self._not_before

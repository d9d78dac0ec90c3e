"""Cues into takes: every cue is a job of the bridge, and its takes are copied into the folder as they come."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge import AsyncClient, BridgeError, NoAnswer
from bridge.client.takes import Take
from bridge.cues.ledger import Kept, Ledger, key_of
from bridge.cues.sheet import Cue
from bridge.takes import slug, write_new
from engine import EngineError

AT_ONCE = 8
"""Jobs that are with the bridge at a time, so that others find room in its queue."""


class Unwritten(OSError):
    """What was rendered cannot be written; the text names the folder, and what to do."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(f"{folder} cannot be written: {error.strerror or error}; make room, or choose another folder")


@dataclass(frozen=True, slots=True)
class Placed:
    """A cue with its takes, the first being the one that is heard; ``why`` is why there are none."""

    cue: Cue
    takes: tuple[Kept, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` cues are there, ``kept`` of them from an earlier time."""

    done: int
    total: int
    kept: int


async def render(
    cues: Iterable[Cue], folder: Path, bridge: AsyncClient, told: Callable[[Progress], None], rate: int = 48000
) -> list[Placed]:
    """Render cues into a folder; those whose takes are there already are not rendered again.

    A cue that fails costs no other. Raises NoAnswer when the bridge is lost, and Unwritten when takes cannot be
    written: what is complete by then is kept, and the next call goes on.
    """
    work = [(cue, key) for cue, key in _keys(cues, rate)]
    ledger, room = Ledger(folder), asyncio.Semaphore(AT_ONCE)
    kept = sum(bool(ledger.kept(key)) for _, key in work)
    done = kept
    told(Progress(done, len(work), kept))

    async def place(cue: Cue, key: str) -> Placed:
        nonlocal done
        if takes := ledger.kept(key):
            return Placed(cue, tuple(takes))
        async with room:
            try:
                settings = {"rate": rate, "priority": "batch", **cue.settings}
                found = await rendered(ledger, key, settings, bridge, folder, slug(cue.name))
            except NoAnswer:
                raise
            except EngineError as error:
                return Placed(cue, why=str(error))
        done += 1
        told(Progress(done, len(work), kept))
        return Placed(cue, tuple(found))

    tasks = [asyncio.ensure_future(place(cue, key)) for cue, key in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _keys(cues: Iterable[Cue], rate: int) -> Iterable[tuple[Cue, str]]:
    """Each cue with the name of its work: where it is placed does not count, and equal cues are several."""
    seen: Counter[str] = Counter()
    for cue in cues:
        key = key_of({"rate": rate, **cue.settings})
        seen[key] += 1
        yield cue, key if seen[key] == 1 else f"{key}-{seen[key]}"


async def rendered(
    ledger: Ledger, key: str, settings: dict[str, Any], bridge: AsyncClient, folder: Path, name: str
) -> list[Kept]:
    """Have one job rendered and its takes written into the folder as NAME_take1.wav and so on.

    settings: of the request, with ``task`` or ``preset``. Raises EngineError, Unwritten.
    """
    try:
        takes = await _asked(ledger, key, settings, bridge)
        keeping = asyncio.ensure_future(_keep(ledger, key, takes, folder, name))
        try:
            return await asyncio.shield(keeping)
        except asyncio.CancelledError:  # what is half written would be written again the next time
            await asyncio.wait((keeping,))
            raise
    except EngineError:  # some of the client's are of the system's kinds of errors, too
        raise
    except OSError as error:
        raise Unwritten(folder, error) from error


async def _keep(ledger: Ledger, key: str, takes: Iterable[Take], folder: Path, name: str) -> list[Kept]:
    """Write takes into the folder and put them down. Raises OSError, with none of them left there."""
    kept: list[Kept] = []
    try:
        for take in takes:
            path = await asyncio.to_thread(write_new, folder, f"{name}_take{take.index + 1}.wav", take.wav)
            kept.append(Kept(path.name, take.frames, take.rate, take.seed, take.score))
            ledger.writing(path.name)
        ledger.keep(key, kept)
    except OSError:
        for one in kept:
            (folder / one.file).unlink(missing_ok=True)
        raise
    return kept


async def _asked(ledger: Ledger, key: str, settings: dict[str, Any], bridge: AsyncClient) -> tuple[Take, ...]:
    """The takes of the job that the ledger has for this work; if its takes are gone, those of another."""
    again = True
    while True:
        try:
            return await _takes(ledger.job(key), dict(settings), bridge)
        except NoAnswer:
            raise
        except EngineError as error:
            ledger.forget(key)
            lost = isinstance(error, BridgeError) and error.code in ("no-take", "id-in-use")
            if not (lost and again):
                raise
            again = False


async def _takes(id: str, settings: dict[str, Any], bridge: AsyncClient) -> tuple[Take, ...]:
    if "preset" in settings:
        job = await bridge.preset(settings.pop("preset"), id=id, **settings)
    else:
        job = await bridge.submit(settings.pop("task"), id=id, **settings)
    takes = await job.results()
    if not takes or any(take.path is not None and not take.path.is_file() for take in takes):
        raise BridgeError(f"job {id} is done, and its takes are gone", "no-take")
    return takes

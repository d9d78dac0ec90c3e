"""A cue sheet's cues become takes, and the projects beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge import AsyncClient
from bridge.cues import projects
from bridge.cues.clock import USUAL, Clock
from bridge.cues.render import Placed, Progress, Unwritten, render
from bridge.cues.sheet import Cue
from bridge.takes import slug, write_over
from engine import EngineError, __version__

RATE = 48000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sheet: its cues, the files beside the takes, and a line for each cue that failed."""

    placed: Sequence[Placed]
    files: tuple[Path, ...]
    failures: tuple[str, ...]


async def render_sheet(
    title: str, cues: Sequence[Cue], folder: Path, bridge: AsyncClient, told: Callable[[Progress], None],
    *, clock: Clock = USUAL, rate: int = RATE,
) -> Outcome:  # fmt: skip
    """Render cues into the folder and write the project, the EDL and the table there, also if cues failed.

    Raises NoAnswer, Unwritten.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        placed = await render(cues, folder, bridge, told, rate)
        files = await asyncio.to_thread(_write, title, placed, folder, clock, rate)
    except (EngineError, Unwritten):
        raise
    except OSError as error:
        raise Unwritten(folder, error) from error
    failures = tuple(f"row {one.cue.row}: {one.why}" for one in placed if one.why)
    return Outcome(placed, files, failures)


def _write(title: str, placed: Sequence[Placed], folder: Path, clock: Clock, rate: int) -> tuple[Path, ...]:
    name = slug(title)
    content = {
        folder / f"{name}.rpp": projects.reaper(placed, rate, clock),
        folder / f"{name}.edl": projects.edl(placed, title, clock.fps),
        folder / f"{name}_placed.csv": projects.table(placed, rate),
    }
    for path, text in content.items():
        write_over(path, text.encode())
    return tuple(content)


def other_version(theirs: str) -> str:
    """What to say of a bridge whose version is not the one of this program; empty if they are of one."""
    if theirs.split(".")[:2] == __version__.split(".")[:2]:
        return ""
    return f"the bridge that answers is version {theirs}, this program {__version__}: end it, and start it anew"

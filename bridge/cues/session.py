"""A cue sheet's cues become takes, and the projects beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge import AsyncClient
from bridge.cues import projects
from bridge.cues.render import Placed, Progress, render
from bridge.cues.sheet import Cue
from bridge.takes import slug, write_over

RATE = 48000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a sheet: its cues, the files beside the takes, and a line for each cue that failed."""

    placed: Sequence[Placed]
    files: tuple[Path, ...]
    failures: tuple[str, ...]


async def render_sheet(
    title: str, cues: Sequence[Cue], folder: Path, bridge: AsyncClient, told: Callable[[Progress], None],
    *, fps: int = 25, rate: int = RATE,
) -> Outcome:  # fmt: skip
    """Render cues into the folder and write the project, the EDL and the table there, also if cues failed.

    Raises NoAnswer, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    placed = await render(cues, folder, bridge, told, rate)
    name = slug(title)
    content = {
        folder / f"{name}.rpp": projects.reaper(placed, rate),
        folder / f"{name}.edl": projects.edl(placed, title, fps),
        folder / f"{name}_placed.csv": projects.table(placed, rate),
    }
    for path, text in content.items():
        await asyncio.to_thread(write_over, path, text.encode())
    failures = tuple(f"row {one.cue.row}: {one.why}" for one in placed if one.why)
    return Outcome(placed, tuple(content), failures)

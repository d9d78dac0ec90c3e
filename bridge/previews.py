"""Previews on disk: what a job sounds like so far, in a folder of their own beside the takes, and not for long."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from datetime import date
from pathlib import Path

from bridge.jobs import Job
from bridge.takes import label, take_name, write_new
from engine import Preview, Take, wav_bytes

FOLDER = "previews"
MOST = 32
"""Previews that are kept; the oldest are deleted first."""
_STALE_SECONDS = 3600.0


class Previews:
    """Those of one daemon. folder: of the takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._written: deque[Path] = deque()

    def write(self, job: Job, preview: Preview) -> Path:
        """Write one and return its path. Raises OSError."""
        if not self._written:
            self._remove_stale()
        take = Take(preview.clip, job.request)
        day = date.fromtimestamp(job.created) if job.created else date.today()
        words = f"step {preview.step} {label(job.request)}"
        name = take_name(day, words, job.request.seed or 0, preview.clip.seconds, 1)
        path = write_new(self._folder, name, wav_bytes(take))
        self._written.append(path)
        while len(self._written) > MOST:
            self._written.popleft().unlink(missing_ok=True)
        return path

    def _remove_stale(self) -> None:
        """Delete what earlier daemons left."""
        if self._folder.is_symlink():
            return  # these are somebody else's files
        for path in self._folder.glob("*.wav"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                    path.unlink()

"""Recording what is heard: a WAV file with cues, and beside it the same cue sheet as CSV."""

from __future__ import annotations

import csv
import io
import logging
import os
import queue
import threading
from dataclasses import dataclass
from pathlib import Path

from bridge.audio.mixer import Mixer
from bridge.audio.ring import Block
from bridge.audio.wav import Cue, WavWriter

log = logging.getLogger("bridge")

SETTLE_SECONDS = 2.0
"""After a crash, at most so much of a recording is missing."""

_PART = ".recording"


@dataclass(frozen=True, slots=True)
class Played:
    """Something that was triggered: at which frame of the mixer, what, and how."""

    frame: int
    what: str
    note: int
    velocity: float
    take: str
    seed: int
    prompt: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A finished recording. ``problem`` says what could not be written, if anything."""

    path: Path
    frames: int
    rate: int
    cues: int
    problem: str = ""


class Recorder:
    """Records from the next block that is heard until it is stopped. The file gets its name when it is complete.

    Raises OSError if it cannot be begun, FileExistsError if there is a file of the name already.
    """

    def __init__(self, mixer: Mixer, path: Path) -> None:
        for taken in (path, path.with_suffix(".csv")):  # a link that leads nowhere, too
            if os.path.lexists(taken):
                raise FileExistsError(f"there is a file {taken} already")
        self.path, self._mixer = path, mixer
        self._part = path.with_name(path.name + _PART)
        self._part.unlink(missing_ok=True)
        self._writer = WavWriter(self._part, mixer.rate)
        self._rate = mixer.rate
        self._blocks: queue.SimpleQueue[tuple[int, Block] | None] = queue.SimpleQueue()
        self._first: int | None = None
        self._played: list[Played] = []
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()
        mixer.listen(self._hear)

    def note(self, played: Played) -> None:
        """Put something into the cue sheet."""
        self._played.append(played)

    @property
    def frames(self) -> int:
        """How much there is so far."""
        return self._writer.frames

    def stop(self) -> Recording:
        """Complete the file. What was heard up to now is in it."""
        self._mixer.ignore(self._hear)
        self._blocks.put(None)
        self._thread.join()
        first = self._first or 0
        played = [one for one in self._played if 0 <= one.frame - first < self._writer.frames]
        try:
            self._writer.close([Cue(one.frame - first, f"{one.what}: {one.prompt}") for one in played])
            self._part.rename(self.path)
            with self._sheet.open("x", encoding="utf-8") as sheet:  # nobody's file, and no link to one
                sheet.write(cue_sheet(played, first, self._rate))
        except OSError as error:
            self._problem = self._problem or f"{error.strerror or error}"
        return Recording(self.path, self._writer.frames, self._rate, len(played), self._problem)

    @property
    def _sheet(self) -> Path:
        return self.path.with_suffix(".csv")

    def _hear(self, frame: int, block: Block) -> None:
        self._blocks.put((frame, block))

    def _run(self) -> None:
        settled = 0
        while (item := self._blocks.get()) is not None:
            if self._problem:
                continue  # the disk is full; what was written is kept
            frame, block = item
            if self._first is None:
                self._first = frame
            try:
                self._writer.write(block)
                if self._writer.frames - settled > SETTLE_SECONDS * self._rate:
                    self._writer.settle()
                    settled = self._writer.frames
            except OSError as error:
                self._problem = f"{error.strerror or error}"
                log.error("the recording %s ends here: %s", self.path, self._problem)


def cue_sheet(played: list[Played], first: int, rate: int) -> str:
    """CSV with a line for each thing that was triggered, its time counted from the recording's first frame."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(("seconds", "frame", "what", "note", "velocity", "take", "seed", "prompt"))
    for one in played:
        frame = one.frame - first
        out.writerow((f"{frame / rate:.6f}", frame, one.what, one.note if one.note >= 0 else "",
                      f"{one.velocity:.3f}", one.take, one.seed, one.prompt))  # fmt: skip
    return text.getvalue()

"""Times as people write them: seconds, minutes, timecodes, and bars where a tempo is given."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine import BadRequest

FORMS = "seconds, m:s, h:m:s, h:m:s:frames, or bars"

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)")
_TIMECODE = re.compile(r"(\d+):(\d+):(\d+):(\d+)")
_SECONDS = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|sec|seconds?)", re.IGNORECASE)
_BARS = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(bars?|beats?)", re.IGNORECASE)
_PLACE = re.compile(r"(\d+)\|(\d+)(?:\|(\d+))?|(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Clock:
    """What times are counted in. fps: frames a second of timecodes. bpm: beats a minute, 20 to 400, or 0 where no tempo
    is given; beats: beats a bar, 1 to 16."""

    fps: int = 25
    bpm: float = 0.0
    beats: int = 4

    def seconds(self, text: str, name: str) -> float:
        """A time in seconds: 12.5, 1:02.5, 1:00:02.5, 500 ms, 01:00:02:12 with frames; with a tempo also 2 bars or 3
        beats, and as places of a timeline, which begins at 1, 5|1 (bar and beat), 5.1.3 (and sixteenth), as Live shows
        it, or 5.1.50 (and hundredths of a beat), as Reaper does. Raises BadRequest."""
        plain = text.strip()
        if found := _TIMECODE.fullmatch(plain):
            return self._timecode(name, plain, *map(int, found.groups()))
        if found := _CLOCK.fullmatch(plain):
            hours, minutes = (int(part or 0) for part in found.groups()[:2])
            return hours * 3600 + minutes * 60 + float(found[3])
        if found := _SECONDS.fullmatch(plain):
            return float(found[1]) * (0.001 if found[2].lower() == "ms" else 1.0)
        if found := _BARS.fullmatch(plain):
            return float(found[1]) * self._beat(name, plain) * (self.beats if found[2].lower()[:2] == "ba" else 1)
        if found := _PLACE.fullmatch(plain):
            return self._place(name, plain, *(part for part in found.groups() if part is not None))
        raise BadRequest(name, f"{name} must be a time, {FORMS}, got {plain!r}")

    def _timecode(self, name: str, plain: str, hours: int, minutes: int, whole: int, frames: int) -> float:
        if frames < self.fps:
            return hours * 3600 + minutes * 60 + whole + frames / self.fps
        raise BadRequest(name, f"{name} has frame {frames}, at {self.fps} a second the last is {self.fps - 1}: {plain}")

    def _place(self, name: str, plain: str, bar: str, beat: str, part: str = "1") -> float:
        hundredths = len(part) > 1
        within = int(part) / 100 if hundredths else (int(part) - 1) / 4
        if int(bar) < 1 or not 1 <= int(beat) <= self.beats or not (hundredths or 1 <= int(part) <= 4):
            text = f"bar 1 or later, beat 1 to {self.beats}, sixteenth 1 to 4 or hundredths 00 to 99"
            raise BadRequest(name, f"{name} must be {text}, got {plain!r}")
        return ((int(bar) - 1) * self.beats + int(beat) - 1 + within) * self._beat(name, plain)

    def _beat(self, name: str, plain: str) -> float:
        """The seconds of a beat."""
        if not self.bpm:
            raise BadRequest(name, f"{name} is in bars, and no tempo is given (--bpm): {plain!r}")
        return 60 / self.bpm


USUAL = Clock()
"""Where nothing else is said: 25 frames a second, and no tempo."""

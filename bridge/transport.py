"""Musical time: where a song is, how fast it goes, and when its next bar begins. A frozen value and pure functions.

Times are seconds of `time.monotonic`; positions are quarter notes since the song's beginning, which is a bar's.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

TEMPO = (20.0, 400.0)
"""Quarter notes a minute, lowest and highest."""
METER = (1, 16)
"""Quarter notes a bar."""
POSITION = (0.0, 1e6)

_BEATS = {"1/16": 0.25, "1/8": 0.5, "1/4": 1.0, "1/2": 2.0}
_BARS = {"1 bar": 1, "2 bars": 2, "4 bars": 4}
_ON_IT = 1e-6
"""Quarter notes: so near to a boundary is on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """A song's place in time: at ``time`` it is at ``position``, and goes on from there if it is ``playing``.

    tempo: quarter notes a minute. meter: quarter notes a bar. source: who says so: internal, midi or link.
    """

    tempo: float = 120.0
    position: float = 0.0
    time: float = 0.0
    playing: bool = False
    meter: int = 4
    source: str = "internal"

    def position_at(self, time: float) -> float:
        """Where the song is at this time, also before it began to play, where that is below 0."""
        return self.position + (time - self.time) * self.tempo / 60.0 if self.playing else self.position

    def time_of(self, position: float) -> float:
        """When a song that plays is at this position."""
        return self.time + (position - self.position) * 60.0 / self.tempo

    def at(self, time: float) -> Transport:
        """The same song, said for this time."""
        return dataclasses.replace(self, position=self.position_at(time), time=time)

    def with_tempo(self, tempo: float, time: float) -> Transport:
        """From this time on it goes as fast as this, from where it is."""
        return dataclasses.replace(self.at(time), tempo=tempo)

    def play(self, time: float, position: float | None = None) -> Transport:
        """It plays from this time on, from where it is or from this position."""
        here = self.at(time)
        return dataclasses.replace(here, playing=True, position=here.position if position is None else position)

    def stop(self, time: float) -> Transport:
        """It stays where it is."""
        return dataclasses.replace(self.at(time), playing=False)

    def next_boundary(self, quantize: str, time: float) -> float:
        """The time of the first boundary at or after this time; for one that plays. KeyError for unknown words, and
        for off, which has none."""
        step = self.beats(quantize)
        return self.time_of(math.ceil((self.position_at(time) - _ON_IT) / step) * step)

    def beats(self, quantize: str) -> float:
        """Quarter notes between boundaries: "1/4" is 1, "2 bars" are twice the meter. KeyError for other words."""
        return _BEATS[quantize] if quantize in _BEATS else float(_BARS[quantize] * self.meter)

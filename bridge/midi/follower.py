"""Following a MIDI clock: pulses, start, stop, continue and song position in, a transport out."""

from __future__ import annotations

from collections import deque

from bridge.midi.pulses import MOST, PER_BEAT, Beat, estimate
from bridge.transport import TEMPO, Transport

LOST = 0.5
"""Seconds without a pulse after which a clock has stopped; at the lowest tempo they are 0.125 s apart."""
_SIXTEENTH = 0.25


class Follower:
    """One clock's pulses. Times are seconds of `time.monotonic`, those at which messages arrived."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=MOST)
        self._beat: Beat | None = None
        self._count = 0
        self._from = 0.0
        self.playing = False

    def pulse(self, time: float) -> None:
        """A timing clock message."""
        if self._times and time - self._times[-1] > LOST:
            self._times.clear()
        self._times.append(time)
        self._beat = None
        if self.playing:
            self._count += 1

    def start(self) -> None:
        """Play from the beginning: the next pulse is its first."""
        self.locate(0)
        self.playing = True

    def go_on(self) -> None:
        """Play from where it is: the next pulse is the first there."""
        self.locate(self.position / _SIXTEENTH)
        self.playing = True

    def stop(self) -> None:
        """Stay where it is."""
        self.locate(self.position / _SIXTEENTH)
        self.playing = False

    def locate(self, sixteenths: float) -> None:
        """A song position, in sixteenth notes."""
        self._from, self._count = sixteenths * _SIXTEENTH, 0

    @property
    def position(self) -> float:
        """Quarter notes at the last pulse; a start or a song position is where the next one will be."""
        return self._from + max(0, self._count - 1) / PER_BEAT

    @property
    def beat(self) -> Beat | None:
        """Tempo and phase; None while too few pulses came."""
        if self._beat is None:
            self._beat = estimate(self._times)
        return self._beat

    def alive(self, time: float) -> bool:
        """True while pulses come."""
        return bool(self._times) and time - self._times[-1] < LOST

    def transport(self, meter: int = 4) -> Transport | None:
        """Where the song is, with jitter rejected; None while too few pulses came, or for a tempo out of range."""
        beat = self.beat
        if beat is None or not TEMPO[0] <= round(beat.tempo, 3) <= TEMPO[1]:
            return None
        ahead = 1 if self.playing and self._count == 0 else 0  # the place that was located is the next pulse's
        return Transport(
            tempo=beat.tempo, position=self.position, time=beat.time + ahead * beat.period, playing=self.playing,
            meter=meter, source="midi",
        )  # fmt: skip

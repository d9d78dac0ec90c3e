"""Who says where the song is: a host over OSC, a MIDI clock, an Ableton Link session; and which frame a bar begins at.

Every method may be called from any thread.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from typing import Protocol

from bridge.audio.frames import FrameClock
from bridge.audio.mixer import Mixer
from bridge.midi.follower import Follower
from bridge.transport import Transport

SOURCES = ("auto", "internal", "midi", "link")
"""auto follows a MIDI clock while there is one, and hosts otherwise."""


class Following(ValueError):
    """The song's place is another's to say; the text says whose, and how to change that."""


class Session(Protocol):
    """A Link session (`bridge.midi.link`)."""

    def transport(self, meter: int) -> Transport: ...

    def set_tempo(self, tempo: float) -> None: ...

    def set_playing(self, playing: bool) -> None: ...

    def close(self) -> None: ...


class Conductor:
    """The daemon's transport. ``join`` opens a Link session; RuntimeError where that cannot be."""

    def __init__(
        self, mixer: Mixer, join: Callable[[float], Session] | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._now, self._join = now, join
        self._frames = FrameClock(mixer, now)
        self._lock = threading.RLock()
        self._own = Transport(time=now())
        self._follower = Follower()
        self._clock_of = ""
        self._session: Session | None = None
        self.source = "auto"

    @property
    def transport(self) -> Transport:
        """Where the song is now."""
        with self._lock:
            now, meter = self._now(), self._own.meter
            if self._session is not None:
                return self._session.transport(meter).at(now)
            if self._clock_of:
                followed = self._follower.transport(meter)
                if self._follower.alive(now):
                    return (followed or self._own).at(now)
                # the clock has gone: what it said last stands, as with a tape that was stopped
                self._own = dataclasses.replace(followed or self._own, time=now, playing=False, source="internal")
                self._clock_of = ""
            return self._own.at(now)

    @property
    def clock_of(self) -> str:
        """The port whose clock is followed; empty for none."""
        return self._clock_of if self.transport.source == "midi" else ""

    # what hosts say

    def set_tempo(self, tempo: float) -> None:
        """Quarter notes a minute. Raises Following."""
        with self._lock:
            if self._session is not None:
                self._session.set_tempo(tempo)
            else:
                self._own = self._mine().with_tempo(tempo, self._now())

    def play(self, position: float | None = None) -> None:
        """Play on, or from a position in quarter notes. Raises Following."""
        with self._lock:
            if self._session is not None:
                self._session.set_playing(True)
            else:
                self._own = self._mine().play(self._now(), position)

    def stop(self) -> None:
        """Stay where it is. Raises Following."""
        with self._lock:
            if self._session is not None:
                self._session.set_playing(False)
            else:
                self._own = self._mine().stop(self._now())

    def locate(self, position: float) -> None:
        """Go to a position in quarter notes. Raises Following."""
        with self._lock:
            if self._session is not None:
                raise Following("a Link session has no position that could be set; send /transport/source auto first")
            self._own = dataclasses.replace(self._mine(), position=position)

    def set_meter(self, meter: int) -> None:
        """Quarter notes a bar; a MIDI clock does not say them."""
        with self._lock:
            self._own = dataclasses.replace(self._own, meter=meter)

    def use(self, source: str) -> None:
        """Believe another source, one of `SOURCES`. RuntimeError where Link cannot be joined."""
        with self._lock:
            before = self.transport
            session = self._join(before.tempo) if source == "link" and self._join and not self._session else None
            if source != "link" and self._session is not None:
                self._session.close()
                self._session = None
            self._session = session or self._session
            self._own = dataclasses.replace(before, source="internal")
            self.source = source
            self._clock_of = ""

    def _mine(self) -> Transport:
        now = self.transport
        if now.source == "midi":
            text = f"the tempo is that of the MIDI clock from {self._clock_of}; send /transport/source internal first"
            raise Following(text)
        return now

    # what a MIDI clock says

    def clock(self, port: str, kind: str, position: int, arrived: float) -> None:
        """A timing message of a port. Of several clocks the first one that came is followed, while it comes."""
        with self._lock:
            if self.source not in ("auto", "midi"):
                return
            if port != self._clock_of:
                if self._clock_of and self._follower.alive(arrived):
                    return
                self._clock_of, self._follower = port, Follower()
            match kind:
                case "clock":
                    self._follower.pulse(arrived)
                case "start":
                    self._follower.start()
                case "continue":
                    self._follower.go_on()
                case "stop":
                    self._follower.stop()
                case "songpos":
                    self._follower.locate(position)

    # what pads ask

    def frame_of(self, quantize: str, after: int | None = None) -> int | None:
        """The mixer's frame of the next boundary, one of `presets.playing.QUANTIZE`, or of the first one after a frame.
        None for off, and where nothing plays: then a hit begins at once."""
        transport = self.transport
        if quantize == "off" or not transport.playing:
            return None
        boundary = transport.next_boundary(quantize, self._now())
        step = transport.beats(quantize) * 60.0 / transport.tempo
        frame = self._frames.frame_at(boundary)
        while frame is not None and after is not None and frame <= after:
            boundary += step
            frame = self._frames.frame_at(boundary)
        return frame

    def close(self) -> None:
        """Leave a Link session."""
        if self._session is not None:
            self._session.close()
            self._session = None

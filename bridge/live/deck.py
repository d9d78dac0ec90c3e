"""The deck: the reel that is heard, where the next window goes on, and which windows are still to be heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.audio.mixer import Mixer
from bridge.audio.prepare import transposed
from bridge.audio.recorder import Played
from bridge.audio.source import CHANNELS
from bridge.live.join import Joined, Tail, joined
from bridge.live.reel import Reel
from bridge.live.values import Audience, Window
from bridge.live.wish import written
from engine import Clip


@dataclass(slots=True)
class Placing:
    """A window on its way into a reel. made: once it is there, with the frame at which it begins."""

    reel: Reel
    made: Joined | None = None
    start: int = 0


class Deck:
    """What a mixer plays of one stream, from its first window to its end. For the loop, but for what `place` gives."""

    def __init__(self, mixer: Mixer) -> None:
        self.tail: Tail | None = None
        self.heard: Window | None = None
        self._mixer = mixer
        self._reel: Reel | None = None
        self._handle = self._origin = self._told = 0
        self._coming: deque[Window] = deque()

    @property
    def rate(self) -> int:
        """Of what is put here, in Hz."""
        return self._reel.rate if self._reel else self._mixer.rate

    @property
    def playing(self) -> bool:
        """True from the first window on."""
        return self._reel is not None

    @property
    def behind(self) -> bool:
        """True while a cycle is heard."""
        return self._reel is not None and self._reel.behind

    @property
    def stock(self) -> float:
        """Seconds that are there to be heard."""
        return self._reel.stock if self._reel else 0.0

    @property
    def shortfalls(self) -> int:
        """How often a cycle was begun."""
        return self._reel.shortfalls if self._reel else 0

    @property
    def short(self) -> float:
        """Seconds that were heard of cycles."""
        return self._reel.short / self._reel.rate if self._reel else 0.0

    def turn(self, gain: float) -> None:
        """Play at this level from now on."""
        if self._reel is not None:
            self._reel.gain = gain

    def stop(self) -> None:
        """Fade out, and end."""
        if self._reel is not None:
            self._reel.stop()

    # windows

    def place(
        self, clip: Clip, before: Tail | None, target: float, moving: bool, gain: float
    ) -> tuple[Placing, Callable[[], None]]:
        """Begin to put a window here that was rendered to go on from ``before``. Returns the value to hand to `accept`,
        and the work that has to be done until then, in any thread: it takes some milliseconds."""
        channels = self._reel.channels if self._reel else min(CHANNELS, clip.channels)
        placing = Placing(self._reel or Reel(self.rate, channels, gain))

        def work() -> None:
            reel = placing.reel
            made = joined(clip, reel.rate, reel.channels, before, target, moving)
            placing.start = reel.put(made.window, made.cycle)
            placing.made = made

        return placing, work

    def accept(self, placing: Placing, window: Window) -> None:
        """A window has been placed (``placing.made`` is there); the first one begins to be heard."""
        assert placing.made is not None
        self.tail = placing.made.tail
        seconds = placing.made.window.shape[1] / placing.reel.rate
        self._coming.append(replace(window, seconds=seconds, start=placing.start))
        if self._reel is None:
            self._play(placing.reel)

    def tell(self, audience: Audience) -> None:
        """Say what is heard by now, and whether rendering has fallen behind."""
        reel = self._reel
        if reel is None:
            return
        while self._coming and self._coming[0].start <= reel.position:
            window = self.heard = self._coming.popleft()
            audience.began(window)
            prompts = written(window.mixture)
            audience.triggered(Played(self._origin + window.start, "live", -1, 1.0, "", window.seed, prompts))
        if reel.shortfalls > self._told:
            self._told = reel.shortfalls
            audience.behind(reel.shortfalls, self.short)

    # rates

    def follow_rate(self) -> bool:
        """Go on at the mixer's rate, if that is another now. Returns whether it is: then what is being rendered goes on
        from something that is no more."""
        old = self._reel
        if old is None or old.rate == self._mixer.rate:
            return False
        faster, before = old.rate / self._mixer.rate, old.position
        new = old.at_rate(self._mixer.rate, lambda samples: transposed(samples, faster))
        self._mixer.remove_source(self._handle)
        if (tail := self.tail) is not None:
            self.tail = Tail(transposed(tail.context, faster), transposed(tail.spare, faster))
        self._coming = deque(replace(one, start=round((one.start - before) / faster)) for one in self._coming)
        self._play(new)
        return True

    def _play(self, reel: Reel) -> None:
        self._reel = reel
        self._handle, self._origin = self._mixer.play_source(reel)

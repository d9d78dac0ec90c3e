"""When a window has to be begun, and how long a change takes to be heard. Pure: no clock, no sound."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

CONTEXT = 2.0
"""Seconds of the stream that a window goes on from, and that the model is shown again."""

SPARE = 0.3
"""Seconds that a window is rendered beyond its end: they run into its beginning where the next one is not there."""

SAFETY = 1.25
"""How much longer than the longest of late a window may take."""

TICK = 0.05
"""Seconds between two looks at the stream."""

_REMEMBERED = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0


class Pace:
    """How long windows take to be rendered, by those that were."""

    def __init__(self) -> None:
        self._times: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)

    def add(self, seconds: float, took: float) -> None:
        """Take note of a window of so many seconds of new sound that took so long."""
        self._times.append((seconds, max(1e-3, took)))

    def forget(self) -> None:
        """Another model, or other steps: what was learnt is of no use."""
        self._times.clear()

    @property
    def realtime(self) -> float:
        """Seconds of new sound in a second of rendering, of late; 0 while nothing is known."""
        return sum(s for s, _ in self._times) / sum(t for _, t in self._times) if self._times else 0.0

    def longest(self, seconds: float) -> float | None:
        """How long a window of so many seconds takes at most, by the last few; None while nothing is known. What is
        shown again costs as much as what is new."""
        if not self._times:
            return None
        return max(took * (seconds + CONTEXT) / (sound + CONTEXT) for sound, took in self._times)


@dataclass(frozen=True, slots=True)
class Plan:
    """lead: seconds of stock at which the next window is begun. window: seconds of a window."""

    lead: float
    window: float

    @property
    def delay(self) -> float:
        """Seconds until a change is in the stream, at the most, while rendering keeps up: a change that just misses a
        window waits until what is in stock has been heard, then for that window's own length."""
        return self.lead + self.window + TICK


def plan(pace: Pace, window: float, ahead: float) -> Plan:
    """The plan for windows of so many seconds, begun ``ahead`` seconds earlier than has to be."""
    longest = pace.longest(window)
    return Plan(window if longest is None else longest * SAFETY + ahead + TICK, window)


def pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return float(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (failures - 1))) if failures else 0.0

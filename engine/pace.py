"""How long steps take, learned from those that were done, and how large a batch may therefore be."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

LATENCY = 0.1
"""Seconds that a step should take at most while nothing is urgent, unless it is said otherwise."""

HURRY = 4
"""By how much steps are to be shorter while a live job is here or may come at any moment."""

_WEIGHT = 0.3
_GROWTH = 2.0
_KEYS = 256


@dataclass(slots=True)
class _Known:
    """unit: seconds for a size of 1, 0 where none was done. largest: the largest batch that was done, or may have been.
    cap: what memory holds."""

    unit: float
    largest: float
    cap: float = float("inf")


class Pace:
    """Sizes and durations of steps by what is stepped (a batch key). latency: seconds, more than 0.

    Sizes are in any unit that a step's duration grows with. A batch grows at most to twice the largest one so far, for
    a duration beyond those that were measured is a guess.
    """

    def __init__(self, latency: float = LATENCY) -> None:
        if not latency > 0:
            raise ValueError(f"latency must be more than 0 s, got {latency}")
        self.latency = latency
        self._known: OrderedDict[Hashable, _Known] = OrderedDict()

    def budget(self, hurry: bool) -> float:
        """Seconds that a step, or a row of pieces of decoding, should take at most."""
        return self.latency / HURRY if hurry else self.latency

    def room(self, key: Hashable, hurry: bool) -> float:
        """The size of a batch that keeps within the budget; 0 for what was never stepped."""
        known = self._known.get(key)
        if known is None:
            return 0.0
        most = min(known.largest * _GROWTH, known.cap)
        return min(self.budget(hurry) / known.unit, most) if known.unit > 0 else most

    def fits(self, key: Hashable, size: float) -> bool:
        """Whether memory held that much, as far as is known."""
        known = self._known.get(key)
        return known is None or size <= known.cap

    def learn(self, key: Hashable, size: float, seconds: float) -> None:
        """Note how long a batch took."""
        unit = seconds / size
        known = self._known.setdefault(key, _Known(unit, size))
        known.unit = known.unit + _WEIGHT * (unit - known.unit) if known.unit > 0 else unit
        known.largest = max(known.largest, size)
        self._known.move_to_end(key)
        while len(self._known) > _KEYS:
            self._known.popitem(last=False)

    def too_large(self, key: Hashable, size: float) -> None:
        """Note that memory did not hold a batch: from now on it has to be smaller."""
        known = self._known.setdefault(key, _Known(0.0, size / 2))
        known.cap = min(known.cap, size / 2)
        known.largest = min(known.largest, known.cap)

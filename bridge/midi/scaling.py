"""What a parameter's row says to a knob: where in its range a position of 0 to 1 is, and the other way round."""

from __future__ import annotations

import math
from dataclasses import dataclass

_DECADES = 3.0
"""A logarithmic range that begins at 0, or below, has no ratio: it runs as if it had so many decades."""

Value = float | int | str


@dataclass(frozen=True, slots=True)
class Range:
    """The values of a parameter: numbers from ``low`` to ``high``, whole ones or not, along a curve, "linear" or
    "log"; or words in their order."""

    low: float = 0.0
    high: float = 1.0
    curve: str = "linear"
    unit: str = ""
    whole: bool = False
    choices: tuple[str, ...] = ()

    def value(self, position: float) -> Value:
        """The value at a position, which is held within 0 to 1."""
        position = min(1.0, max(0.0, position))
        if self.choices:
            return self.choices[min(len(self.choices) - 1, int(position * len(self.choices)))]
        number = self.low + (self.high - self.low) * self._bent(position)
        if position in (0.0, 1.0):
            number = self.high if position else self.low
        return round(number) if self.whole else number

    def position(self, value: Value) -> float:
        """Where a value is; what is outside is at the end that is nearer."""
        if self.choices:
            at = self.choices.index(str(value)) if value in self.choices else 0
            return (at + 0.5) / len(self.choices)
        span = self.high - self.low
        part = (float(value) - self.low) / span if span else 0.0
        return min(1.0, max(0.0, self._straightened(min(1.0, max(0.0, part)))))

    @property
    def _ratio(self) -> float:
        return self.high / self.low if self.low > 0 else 10.0**_DECADES

    def _bent(self, position: float) -> float:
        if self.curve != "log":
            return position
        return (self._ratio**position - 1.0) / (self._ratio - 1.0)

    def _straightened(self, part: float) -> float:
        if self.curve != "log":
            return part
        return math.log(part * (self._ratio - 1.0) + 1.0) / math.log(self._ratio)

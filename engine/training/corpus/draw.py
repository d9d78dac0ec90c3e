"""One rendering's random choices, and the table of kinds.

A *kind* is a sort of sound ("door slam"). Its function gets a `Draw`, takes every random number from it and names, by
`Draw.attribute`, the choices a listener could hear; those words end up in the caption.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.floating]
T = TypeVar("T")

RATE = 48000
SECONDS = 5.12
FRAMES = int(RATE * SECONDS)


@dataclass
class Draw:
    """Random source of one rendering; `words` collects attribute name → word for the caption.

    frames: the longest clip wanted, in samples at 48 kHz.
    """

    rng: np.random.Generator
    frames: int = FRAMES
    rate: int = RATE
    words: dict[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """The longest clip wanted, in seconds."""
        return self.frames / self.rate

    def uniform(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return float(self.rng.uniform(low, high))

    def log_uniform(self, low: float, high: float) -> float:
        """A number in [low, high), evenly spread over ratios; both bounds > 0."""
        return float(math.exp(self.rng.uniform(math.log(low), math.log(high))))

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return bool(self.rng.random() < probability)

    def choose(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self.rng.integers(len(items)))]

    def attribute(
        self, name: str, choices: Mapping[str, float | tuple[float, float]], chance: float = 0.7
    ) -> float:
        """Pick a word, return its value (log-uniform inside a (low, high) range) and, by `chance`, record the word."""
        word = self.choose(list(choices))
        value = choices[word]
        if self.chance(chance):
            self.words[name] = word
        if isinstance(value, tuple):
            low, high = value
            return self.log_uniform(low, high) if low > 0 else self.uniform(low, high)
        return float(value)


@dataclass(frozen=True)
class Kind:
    """A sort of sound: how it is named in captions and how one dry clip of it is rendered.

    render: Draw → mono samples at 48 kHz, any level, at most `Draw.frames` long.
    sustained: the clip is steady, so any crop of it is the same sort of sound.
    """

    name: str
    group: str
    phrases: tuple[str, ...]
    render: Callable[[Draw], Samples]
    sustained: bool = False
    spaces: bool = True


KINDS: dict[str, Kind] = {}


def kind(
    name: str, *, group: str, phrases: Sequence[str], sustained: bool = False, spaces: bool = True
) -> Callable[[Callable[[Draw], Samples]], Callable[[Draw], Samples]]:
    """Registers the decorated function as the renderer of a kind.

    spaces: False keeps rooms and distance away from sounds that have none (a dial tone).
    Raises ValueError for a name that is taken.
    """

    def register(render: Callable[[Draw], Samples]) -> Callable[[Draw], Samples]:
        if name in KINDS:
            raise ValueError(f"the kind {name!r} is registered twice")
        KINDS[name] = Kind(name, group, tuple(phrases), render, sustained, spaces)
        return render

    return register


def all_kinds() -> dict[str, Kind]:
    """Every kind by name, sorted; imports the modules in `kinds/`, each of which registers its own."""
    from engine.training.corpus import kinds

    for module in pkgutil.iter_modules(kinds.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{kinds.__name__}.{module.name}")
    return dict(sorted(KINDS.items()))

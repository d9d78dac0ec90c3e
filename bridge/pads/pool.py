"""A pad and its pool of takes: what a hit plays next, and how many takes are wanted. No files, no sound, no clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from bridge.audio.prepare import Prepared
from engine import Clip, Request
from presets import Playing


@dataclass(slots=True)
class Held:
    """A take in a pool. ``path`` is its file; where there is none, ``clip`` is its sound. ``prepared`` is None until it
    can be played. ``heard`` counts hits."""

    path: Path | None
    seed: int
    clip: Clip | None = None
    prepared: Prepared | None = None
    heard: int = 0
    latest: int = 0
    """The number of the hit that played it last."""


@dataclass(frozen=True, slots=True)
class Pad:
    """What a pad is: its name, what it was given as its sound, the request for its takes, and how it plays them.

    ``request`` has a seed only where one was asked for: its takes have that seed and those after it.
    """

    name: str
    sound: str
    request: Request
    playing: Playing

    @property
    def prompt(self) -> str:
        """What is asked for in words."""
        return self.request.prompt or self.request.prompts


@dataclass(slots=True)
class Pool:
    """A pad with its takes, the oldest first."""

    pad: Pad
    takes: list[Held] = field(default_factory=list)
    hits: int = 0
    ordered: int = 0
    """Takes that were ordered so far, for seeds that count up."""
    arriving: int = 0
    """Takes that were rendered and are being made ready."""
    failed: str = ""
    """Why no more are rendered; empty while they are."""
    chance: random.Random = field(default_factory=random.Random)

    @property
    def playable(self) -> list[Held]:
        """Takes that can be played."""
        return [take for take in self.takes if take.prepared is not None]

    @property
    def fresh(self) -> int:
        """Takes that nobody has heard."""
        return sum(take.heard == 0 for take in self.takes)

    @property
    def missing(self) -> int:
        """Takes that should be rendered, those that are ordered already included."""
        return 0 if self.failed else max(0, self.pad.playing.pool - self.fresh - self.arriving)

    def next(self) -> Held | None:
        """The take for a hit. One that nobody has heard comes first; where there is none, the one that was heard the
        longest time ago, or in random order any but the latest."""
        playable = self.playable
        if not playable:
            return None
        fresh = [take for take in playable if take.heard == 0]
        if self.pad.playing.order == "random":
            others = [take for take in playable if take.latest < self.hits] or playable
            take = self.chance.choice(fresh or others)
        else:
            take = fresh[0] if fresh else min(playable, key=lambda one: one.latest)
        self.hits += 1
        take.heard += 1
        take.latest = self.hits
        return take

    def add(self, take: Held) -> list[Held]:
        """Put a new take in. Returns those that had to go for it: the ones heard the longest time ago."""
        self.takes.append(take)
        gone = []
        while len(self.takes) > self.pad.playing.pool and any(one.heard for one in self.takes):
            gone.append(min((one for one in self.takes if one.heard), key=lambda one: one.latest))
            self.takes.remove(gone[-1])
        return gone

    def shrink(self) -> list[Held]:
        """Takes beyond the pool's size, after it was made smaller; heard ones go first."""
        gone = []
        while len(self.takes) > self.pad.playing.pool:
            gone.append(max(self.takes, key=lambda one: (one.heard > 0, -one.latest)))
            self.takes.remove(gone[-1])
        return gone

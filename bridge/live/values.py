"""What the stream is joined to: engines, an audience, something that works aside; and what it tells them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bridge.audio.recorder import Played
from bridge.live.wish import Mixture

Aside = Callable[[Callable[[], object], Callable[[], None]], None]
"""``aside(work, then)``: do some work without holding up the loop, and call ``then`` in the loop when it is done."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window: its number from 1, prompts, seed, length in seconds, seconds that rendering it took, and the frame of
    the reel at which it begins."""

    number: int
    mixture: Mixture
    seed: int
    seconds: float
    took: float = 0.0
    start: int = 0


class Audience(Protocol):
    """Who is told what happens in the stream; called in the loop."""

    def began(self, window: Window) -> None: ...

    def behind(self, shortfalls: int, short: float) -> None: ...

    def failed(self, code: str, text: str) -> None: ...

    def triggered(self, played: Played) -> None: ...


@dataclass(frozen=True, slots=True)
class Status:
    """How the stream goes. ``playing``: the prompts that are heard. ``delay``, ``ahead`` and ``short`` in seconds."""

    state: str
    playing: str
    delay: float
    ahead: float
    realtime: float
    windows: int
    shortfalls: int
    short: float
    why: str

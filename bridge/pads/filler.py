"""Keeps pools full: orders takes of the engine in use, a few at a time, the emptiest pool first.

Orders are no jobs: nobody is told about them, no journal holds them, and none is worth to be kept when the engine is
lost; what is missing then is ordered again.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bridge.child import Lost
from bridge.engines import Renderer
from bridge.pads.pool import Pool
from engine import (
    SEED_LIMIT,
    Broken,
    Cancelled,
    Done,
    Event,
    Failed,
    Handling,
    Invalid,
    Ready,
    Take,
    TakeReady,
)

MAX_ORDERS = 4
"""Takes that are ordered at once: enough for the engine to have a batch, few enough that a hit's own comes soon."""

MAX_LOSSES = 2
"""So often the engine may be lost while it renders for one pad; then that pad is taken for the reason."""

_PREFIX = "pad-"
_CLIENT = "pads"


@dataclass(frozen=True, slots=True)
class _Order:
    pool: Pool
    model: str
    at: float


class Filler:
    """``took(pool, take)`` gets each take, ``gave_up(pool, code, text)`` is told when a pool is filled no more.
    ``model`` is the one in use."""

    def __init__(
        self, engines: Renderer, took: Callable[[Pool, Take], None], gave_up: Callable[[Pool, str, str], None]
    ) -> None:
        self._engines = engines
        self._took = took
        self._gave_up = gave_up
        self._orders: dict[str, _Order] = {}
        self._numbers = itertools.count(1)
        self._losses: dict[str, int] = {}
        self._pace = 0.0
        self.model = ""
        self._ready: set[str] = set()

    @property
    def realtime(self) -> float:
        """Seconds of sound that were rendered in a second, of late; 0 while nothing is known."""
        return self._pace

    def use(self, model: str) -> bool:
        """Order of this model from now on. True if that is another one."""
        changed = model != self.model
        self.model = model
        return changed

    def fill(self, pools: Iterable[Pool]) -> None:
        """Order what is missing, as far as there is room."""
        if self.model not in self._ready:
            return
        pools = list(pools)
        while len(self._orders) < MAX_ORDERS:
            wanting = [pool for pool in pools if pool.missing > self._on_their_way(pool)]
            if not wanting:
                return
            self._order(min(wanting, key=lambda pool: (pool.fresh + self._on_their_way(pool), -pool.hits)))

    def forget(self, pool: Pool) -> None:
        """Stop what was ordered for a pool."""
        for key, order in tuple(self._orders.items()):
            if order.pool is pool:
                del self._orders[key]
                self._engines.cancel(order.model, key)
        self._losses.pop(pool.pad.name, None)

    def on_event(self, model: str, event: Event | Invalid | Lost) -> bool:
        """Take in what an engine says. True if it was about an order, or pools may be filled further now."""
        match event:
            case Ready():
                self._ready.add(model)
                return True
            case Broken():
                self._ready.discard(model)
            case Lost():
                self._lost(model)
            case TakeReady() | Done() | Failed() | Invalid() | Cancelled() if event.id in self._orders:
                self._on_order(event)
                return True
        return False

    def _on_order(self, event: TakeReady | Done | Failed | Invalid | Cancelled) -> None:
        order = self._orders[event.id]
        if isinstance(event, TakeReady):
            self._losses.pop(order.pool.pad.name, None)
            pace = event.take.clip.seconds / max(1e-3, time.monotonic() - order.at)
            self._pace = pace if not self._pace else self._pace + 0.2 * (pace - self._pace)
            self._took(order.pool, event.take)
            return
        del self._orders[event.id]
        if isinstance(event, Failed | Invalid):
            self._gave_up(order.pool, event.code, event.text)

    def _on_their_way(self, pool: Pool) -> int:
        return sum(order.pool is pool for order in self._orders.values())

    def _order(self, pool: Pool) -> None:
        request = pool.pad.request
        model = request.model or self.model
        if model not in self._ready:
            self._gave_up(pool, "model", f"its model is {model}, which is not loaded; {self.model} is")
            return
        seed = secrets.randbelow(SEED_LIMIT) if request.seed is None else (request.seed + pool.ordered) % SEED_LIMIT
        pool.ordered += 1
        key = f"{_PREFIX}{next(self._numbers)}"
        self._orders[key] = _Order(pool, model, time.monotonic())
        # What somebody is about to hit comes before everything else; filling up all of a set must not hold up jobs
        # that people wait for.
        priority = "live" if pool.fresh * 2 < pool.pad.playing.pool else "batch"
        self._engines.submit(
            model, key, request.replace(seed=seed, model=model, takes=1),
            Handling(priority=priority, client=_CLIENT, alone=pool.pad.name in self._losses),
        )  # fmt: skip

    def _lost(self, model: str) -> None:
        """What the engine had is lost with it."""
        self._ready.discard(model)
        lost = [key for key, order in self._orders.items() if order.model == model]
        for name, pool in {self._orders[key].pool.pad.name: self._orders[key].pool for key in lost}.items():
            self._losses[name] = self._losses.get(name, 0) + 1
            if self._losses[name] >= MAX_LOSSES:
                self._gave_up(pool, "engine-lost", f"the engine was lost {MAX_LOSSES} times while it rendered this pad")
        for key in lost:
            del self._orders[key]

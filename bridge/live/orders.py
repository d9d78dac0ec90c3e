"""Orders: one window at a time, of the engine in use, and when the next one may be tried after a failure.

Like those of pads, they are no jobs: nobody waits for one, no journal has it, and one that is lost is made again.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass

from bridge.child import Lost
from bridge.engines import Renderer
from bridge.live.join import Tail
from bridge.live.plan import pause
from bridge.live.values import Window
from engine import Broken, Cancelled, Done, Event, Failed, Handling, Invalid, Ready, Request, Take, TakeReady

log = logging.getLogger("bridge")

_PREFIX = "live-"
_CLIENT = "live"


@dataclass(frozen=True, slots=True)
class Order:
    """A window that is being rendered. before: what it goes on from. moving: into another mixture. at: seconds of the
    clock, when it was sent."""

    window: Window
    before: Tail | None
    moving: bool
    key: str = ""
    model: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came of an order, after so many seconds."""

    order: Order
    take: Take
    took: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing came of an order; it is to be made again."""

    code: str
    text: str


class Orders:
    """The order on its way, if any. ``model``: the one in use."""

    def __init__(self, engines: Renderer, clock: Callable[[], float]) -> None:
        self.model = ""
        self.why = ""
        """What went wrong last; empty as soon as something went well."""
        self._engines, self._clock = engines, clock
        self._ready: set[str] = set()
        self._keys = itertools.count(1)
        self._order: Order | None = None
        self._failures = 0
        self._not_before = 0.0

    @property
    def model_to_ask(self) -> str | None:
        """The model in use, or while that is being loaded any that is here. None where there is none, where an order is
        on its way, or where it is too early after a failure."""
        if self._order is not None or self._clock() < self._not_before:
            return None
        return self.model if self.model in self._ready else next(iter(sorted(self._ready)), None)

    def send(self, order: Order, model: str, request: Request) -> None:
        """Have a window rendered by a model."""
        key = f"{_PREFIX}{next(self._keys)}"
        self._order = Order(order.window, order.before, order.moving, key, model, self._clock())
        handling = Handling(priority="live", client=_CLIENT, alone=self._failures > 0)
        self._engines.submit(model, key, request, handling)

    def cancel(self) -> None:
        """Want it no more."""
        if self._order is not None:
            self._engines.cancel(self._order.model, self._order.key)
            self._order = None

    def clear(self) -> None:
        """Begin anew: whatever went wrong was another stream's."""
        self.cancel()
        self.why = ""
        self.hurry()

    def hurry(self) -> None:
        """Try at once, whatever failed: something has changed."""
        self._failures, self._not_before = 0, 0.0

    def on_event(self, model: str, event: Event | Invalid | Lost) -> Rendered | Trouble | None:
        """Take in what the engine of a model says. Returns what that means for the order, if anything."""
        order = self._order
        match event:
            case Ready():
                self._ready.add(model)
                if model == self.model:
                    self._leave_others()
            case Broken():
                self._ready.discard(model)
            case Lost():
                self._ready.discard(model)
                if order is not None and order.model == model:
                    return self.give_up("engine-lost", f"{event.text} while rendering the stream")
            case TakeReady() | Done() | Failed() | Invalid() | Cancelled() if order and event.id == order.key:
                return self._answered(order, event)
        return None

    def _leave_others(self) -> None:
        """The model in use is here: others are ended as soon as they are idle, and with them what we ordered."""
        self._ready = {self.model}
        if self._order is not None and self._order.model != self.model:
            self._order = None

    def _answered(
        self, order: Order, event: TakeReady | Done | Failed | Invalid | Cancelled
    ) -> Rendered | Trouble | None:
        self._order = None
        match event:
            case TakeReady():
                self._failures, self.why = 0, ""
                return Rendered(order, event.take, self._clock() - order.at)
            case Failed() | Invalid():
                return self.give_up(event.code, event.text)
        self._not_before = self._clock() + pause(1)
        return None

    def give_up(self, code: str, text: str) -> Trouble:
        """Order it again after a while, which is longer with each failure in a row."""
        self._order = None
        self._failures += 1
        self._not_before = self._clock() + pause(self._failures)
        self.why = text
        log.warning("a window of the stream could not be rendered: %s", text)
        return Trouble(code, text)

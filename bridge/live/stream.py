"""The stream: has one window after the other rendered, and puts them on the deck.

Everything here happens in one loop; what takes more than a moment is handed ``aside``.
"""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable

from bridge.audio.mixer import Mixer
from bridge.child import Lost
from bridge.engines import Renderer
from bridge.live.deck import Deck
from bridge.live.orders import Order, Orders, Rendered, Trouble
from bridge.live.plan import SPARE, Pace, Plan, plan
from bridge.live.values import Aside, Audience, Status, Window
from bridge.live.wish import Mixture, Wish, written
from engine import SEED_LIMIT, BadRequest, Clip, Event, Invalid


class Stream:
    """One endless stream in a mixer. ``clock`` gives seconds."""

    def __init__(
        self, engines: Renderer, mixer: Mixer, audience: Audience, aside: Aside,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.wish = Wish()
        self._mixer, self._audience, self._aside = mixer, audience, aside
        self._orders = Orders(engines, clock)
        self._pace = Pace()
        self._running = False
        self._clear()

    def _clear(self) -> None:
        self._deck = Deck(self._mixer)
        self._joining = False
        self._mixture: Mixture = ()
        self._seed: int | None = None
        self._count = 0
        self._orders.clear()

    # what is wanted

    @property
    def running(self) -> bool:
        """True from `start` to `stop`."""
        return self._running

    @property
    def plan(self) -> Plan:
        """When the next window is begun, and how soon changes are heard."""
        return plan(self._pace, self.wish["window"], self.wish["ahead"])

    def start(self, wish: Wish) -> None:
        """Begin to play what is wished; if it plays already, that is what comes next."""
        self.change(wish)
        if not self._running:
            self._clear()
            self._running = True
        self.tick()

    def change(self, wish: Wish) -> None:
        """Wish something else: it is in the next window that is begun. The level changes at once."""
        if any(wish[name] != self.wish[name] for name in ("steps", "quality", "guidance")):
            self._pace.forget()
        if wish["seed"] != self.wish["seed"]:
            self._seed = None
        self.wish = wish
        self._orders.hurry()
        self._deck.turn(_factor(wish["level"]))

    def stop(self) -> None:
        """Fade out. Nothing more is rendered."""
        self._deck.stop()
        self._running = False
        self._clear()

    def use_model(self, model: str) -> None:
        """Order windows of this model from now on, as soon as it is ready; until then, of the one before."""
        if model != self._orders.model:
            self._orders.model = model
            self._pace.forget()

    def status(self, beyond: float = 0.0) -> Status:
        """How it goes; ``beyond`` are the seconds from the deck to the ear."""
        deck, state = self._deck, "stopped"
        if self._running:
            state = "starting" if not deck.playing else "behind" if deck.behind else "playing"
        return Status(
            state, written(deck.heard.mixture) if deck.heard else "", self.plan.delay + beyond, deck.stock,
            self._pace.realtime, self._count, deck.shortfalls, deck.short, self._orders.why,
        )  # fmt: skip

    # time goes on

    def tick(self) -> None:
        """Look how far it is: to be called every `bridge.live.plan.TICK` seconds."""
        if not self._running:
            return
        if not self._joining and self._deck.follow_rate():
            self._orders.cancel()
        self._deck.tell(self._audience)
        if not self._joining and self._deck.stock <= self.plan.lead:
            self._begin_window()

    def _begin_window(self) -> None:
        model, mixture = self._orders.model_to_ask, self.wish.mixture or self._mixture
        if model is None or not mixture:
            return
        rate, before, moving = self._deck.rate, self._deck.tail, mixture != self._mixture
        window = Window(self._count + 1, mixture, self._next_seed(), self.wish["window"])
        context = None if before is None else Clip(before.context, rate)
        try:
            request = self.wish.request(mixture, window.seed, window.seconds + SPARE, rate, model, context, moving)
        except BadRequest as error:
            self._in_trouble(self._orders.give_up(error.code, str(error)))
            return
        self._orders.send(Order(window, before, moving), model, request)

    def _next_seed(self) -> int:
        if self._seed is None:
            self._seed = self.wish["seed"] or secrets.randbelow(SEED_LIMIT)
        else:
            self._seed = (self._seed + 1) % SEED_LIMIT
        return self._seed

    # what the engines say

    def on_event(self, model: str, event: Event | Invalid | Lost) -> None:
        """Take in what the engine of a model says."""
        match self._orders.on_event(model, event):
            case Rendered() as rendered:
                self._pace.add(rendered.order.window.seconds, rendered.took)
                self._take_in(rendered)
            case Trouble() as trouble:
                self._in_trouble(trouble)
        self.tick()

    def _in_trouble(self, trouble: Trouble) -> None:
        """The last window goes round meanwhile."""
        self._audience.failed(trouble.code, trouble.text)

    def _take_in(self, rendered: Rendered) -> None:
        """Put a window on the deck."""
        deck, order, wish = self._deck, rendered.order, self.wish
        window = dataclasses.replace(order.window, took=rendered.took)
        placing, work = deck.place(
            rendered.take.clip, order.before, _factor(wish["loudness"]), order.moving, _factor(wish["level"])
        )

        def then() -> None:
            if self._deck is not deck:
                return  # it was stopped meanwhile
            self._joining = False
            if placing.made is not None:
                self._count, self._mixture = window.number, window.mixture
                deck.accept(placing, window)
            self.tick()

        self._joining = True
        self._aside(work, then)


def _factor(decibels: float) -> float:
    return float(10.0 ** (decibels / 20.0))

"""The stream: orders one window after the other of the engine in use, and puts them to the reel.

Like those of pads, its orders are no jobs: nobody waits for one, no journal has it, and one that is lost is made again.
Everything here happens in one loop; what takes more than a moment is handed ``aside``.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bridge.audio.mixer import Mixer
from bridge.audio.prepare import transposed
from bridge.audio.recorder import Played
from bridge.audio.source import CHANNELS, Samples
from bridge.child import Lost
from bridge.live.join import as_channels, cycle, levelled
from bridge.live.plan import CONTEXT, SPARE, Pace, Plan, pause, plan
from bridge.live.reel import Reel
from bridge.live.values import Aside, Audience, Engines, Status, Window
from bridge.live.wish import Mixture, Wish, written
from engine import (
    BadRequest,
    Broken,
    Cancelled,
    Clip,
    Done,
    Event,
    Failed,
    Handling,
    Invalid,
    Ready,
    Take,
    TakeReady,
)

log = logging.getLogger("bridge")

SEED_LIMIT = 2**31

_PREFIX = "live-"
_CLIENT = "live"


@dataclass(frozen=True, slots=True)
class _Order:
    key: str
    model: str
    at: float
    window: Window
    context: Samples | None


class Stream:
    """One endless stream in a mixer. ``clock`` gives seconds."""

    def __init__(
        self, engines: Engines, mixer: Mixer, audience: Audience, aside: Aside,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.wish = Wish()
        self.model = ""
        self._engines, self._mixer, self._audience = engines, mixer, audience
        self._aside, self._clock = aside, clock
        self._ready: set[str] = set()
        self._keys = itertools.count(1)
        self._pace = Pace()
        self._running = False
        self._generation = 0
        self._clear()

    def _clear(self) -> None:
        self._generation += 1
        self._reel: Reel | None = None
        self._handle = 0
        self._order: _Order | None = None
        self._joining = False
        self._tail: Samples | None = None
        self._mixture: Mixture = ()
        self._seed: int | None = None
        self._coming: deque[Window] = deque()
        self._heard: Window | None = None
        self._count = self._told = self._failures = 0
        self._not_before = 0.0
        self._origin = 0
        self._why = ""

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
        if (wish["steps"], wish["quality"], wish["guidance"]) != tuple(
            self.wish[name] for name in ("steps", "quality", "guidance")
        ):
            self._pace.forget()
        if wish["seed"] != self.wish["seed"]:
            self._seed = None
        self.wish = wish
        self._failures, self._not_before = 0, 0.0
        if self._reel is not None:
            self._reel.gain = _gain(wish)

    def stop(self) -> None:
        """Fade out. Nothing more is rendered."""
        if self._order is not None:
            self._engines.cancel(self._order.model, self._order.key)
        if self._reel is not None:
            self._reel.stop()
        self._running = False
        self._clear()

    def use_model(self, model: str) -> None:
        """Order windows of this model from now on, as soon as it is ready; until then, of the one before."""
        if model != self.model:
            self.model = model
            self._pace.forget()

    def status(self, beyond: float = 0.0) -> Status:
        """How it goes; ``beyond`` are the seconds from the reel to the ear."""
        reel = self._reel
        state = "stopped"
        if self._running:
            state = "starting" if reel is None else "behind" if reel.behind else "playing"
        return Status(
            state, written(self._heard.mixture) if self._heard else "", self.plan.delay + beyond,
            reel.stock if reel else 0.0, self._pace.realtime, self._count, reel.shortfalls if reel else 0,
            reel.short / reel.rate if reel else 0.0, self._why,
        )  # fmt: skip

    # time goes on

    def tick(self) -> None:
        """Look how far it is: to be called every `bridge.live.plan.TICK` seconds."""
        if not self._running:
            return
        if self._reel is not None:
            if self._reel.rate != self._mixer.rate and not self._joining:
                self._change_rate(self._reel)
            self._tell(self._reel)
        if self._order is None and not self._joining and self._clock() >= self._not_before:
            stock = self._reel.stock if self._reel else 0.0
            if stock <= self.plan.lead:
                self._begin_window()

    def _tell(self, reel: Reel) -> None:
        while self._coming and self._coming[0].start <= reel.position:
            window = self._heard = self._coming.popleft()
            prompts = written(window.mixture)
            self._audience.began(window)
            self._audience.triggered(
                Played(self._origin + window.start, "live", -1, 1.0, "", window.seed, prompts)
            )  # fmt: skip
        if reel.shortfalls > self._told:
            self._told = reel.shortfalls
            self._audience.behind(reel.shortfalls, reel.short / reel.rate)

    def _begin_window(self) -> None:
        model = self._orderable()
        mixture = self.wish.mixture or self._mixture
        if model is None or not mixture:
            return
        seed = self._next_seed()
        window = Window(self._count + 1, mixture, seed, self.wish["window"])
        rate = self._reel.rate if self._reel else self._mixer.rate
        context = None if self._tail is None else Clip(self._tail, rate)
        try:
            moving = mixture != self._mixture
            request = self.wish.request(mixture, seed, window.seconds + SPARE, rate, model, context, moving)
        except BadRequest as error:
            self._give_up(error.code, str(error))
            return
        key = f"{_PREFIX}{next(self._keys)}"
        self._order = _Order(key, model, self._clock(), window, self._tail)
        self._engines.submit(
            model, key, request, Handling(priority="live", client=_CLIENT, alone=self._failures > 0)
        )  # fmt: skip

    def _orderable(self) -> str | None:
        """The model in use, or while that is being loaded any that is here."""
        return self.model if self.model in self._ready else next(iter(sorted(self._ready)), None)

    def _next_seed(self) -> int:
        if self._seed is None:
            self._seed = self.wish["seed"] or secrets.randbelow(SEED_LIMIT)
        else:
            self._seed = (self._seed + 1) % SEED_LIMIT
        return self._seed

    # what the engines say

    def on_event(self, model: str, event: Event | Invalid | Lost) -> None:
        """Take in what the engine of a model says."""
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
                    self._give_up("engine-lost", f"{event.text} while rendering the stream")
            case TakeReady() | Done() | Failed() | Invalid() | Cancelled() if order and event.id == order.key:
                self._on_order(order, event)
        self.tick()

    def _leave_others(self) -> None:
        """The model in use is here: others are ended as soon as they are idle, and with them what we ordered."""
        self._ready = {self.model}
        if self._order is not None and self._order.model != self.model:
            self._order = None

    def _on_order(self, order: _Order, event: TakeReady | Done | Failed | Invalid | Cancelled) -> None:
        self._order = None
        match event:
            case TakeReady():
                took = self._clock() - order.at
                self._pace.add(order.window.seconds, took)
                self._failures, self._why = 0, ""
                self._take_in(order, event.take, took)
            case Failed() | Invalid():
                self._give_up(event.code, event.text)
            case _:
                self._not_before = self._clock() + pause(1)

    def _give_up(self, code: str, text: str) -> None:
        """Try again after a while; the last window goes round meanwhile."""
        self._order = None
        self._failures += 1
        self._not_before = self._clock() + pause(self._failures)
        self._why = text
        log.warning("a window of the stream could not be rendered: %s", text)
        self._audience.failed(code, text)

    # joining

    def _take_in(self, order: _Order, take: Take, took: float) -> None:
        reel = self._reel
        rate = reel.rate if reel else self._mixer.rate
        channels = reel.channels if reel else min(CHANNELS, take.clip.channels)
        generation = self._generation
        placed: list[tuple[int, Samples]] = []
        made = reel or Reel(rate, channels, _gain(self.wish))

        def work() -> None:
            placed.append(_placed(made, order.context, take.clip, _target(self.wish)))

        def then() -> None:
            if self._generation != generation:
                return  # it was stopped meanwhile
            self._joining = False
            if placed:
                self._placed(made, order, took, *placed[0])
            self.tick()

        self._joining = True
        self._aside(work, then)

    def _placed(self, reel: Reel, order: _Order, took: float, start: int, window: Samples) -> None:
        """A window is in the reel."""
        self._tail = window[:, -round(CONTEXT * reel.rate) :]
        self._count, self._mixture = order.window.number, order.window.mixture
        heard = order.window
        self._coming.append(
            Window(heard.number, heard.mixture, heard.seed, window.shape[1] / reel.rate, took, start)
        )  # fmt: skip
        if self._reel is None:
            self._play(reel)

    def _play(self, reel: Reel) -> None:
        self._reel = reel
        self._handle, self._origin = self._mixer.play_source(reel)

    def _change_rate(self, old: Reel) -> None:
        """Go on at the mixer's new rate with what is there."""
        rate, ratio = self._mixer.rate, old.rate / self._mixer.rate
        before = old.position
        new = old.at_rate(rate, lambda samples: transposed(samples, ratio))
        self._mixer.remove_source(self._handle)
        if self._tail is not None:
            self._tail = transposed(self._tail, ratio)
        if self._order is not None:  # what it goes on from has another rate
            self._engines.cancel(self._order.model, self._order.key)
            self._order = None
        moved = ((one, round((one.start - before) / ratio)) for one in self._coming)
        self._coming = deque(
            Window(one.number, one.mixture, one.seed, one.seconds, one.took, start) for one, start in moved
        )  # fmt: skip
        self._play(new)


def _placed(reel: Reel, context: Samples | None, clip: Clip, target: float) -> tuple[int, Samples]:
    """Put what was rendered into the reel. Returns where it begins, and the window without its spare frames."""
    rate = reel.rate
    new = as_channels(clip.samples, reel.channels)
    if clip.rate != rate:
        new = transposed(new, clip.rate / rate)
    if context is not None:
        new = new[:, context.shape[1] :]
    new = levelled(np.ascontiguousarray(new), context, target, rate)
    spare = min(round(SPARE * rate), new.shape[1] // 2)
    window = new[:, :-spare]
    return reel.put(window, cycle(window, new[:, -spare:])), window


def _target(wish: Wish) -> float:
    return float(10.0 ** (wish["loudness"] / 20.0))


def _gain(wish: Wish) -> float:
    return float(10.0 ** (wish["level"] / 20.0))

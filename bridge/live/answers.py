"""What clients say about the live stream, and what they are told. A part of the desk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bridge.audio.output import Output
from bridge.audio.recorder import Played
from bridge.child import Lost
from bridge.clients import Address, Clients
from bridge.engines import Renderer
from bridge.inbox import Call, Refused, live, number
from bridge.live.plan import TICK
from bridge.live.rows import SLOTS
from bridge.live.stream import Stream
from bridge.live.values import Window
from bridge.live.wish import Wish, written
from bridge.osc import shorten
from bridge.replies import MAX_TEXT, Replies, To
from engine import BadRequest, Event, Invalid

log = logging.getLogger("bridge")


def in_thread(work: Callable[[], object], then: Callable[[], None]) -> None:
    """Work in a thread, and go on in this loop when it is done."""
    loop = asyncio.get_running_loop()

    def done(future: asyncio.Future[object]) -> None:
        if (error := future.exception()) is not None:
            log.error("a window could not be joined to the stream", exc_info=error)
        then()

    loop.run_in_executor(None, work).add_done_callback(done)


class LiveAnswers:
    """Handlers of the commands in `bridge.live.rows`, and the stream's audience. ``on_played`` gets every window for
    cue sheets. ``open_output`` begins to play, if nothing has yet."""

    def __init__(
        self, output: Output, engines: Renderer, clients: Clients, replies: Replies, open_output: Callable[[], None]
    ) -> None:
        self.on_played: Callable[[Played], None] = lambda played: None
        self._output = output
        self._clients = clients
        self._replies = replies
        self._open_output = open_output
        self._ticking: asyncio.Task[None] | None = None
        self.stream = Stream(engines, output.mixer, self, in_thread)

    def open(self, model: str) -> None:
        """Begin to look after the stream, in this loop."""
        self.stream.use_model(model)
        self._ticking = asyncio.ensure_future(self._tick())

    def close(self) -> None:
        """End it."""
        if self._ticking is not None:
            self._ticking.cancel()
        self.stream.stop()

    def on_event(self, in_use: str, model: str, event: Event | Invalid | Lost) -> None:
        """Take in what the engine of a model says; another may be in use by now."""
        self.stream.use_model(in_use)
        self.stream.on_event(model, event)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            try:
                self.stream.tick()
            except Exception:  # a defect of ours must not end the stream: the next look may go well
                log.exception("the stream could not be looked after")

    # what clients say

    def start_live(self, call: Call, sender: Address) -> None:
        """Answer /live/start."""
        wish = self.stream.wish
        try:
            if (prompt := str(call.args["prompt"])).strip():
                wish = Wish(settings=wish.settings).with_prompt(1, prompt)
            wish = wish.with_settings(live(call.params))
        except BadRequest as error:
            raise Refused(error.code, str(error)) from None
        if not wish.mixture:
            raise Refused("bad-value", "there is no prompt with a weight: say one, or fill a slot with /live/prompt")
        self._open_output()
        self.stream.start(wish)
        self.tell(self._clients.answer_to(sender))

    def stop_live(self, call: Call, sender: Address) -> None:
        """Answer /live/stop."""
        self.stream.stop()
        self.tell(self._everybody(sender))

    def set_prompt(self, call: Call, sender: Address) -> None:
        """Answer /live/prompt."""
        slot = int(number("slot", call.args["slot"], 1, SLOTS, True))
        weight = number("weight", call.args.get("weight", 1.0), 0.0, 1.0)
        self._change(lambda wish: wish.with_prompt(slot, str(call.args["text"]), float(weight)))
        wish = self.stream.wish
        args = (slot, shorten(wish.texts[slot - 1], MAX_TEXT), float(wish[f"weight{slot}"]), self._delay)
        self._replies.send(self._everybody(sender), "/live/slot", args)

    def set_live(self, call: Call, sender: Address) -> None:
        """Answer /live/set."""
        self._change(lambda wish: wish.with_settings(live(call.params)))
        self.tell(self._clients.answer_to(sender))

    def _change(self, change: Callable[[Wish], Wish]) -> None:
        try:
            self.stream.change(change(self.stream.wish))
        except BadRequest as error:
            raise Refused(error.code, str(error)) from None

    @property
    def _delay(self) -> float:
        return self.stream.plan.delay + self._beyond

    @property
    def _beyond(self) -> float:
        """Seconds from the reel to the ear: what is mixed ahead, and the player's own."""
        now = self._output.status()
        return now.buffer * now.block / now.rate + now.delay

    def _everybody(self, sender: Address) -> To:
        return tuple(dict.fromkeys((*self._clients.answer_to(sender), *self._clients.all())))

    # what they are told

    def tell(self, to: To) -> None:
        """Tell how the stream goes."""
        now = self.stream.status(self._beyond)
        args = (
            now.state, shorten(now.playing, MAX_TEXT), now.delay, now.ahead, now.realtime, now.windows,
            now.shortfalls, now.short, shorten(now.why, MAX_TEXT),
        )  # fmt: skip
        self._replies.send(to, "/live/stream", args)

    def began(self, window: Window) -> None:
        """Tell everybody what is heard from now on."""
        args = (window.number, shorten(written(window.mixture), MAX_TEXT), window.seed, window.seconds, window.took)
        self._replies.send(self._clients.all(), "/live/window", args)

    def behind(self, shortfalls: int, short: float) -> None:
        """Tell everybody that the last window is heard again."""
        log.warning("rendering has fallen behind: the last window of the stream is repeated")
        self._replies.send(self._clients.all(), "/live/behind", (shortfalls, short))

    def failed(self, code: str, text: str) -> None:
        """Tell everybody that a window could not be rendered."""
        self._replies.send(self._clients.all(), "/live/failed", (code, shorten(text, MAX_TEXT)))

    def triggered(self, played: Played) -> None:
        """Hand a window on to who writes cue sheets."""
        self.on_played(played)

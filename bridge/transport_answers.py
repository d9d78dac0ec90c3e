"""What clients say about musical time, and what they are told. A part of the desk."""

from __future__ import annotations

from collections.abc import Callable

from bridge.clients import Address, Clients
from bridge.conductor import SOURCES, Conductor, Following
from bridge.inbox import Call, Refused, number
from bridge.replies import Replies, To
from bridge.transport import METER, POSITION, TEMPO


class TransportAnswers:
    """Handlers of the commands under /transport."""

    def __init__(self, conductor: Conductor, clients: Clients, replies: Replies) -> None:
        self._conductor, self._clients, self._replies = conductor, clients, replies

    def set_tempo(self, call: Call, sender: Address) -> None:
        """Answer /transport/tempo."""
        tempo = number("bpm", call.args["bpm"], *TEMPO)
        self._change(lambda: self._conductor.set_tempo(float(tempo)), sender)

    def play_transport(self, call: Call, sender: Address) -> None:
        """Answer /transport/play."""
        given = call.args.get("position")
        position = None if given is None else float(number("position", given, *POSITION))
        self._change(lambda: self._conductor.play(position), sender)

    def stop_transport(self, call: Call, sender: Address) -> None:
        """Answer /transport/stop."""
        self._change(self._conductor.stop, sender)

    def locate_transport(self, call: Call, sender: Address) -> None:
        """Answer /transport/position."""
        position = float(number("position", call.args["position"], *POSITION))
        self._change(lambda: self._conductor.locate(position), sender)

    def set_meter(self, call: Call, sender: Address) -> None:
        """Answer /transport/meter."""
        quarters = int(number("quarters", call.args["quarters"], *METER, whole=True))
        self._change(lambda: self._conductor.set_meter(quarters), sender)

    def use_transport(self, call: Call, sender: Address) -> None:
        """Answer /transport/source."""
        source = str(call.args["source"])
        if source not in SOURCES:
            raise Refused("bad-value", f"source must be {' | '.join(SOURCES)}, got {source[:60]!r}")
        self._change(lambda: self._conductor.use(source), sender)

    def tell_transport(self, call: Call, sender: Address) -> None:
        """Answer /transport/status."""
        self._tell(self._clients.answer_to(sender))

    def _change(self, change: Callable[[], None], sender: Address) -> None:
        try:
            change()
        except (Following, RuntimeError) as error:
            raise Refused("transport", str(error)) from None
        self._tell(self._clients.answer_to(sender))

    def _tell(self, to: To) -> None:
        now = self._conductor.transport
        args = (now.source, now.tempo, now.position, int(now.playing), now.meter)
        self._replies.send(to, "/transport/state", args)

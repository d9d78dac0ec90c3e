"""MIDI learn, for a client: waits for a control, keeps what it is to set, and tells."""

from __future__ import annotations

from collections.abc import Callable

from bridge.clients import Clients
from bridge.midi.controls import Control
from bridge.midi.learning import Learner
from bridge.midi.shelf import MapShelf
from bridge.osc import shorten
from bridge.replies import MAX_TEXT, Replies, To

LEARN_SECONDS = 30.0
"""So long a control is waited for."""
QUIET = 0.5
"""Seconds after a control's first move, after which what was heard is all there is."""

After = Callable[[float, Callable[[], None]], None]
"""Calls something in the daemon's loop, so many seconds later."""


class Lessons:
    """One lesson at a time, in the daemon's loop; whether there is one may be asked from any thread."""

    def __init__(self, shelf: MapShelf, clients: Clients, replies: Replies, after: After) -> None:
        self._shelf, self._clients, self._replies, self._after = shelf, clients, replies, after
        self._learner: tuple[Learner, To] | None = None

    def __bool__(self) -> bool:
        return self._learner is not None

    def begin(self, name: str, button: bool, port: str, to: To) -> None:
        """The control that is moved next, at this port or any if that is empty, sets the parameter from then on."""
        learner = Learner(name, button, port)
        self._learner = (learner, to)
        self._after(LEARN_SECONDS, lambda: self._give_up(learner))

    def stop(self) -> None:
        """Wait no more."""
        self._learner = None

    def saw(self, port: str, control: Control) -> None:
        """A controller did something."""
        if self._learner is None:
            return
        learner = self._learner[0]
        first = not learner.heard
        learner.take_in(port, control)
        if learner.found():
            self._learned(learner)
        elif first and learner.heard:
            self._after(QUIET, lambda: self._learned(learner))

    def _learned(self, learner: Learner) -> None:
        guess = learner.guess()
        if self._learner is None or self._learner[0] is not learner or guess is None:
            return
        to, self._learner = self._learner[1], None
        port, binding = guess
        try:
            self._shelf.learn(port, binding)
        except OSError as error:
            self._replies.error(to, "disk", f"what was learned is forgotten when the bridge ends: {error}")
        args = (binding.parameter, shorten(port, 200), binding.on, binding.channel, binding.encoding)
        self._replies.send(tuple(dict.fromkeys((*to, *self._clients.all()))), "/midi/learned", args)

    def _give_up(self, learner: Learner) -> None:
        if self._learner is not None and self._learner[0] is learner:
            to, self._learner = self._learner[1], None
            text = f"no control was moved for {learner.parameter} within {LEARN_SECONDS:g} s; send /midi/learn again"
            self._replies.error(to, "midi", text)
            self._replies.send(self._clients.all(), "/midi/trouble", (shorten(text, MAX_TEXT),))

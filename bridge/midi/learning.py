"""MIDI learn: which control was moved, of all that arrives while somebody moves one."""

from __future__ import annotations

from collections import Counter

from bridge.midi.controls import Control, Hit, Move, guess_encoding
from bridge.midi.maps import Binding

ENOUGH = 5
"""Messages of a control that is turned, after which it is known how it counts."""
_SELECT = ("cc 98", "cc 99", "cc 100", "cc 101")


class Learner:
    """Listens for one control. `take_in` each thing that arrives until `found` has it, or ask `guess` when it has been
    quiet for a while."""

    def __init__(self, parameter: str, button: bool, port: str = "") -> None:
        self.parameter, self._button, self.port = parameter, button, port
        self._moves: dict[tuple[str, int, str], list[int]] = {}
        self._hit: tuple[str, Binding] | None = None

    @property
    def heard(self) -> bool:
        """True when something was moved already."""
        return bool(self._moves) or self._hit is not None

    def take_in(self, port: str, control: Control) -> None:
        """Something that a controller did."""
        if self.port and port != self.port:
            return
        match control:
            case Hit() if self._hit is None and not self._moves:
                self._hit = (port, Binding(f"note {control.note}", self.parameter, control.channel))
            case Move():
                key = (port, control.channel, control.control)
                self._moves.setdefault(key, []).append(control.step or control.raw)

    def found(self) -> tuple[str, Binding] | None:
        """The control, as soon as it is sure: its port, and what it is bound to."""
        if self._hit is not None:
            return self._hit
        if self._moves and (self._button or max(map(len, self._moves.values())) >= ENOUGH):
            return self.guess()
        return None

    def guess(self) -> tuple[str, Binding] | None:
        """The control that was moved most, as far as one can tell now. One that comes in several messages is what they
        say together; a control of seven bits that has fine moves, too, is one of fourteen."""
        if self._hit is not None or not self._moves:
            return self._hit
        counts = Counter({key: len(values) for key, values in self._moves.items()})
        port, channel, control = max(counts, key=lambda key: (_rank(key[2], self._moves, key), counts[key]))
        values = self._moves[port, channel, control]
        encoding = guess_encoding(values) if control.startswith("cc ") and not self._button else "absolute"
        return port, Binding(control, self.parameter, channel, encoding)


def _rank(control: str, moves: dict[tuple[str, int, str], list[int]], key: tuple[str, int, str]) -> int:
    """How much a kind of control says: a numbered parameter most; one of fourteen bits only where it used them."""
    kind = control.partition(" ")[0]
    if kind in ("nrpn", "rpn"):
        return 4
    if kind == "cc14":
        number = int(control.partition(" ")[2])
        coarse = (key[0], key[1], f"cc {number}") in moves  # without it, a button has the number of its fine half
        return 3 if coarse and any(raw & 127 for raw in moves[key]) else 0
    if control in _SELECT:
        return 0
    return 2 if kind == "cc" else 1  # aftertouch and bend come along with what is played

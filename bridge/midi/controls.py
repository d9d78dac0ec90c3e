"""From MIDI bytes to what a player did: notes, moves of controls, programs, the clock. mido takes the bytes apart."""

from __future__ import annotations

from dataclasses import dataclass

import mido

_FINE, _BANKS = 16383, 128
_DATA, _DATA_FINE, _PLUS, _MINUS = 6, 38, 96, 97
_NRPN, _RPN = (99, 98), (101, 100)
_NULL = (127, 127)
_PARTS = (*_NRPN, *_RPN, _DATA, _DATA_FINE, _PLUS, _MINUS)


@dataclass(frozen=True, slots=True)
class Hit:
    """A key or pad that was struck: channel 1 to 16, note 0 to 127, velocity above 0, to 1."""

    channel: int
    note: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Release:
    """A key or pad that was let go."""

    channel: int
    note: int


@dataclass(frozen=True, slots=True)
class Move:
    """A control that was moved: ``control`` is its name ("cc 21", "cc14 1", "nrpn 300", "rpn 0", "bend", "pressure",
    "poly 36"), ``value`` 0 to 1, of ``raw`` 0 to 127 or 16383. ``step``: what an increment message counts instead."""

    channel: int
    control: str
    value: float
    raw: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True)
class Program:
    """A program change with the bank that was selected before it, 0 to 16383."""

    channel: int
    bank: int
    program: int


@dataclass(frozen=True, slots=True)
class Timing:
    """The clock: "clock", "start", "continue", "stop" or "songpos" with a position in sixteenth notes."""

    kind: str
    position: int = 0


Control = Hit | Release | Move | Program | Timing


class Reader:
    """One port's messages, in order: controllers of 14 bits, banks and (N)RPN come in several."""

    def __init__(self) -> None:
        self._cc: dict[tuple[int, int], int] = {}
        self._selected: dict[int, str] = {}
        self._fine: set[tuple[int, int]] = set()

    def read(self, data: list[int]) -> list[Control]:
        """What one complete message says; nothing for what is of no use here, or is not MIDI."""
        try:
            message = mido.Message.from_bytes(data)
        except (ValueError, IndexError, TypeError, LookupError):
            return []
        channel = getattr(message, "channel", -1) + 1
        match message.type:
            case "note_on" if message.velocity:
                return [Hit(channel, message.note, message.velocity / 127)]
            case "note_on" | "note_off":
                return [Release(channel, message.note)]
            case "control_change":
                return self._change(channel, message.control, message.value)
            case "pitchwheel":
                raw = message.pitch + 8192
                return [Move(channel, "bend", bend(raw), raw)]
            case "aftertouch":
                return [Move(channel, "pressure", message.value / 127, message.value)]
            case "polytouch":
                return [Move(channel, f"poly {message.note}", message.value / 127, message.value)]
            case "program_change":
                bank = self._cc.get((channel, 0), 0) * _BANKS + self._cc.get((channel, 32), 0)
                return [Program(channel, bank, message.program)]
            case "songpos":
                return [Timing("songpos", message.pos)]
            case "clock" | "start" | "continue" | "stop":
                return [Timing(message.type)]
        return []

    def _change(self, channel: int, control: int, value: int) -> list[Control]:
        self._cc[channel, control] = value
        moves: list[Control] = [Move(channel, f"cc {control}", value / 127, value)]
        if control in (*_NRPN, *_RPN):
            self._select(channel, control)
        if control in _PARTS and (numbered := self._numbered(channel, control, value)) is not None:
            moves.append(numbered)
        elif control < 32:
            self._cc[channel, control + 32] = 0  # the coarse half sets the fine one to 0, says MIDI
            fine = (channel, control) in self._fine
            raw = value << 7
            moves.append(Move(channel, f"cc14 {control}", raw / _FINE if fine else value / 127, raw))
        elif control < 64:
            coarse = self._cc.get((channel, control - 32))
            if coarse is None:  # a button that happens to have the number of a fine half
                return moves
            self._fine.add((channel, control - 32))  # there is more than the coarse half
            raw = (coarse << 7) | value
            moves.append(Move(channel, f"cc14 {control - 32}", raw / _FINE, raw))
        return moves

    def _select(self, channel: int, control: int) -> None:
        """Which of the numbered parameters data entry is about from now on."""
        kind, pair = ("nrpn", _NRPN) if control in _NRPN else ("rpn", _RPN)
        coarse, fine = (self._cc.get((channel, one), 0) for one in pair)
        self._selected[channel] = "" if (coarse, fine) == _NULL else f"{kind} {(coarse << 7) | fine}"

    def _numbered(self, channel: int, control: int, value: int) -> Move | None:
        name = self._selected.get(channel, "")
        if not name or control in (*_NRPN, *_RPN):
            return None
        if control in (_PLUS, _MINUS):
            return Move(channel, name, 0.0, 0, 1 if control == _PLUS else -1)
        if control == _DATA:
            self._cc[channel, _DATA_FINE] = 0
        raw = (self._cc.get((channel, _DATA), 0) << 7) | self._cc.get((channel, _DATA_FINE), 0)
        fine = control == _DATA_FINE or (channel, _DATA) in self._fine
        if control == _DATA_FINE:
            self._fine.add((channel, _DATA))
        return Move(channel, name, raw / _FINE if fine else (raw >> 7) / 127, raw)


def bend(raw: int) -> float:
    """A pitch bend of 0 to 16383 as 0 to 1, with the middle, 8192, at exactly a half."""
    return raw / 16384 if raw <= 8192 else 0.5 + (raw - 8192) / 16382


ENCODINGS = ("absolute", "twos", "offset", "sign")
"""How a control tells where it is, or how far it was turned: as a value; or as steps, those to the left as 127, 126 …
(two's complement), as 63, 62 … (64 is none), or as 65, 66 … (a sign bit)."""


def steps(encoding: str, raw: int) -> int:
    """How many steps an endless encoder was turned, to the right above 0, by one message's value 0 to 127."""
    match encoding:
        case "twos":
            return raw if raw < 64 else raw - 128
        case "offset":
            return raw - 64
        case "sign":
            return raw if raw < 64 else 64 - raw
    raise ValueError(f"encoding must be {' | '.join(ENCODINGS[1:])}, got {encoding!r}")


def guess_encoding(values: list[int]) -> str:
    """How a control that sent these values seems to count. An absolute one goes from value to neighbour; an endless one
    repeats itself, near the values that stand for single steps."""
    if len(values) < 3:
        return "absolute"
    if len(set(values)) > len(values) / 2:
        return "absolute"
    if all(value <= 10 or value >= 118 for value in values):
        return "twos"
    if all(54 <= value <= 74 and value != 64 for value in values):
        return "offset"
    if all(value <= 10 or 65 <= value <= 74 for value in values):
        return "sign"
    return "absolute"

"""The table of parameters that controllers can turn, made from the rows of pads, of requests and of the transport.

    pad/kick/gain          a field of playing, of the pad named kick
    pad/3/gain             of the third pad of /pad/list; pad/last/… of the one that was hit last
    pad/kick/guidance      a parameter of its request: once it has settled, other takes are rendered
    pad/kick/hit           hits it
    transport/tempo        and transport/play, transport/stop
    /record/start          any OSC command with its arguments; $ is where the control's value goes
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bridge.conductor import Conductor, Following
from bridge.midi.scaling import Range, Value
from bridge.pads.pool import Pad
from bridge.pads.stage import NoPad, Stage
from bridge.transport import TEMPO
from engine import PARAMS, BadRequest, unknown_key
from presets import PLAYING, PlayingError

SETTLED = 0.4
"""Seconds without a move after which a parameter of a request counts."""

Do = Callable[[str, tuple[Value, ...]], None]
"""Sends an OSC command to the bridge itself."""


class NoParameter(ValueError):
    """There is no such parameter; the text names the nearest one."""


class NotNow(ValueError):
    """A parameter cannot be read or set at the moment: its pad is not there, or somebody else says what it is."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing to turn. ``read`` and ``write`` are called in the daemon's loop and raise `NotNow`."""

    name: str
    range: Range
    help: str
    read: Callable[[], Value | None]
    write: Callable[[Value], None]
    settle: float = 0.0
    """Seconds without a move before it is written."""
    button: bool = False
    """True: it is pressed, and not turned."""


def _playing_ranges() -> dict[str, Range]:
    ranges = {}
    for name, row in PLAYING.items():
        if row.choices:
            ranges[name] = Range(choices=row.choices)
        elif row.tag != "s":
            ranges[name] = Range(row.low, row.high, row.curve, row.unit, row.tag == "i")
    return ranges


_NO_KNOB = ("seed", "rate", "takes", "cutoff")
"""Numbers of a request whose range no knob can be turned through, and the number of takes, which a pad has itself."""


def _request_ranges() -> dict[str, Range]:
    return {
        name: Range(row.low, row.high, "linear", row.unit, row.tag == "i")
        for name, row in PARAMS.items()
        if row.tag != "s" and name not in (*_NO_KNOB, *PLAYING)
    }


PLAYING_RANGES = _playing_ranges()
REQUEST_RANGES = _request_ranges()
HIT = "hit"
_TRANSPORT = ("transport/tempo", "transport/play", "transport/stop")


class Parameters:
    """Parameters by name. ``last()`` is the name of the pad that was hit last, None before."""

    def __init__(self, stage: Stage, conductor: Conductor, do: Do, last: Callable[[], str | None]) -> None:
        self._stage, self._conductor, self._do, self._last = stage, conductor, do, last

    def find(self, name: str) -> Parameter:
        """The parameter of this name; whether its pad is there is seen when it is used. Raises NoParameter."""
        if name.startswith("/"):
            return self._command(name)
        if name in _TRANSPORT:
            return self._of_transport(name)
        parts = name.split("/")
        if parts[0] != "pad" or len(parts) < 3 or not all(parts):
            known = ("pad/1/gain", "pad/last/gain", *_TRANSPORT)
            raise NoParameter(f"{unknown_key(name, known)}; of pads, they are pad/NAME/FIELD")
        return self._of_pad(name, "/".join(parts[1:-1]), parts[-1])

    def rows(self) -> Iterator[Parameter]:
        """Everything that can be turned at the moment."""
        for pool in self._stage.pools:
            for key in (*PLAYING_RANGES, *REQUEST_RANGES, HIT):
                yield self._of_pad(f"pad/{pool.pad.name}/{key}", pool.pad.name, key)
        for name in _TRANSPORT:
            yield self._of_transport(name)

    def pad_name(self, who: str | int) -> str:
        """The name of the pad that is meant: last, a name, or a place in the list, counted from 1 in text and from 0 as
        a number. Raises NotNow."""
        pads = [pool.pad.name for pool in self._stage.pools]
        if who == "last":
            last = self._last() or (pads[0] if pads else None)
            if last in pads:
                return str(last)
        elif who in pads:
            return str(who)
        else:
            place = who if isinstance(who, int) else int(who) - 1 if who.isdecimal() else -1
            if 0 <= place < len(pads):
                return pads[place]
            who = place + 1 if isinstance(who, int) else who
        raise NotNow(f"there is no pad {who}; there are {len(pads)}")

    def _pad(self, who: str) -> Pad:
        try:
            return self._stage.pool(self.pad_name(who)).pad
        except NoPad as error:
            raise NotNow(str(error)) from None

    def _of_pad(self, name: str, who: str, key: str) -> Parameter:
        if key == HIT:
            return Parameter(
                name, Range(), "hits the pad", lambda: None, lambda value: self._hit(who, float(value)), button=True
            )
        if key in PLAYING_RANGES:
            return Parameter(
                name, PLAYING_RANGES[key], PLAYING[key].help, lambda: self._pad(who).playing.to_dict()[key],
                lambda value: self._play_as(who, key, value),
            )  # fmt: skip
        if key in REQUEST_RANGES:
            return Parameter(
                name, REQUEST_RANGES[key], PARAMS[key].help, lambda: self._asked(who, key),
                lambda value: self._ask_for(who, key, value), SETTLED,
            )  # fmt: skip
        raise NoParameter(str(unknown_key(key, (*PLAYING_RANGES, *REQUEST_RANGES, HIT))))

    def _asked(self, who: str, key: str) -> Value | None:
        value = getattr(self._pad(who).request, key)
        return value if isinstance(value, int | float) else None

    def _hit(self, who: str, velocity: float) -> None:
        try:
            self._stage.hit(self.pad_name(who), velocity)
        except NoPad as error:
            raise NotNow(str(error)) from None

    def _play_as(self, who: str, key: str, value: Value) -> None:
        pad = self._pad(who)
        try:
            self._stage.change(dataclasses.replace(pad, playing=pad.playing.replace(**{key: value})))
        except (PlayingError, NoPad) as error:
            raise NotNow(str(error)) from None

    def _ask_for(self, who: str, key: str, value: Value) -> None:
        pad = self._pad(who)
        if getattr(pad.request, key) == value:
            return
        try:
            self._stage.assign(dataclasses.replace(pad, request=pad.request.replace(**{key: value})))
        except (BadRequest, NoPad) as error:
            raise NotNow(str(error)) from None

    def _of_transport(self, name: str) -> Parameter:
        conductor = self._conductor

        def write(value: Value) -> None:
            try:
                match name:
                    case "transport/tempo":
                        conductor.set_tempo(float(value))
                    case "transport/play":
                        conductor.play(0.0)
                    case _:
                        conductor.stop()
            except Following as error:
                raise NotNow(str(error)) from None

        if name == "transport/tempo":
            tempo = Range(*TEMPO, unit="bpm")
            return Parameter(name, tempo, "quarter notes a minute", lambda: conductor.transport.tempo, write)
        help = "plays from the beginning" if name.endswith("play") else "stops"
        return Parameter(name, Range(), help, lambda: None, write, button=True)

    def _command(self, name: str) -> Parameter:
        try:
            address, *words = shlex.split(name)
        except ValueError as error:
            raise NoParameter(f"{name[:100]!r} is no command with its arguments: {error}") from None

        def write(value: Value) -> None:
            self._do(address, tuple(value if word == "$" else _plain(word) for word in words))

        return Parameter(name, Range(), "sends a command", lambda: None, write, button="$" not in words)


def _plain(word: str) -> Value:
    """A word of a command: a number where it is one."""
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    return word

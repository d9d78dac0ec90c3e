"""The performer: what controllers do becomes hits of pads, turned parameters, other presets, and time.

`heard` is called in MIDI's threads, and a note goes from there to the mixer without a detour.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Protocol

from bridge.conductor import Conductor
from bridge.midi.controls import Control, Hit, Move, Program, Reader, Release, Timing, steps
from bridge.midi.knobs import Knobs
from bridge.midi.maps import ANY_CHANNEL, Binding, Map, Programs
from bridge.midi.parameters import NoParameter, NotNow, Parameters
from bridge.pads.stage import NoPad, Stage

log = logging.getLogger("bridge")

_ALL_OFF = ("cc 120", "cc 123")
"""All sound off, all notes off."""


class Witness(Protocol):
    """Who is told what controllers did; called in MIDI's threads, and must not wait."""

    def saw(self, port: str, control: Control) -> None: ...

    def trouble(self, text: str) -> None: ...

    def program(self, port: str, row: Programs, program: Program) -> None: ...


class Performer:
    """Plays a stage. ``maps(port)`` are the maps of a port, the first that knows a control decides."""

    def __init__(
        self, stage: Stage, conductor: Conductor, parameters: Parameters, knobs: Knobs,
        maps: Callable[[str], tuple[Map, ...]], witness: Witness,
    ) -> None:  # fmt: skip
        self._stage, self._conductor, self._parameters, self._knobs = stage, conductor, parameters, knobs
        self._maps, self._witness = maps, witness
        self._readers: dict[str, Reader] = {}
        self._held: dict[tuple[str, int, int], tuple[str, int | None]] = {}
        self._held_lock = threading.Lock()
        self.last: str | None = None
        """The pad that was hit last."""

    def unplugged(self, port: str) -> None:
        """A port is not heard any more: the notes that it held end."""
        self._readers.pop(port, None)
        self._let_go(port)

    def heard(self, port: str, data: list[int], arrived: float) -> None:
        """One message of a port, which arrived at this time of `time.monotonic`. Raises nothing."""
        try:
            for control in self._readers.setdefault(port, Reader()).read(data):
                self._do(port, control, arrived)
        except Exception:  # a defect of ours must not end the thread of a port
            log.exception("a message of the MIDI port %s could not be taken in", port)

    def _do(self, port: str, control: Control, arrived: float) -> None:
        match control:
            case Timing():
                self._conductor.clock(port, control.kind, control.position, arrived)
                return
            case Hit():
                self._hit(port, control)
            case Release():
                self._release(port, control)
            case Move():
                self._move(port, control)
            case Program():
                for row in (row for map in self._maps(port) for row in map.programs):
                    if row.channel in (ANY_CHANNEL, control.channel):
                        self._witness.program(port, row, control)
                        break
        self._witness.saw(port, control)

    # notes

    def _hit(self, port: str, hit: Hit) -> None:
        for binding in self._bindings(port, f"note {hit.note}", hit.channel):
            self._turn(binding, hit.velocity, 0)
            return
        meant = self._meant(port, hit)
        if meant is None:
            return
        who, note = meant
        try:
            name = self._parameters.pad_name(who)
            self._stage.hit(name, hit.velocity, note)
        except (NotNow, NoPad) as error:
            self._witness.trouble(f"note {hit.note}: {error}")
            return
        self.last = name
        with self._held_lock:
            self._held[port, hit.channel, hit.note] = (name, note)

    def _meant(self, port: str, hit: Hit) -> tuple[str | int, int | None] | None:
        """The pad that a note is for, and the note to play it at, None for its own pitch."""
        for map in self._maps(port):
            for row in map.pads:
                if hit.note in row.notes and row.channel in (ANY_CHANNEL, hit.channel):
                    return row.pad(hit.note), None
            for keys in map.keys:
                if hit.note in keys.notes and keys.channel in (ANY_CHANNEL, hit.channel):
                    return keys.pad, hit.note
        return None

    def _release(self, port: str, release: Release) -> None:
        for binding in self._bindings(port, f"note {release.note}", release.channel):
            self._turn(binding, 0.0, 0)
            return
        with self._held_lock:
            held = self._held.pop((port, release.channel, release.note), None)
        if held is not None:
            self._end(*held)

    def _let_go(self, port: str, channel: int = ANY_CHANNEL) -> None:
        """End every note that a port holds, or one of its channels."""
        with self._held_lock:
            keys = [key for key in self._held if key[0] == port and channel in (ANY_CHANNEL, key[1])]
            held = [self._held.pop(key) for key in keys]
        for name, note in held:
            self._end(name, note)

    def _end(self, name: str, note: int | None) -> None:
        with contextlib.suppress(NoPad):  # it was removed while it was held
            self._stage.release(name, note)

    # controls

    def _move(self, port: str, move: Move) -> None:
        if move.control in _ALL_OFF:
            self._let_go(port, move.channel)
        for binding in self._bindings(port, move.control, move.channel):
            if move.step or binding.encoding != "absolute":
                self._turn(binding, None, move.step or steps(binding.encoding, move.raw))
            else:
                self._turn(binding, move.value, 0)

    def _bindings(self, port: str, on: str, channel: int) -> list[Binding]:
        """What a control does: all that the first map says that knows it."""
        for map in self._maps(port):
            found = [one for one in map.controls if one.on == on and one.channel in (ANY_CHANNEL, channel)]
            if found:
                return found
        return []

    def _turn(self, binding: Binding, position: float | None, steps: int) -> None:
        try:
            button = self._parameters.find(binding.parameter).button
        except NoParameter as error:
            self._witness.trouble(f"{binding.on}: {error}")
            return
        if button and position is not None:
            self._knobs.press(binding, position)
        elif not button:
            self._knobs.turn(binding, position, steps)

"""What controllers are told by themselves: a greeting, how their pads are, where their parameters are, a farewell."""

from __future__ import annotations

import asyncio
import logging

from bridge.midi.knobs import limits
from bridge.midi.lights import Board, ring
from bridge.midi.maps import Binding
from bridge.midi.parameters import Parameter
from bridge.midi.plugged import Plugged
from bridge.midi.scaling import Value
from bridge.midi.shelf import MapShelf
from bridge.pads.stage import Stage

log = logging.getLogger("bridge")

EVERY = 0.05
"""Seconds between two looks at the pads."""


class Lighting:
    """Tells every port that can be told what its maps say."""

    def __init__(self, ports: Plugged, shelf: MapShelf, stage: Stage) -> None:
        self._ports, self._shelf, self._stage = ports, shelf, stage
        self._board = Board(ports.send)

    def greet(self, port: str, anew: bool = False) -> None:
        """The messages a port's maps begin with. ``anew``: it was plugged in, and shows nothing of ours."""
        if anew:
            self._board.forget(port)
        for data in (data for map in self._shelf.of(port) for data in map.begin):
            self._ports.send(port, data)

    def farewell(self, port: str) -> None:
        """Its lights go out, and the messages that its maps end with."""
        self._board.dark(port)
        for data in (data for map in self._shelf.of(port) for data in map.end):
            self._ports.send(port, data)

    def written(self, binding: Binding, parameter: Parameter, value: Value) -> None:
        """A parameter has another value: the control that sets it is told where that is, if it shows such things."""
        told = ring(binding, limits(binding, parameter).position(value)) if binding.echo else None
        for port in self._ports.ports if told else ():
            if any(binding in map.controls for map in self._shelf.of(port.name)):
                self._ports.send(port.name, told or b"")

    async def run(self) -> None:
        """Show how pads are, until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                self._show()
            except Exception:  # a defect of ours must not leave everything dark for good
                log.exception("lights could not be shown")

    def _show(self) -> None:
        lit = [
            (port.name, self._shelf.of(port.name)) for port in self._ports.ports
            if port.output is not None and any(row.lights for map in self._shelf.of(port.name) for row in map.pads)
        ]  # fmt: skip
        if not lit:
            return
        mixer = self._stage.mixer
        frame = mixer.frame
        sounding = frozenset(voice.owner for voice in mixer.voices if voice.start <= frame < voice.end)
        for name, maps in lit:
            self._board.show(name, maps, self._stage.pools, sounding)

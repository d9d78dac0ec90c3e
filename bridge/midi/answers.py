"""What clients say about MIDI, and what they are told. A part of the desk; joins controllers to the stage."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from bridge.clients import Address, Clients
from bridge.conductor import Conductor
from bridge.inbox import Call, Refused, number
from bridge.midi.clock_out import ClockOut
from bridge.midi.controls import Control, Program
from bridge.midi.devices import VIRTUAL
from bridge.midi.knobs import Knobs
from bridge.midi.lessons import Lessons
from bridge.midi.lighting import Lighting
from bridge.midi.maps import MapError, Programs
from bridge.midi.parameters import NoParameter, NotNow, Parameter, Parameters
from bridge.midi.performer import Performer
from bridge.midi.plugged import Plugged, Port
from bridge.midi.scaling import Value
from bridge.midi.shelf import MapShelf
from bridge.midi.watchers import Watchers
from bridge.osc import shorten
from bridge.pads.stage import Stage
from bridge.replies import MAX_TEXT, Replies, To
from presets import Library

log = logging.getLogger("bridge")

Perform = Callable[[str, tuple[Value, ...]], str]
"""Sends an OSC command to the bridge itself; returns what is wrong with it, empty for nothing."""


class MidiAnswers:
    """Handlers of the commands under /midi. ``library`` hands out the packs that programs are taken from."""

    def __init__(
        self, wanted: tuple[str, ...], shelf: MapShelf, stage: Stage, conductor: Conductor, clients: Clients,
        replies: Replies, perform: Perform, library: Callable[[], Library],
    ) -> None:  # fmt: skip
        self._stage, self._conductor, self._clients, self._replies = stage, conductor, clients, replies
        self._perform, self._library = perform, library
        self.shelf = shelf
        self._parameters = Parameters(stage, conductor, self._do, lambda: self._performer.last)
        self.plugged_in = Plugged(self, wanted)
        self._lighting = Lighting(self.plugged_in, shelf, stage)
        self._knobs = Knobs(self._parameters, self._lighting.written, self.trouble)
        self._performer = Performer(stage, conductor, self._parameters, self._knobs, shelf.of, self)
        self._lessons = Lessons(shelf, clients, replies, self._after)
        self._watchers = Watchers(replies)
        self._clocked: set[str] = set()
        self._clock: ClockOut | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Hear controllers from now on. In the daemon's loop."""
        self._loop = asyncio.get_running_loop()
        self._knobs.open()
        self.plugged_in.open()
        self._tasks.append(asyncio.ensure_future(self._lighting.run()))

    async def close(self) -> None:
        """Hear them no more; their lights go out."""
        for task in self._tasks:
            task.cancel()
        self._knobs.close()
        if self._clock is not None:
            await asyncio.to_thread(self._clock.close)
        for port in self.plugged_in.ports:
            self._lighting.farewell(port.name)
        self._loop = None
        await asyncio.to_thread(self.plugged_in.close)
        self._conductor.close()

    # what clients say

    def list_midi_ports(self, call: Call, sender: Address) -> None:
        """Answer /midi/ports."""
        to, ports = self._clients.answer_to(sender), self.plugged_in.ports
        for port in ports:
            self._entry(port, to)
        for name in self.plugged_in.others:
            self._replies.send(to, "/midi/port", (shorten(name, 200), self.shelf.name_of(name), 0, 0, 0))
        self._listed(to, len(ports) + len(self.plugged_in.others))

    def list_midi_maps(self, call: Call, sender: Address) -> None:
        """Answer /midi/maps."""
        self.shelf.load()
        to, shelf = self._clients.answer_to(sender), self.shelf
        for map in shelf.maps.values():
            self._replies.send(to, "/midi/known", (map.key, shorten(map.name, 200), shorten(map.about, MAX_TEXT)))
        for problem in shelf.problems:
            self._replies.send(to, "/midi/known", ("", "", shorten(problem, MAX_TEXT)))
        self._listed(to, len(shelf.maps) + len(shelf.problems))

    def choose_midi_map(self, call: Call, sender: Address) -> None:
        """Answer /midi/map."""
        port = self._port(str(call.args["port"]))
        try:
            self._lighting.farewell(port.name)
            self.shelf.choose(port.name, str(call.args["map"]))
        except (MapError, OSError) as error:
            raise Refused("bad-value", str(error)) from None
        finally:
            self._lighting.greet(port.name)
        self._entry(port, self._clients.answer_to(sender))

    def learn_midi(self, call: Call, sender: Address) -> None:
        """Answer /midi/learn."""
        name, to = str(call.args["parameter"]).strip(), self._clients.answer_to(sender)
        port = str(call.args.get("port", ""))
        if not name:
            self._lessons.stop()
        else:
            try:
                parameter = self._parameters.find(name)
            except NoParameter as error:
                raise Refused("unknown-key", str(error)) from None
            self._lessons.begin(name, parameter.button, self._port(port).name if port else "", to)
        self._replies.send(to, "/midi/learning", (shorten(name, 200),))

    def forget_midi(self, call: Call, sender: Address) -> None:
        """Answer /midi/forget."""
        name = str(call.args["parameter"]).strip()
        try:
            count = self.shelf.forget(name)
        except OSError as error:
            raise Refused("disk", f"{name} is forgotten until the bridge ends: {error}") from None
        self._replies.send(self._clients.answer_to(sender), "/midi/forgotten", (shorten(name, 200), count))

    def list_midi_parameters(self, call: Call, sender: Address) -> None:
        """Answer /midi/parameters."""
        to, rows = self._clients.answer_to(sender), list(self._parameters.rows())
        for row in rows:
            range = row.range
            curve = "button" if row.button else "words" if range.choices else range.curve
            low, high = (0.0, float(len(range.choices) - 1)) if range.choices else (range.low, range.high)
            value = _shown(row)
            args = (shorten(row.name, 200), low, high, curve, range.unit, value, shorten(row.help, 200))
            self._replies.send(to, "/midi/parameter", args)
        self._listed(to, len(rows))

    def monitor_midi(self, call: Call, sender: Address) -> None:
        """Answer /midi/monitor."""
        on = number("on", call.args["on"], 0, 1, whole=True)
        self._watchers.watch(self._clients.answer_to(sender), bool(on))

    def send_midi_clock(self, call: Call, sender: Address) -> None:
        """Answer /midi/clock."""
        port, on = self._port(str(call.args["port"])), number("on", call.args["on"], 0, 1, whole=True)
        if on and port.output is None:
            raise Refused("midi", f"the port {port.name} can only be heard, and not be told things")
        (self._clocked.add if on else self._clocked.discard)(port.name)
        if self._clocked and self._clock is None:
            self._clock = ClockOut(lambda: self._conductor.transport, self._tick)
        self._entry(port, self._clients.answer_to(sender))

    def _tick(self, data: bytes) -> None:
        """To all that are sent the clock, but not back to the one that it comes from."""
        for name in tuple(self._clocked):
            if name != self._conductor.clock_of:
                self.plugged_in.send_now(name, data)

    def _port(self, text: str) -> Port:
        found = [port for port in self.plugged_in.ports if text.lower() in port.name.lower()]
        exact = [port for port in found if port.name == text]
        if len(exact or found) == 1:
            return (exact or found)[0]
        names = ", ".join(port.name for port in self.plugged_in.ports) or f"none: {self.plugged_in.about}"
        text = f"port must be one of these, or a part of one's name, got {text[:60]!r}: {names}"
        raise Refused("midi", shorten(text, MAX_TEXT))

    def _entry(self, port: Port, to: To) -> None:
        tells, clock = int(port.output is not None), int(port.name in self._clocked)
        self._replies.send(to, "/midi/port", (shorten(port.name, 200), self.shelf.name_of(port.name), 1, tells, clock))

    def _listed(self, to: To, count: int) -> None:
        self._replies.send(to, "/midi/listed", (count, shorten(self.plugged_in.about, MAX_TEXT)))

    # what ports say, in their threads

    def plugged(self, port: str) -> None:
        """A controller came."""
        if port != VIRTUAL:
            self._later(lambda: self._replies.send(self._clients.all(), "/midi/plugged", (shorten(port, 200), 1)))

    def tellable(self, port: str) -> None:
        """A controller can be told things from now on."""
        self._lighting.greet(port, anew=True)

    def unplugged(self, port: str) -> None:
        """A controller has gone."""
        self._performer.unplugged(port)
        self._later(lambda: self._replies.send(self._clients.all(), "/midi/plugged", (shorten(port, 200), 0)))

    def heard(self, port: str, data: list[int], arrived: float) -> None:
        """A controller says something."""
        self._performer.heard(port, data, arrived)

    def saw(self, port: str, control: Control) -> None:
        """Something was done: for those who watch, and for who learns."""
        if self._lessons:
            self._later(lambda: self._lessons.saw(port, control))
        if self._watchers:
            self._later(lambda: self._watchers.saw(port, control))

    def trouble(self, text: str) -> None:
        """Something was done in vain."""
        if self._watchers:
            self._later(lambda: self._watchers.trouble(text))

    def program(self, port: str, row: Programs, program: Program) -> None:
        """Another preset is asked for."""
        self._later(lambda: self._use_preset(row, program))

    # what follows in the loop

    def _use_preset(self, row: Programs, program: Program) -> None:
        packs = [pack for pack in self._library().packs() if not row.packs or pack.name in row.packs]
        packs.sort(key=lambda pack: row.packs.index(pack.name) if row.packs else 0)
        if program.bank >= len(packs) or program.program >= len(packs[program.bank].presets):
            self.trouble(f"there is no preset for program {program.program} of bank {program.bank}")
            return
        preset = list(packs[program.bank].presets.values())[program.program]
        try:
            pad = self._parameters.pad_name(row.pad)
        except NotNow:
            pad = "1" if row.pad == "last" else row.pad
        self._do("/pad/assign", (pad, preset.full_name))

    def _do(self, address: str, args: tuple[Value, ...]) -> None:
        if problem := self._perform(address, args):
            self.trouble(f"{address}: {problem}")
            log.info("what a controller asked for was refused: %s: %s", address, problem)

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        if self._loop is not None:
            self._loop.call_later(seconds, act)

    def _later(self, act: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(act)


def _shown(row: Parameter) -> str:
    """Where a parameter is, in words; nothing where that is not known, as the model decides it."""
    try:
        value = row.read()
    except NotNow:
        return ""
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

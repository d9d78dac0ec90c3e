"""Ports as they come and go: one thread that looks for them, opens them, and tells them things.

The system is asked by this thread alone. What ports say arrives in threads of the system's own.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bridge.midi.devices import VIRTUAL, Devices, Input, NoMidi, OutputPort, find, stable_name, system

log = logging.getLogger("bridge")

EVERY = 1.0
"""Seconds between two looks for ports."""

CLOSE_SECONDS = 2.0
OFF = "none"
"""The word, in place of ports, for no MIDI at all."""


class Player(Protocol):
    """Who is played by ports. Called in threads of MIDI; ports are called by their stable names."""

    def plugged(self, port: str) -> None: ...

    def tellable(self, port: str) -> None: ...

    def unplugged(self, port: str) -> None: ...

    def heard(self, port: str, data: list[int], arrived: float) -> None: ...


@dataclass(slots=True)
class Port:
    """One controller: what it is heard by, and what it is told things by, where there is such a port."""

    name: str
    input_name: str
    output_name: str = ""
    input: Input | None = None
    output: OutputPort | None = None


class Plugged:
    """The ports that are open. ``wanted``: parts of the names of those to hear; none for all. A virtual port is among
    them wherever the system has such things."""

    def __init__(self, player: Player, wanted: tuple[str, ...] = ()) -> None:
        self._player, self._wanted = player, tuple(part.lower() for part in wanted)
        self._devices: Devices | None = None
        self._ports: dict[str, Port] = {}
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="midi", daemon=True)
        self._refused: dict[str, int] = {}
        self.about = "not looked for yet"
        """Which system there is, or why there is none."""
        self.others: tuple[str, ...] = ()
        """Ports that there are and that are not to be heard."""

    @property
    def ports(self) -> tuple[Port, ...]:
        """Those that are open."""
        return tuple(self._ports.values())

    def open(self) -> None:
        """Begin to look for ports."""
        if OFF in self._wanted:
            self.about = "switched off by the setting midi"
            return
        self._thread.start()

    def close(self) -> None:
        """Close all ports; waits for them a few seconds."""
        if self._thread.is_alive():
            self._work.put(None)
            self._thread.join(CLOSE_SECONDS)

    def send(self, port: str, data: bytes) -> None:
        """Tell a port something, soon; nothing where it cannot be told. From any thread."""
        if port in self._ports:
            self._work.put(lambda: self._send(port, data))

    def send_now(self, port: str, data: bytes) -> None:
        """Tell a port something at once, which a clock has to; may wait for a driver. From any thread."""
        self._send(port, data)

    def _send(self, port: str, data: bytes) -> None:
        found = self._ports.get(port)
        if found is not None and found.output is not None:
            found.output.send(data)

    def _run(self) -> None:
        next_look = 0.0
        while True:
            if time.monotonic() >= next_look:
                try:
                    self._look()
                except Exception:  # a driver's; the next look may go well
                    log.exception("MIDI ports could not be looked for")
                next_look = time.monotonic() + EVERY
            with contextlib.suppress(queue.Empty):
                work = self._work.get(timeout=max(0.0, next_look - time.monotonic()))
                if work is None:
                    break
                work()
        self._drop_all()

    def _look(self) -> None:
        """See which ports have come and which have gone."""
        if self._devices is not None and system()[0] != self._devices.system:
            log.warning("MIDI's server has gone")
            self._drop_all()
        if self._devices is None and not self._found():
            return
        assert self._devices is not None
        try:
            inputs, outputs = self._devices.inputs(), self._devices.outputs()
        except NoMidi as error:
            log.warning("MIDI's server has gone: %s", error)
            self._drop_all()
            return
        wanted = [name for name in inputs if self._is_wanted(name)]
        self.others = tuple(name for name in inputs if name not in wanted)
        for port in self.ports:
            if port.input_name not in wanted and port.name != VIRTUAL:
                self._drop(port)
        if VIRTUAL not in self._ports:
            self._add(Port(VIRTUAL, VIRTUAL))
            if VIRTUAL in self._ports:
                self._add_output(self._ports[VIRTUAL], [VIRTUAL])
        for name in wanted:
            if all(port.input_name != name for port in self.ports):
                self._add(Port(self._new_name(name), name))
        for port in self.ports:
            if port.output is None and port.name != VIRTUAL:  # it may come a moment after the input
                self._add_output(port, outputs)
        self._refused = {name: tries for name, tries in self._refused.items() if name in (*inputs, VIRTUAL)}

    def _found(self) -> bool:
        try:
            self._devices = find()
        except NoMidi as error:
            if self.about != str(error):
                log.info("no MIDI: %s", error)
            self.about = str(error)
            return False
        self.about = self._devices.about
        log.info("MIDI is heard by %s", self.about)
        return True

    def _is_wanted(self, name: str) -> bool:
        if not self._wanted:
            return "through" not in name.lower()  # ALSA's loop back to where it came from
        return any(part in name.lower() for part in self._wanted)

    def _new_name(self, name: str) -> str:
        """The port's stable name; of a second controller of the same name, the whole one."""
        stable = stable_name(name)
        return name if stable in self._ports else stable

    def _add(self, port: Port) -> None:
        assert self._devices is not None
        try:
            name = port.name
            port.input = self._devices.open_input(
                port.input_name, lambda data, arrived: self._player.heard(name, data, arrived)
            )
        except NoMidi as error:
            self._refused[port.input_name] = tries = self._refused.get(port.input_name, 0) + 1
            if tries == 2:  # once it may just not be quite there yet; it is tried on, as another program may have it
                log.warning("not heard: %s", error)
            self._drop(port)
            return
        self._ports[port.name] = port
        log.info("the MIDI port %s is heard", port.name)
        self._player.plugged(port.name)

    def _add_output(self, port: Port, outputs: list[str]) -> None:
        """Open what a port can be told things by, if there is such a thing."""
        taken = {one.output_name for one in self.ports}
        port.output_name = partner(port.input_name, [name for name in outputs if name not in taken])
        if not port.output_name or self._devices is None:
            return
        try:
            port.output = self._devices.open_output(port.output_name)
        except NoMidi as error:
            log.debug("not told anything: %s", error)
            port.output_name = ""
            return
        self._player.tellable(port.name)

    def _drop(self, port: Port) -> None:
        self._ports.pop(port.name, None)
        for one in (port.input, port.output):
            if one is not None:
                try:
                    one.close()
                except Exception as error:  # a driver's; the port has gone, whatever it says
                    log.debug("a MIDI port did not close: %s", error)
        if port.input is not None:
            log.info("the MIDI port %s is not heard any more", port.name)
            self._player.unplugged(port.name)

    def _drop_all(self) -> None:
        for port in self.ports:
            self._drop(port)
        if self._devices is not None:
            self._devices.close()
            self._devices = None
        self._refused.clear()


def partner(name: str, outputs: list[str]) -> str:
    """The output that belongs to an input: of the same name, of the same name without its numbers, or of the same
    program or device. Empty if there is none."""
    for key in (str, stable_name, _without_number, _client):
        for output in outputs:
            if key(output) == key(name):
                return output
    return ""


def _without_number(name: str) -> str:
    """Windows counts inputs and outputs apart: "MPD218 0" and "MPD218 1"."""
    return re.sub(r"\s+\d+$", "", name)


def _client(name: str) -> str:
    """JACK numbers clients of the same name: "keys" and "keys-01"."""
    return re.sub(r"-\d\d$", "", name.partition(":")[0])

"""MIDI ports of this machine: by rtmidi those of CoreMIDI, WinMM and ALSA's sequencer, and JACK's where there is none.

A server that is not there is not asked for: asking it prints complaints that nobody can switch off. JACK's ports are
not left to rtmidi, which frees what JACK's thread still uses when it closes one, and holds Python's lock while that
thread may be waiting for it: `bridge.midi.jack_ports`.
"""

from __future__ import annotations

import getpass
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

log = logging.getLogger("bridge")

CLIENT = "audioldm-bridge"
"""Our name among the programs of the system."""
VIRTUAL = "bridge"
"""The name of the virtual port."""

ABOUT_JACK = "JACK's API, as there is no ALSA sequencer"

Heard = Callable[[list[int], float], None]
"""Gets each message, complete, and when it arrived, in seconds of `time.monotonic`; in a thread of its own."""

_CALLED = 0.05
"""Seconds after which a call that had begun before calls were cancelled is surely over."""

_NUMBERS = re.compile(r"\s+\d+:\d+$")


class NoMidi(Exception):
    """There is no MIDI on this machine, or a port cannot be opened; the text says why."""


def system() -> tuple[str, str]:
    """Which of rtmidi's systems there is: its name, empty for none, and a sentence about it."""
    try:
        import rtmidi  # noqa: F401  # its library may be missing
    except ImportError as error:
        return "", f"the library python-rtmidi cannot be used: {error}"
    if sys.platform != "linux":
        return ("CoreMIDI", "macOS's own") if sys.platform == "darwin" else ("WinMM", "Windows's own")
    if os.access("/dev/snd/seq", os.R_OK | os.W_OK):
        return "ALSA", "ALSA's sequencer"
    if _jack_runs():
        return "JACK", ABOUT_JACK
    return "", "no ALSA sequencer (sudo modprobe snd-seq) and no JACK server"


def _jack_runs() -> bool:
    """True if a JACK server, or PipeWire in its place, has its socket where libjack looks for it."""
    server = os.environ.get("JACK_DEFAULT_SERVER", "default")
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"))
    user = os.getuid() if hasattr(os, "getuid") else getpass.getuser()
    return Path(f"/dev/shm/jack_{server}_{user}_0").exists() or (runtime / "pipewire-0").exists()


def stable_name(port: str) -> str:
    """A port's name without the numbers that ALSA gives anew each time: "MPD218:MPD218 MIDI 1 24:0"."""
    return _NUMBERS.sub("", port)


class Input(Protocol):
    """A port that is heard until it is closed."""

    def close(self) -> None: ...


class OutputPort(Protocol):
    """A port that is told something: one complete message at a time, from any thread, until it is closed. What cannot
    be sent, as the other end has gone, is lost."""

    def send(self, data: bytes) -> None: ...

    def close(self) -> None: ...


class Devices(Protocol):
    """The ports of one system. To be used by one thread; everything but `close` raises NoMidi."""

    system: str
    about: str

    def inputs(self) -> list[str]: ...

    def outputs(self) -> list[str]: ...

    def open_input(self, name: str, heard: Heard) -> Input: ...

    def open_output(self, name: str) -> OutputPort: ...

    def close(self) -> None: ...


def find() -> Devices:
    """The ports of this machine's system. Raises NoMidi."""
    name, about = system()
    if not name:
        raise NoMidi(about)
    if name == "JACK":
        from bridge.midi.jack_ports.devices import JackDevices

        return JackDevices()
    return RtMidiDevices(name, about)


class RtMidiDevices:
    """The ports of one of rtmidi's systems, as `system` names it."""

    def __init__(self, system: str, about: str) -> None:
        self.system, self.about = system, about
        try:
            self._inputs: Any = self._made("MidiIn", f"{CLIENT}-list")
            self._outputs: Any = self._made("MidiOut", f"{CLIENT}-list")
        except Exception as error:  # rtmidi's own, of several kinds
            raise NoMidi(f"{self.about}: {error}") from error

    def inputs(self) -> list[str]:
        """The names of what can be heard, ours left out."""
        return others(self._inputs.get_ports())

    def outputs(self) -> list[str]:
        """The names of what can be told something, ours left out."""
        return others(self._outputs.get_ports())

    def open_input(self, name: str, heard: Heard) -> RtMidiInput:
        """Hear a port from now on; `VIRTUAL` is one of our own, which others may connect to."""
        port = self._made("MidiIn", CLIENT)
        port.ignore_types(sysex=True, timing=False, active_sense=True)
        port.set_callback(lambda event, _: heard(event[0], time.monotonic()))
        self._connect(port, name, "in")
        return RtMidiInput(port)

    def open_output(self, name: str) -> RtMidiOutput:
        """Tell a port something from now on; `VIRTUAL` is one of our own."""
        port = self._made("MidiOut", CLIENT)
        self._connect(port, name, "out")
        return RtMidiOutput(port)

    def close(self) -> None:
        """Look no more."""
        self._inputs.delete()
        self._outputs.delete()

    def _made(self, kind: str, client: str) -> Any:
        import rtmidi

        api = rtmidi.API_LINUX_ALSA if self.system == "ALSA" else rtmidi.API_UNSPECIFIED
        return getattr(rtmidi, kind)(api, name=client)

    def _connect(self, port: Any, name: str, way: str) -> None:
        try:
            if name == VIRTUAL:
                if self.system == "WinMM":
                    raise NoMidi("Windows has no virtual ports of its own; loopMIDI makes some")
                port.open_virtual_port(f"{VIRTUAL} {way}")
            else:
                names = port.get_ports()
                if name not in names:
                    raise NoMidi(f"there is no port {name!r} any more")
                port.open_port(names.index(name), way)
        except NoMidi:
            port.delete()
            raise
        except Exception as error:  # rtmidi's own
            port.delete()
            raise NoMidi(f"the port {name!r} cannot be opened: {error}") from error


class RtMidiInput:
    """A port that is heard, in a thread of the system's."""

    def __init__(self, port: Any) -> None:
        self._port = port

    def close(self) -> None:
        """Hear it no more. To close a port waits for its thread and holds Python's lock meanwhile, which a call in that
        thread may be waiting for: so calls are cancelled first, and the last one is given the time to end."""
        self._port.cancel_callback()
        time.sleep(_CALLED)
        self._port.close_port()
        self._port.delete()


class RtMidiOutput:
    """A port that is told something."""

    def __init__(self, port: Any) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._open = True

    def send(self, data: bytes) -> None:
        """One complete message."""
        with self._lock:
            try:
                if self._open:
                    self._port.send_message(list(data))
            except Exception as error:  # rtmidi's own
                log.debug("a MIDI message was not sent: %s", error)

    def close(self) -> None:
        """Tell it nothing more."""
        with self._lock:
            self._open = False
            self._port.close_port()
            self._port.delete()


def others(names: list[str]) -> list[str]:
    """Those ports that are not ours, nor those by which rtmidi looks for ports."""
    return [name for name in names if not name.startswith(CLIENT) and "RtMidi" not in name]

"""MIDI ports of this machine, by rtmidi: CoreMIDI, WinMM, ALSA's sequencer, or JACK's API where there is none.

A server that is not there is not asked for: asking it prints complaints that nobody can switch off.
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
from typing import Any

log = logging.getLogger("bridge")

CLIENT = "audioldm-bridge"
"""Our name among the programs of the system."""
VIRTUAL = "bridge"
"""The name of the virtual port."""

Heard = Callable[[list[int]], None]
"""Gets each message, complete, in a thread of rtmidi's."""

_LOOK = 0.001
"""Seconds between two looks into the queue of a JACK port."""

_IN_FORCE = 0.1
"""Seconds after which a connection of JACK's is surely in force: it is from one of the next periods on."""

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
        return "JACK", "JACK's API, as there is no ALSA sequencer"
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


class Devices:
    """The ports of one of rtmidi's systems. To be used by one thread. Raises NoMidi."""

    def __init__(self) -> None:
        self.system, self.about = system()
        if not self.system:
            raise NoMidi(self.about)
        try:
            self._inputs: Any = self._made("MidiIn", f"{CLIENT}-list")
            self._outputs: Any = self._made("MidiOut", f"{CLIENT}-list")
        except Exception as error:  # rtmidi's own, of several kinds
            raise NoMidi(f"{self.about}: {error}") from error

    def inputs(self) -> list[str]:
        """The names of what can be heard, ours left out."""
        return _others(self._inputs.get_ports())

    def outputs(self) -> list[str]:
        """The names of what can be told something, ours left out."""
        return _others(self._outputs.get_ports())

    def open_input(self, name: str, heard: Heard) -> Input:
        """Hear a port from now on; `VIRTUAL` is one of our own, which others may connect to."""
        port = self._made("MidiIn", CLIENT)
        port.ignore_types(sysex=True, timing=False, active_sense=True)
        if self.system != "JACK":
            port.set_callback(lambda event, _: heard(event[0]))
        self._connect(port, name, "in")
        return Input(port, heard if self.system == "JACK" else None)

    def open_output(self, name: str) -> OutputPort:
        """Tell a port something from now on; `VIRTUAL` is one of our own."""
        port = self._made("MidiOut", CLIENT)
        self._connect(port, name, "out")
        return OutputPort(port)

    def close(self) -> None:
        """Look no more."""
        self._inputs.delete()
        self._outputs.delete()

    def _made(self, kind: str, client: str) -> Any:
        import rtmidi

        apis = {"ALSA": rtmidi.API_LINUX_ALSA, "JACK": rtmidi.API_UNIX_JACK}
        return getattr(rtmidi, kind)(apis.get(self.system, rtmidi.API_UNSPECIFIED), name=client)

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
                if self.system == "JACK":
                    time.sleep(_IN_FORCE)
        except NoMidi:
            port.delete()
            raise
        except Exception as error:  # rtmidi's own
            port.delete()
            raise NoMidi(f"the port {name!r} cannot be opened: {error}") from error


class Input:
    """A port that is heard. JACK calls in the thread that the whole graph waits for, which must not wait for Python: so
    there messages are fetched from rtmidi's queue, by a thread that looks every millisecond."""

    def __init__(self, port: Any, fetched: Heard | None) -> None:
        self._port = port
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        if fetched is not None:
            self._thread = threading.Thread(target=self._fetch, args=(fetched,), name="midi-in", daemon=True)
            self._thread.start()

    def _fetch(self, heard: Heard) -> None:
        while not self._closing.wait(_LOOK):
            while (event := self._port.get_message()) is not None:
                heard(event[0])

    def close(self) -> None:
        """Hear it no more."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        else:
            self._port.cancel_callback()
        self._port.close_port()
        self._port.delete()


class OutputPort:
    """A port that is told something."""

    def __init__(self, port: Any) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._open = True

    def send(self, data: bytes) -> None:
        """One complete message, from any thread. What cannot be sent, as the other end has gone, is lost."""
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


def _others(names: list[str]) -> list[str]:
    return [name for name in names if not name.startswith(CLIENT) and "RtMidi" not in name]

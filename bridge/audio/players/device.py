"""Audio devices by PortAudio: CoreAudio, WASAPI, ASIO, ALSA, JACK. Only this file imports sounddevice."""

from __future__ import annotations

import atexit
import logging
import subprocess
import sys
import threading
from functools import lru_cache
from typing import Any

import numpy as np

from bridge.audio.players.player import CannotPlay, Outlet
from bridge.audio.ring import Ring
from bridge.audio.source import CHANNELS

log = logging.getLogger("bridge")

NAME = "device"

_PROBE_SECONDS = 30.0

_CLOSE_SECONDS = 2.0

_stuck: list[str] = []
"""Devices whose closing never ended: with them, PortAudio is of no use any more in this process."""

_MOST_FRAMES = 8192  # of one callback of a device with one channel


@lru_cache(maxsize=1)
def _why_not() -> str:
    """Why PortAudio cannot be started; empty if it can. Found out in a process of its own, once: a sound system that is
    set up wrongly makes it end the program, or wait for ever, and that must not be the bridge."""
    command = [sys.executable, "-c", "import sounddevice; sounddevice.query_devices()"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PROBE_SECONDS, text=True, errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else said[-1][:200] if said else f"it ended with {done.returncode}"


def _sounddevice() -> Any:
    """The library, which loads PortAudio. Raises CannotPlay where there is none."""
    if _stuck:
        raise CannotPlay(f"{_stuck[0]} has gone and PortAudio waits for it: start the bridge again to use a device")
    if why := _why_not():
        raise CannotPlay(f"PortAudio (libportaudio2) cannot be used on this machine: {why}")
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise CannotPlay(f"PortAudio (libportaudio2) cannot be used on this machine: {error}") from error
    return sounddevice


def look_again() -> None:
    """Have PortAudio look for devices anew, which it does only when it starts. Not while a device is in use.

    Where it has found JACK it stays as it is: to end it crashes the program if JACK's server has ended meanwhile.
    """
    try:
        library = _sounddevice()
        if any("JACK" in system["name"] for system in library.query_hostapis()):
            return
        library._terminate()
        library._initialize()
    except Exception as error:  # no devices then; PortAudioError is not a class that can be named without the library
        log.debug("PortAudio could not be started again: %s", error)


def outlets() -> list[Outlet]:
    """The devices that can play, the default one first."""
    try:
        library = _sounddevice()
        systems = library.query_hostapis()
        default = library.default.device[1]
        found = [(number, one) for number, one in enumerate(library.query_devices()) if one["max_output_channels"] > 0]
    except Exception as error:
        log.debug("no devices can be listed: %s", error)
        return []
    found.sort(key=lambda pair: pair[0] != default)
    return [
        Outlet(NAME, f"{systems[one['hostapi']]['name']}: {one['name']}", _about(number == default, one))
        for number, one in found
    ]


def _about(is_default: bool, one: dict[str, Any]) -> str:
    text = f"{one['max_output_channels']} channels, {one['default_samplerate']:g} Hz"
    return f"the default device, {text}" if is_default else text


class DevicePlayer:
    """Plays on a device: the one whose name is given (the whole name, or a part that only one has), or the default.

    ``rate`` 0 takes the device's own.
    """

    def __init__(self, rate: int, period: int, device: str = "") -> None:
        self._library = _sounddevice()
        names = [one.device for one in outlets()]
        if not names:
            raise CannotPlay("there is no audio device that plays")
        self.outlet = Outlet(NAME, _found(device, names) if device else names[0], "")
        number = self._number(self.outlet.device)
        own = int(self._library.query_devices(number)["default_samplerate"])
        self.period = period
        self._faults = 0
        self._ring = Ring()
        self._both = np.zeros((max(period, _MOST_FRAMES), CHANNELS), np.float32)
        self._stream = self._open(number, rate or own, own)
        self.rate = int(self._stream.samplerate)

    def _number(self, name: str) -> int:
        systems = self._library.query_hostapis()
        for number, one in enumerate(self._library.query_devices()):
            if name == f"{systems[one['hostapi']]['name']}: {one['name']}" and one["max_output_channels"] > 0:
                return number
        raise CannotPlay(f"the device {name!r} has gone")

    def _open(self, number: int, rate: int, own: int) -> Any:
        """The device at this rate, or at its own if it has no other."""
        channels = min(CHANNELS, int(self._library.query_devices(number)["max_output_channels"]))
        callback = self._stereo if channels == CHANNELS else self._mono
        try:
            return self._stream_at(number, rate, channels, callback)
        except self._library.PortAudioError as error:
            if rate == own:
                raise CannotPlay(f"{self.outlet.device} cannot be opened: {error}") from error
        try:
            return self._stream_at(number, own, channels, callback)
        except self._library.PortAudioError as error:
            raise CannotPlay(f"{self.outlet.device} cannot be opened: {error}") from error

    def _stream_at(self, number: int, rate: int, channels: int, callback: Any) -> Any:
        return self._library.OutputStream(
            samplerate=rate, blocksize=self.period, device=number, channels=channels, dtype="float32", latency="low",
            callback=callback,
        )  # fmt: skip

    def _stereo(self, out: np.ndarray, frames: int, time: Any, status: Any) -> None:
        if status:
            self._faults += 1
        self._ring.read_into(out)

    def _mono(self, out: np.ndarray, frames: int, time: Any, status: Any) -> None:
        """A device with one channel gets the mean of both."""
        if status:
            self._faults += 1
        self._ring.read_into(self._both[:frames])
        np.mean(self._both[:frames], axis=1, keepdims=True, out=out)

    @property
    def delay(self) -> float:
        """Seconds that PortAudio states from reading to hearing."""
        return float(self._stream.latency)

    @property
    def faults(self) -> int:
        """How often the device reported a gap."""
        return self._faults

    def start(self, ring: Ring) -> None:
        """Begin to read. Raises CannotPlay."""
        self._ring = ring
        try:
            self._stream.start()
        except self._library.PortAudioError as error:
            raise CannotPlay(f"{self.outlet.device} cannot be started: {error}") from error

    def stop(self) -> None:
        """Close the device. From one that has gone PortAudio may never come back: that one is left behind."""
        self._ring = Ring()  # whatever it still calls us for, it takes nothing from the next player
        closing = threading.Thread(target=self._stream.close, args=(True,), name="closing", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)
        if closing.is_alive():
            log.error("%s cannot be closed: PortAudio is used no more", self.outlet.device)
            _stuck.append(self.outlet.device)
            atexit.unregister(self._library._exit_handler)  # which would wait for it, too


def _found(wanted: str, names: list[str]) -> str:
    """The one name that is meant. Raises CannotPlay naming them all."""
    if wanted in names:
        return wanted
    near = [name for name in names if wanted.casefold() in name.casefold()]
    if len(near) == 1:
        return near[0]
    what = "fits several devices" if near else "is no device"
    raise CannotPlay(f"{wanted!r} {what}; there are {', '.join(near or names)}")

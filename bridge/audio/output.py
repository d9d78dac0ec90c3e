"""What is heard, and by which player: the mixer, the thread that feeds it, and the player that is in use."""

from __future__ import annotations

import logging
import sys
import threading
import time
from dataclasses import dataclass

from bridge.audio.mixer import Feeder, Mixer
from bridge.audio.players import device, null
from bridge.audio.players.player import CannotPlay, Outlet, Player
from bridge.audio.players.reastream import DEFAULT, ReaStreamPlayer

log = logging.getLogger("bridge")

AUTO = "auto"
PLAYERS = (device.NAME, "reastream", null.OUTLET.player)
"""What may be asked for by name; `AUTO` is the default device, or nothing where there is none."""

DEFAULT_RATE = 48000

SWITCH_SECONDS = 0.0005

STALLED = 3.0
"""Seconds without a read after which a device is taken to be gone."""


@dataclass(frozen=True, slots=True)
class Status:
    """How playing goes. ``delay`` in seconds from a hit to its sound, at the most; ``load`` is the share of its time
    that the mixer needs; ``why`` says why nothing is heard, where that is so."""

    player: str
    device: str
    rate: int
    block: int
    buffer: int
    delay: float
    underruns: int
    missing: int
    load: float
    voices: int
    why: str


class Output:
    """One way out at a time. Its methods may wait for a device, and belong into a thread; `status` does not.

    player, wanted: as in the settings. rate 0 is the device's own. block in frames; buffer in blocks kept ahead.
    """

    def __init__(self, player: str = AUTO, wanted: str = "", rate: int = 0, block: int = 256, buffer: int = 3) -> None:
        self.mixer = Mixer(rate or DEFAULT_RATE, block, buffer)
        self._first = (player, wanted)
        self._rate = rate
        self._lock = threading.Lock()
        self._player: Player | None = None
        self._feeder: Feeder | None = None
        self._why = ""
        self._seen = (0, 0.0)

    @property
    def running(self) -> bool:
        """True when a player reads."""
        return self._player is not None

    def open(self) -> None:
        """Begin to play as the settings say, unless it has begun. Where that cannot be, nothing is heard, and `status`
        says why."""
        with self._lock:
            if self._player is None:
                try:
                    self._begin(self._made(*self._first))
                except CannotPlay as error:
                    self._silently(str(error))

    def use(self, player: str, wanted: str = "") -> Outlet:
        """Play by another player from now on. Raises CannotPlay; then the one before goes on, if it still can."""
        with self._lock:
            before, why = self._player.outlet if self._player else None, self._why
            self._end()
            if player in (AUTO, device.NAME):
                device.look_again()  # it may have been plugged in just now
            try:
                self._begin(self._made(player, wanted))
            except CannotPlay:
                self._go_back(before)
                self._why = self._why or why
                raise
            assert self._player is not None
            return self._player.outlet

    def check(self) -> str:
        """Where a device does not read any more, go on without it. To be called every second or so. Returns what
        there is to be said about that, at the moment in which it is noticed; usually nothing."""
        read, now = self.mixer.ring.read + self.mixer.ring.missing, time.monotonic()
        if read != self._seen[0] or self._player is None:
            self._seen = (read, now)
        elif now - self._seen[1] > STALLED:
            with self._lock:
                name = self._player.outlet.device
                self._end()
                self._silently(f"the device {name} has stopped reading")
                return self._why
        return ""

    def close(self) -> None:
        """Play no more."""
        with self._lock:
            self._end()

    def outlets(self) -> list[Outlet]:
        """All that can be used."""
        with self._lock:
            if not isinstance(self._player, device.DevicePlayer):
                device.look_again()
            return [*device.outlets(), Outlet("reastream", DEFAULT, "ReaStream plugins in any host"), null.OUTLET]

    def status(self) -> Status:
        """How it goes at the moment."""
        mixer, player = self.mixer, self._player
        return Status(
            player.outlet.player if player else "", player.outlet.device if player else "", mixer.rate, mixer.block,
            mixer.ahead, (max(mixer.block, player.period) / mixer.rate + player.delay) if player else 0.0,
            mixer.ring.underruns + (player.faults if player else 0), mixer.ring.missing, mixer.load,
            len(mixer.voices), self._why,
        )  # fmt: skip

    def _made(self, player: str, wanted: str) -> Player:
        block = self.mixer.block
        match player:
            case device.NAME:
                return device.DevicePlayer(self._rate, block, wanted)
            case "reastream":
                return ReaStreamPlayer(self._rate or DEFAULT_RATE, wanted)
            case null.OUTLET.player:
                return null.NullPlayer(self._rate or DEFAULT_RATE, block)
            case "auto":
                try:
                    return device.DevicePlayer(self._rate, block, wanted)
                except CannotPlay as error:
                    self._why = f"nothing is heard: {error}"
                    return null.NullPlayer(self._rate or DEFAULT_RATE, block)
        raise CannotPlay(f"player must be {', '.join((AUTO, *PLAYERS))}, got {player[:60]!r}")

    def _begin(self, player: Player) -> None:
        mixer = self.mixer
        ahead = max(mixer.ahead, -(-player.period // mixer.block) + 1)  # a read must find all that it takes
        if player.rate != mixer.rate or ahead != mixer.ahead:
            mixer.reshape(player.rate, mixer.block, ahead)
        mixer.ring.underruns = mixer.ring.missing = 0
        feeder = Feeder(mixer)
        feeder.start()
        try:
            player.start(mixer.ring)
        except CannotPlay:
            feeder.stop()
            player.stop()
            raise
        self._player, self._feeder = player, feeder
        # Python changes between threads every 5 ms unless told otherwise, which is a block's length
        sys.setswitchinterval(SWITCH_SECONDS)
        self._seen = (mixer.ring.read, time.monotonic())
        log.info("playing by %s %s at %d Hz", player.outlet.player, player.outlet.device, player.rate)

    def _end(self) -> None:
        if self._player is not None:
            self._player.stop()
        if self._feeder is not None:
            self._feeder.stop()
        self._player, self._feeder, self._why = None, None, ""

    def _silently(self, why: str) -> None:
        """Go on without a device."""
        self._begin(null.NullPlayer(self.mixer.rate, self.mixer.block))
        self._why = f"nothing is heard: {why}"
        log.warning("%s", self._why)

    def _go_back(self, outlet: Outlet | None) -> None:
        if outlet is not None:
            try:
                self._begin(self._made(outlet.player, outlet.device))
            except CannotPlay as error:
                self._silently(str(error))

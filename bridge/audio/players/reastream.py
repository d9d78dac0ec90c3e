"""ReaStream: to the plugin of this name in any host, over UDP.

Layout of a packet, little-endian, after Cockos' note and the programs that agree with it: ``MRSR``, u32 size of the
packet, identifier in 32 bytes, u8 channels, u32 rate, u16 bytes of sound (1200 at most), then float32 samples, channel
after channel. There is no number and no time in it: who sends has to keep the pace.
"""

from __future__ import annotations

import socket
import struct

import numpy as np

from bridge.audio.players.player import CannotPlay, Outlet, PacedPlayer
from bridge.audio.ring import Block
from bridge.audio.source import CHANNELS

PORT = 58710
DEFAULT = f"default@127.0.0.1:{PORT}"
"""Identifier, host and port: what the plugin comes with, on this machine."""

MAX_IDENTIFIER = 31
MAX_SOUND = 1200
FRAMES = MAX_SOUND // (4 * CHANNELS)
"""Frames of a packet."""

_HEAD = struct.Struct("<4sI32sBIH")


def packet(identifier: str, rate: int, block: Block) -> bytes:
    """A packet with a block (frames, channels) of at most 1200 bytes."""
    sound = np.ascontiguousarray(block.T, dtype="<f4").tobytes()
    if len(sound) > MAX_SOUND:
        raise ValueError(f"a packet must have 0 to {MAX_SOUND} bytes of sound, got {len(sound)}")
    return _HEAD.pack(
        b"MRSR", _HEAD.size + len(sound), identifier.encode(), block.shape[1], rate, len(sound)
    ) + sound  # fmt: skip


def target(device: str) -> tuple[str, str, int]:
    """Identifier, host and port of ``identifier@host:port``; each part may be left out. Raises CannotPlay."""
    identifier, _, place = device.partition("@")
    host, colon, port = place.partition(":")
    number = int(port) if port.isdecimal() else PORT if not colon else 0
    name = identifier or "default"
    if not 1 <= number <= 65535:
        raise CannotPlay(f"the port of {device!r} must be 1 to 65535, got {port!r}")
    if not name.isascii() or not name.isprintable() or len(name) > MAX_IDENTIFIER:
        raise CannotPlay(f"the identifier must be 1 to {MAX_IDENTIFIER} ASCII characters, got {name[:60]!r}")
    return name, host or "127.0.0.1", number


class ReaStreamPlayer(PacedPlayer):
    """Sends to one plugin, or to all of a network by its broadcast address. ``device`` is read by `target`."""

    def __init__(self, rate: int, device: str = "") -> None:
        self._identifier, host, port = target(device)
        super().__init__(Outlet("reastream", f"{self._identifier}@{host}:{port}", "ReaStream plugins"), rate, FRAMES)
        self._to = (host, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._socket.setblocking(False)
        try:
            self._socket.connect(self._to)
        except OSError as error:
            self._socket.close()
            raise CannotPlay(f"{host}:{port} cannot be sent to: {error.strerror or error}") from error
        self._lost = 0

    @property
    def faults(self) -> int:
        """Pauses of this machine, and packets that its network did not take."""
        return super().faults + self._lost

    def send(self, block: np.ndarray) -> None:
        """Send one packet. That nobody listens is no fault."""
        try:
            self._socket.send(packet(self._identifier, self.rate, block))
        except ConnectionRefusedError:  # the answer to an earlier packet: no plugin is there at the moment
            return
        except OSError:
            self._lost += 1

    def stop(self) -> None:
        """End the thread and close the socket."""
        super().stop()
        self._socket.close()

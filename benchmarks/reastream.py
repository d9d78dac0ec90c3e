"""Is what a ReaStream plugin hears what was played, and at the right pace?

    python -m benchmarks.reastream [--seconds 60]

The bridge's player sends to a receiver in this process that takes packets apart by the published layout and knows none
of the bridge's own code for it. Told are the samples that differ from those that the player read, and the pace: the
slope of a line through the times at which packets came, beside the rate that they claim. Times are the kernel's where
it stamps them, for a receiver on a busy machine may sleep. Ends with status 1 if a sample differs or the pace is wrong.
"""

from __future__ import annotations

import argparse
import socket
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bridge.audio.mixer import Feeder, Mixer
from bridge.audio.players.reastream import ReaStreamPlayer
from bridge.audio.ring import Block

RATE, BLOCK = 48000, 256
PACE_BAR = 1e-3
"""How far the pace over a minute may be off."""

_STAMP = 35  # SO_TIMESTAMPNS, which the socket module has no name for
_HEADER = 47


class Plugin:
    """What a ReaStream plugin does: takes datagrams of its identifier apart. Layout after Cockos' note: ``MRSR``, size
    of the packet, identifier in 32 bytes, channels, rate, size of the sound, and that channel after channel."""

    def __init__(self, identifier: str = "default") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        if sys.platform == "linux":
            self.socket.setsockopt(socket.SOL_SOCKET, _STAMP, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(1.0)
        self.port = int(self.socket.getsockname()[1])
        self.identifier = identifier
        self.times: list[float] = []
        self.blocks: list[np.ndarray] = []
        self.rates: set[int] = set()

    def receive(self, seconds: float) -> None:
        """Take in what comes within so many seconds. Raises TimeoutError where nothing comes for one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.receive_one()

    def receive_one(self) -> None:
        """Take in the next packet. Raises TimeoutError, ValueError for what is none."""
        data, extra, _, _ = self.socket.recvmsg(2048, 64)
        stamps = [struct.unpack("<qq", raw[:16]) for _, kind, raw in extra if kind == _STAMP]
        self.times.append(stamps[0][0] + stamps[0][1] / 1e9 if stamps else time.time())
        self.take(data)

    def take(self, data: bytes) -> None:
        """Read one packet. Raises ValueError."""
        name, _, rest = data[8:40].partition(b"\0")
        if data[:4] != b"MRSR" or int.from_bytes(data[4:8], "little") != len(data) or rest.strip(b"\0"):
            raise ValueError(f"no ReaStream packet: {data[:_HEADER]!r}")
        channels, rate, size = data[40], int.from_bytes(data[41:45], "little"), int.from_bytes(data[45:47], "little")
        if name.decode() != self.identifier or size != len(data) - _HEADER or size > 1200:
            raise ValueError(f"a packet of {name!r} with {size} bytes of sound, of {len(data)}")
        self.rates.add(rate)
        values = [struct.unpack_from("<f", data, _HEADER + 4 * n)[0] for n in range(size // 4)]
        frames = len(values) // channels
        self.blocks.append(np.array([values[c * frames : (c + 1) * frames] for c in range(channels)], np.float32))

    @property
    def samples(self) -> np.ndarray:
        """All that was heard: (channels, frames)."""
        return np.concatenate(self.blocks, axis=1)

    def pace(self) -> float:
        """Seconds of the receiver's clock in a second of sound, through all packets: 1 is right."""
        seconds = np.cumsum([0, *(block.shape[1] for block in self.blocks[:-1])]) / min(self.rates)
        times = np.array(self.times) - self.times[0]
        return float(np.polyfit(seconds, times, 1)[0])


class Kept(ReaStreamPlayer):
    """The player, which keeps what it read of the mixer."""

    def __init__(self, rate: int, device: str) -> None:
        super().__init__(rate, device)
        self.played: list[Block] = []

    def send(self, block: Block) -> None:
        """Send, and keep."""
        self.played.append(block.copy())
        super().send(block)


class Counting:
    """A source of numbered samples, left and right with different signs."""

    def __init__(self) -> None:
        self._at = 0

    def read(self, frames: int) -> np.ndarray:
        """The next numbers."""
        numbers = np.arange(self._at, self._at + frames, dtype=np.float32) % 4096 / 8192
        self._at += frames
        return np.stack([numbers, -numbers])


@dataclass(slots=True)
class Heard:
    """packets and frames that came; differing: samples that are not what the player read; lost: packets that were sent
    and did not come; pace: 1 is right; lateness: the most seconds by which a packet was late for its place in the line
    through all; underruns: gaps of the mixer, which are sent as silence; pauses: of more than 50 ms of this machine."""

    packets: int
    frames: int
    differing: int
    lost: int
    pace: float
    lateness: float
    underruns: int
    pauses: int
    rates: set[int] = field(default_factory=set)


def measure(seconds: float, ahead: int = 3) -> Heard:
    """Play numbered samples to a receiver for so long. ahead: blocks that the mixer keeps ready."""
    plugin, mixer = Plugin("bridge"), Mixer(RATE, BLOCK, ahead)
    mixer.add_source(Counting())
    player, feeder = Kept(RATE, f"bridge@127.0.0.1:{plugin.port}"), Feeder(mixer)
    feeder.start()
    player.start(mixer.ring)
    try:
        plugin.receive(seconds)
    finally:
        player.stop()
        feeder.stop()
    while len(plugin.blocks) < len(player.played):  # what was on its way
        try:
            plugin.receive_one()
        except TimeoutError:
            break
    plugin.socket.close()
    played, heard = np.concatenate(player.played).T, plugin.samples
    frames = min(played.shape[1], heard.shape[1])
    starts = np.cumsum([0, *(block.shape[1] for block in plugin.blocks[:-1])]) / RATE
    line = np.poly1d(np.polyfit(starts, np.array(plugin.times) - plugin.times[0], 1))
    return Heard(
        len(plugin.blocks), heard.shape[1], int(np.count_nonzero(played[:, :frames] != heard[:, :frames])),
        len(player.played) - len(plugin.blocks), plugin.pace(),
        float(np.max(np.array(plugin.times) - plugin.times[0] - line(starts))), mixer.ring.underruns, player.faults,
        plugin.rates,
    )  # fmt: skip


def rows(heard: Heard) -> Iterator[str]:
    """What there is to tell."""
    yield f"packets: {heard.packets} of {heard.frames / max(1, heard.packets):g} frames at {min(heard.rates)} Hz"
    yield f"packets lost: {heard.lost}"
    yield f"samples that differ from those played: {heard.differing} of {2 * heard.frames}"
    yield f"pace: {100 * (heard.pace - 1):+.4f} %, bar {100 * PACE_BAR:.1f} %"
    yield f"a packet was late by {1000 * heard.lateness:.2f} ms at most"
    yield f"underruns: {heard.underruns}; pauses of this machine of more than 50 ms: {heard.pauses}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    heard = measure(parser.parse_args().seconds)
    print("\n".join(rows(heard)))
    sys.exit(bool(heard.differing or heard.lost or abs(heard.pace - 1) > PACE_BAR))


if __name__ == "__main__":
    main()

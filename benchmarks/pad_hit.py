"""How long from a hit to its sound? And how much of its time does the mixer need?

    python -m benchmarks.pad_hit [--hits 300] [--block 256] [--quick]

Three questions. *Into the ring*: from the bytes of a `/pad/hit` to its samples in the player's ring, in this process,
with other voices sounding and a player that reads in real time. *To the network*: from sending the datagram to a real
`bridge serve` until a ReaStream packet with sound arrives here; that is one block at the most, a packet, and the way
both ways. *Mixer*: the time that mixing takes as a share of the block's own. The bar is the issue's own: one block and
3 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.serving import Serving
from bridge.audio.mixer import Feeder, Mixer
from bridge.audio.players.null import NullPlayer
from bridge.audio.prepare import Prepared, prepare
from bridge.audio.voice import Envelope, Sound, Voice, mix
from bridge.config import Config
from bridge.desk import Desk
from bridge.osc import decode, encode
from bridge.pads.pool import Held
from engine import Handling, Request
from presets import Playing

RATE = 48000
GRACE = 0.003
"""Seconds that may be added to a block."""
VOICES = 32


class NoEngines:
    """The engines of a bridge that renders nothing."""

    models: tuple[str, ...] = ()

    def start(self, model: str) -> None:
        """Nothing to start."""

    def retire(self, model: str) -> None:
        """Nothing to end."""

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        """Nothing is rendered."""

    def cancel(self, model: str, key: str) -> None:
        """Nothing to stop."""


def noise(seconds: float, channels: int = 1) -> np.ndarray:
    """A sound to hit."""
    return np.random.default_rng(1).uniform(-0.02, 0.02, (channels, round(seconds * RATE))).astype(np.float32)


def ready_take() -> Prepared:
    """A stereo take of a second, with its dark side."""
    return prepare(noise(1.0, 2), RATE, RATE, Playing(brightness=0.5))


def into_the_ring(hits: int, block: int) -> list[float]:
    """Seconds from the bytes of each hit to its samples in the ring."""
    return asyncio.run(_into_the_ring(hits, block))


async def _into_the_ring(hits: int, block: int) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        config = Config(takes=Path(folder), model="tone", player="null", block=block)
        desk = Desk(config, NoEngines(), lambda to, address, args: None)
        desk.go_on()
        sender = ("127.0.0.1", 1)
        assign = encode("/pad/assign", "pad", "noise", "voices", 8, "brightness", 0.5, "velocity", 1.0)
        desk.receive(decode(assign), sender)
        pool = desk.answers.stage.pool("pad")
        pool.takes.extend(Held(None, seed, prepared=ready_take()) for seed in range(4))
        await asyncio.sleep(0.5)
        took = []
        for _ in range(hits):
            await asyncio.sleep(0.009)
            packet = encode("/pad/hit", "pad", 0.7, 60)
            before = time.perf_counter()
            desk.receive(decode(packet), sender)
            took.append(time.perf_counter() - before)
        desk.close()
        await desk.close_parts()
    return took


def to_the_network(hits: int, block: int) -> list[float]:
    """Seconds from sending each hit to the first packet with sound, at a bridge of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plugin, socket.socket(
        socket.AF_INET, socket.SOCK_DGRAM
    ) as host:
        plugin.bind(("127.0.0.1", 0))
        plugin.settimeout(10)
        host.bind(("127.0.0.1", 0))
        host.settimeout(20)
        sound = ("--player", "reastream", "--device", f"@127.0.0.1:{plugin.getsockname()[1]}", "--block", str(block))
        with Serving("--model", "tone", *sound) as daemon:
            host.connect(("127.0.0.1", daemon.osc))
            host.send(encode("/bridge/hello", "benchmark"))
            host.send(encode("/pad/assign", "pad", "A4", "seconds", 0.05, "pool", 2, "release", 0.0))
            while b"/pad/filled" not in host.recv(2048):
                pass
            return [_one(host, plugin) for _ in range(hits)]


def _one(host: socket.socket, plugin: socket.socket) -> float:
    """One hit, after silence."""
    quiet = 0
    while quiet < 8:
        quiet = 0 if np.frombuffer(plugin.recv(2048)[47:], "<f4").any() else quiet + 1
    plugin.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while plugin.recv(2048):
            pass
    plugin.settimeout(10)
    time.sleep(np.random.default_rng().uniform(0, 0.01))
    before = time.perf_counter()
    host.send(encode("/pad/hit", "pad", 1.0))
    while not np.frombuffer(plugin.recv(2048)[47:], "<f4").any():
        pass
    return time.perf_counter() - before


def mixing(block: int, speed: float, rounds: int) -> list[float]:
    """Seconds that a block of `VOICES` stereo voices takes, each with an envelope and a dark side."""
    sound = ready_take().sound
    shape = Envelope(attack=100, decay=48000, sustain=0.5, release=4800)
    voices = tuple(
        Voice(id=n, sound=Sound(sound.bright, sound.dark), start=-n * 100, bright=0.5, speed=speed, envelope=shape)
        for n in range(VOICES)
    )
    took = []
    for number in range(rounds):
        before = time.perf_counter()
        mix(voices, number * 64 % 20000, block)
        took.append(time.perf_counter() - before)
    return took


def line(name: str, took: list[float], bar: float) -> str:
    """One row of the table, in milliseconds."""
    median, late, worst = (1000 * float(np.quantile(took, q)) for q in (0.5, 0.99, 1.0))
    verdict = "met" if late <= 1000 * bar else "MISSED"
    return f"| {name} | {median:.2f} | {late:.2f} | {worst:.2f} | {1000 * bar:.2f} | {verdict} |"


def underruns(seconds: float, block: int) -> int:
    """Gaps of a player in real time while `VOICES` voices sound and one more is hit every 10 ms."""
    mixer, player = Mixer(RATE, block, 3), NullPlayer(RATE, block)
    feeder = Feeder(mixer)
    feeder.start()
    player.start(mixer.ring)
    sound, end = ready_take().sound, time.monotonic() + seconds
    while time.monotonic() < end:
        mixer.start(Voice(id=mixer.new_id(), sound=sound, start=0, owner="pad", bright=0.5), most=VOICES)
        time.sleep(0.01)
    player.stop()
    feeder.stop()
    return mixer.ring.underruns


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hits", type=int, default=300)
    parser.add_argument("--block", type=int, default=256)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    options = parser.parse_args()
    hits = max(10, options.hits // 10) if options.quick else options.hits
    block, own = options.block, options.block / RATE
    print(f"{hits} hits, blocks of {block} frames at {RATE} Hz ({1000 * own:.2f} ms)\n")
    print("| milliseconds | median | 99 % | worst | bar | |\n| --- | --- | --- | --- | --- | --- |")
    print(line("from the bytes of /pad/hit into the ring", into_the_ring(hits, block), GRACE))
    print(line("from sending /pad/hit to a ReaStream packet with sound", to_the_network(hits, block),
               own + GRACE + 150 / RATE))  # fmt: skip
    print(line(f"a block of {VOICES} voices", mixing(block, 1.0, hits), own))
    print(line(f"a block of {VOICES} voices at another pitch, not yet resampled", mixing(block, 1.19, hits), own))
    shares = [np.median(mixing(block, speed, hits)) / own for speed in (1.0, 1.19)]
    print(f"\nshare of the block: {shares[0]:.0%}; at another pitch {shares[1]:.0%}")
    seconds = 3.0 if options.quick else 30.0
    print(f"gaps in {seconds:g} s of {VOICES} voices with a hit every 10 ms: {underruns(seconds, block)}")


if __name__ == "__main__":
    main()

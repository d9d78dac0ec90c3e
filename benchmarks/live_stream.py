"""Does the endless stream keep up? How much to spare has it, and do its windows meet unheard?

    python -m benchmarks.live_stream [--model pocket] [--seconds 60] [--change 5] [--window 4] [--quick]

One engine process renders for a stream that is read in real time, as a device would, by the null player; every few
seconds the mixture changes. Told are the real-time factor, the least stock that there was when a window came,
shortfalls, underruns, how long changes took beside what was promised, and how clicks and levels at the windows' joins
compare with the sound around them. Without --quick, another client renders jobs all the while.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, field

import numpy as np

from bridge.audio.mixer import Feeder, Mixer
from bridge.audio.players.null import NullPlayer
from bridge.audio.recorder import Played
from bridge.child import EngineChild
from bridge.live.answers import in_thread
from bridge.live.plan import TICK
from bridge.live.stream import Stream
from bridge.live.values import Window
from bridge.live.wish import Wish, written
from bridge.models import Store
from engine import Done, Handling, Ready, Request
from engine.splice import click, level_change

RATE = 48000
PROMPTS = ("heavy rain on a metal roof", "strong wind in the trees", "waves on a beach")


@dataclass
class Measured:
    """What there is to tell. Times in seconds."""

    windows: list[Window] = field(default_factory=list)
    cues: list[int] = field(default_factory=list)
    changes: list[tuple[float, str, float]] = field(default_factory=list)
    heard: list[tuple[float, str]] = field(default_factory=list)
    least: float = float("inf")
    shortfalls: int = 0
    short: float = 0.0
    underruns: int = 0
    realtime: float = 0.0
    others: int = 0
    failures: list[str] = field(default_factory=list)
    sound: np.ndarray = field(default_factory=lambda: np.zeros((1, 0), np.float32))

    def waits(self) -> list[tuple[float, float]]:
        """For each change that came to be heard: how long that took, and what was promised."""
        found = []
        for at, what, promised in self.changes:
            if times := [time for time, heard in self.heard if time >= at and heard == what]:
                found.append((times[0] - at, promised))
        return found


class Session:
    """A stream, its engine and a listener."""

    def __init__(self, model: str, options: tuple[str, ...], threads: int | None, wish: Wish, busy: bool) -> None:
        loadable = Store().loadable(model)
        self._model, self._busy = model, busy
        self._child = EngineChild(loadable.family, threads, (*loadable.options, *options))
        self.mixer = Mixer(RATE, 256, 3)
        self.told = Measured()
        self.stream = Stream(self, self.mixer, self, in_thread)
        self.stream.use_model(model)
        self._wish = wish

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        """Order a window."""
        self._child.submit(key, request.replace(model=None), handling)

    def cancel(self, model: str, key: str) -> None:
        """Order it no more."""
        self._child.cancel(key)

    def began(self, window: Window) -> None:
        """A window is heard."""
        self.told.windows.append(window)
        self.told.heard.append((time.monotonic(), written(window.mixture)))

    def behind(self, shortfalls: int, short: float) -> None:
        """Counted by the stream."""

    def failed(self, code: str, text: str) -> None:
        """A window failed."""
        self.told.failures.append(text)

    def triggered(self, played: Played) -> None:
        """Where a window joins."""
        self.told.cues.append(played.frame)

    async def run(self, seconds: float, every: float) -> Measured:
        """Play for so long from the first window on, with a change every so many seconds."""
        following = asyncio.create_task(self._follow())
        player, feeder = NullPlayer(RATE, 256, keep=True), Feeder(self.mixer)
        try:
            self.stream.start(self._wish)
            while not self.stream.status().ahead:
                await asyncio.sleep(TICK)
                self.stream.tick()
                if self.told.failures:
                    raise SystemExit(f"the first window failed: {self.told.failures[0]}")
            feeder.start()
            player.start(self.mixer.ring)
            await self._play(seconds, every)
            now = self.stream.status()
            self.told.shortfalls, self.told.short, self.told.realtime = now.shortfalls, now.short, now.realtime
            self.told.underruns = self.mixer.ring.underruns + player.faults
        finally:
            player.stop()
            feeder.stop()
            self.stream.stop()
            await self._child.close()
            following.cancel()
        self.told.sound = player.heard.T[:1]
        return self.told

    async def _play(self, seconds: float, every: float) -> None:
        end, change, turn, windows = time.monotonic() + seconds, time.monotonic() + every, 0, 0
        stock = self.stream.status().ahead
        while time.monotonic() < end:
            await asyncio.sleep(TICK)
            self.stream.tick()
            now = self.stream.status()
            if now.windows > windows > 0:
                self.told.least = min(self.told.least, stock)
            stock, windows = now.ahead, now.windows
            if time.monotonic() >= change:
                turn, change = turn + 1, change + every
                self._change(turn)

    def _change(self, turn: int) -> None:
        weights = {f"weight{slot}": float((turn + slot) % len(PROMPTS) != 0) for slot in range(1, len(PROMPTS) + 1)}
        promised = self.stream.status(self.mixer.ahead * self.mixer.block / RATE).delay
        wish = self.stream.wish.with_settings(weights)
        self.stream.change(wish)
        self.told.changes.append((time.monotonic(), written(wish.mixture), promised))

    async def _follow(self) -> None:
        async with aclosing(self._child.events()) as events:
            async for event in events:
                if self._busy and isinstance(event, Ready | Done) and not getattr(event, "id", "").startswith("live"):
                    self.told.others += isinstance(event, Done)
                    self._child.submit(f"other-{self.told.others}", Request(prompt="a door slam", seconds=2.0))
                self.stream.on_event(self._model, event)


def joins(told: Measured) -> tuple[list[float], list[float]]:
    """Of each join: the click measure (up to 1 is none), and the change of level in dB."""
    inside = [frame for frame in told.cues[1:] if RATE < frame < told.sound.shape[1] - RATE]
    return [click(told.sound, frame, RATE) for frame in inside], [
        abs(level_change(told.sound, frame, RATE)) for frame in inside
    ]


def report(told: Measured, seconds: float) -> str:
    """The table."""
    clicks, levels = joins(told)
    waits = told.waits()
    took = [window.took for window in told.windows]
    rows = [
        ("windows", f"{len(told.windows)} in {seconds:.0f} s; {told.others} jobs of others meanwhile"),
        ("rendering a window", f"{np.median(took):.2f} s in the middle, {max(took):.2f} s at most"),
        ("real-time factor", f"{told.realtime:.2f} (seconds of new sound in a second, of the last five)"),
        ("least stock at a window's coming", f"{told.least:.2f} s"),
        ("shortfalls", f"{told.shortfalls}, {told.short:.2f} s in all"),
        ("underruns", f"{told.underruns}"),
        ("changes heard", ", ".join(f"{wait:.1f} s (promised {most:.1f})" for wait, most in waits) or "none"),
        ("clicks at joins", f"{max(clicks, default=0.0):.2f} at most; up to 1 there is none"),
        ("steps in level at joins", f"{max(levels, default=0.0):.2f} dB at most"),
    ]
    return "\n".join(f"| {name} | {value} |" for name, value in (("", ""), ("---", "---"), *rows))


def measure(
    model: str, seconds: float, every: float, window: float, busy: bool, threads: int | None = None,
    options: tuple[str, ...] = (),
) -> Measured:  # fmt: skip
    """Play, and tell."""
    wish = Wish().with_settings({"window": window, "seed": 1})
    for slot, prompt in enumerate(PROMPTS, 1):
        wish = wish.with_prompt(slot, prompt, 1.0 if slot < len(PROMPTS) else 0.0)

    async def play() -> Measured:
        return await Session(model, options, threads, wish, busy).run(seconds, every)

    return asyncio.run(play())


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--change", type=float, default=5.0, help="seconds between changes of the mixture")
    parser.add_argument("--window", type=float, default=4.0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--quick", action="store_true", help="20 s, and nobody else renders")
    given = parser.parse_args()
    seconds = 20.0 if given.quick else given.seconds
    told = measure(given.model, seconds, given.change, given.window, not given.quick, given.threads)
    print(report(told, seconds))


if __name__ == "__main__":
    main()

"""Does the endless stream hold out? Ten minutes of it, prompts that change all the while, and others who render.

    python -m benchmarks.endless [--seconds 600] [--change 5] [--picture stream.png] [--sound stream.wav] [--alone]

A real `bridge serve` with its own settings for blocks and buffer plays to the null player, which reads in real time.
One client starts the stream, changes a prompt every few seconds and records; three others, each over another
transport, keep jobs going: takes of an interactive client, long takes of a batch client, and inpainting in what the
first one got. Told are underruns, shortfalls, the real-time factor of every window, how long changes took beside what
was stated, and what can be heard at the windows' joins beside what can be heard in their middles. ``--picture`` draws
two minutes of the recording with a mark at each join. Ends with status 1 where something was missing or late.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.hosts import ENDS, Host, Value, host, until
from benchmarks.seams import gaps, heard, middles, rows_of
from benchmarks.serving import Serving
from bridge.live.wish import Wish, written
from engine import read_clip

PROMPTS = (
    "heavy rain on a metal roof", "strong wind in the trees", "waves on a beach", "a humming machine room",
    "distant thunder", "a crackling campfire", "a river over stones", "crickets in a summer night",
)  # fmt: skip
PICTURED = 120.0
"""Seconds of the recording, from its middle, that are drawn."""

_LOOK = 0.5
_TICK = 0.01
_SEED = 1


@dataclass(slots=True)
class Measured:
    """What there is to tell. Times in seconds.

    windows: (when it began to be heard, its prompts, its length, how long it took). changes: (when, the prompts from
    then on, the delay that was stated). stock: seconds of sound that were there, at every look. overtaken: changes that
    the next one came before.
    """

    windows: list[tuple[float, str, float, float]] = field(default_factory=list)
    changes: list[tuple[float, str, float]] = field(default_factory=list)
    stock: list[float] = field(default_factory=list)
    underruns: int = 0
    shortfalls: int = 0
    short: float = 0.0
    failures: list[str] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)
    rate: int = 0
    sound: np.ndarray = field(default_factory=lambda: np.zeros((1, 0), np.float32))
    joins: list[int] = field(default_factory=list)
    overtaken: int = 0

    def waits(self) -> list[tuple[float, float]]:
        """For each change that came to be heard: how long that took, and what was stated."""
        found, self.overtaken = [], 0
        for (at, prompts, stated), later in zip(self.changes, [*self.changes[1:], None], strict=True):
            times = [when for when, what, _, _ in self.windows if when >= at and what == prompts]
            if times and (later is None or times[0] < later[0] + stated):
                found.append((times[0] - at, stated))
            else:
                self.overtaken += 1
        return found

    def factors(self) -> list[float]:
        """Seconds of new sound in a second of rendering, of each window."""
        return [seconds / took for _, _, seconds, took in self.windows if took > 0]


class Others:
    """Clients that keep jobs going: whenever one of theirs has ended, the next one is sent."""

    def __init__(self, daemon: Serving, told: dict[str, int]) -> None:
        kinds = {"generate": "udp", "long": "websocket json", "inpaint": "tcp count"}
        self._hosts = {name: host(kind, daemon.osc, daemon.http) for name, kind in kinds.items()}
        self._told = told
        self._living: dict[str, str] = {}
        self._path = ""
        for name, one in self._hosts.items():
            one.send("/bridge/hello", name)
            told[name] = 0

    def tend(self) -> None:
        """Take note of what has ended, and send what is next. Raises RuntimeError for a job that failed."""
        for name, one in self._hosts.items():
            while (reply := one.receive(0.0)) is not None:
                self._hear(name, *reply)
            if name not in self._living and (name != "inpaint" or self._path):
                self._send(name, one)

    def close(self) -> None:
        """Leave."""
        for one in self._hosts.values():
            one.close()

    def _hear(self, name: str, address: str, args: tuple[Value, ...]) -> None:
        if address in ("/job/failed", "/bridge/error"):
            raise RuntimeError(f"a job of {name}: {args}")
        if address == "/job/take" and name == "generate":
            self._path = str(args[2])
        if address in ENDS and args[0] == self._living.get(name):
            del self._living[name]
            self._told[name] += 1

    def _send(self, name: str, one: Host) -> None:
        number = self._told[name]
        id = self._living[name] = f"{name}-{number}"
        match name:
            case "generate":
                one.send("/render/generate", id, "a glass breaks", "seconds", 5.12, "takes", 2, "seed", number)
            case "long":
                keys = ("seconds", 10.24, "steps", 50, "seed", number, "priority", "batch")
                one.send("/render/generate", id, "a large machine hall", *keys)
            case "inpaint":
                one.send("/render/inpaint", id, self._path, 1.0, 3.0, "a door slams", "seed", number)


class Session:
    """The client that plays the stream."""

    def __init__(self, daemon: Serving, told: Measured) -> None:
        self.told = told
        self._host = host("tcp count", daemon.osc, daemon.http)
        self._host.send("/bridge/hello", "performer")
        self._wish = Wish()
        self._turn = 0
        self._awaited: list[tuple[float, str]] = []

    def begin(self, path: Path, window: float) -> None:
        """Record, start the stream, and wait for its first window."""
        self._host.send("/record/start", str(path))
        list(until(self._host, "/record/started"))
        self._wish = self._wish.with_prompt(1, PROMPTS[0])
        self._host.send("/live/start", PROMPTS[0], "seed", _SEED, "window", window)
        *_, (_, reply) = until(self._host, "/live/window", "/live/failed")
        self._hear(*reply)

    def change(self) -> None:
        """Another prompt in the first slot; every fourth time another one is mixed in, and then taken out again."""
        self._turn += 1
        slot, text, weight = 1, PROMPTS[self._turn % len(PROMPTS)], 1.0
        if self._turn % 4 == 2:
            slot, weight = 2, 0.5
        elif self._turn % 4 == 3:
            slot, text = 2, ""
        self._wish = self._wish.with_prompt(slot, text, weight)
        self._awaited.append((time.monotonic(), written(self._wish.mixture)))
        self._host.send("/live/prompt", slot, text, weight)

    def look(self) -> None:
        """Ask how it goes."""
        self._host.send("/live/status")

    def listen(self, seconds: float) -> None:
        """Take in what is said, for so long."""
        end = time.monotonic() + seconds
        while (reply := self._host.receive(end - time.monotonic())) is not None:
            self._hear(*reply)

    def end(self) -> Path:
        """Stop, and complete the recording. Returns its cue sheet."""
        self.look()
        self.listen(_LOOK)
        self._host.send("/record/stop")
        *_, (_, (_, args)) = until(self._host, "/record/stopped")
        self._host.send("/live/stop")
        self._host.close()
        return Path(str(args[3]))

    def _hear(self, address: str, args: tuple[Value, ...]) -> None:
        told = self.told
        match address, args:
            case "/live/window", (_, str(prompts), _, float(seconds), float(took)):
                told.windows.append((time.monotonic(), prompts, seconds, took))
            case "/live/slot", (_, _, _, float(stated)) if self._awaited:
                told.changes.append((*self._awaited.pop(0), stated))
            case "/live/stream", (_, _, _, float(ahead), _, _, int(shortfalls), float(short), _):
                told.stock.append(ahead)
                told.shortfalls, told.short = shortfalls, short
            case "/live/state", args:
                told.underruns = int(args[5])
            case ("/live/failed" | "/bridge/error"), args:
                told.failures.append(" ".join(map(str, args)))


def measure(
    options: Sequence[str], seconds: float, every: float, window: float, busy: bool, keep: Path | None = None
) -> Measured:
    """Play for so long from the first window on, with a change every so many seconds. keep: where to put the sound."""
    told = Measured()
    with tempfile.TemporaryDirectory() as folder, Serving("--player", "null", *options) as daemon:
        path = Path(folder) / "stream.wav"
        session, others = Session(daemon, told), Others(daemon, told.others) if busy else None
        session.begin(path, window)
        _play(session, others, seconds, every)
        sheet = session.end()
        if others is not None:
            others.close()
        with sheet.open(encoding="utf-8") as rows:
            told.joins = [int(row["frame"]) for row in csv.DictReader(rows)]
        clip = read_clip(path)
        told.rate, told.sound = clip.rate, clip.samples[:, told.joins[0] + round(0.05 * clip.rate) :]
        told.joins = [join - told.joins[0] - round(0.05 * clip.rate) for join in told.joins[1:]]
        if keep is not None:
            shutil.copy(path, keep)
    return told


def _play(session: Session, others: Others | None, seconds: float, every: float) -> None:
    now = begun = time.monotonic()
    change, look = begun + every, begun
    while now < begun + seconds:
        if others is not None:
            others.tend()
        if now >= change:
            session.change()
            change += every
        if now >= look:
            session.look()
            look += _LOOK
        session.listen(_TICK)
        now = time.monotonic()


def rows(told: Measured, seconds: float) -> Iterator[str]:
    """The table."""
    waits, factors = told.waits(), told.factors()
    at_joins, elsewhere = (heard(told.sound, places, told.rate) for places in (told.joins, middles(told.joins)))
    took = [took for *_, took in told.windows]
    others = ", ".join(f"{count} {name}" for name, count in told.others.items()) or "nobody"
    most = max(waits, key=lambda wait: wait[0] / wait[1], default=(0.0, 0.0))
    for name, value in (
        ("", ""),
        ("---", "---"),
        ("windows", f"{len(told.windows)} in {seconds:.0f} s; meanwhile others had jobs done: {others}"),
        ("underruns of the player", str(told.underruns)),
        ("shortfalls", f"{told.shortfalls}, {told.short:.2f} s in all"),
        ("gaps in the recording", str(gaps(told.sound, told.rate))),
        ("rendering a window", f"{statistics.median(took):.2f} s in the middle, {max(took):.2f} s at most"),
        ("real-time factor", f"{min(factors):.2f} at least, {statistics.median(factors):.2f} in the middle"),
        ("sound in stock", f"{min(told.stock):.2f} s at least"),
        ("changes", f"{len(waits)} heard, {told.overtaken} overtaken by the next; {late(waits)} later than stated"),
        ("the latest of them", f"after {most[0]:.1f} s, stated {most[1]:.1f} s"),
        *rows_of(at_joins, elsewhere),
        ("failures", "; ".join(told.failures) or "none"),
    ):
        yield f"| {name} | {value} |"


def late(waits: Sequence[tuple[float, float]]) -> int:
    """How many changes were heard later than was stated; a look at the stream's clock, 0.1 s, is given."""
    return sum(wait > stated + 0.1 for wait, stated in waits)


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--change", type=float, default=5.0, help="seconds between changes of a prompt")
    parser.add_argument("--window", type=float, default=4.0, help="seconds of a window")
    parser.add_argument("--alone", action="store_true", help="nobody else renders")
    parser.add_argument("--picture", type=Path, help="draw two minutes of it to this file")
    parser.add_argument("--sound", type=Path, help="keep the recording as this file")
    given = parser.parse_args()
    options = ("--model", given.model)
    told = measure(options, given.seconds, given.change, given.window, not given.alone, given.sound)
    print("\n".join(rows(told, given.seconds)))
    if given.picture is not None:
        from engine.evaluation.pictures import spectrogram

        first = max(0, told.sound.shape[1] - round(PICTURED * told.rate)) // 2
        part = told.sound[0, first : first + round(PICTURED * told.rate)]
        spectrogram(given.picture, part, told.rate, [(join - first) / told.rate for join in told.joins])
    sys.exit(bool(told.underruns or told.shortfalls or told.failures or late(told.waits())))


if __name__ == "__main__":
    main()

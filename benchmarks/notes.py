"""Played over JACK by a real MIDI client: when does each note sound, and is a bar where the clock says it is?

    python -m benchmarks.notes [--notes 1000] [--bars 12] [--block 256] [--seed 1]

Starts a JACK server without a sound card, a bridge with the model tone that plays to it, and a client that plays MIDI
and records what the bridge plays, all to the frame. *Notes*: over 16 pads, each of its own pitch, at odd moments; each
must begin within a block and 3 ms, in order, and none may be lost, silent or another's. *Clocks*: 24 pulses a quarter
note, each late or early by chance (2 ms, standard deviation); after four bars the tempo must be right within 0.1 %, and
a pad that waits for the bar must begin within 1 ms of it, and of the one block that every launch takes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.jack_dummy import environment, jack_dummy
from benchmarks.jack_peer import Event, Peer, until
from benchmarks.serving import Serving
from bridge import Client
from bridge.midi.pulses import PER_BEAT

PADS = 16
FIRST_NOTE = 36
"""Of the map general: the first pad's."""
TEMPI = (90.0, 127.5, 174.0)
JITTER = 0.002
GRACE = 0.003
"""Seconds that may be added to a block."""
_QUIET = 0.005
_LEVEL = 0.02
_SOUND = 0.05
_BETWEEN = (0.075, 0.115)
_START, _CLOCK, _STOP = b"\xfa", b"\xf8", b"\xfc"


def hertz(pad: int) -> float:
    """The pitch of a pad, 0 to 15."""
    return round(300.0 * 1.12**pad)


@dataclass(slots=True)
class Notes:
    """What became of the notes. Delays in seconds; -1 in ``heard`` stands for a pitch that no pad has."""

    played: list[int] = field(default_factory=list)
    heard: list[int | None] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    underruns: int = 0
    skipped: float = 0.0

    @property
    def silent(self) -> int:
        """Notes without a sound, whether they were lost or silent."""
        return sum(one is None for one in self.heard)

    @property
    def wrong(self) -> int:
        """Notes that another pad answered."""
        return sum(one is not None and one != pad for pad, one in zip(self.played, self.heard, strict=True))


@dataclass(slots=True)
class Bars:
    """One clock: how far off the tempo was after four bars, as a share, and each launch from its bar, in seconds, the
    one block that every launch takes left out."""

    tempo: float
    errors: list[float]
    launches: list[float]
    missing: int
    behind: float
    """Seconds by which JACK's own cycles came late, at the most."""


def onsets(samples: NDArray[np.float32], rate: int) -> NDArray[np.int64]:
    """The frames at which silence of 5 ms or more ends."""
    loud = np.flatnonzero(np.abs(samples) > _LEVEL)
    return loud[np.concatenate([[True], np.diff(loud) > _QUIET * rate])] if loud.size else loud


def pad_of(sound: NDArray[np.float32], rate: int) -> int:
    """The pad with the pitch of a sound; -1 if none is within 3 %."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), n=rate))
    found = float(spectrum.argmax())
    nearest = min(range(PADS), key=lambda pad: abs(hertz(pad) - found))
    return nearest if abs(hertz(nearest) - found) < 0.03 * found else -1


def judged(played: Sequence[Event], samples: NDArray[np.float32], rate: int) -> Notes:
    """Each note with the first sound between it and the next."""
    notes, begins = Notes(), onsets(samples, rate)
    ends = [*(frame for frame, _ in played[1:]), len(samples)]
    for (frame, data), end in zip(played, ends, strict=True):
        notes.played.append(data[1] - FIRST_NOTE)
        between = begins[(begins >= frame) & (begins < end)]
        if not between.size:
            notes.heard.append(None)
            continue
        begin = int(between[0])
        notes.heard.append(pad_of(samples[begin : begin + round(0.8 * _SOUND * rate)], rate))
        notes.delays.append((begin - frame) / rate)
    return notes


class Session:
    """A bridge that plays to JACK, and who plays it and listens."""

    def __init__(self, bridge: Client, peer: Peer) -> None:
        self.bridge, self.peer = bridge, peer

    def state(self, address: str, reply: str, name: str) -> float:
        """One number of what the bridge says of itself."""
        told = self.bridge.command(address)
        return float(next(one.args[name] for one in told if one.address == reply))

    def assign(self, pad: str, pitch: float, **more: object) -> None:
        """A pad of so many hertz, and wait until its takes are there."""
        self.bridge.command(
            "/pad/assign", pad=pad, sound=f"{pitch:g} Hz", seconds=_SOUND, pool=4, release=0.0, fade=0.0, **more
        )

        def filled() -> bool:
            entries = [one.args for one in self.bridge.command("/pad/list") if one.address == "/pad/entry"]
            return any(entry["pad"] == pad and entry["takes"] == entry["pool"] for entry in entries)

        until(filled, f"the pad {pad} is not filled")

    def until_heard(self, port: str) -> None:
        """Wait until the bridge hears a MIDI port."""

        def heard() -> bool:
            ports = [one.args for one in self.bridge.command("/midi/ports") if one.address == "/midi/port"]
            return any(row["port"] == port and row["open"] for row in ports)

        until(heard, f"the bridge does not hear {port}")

    def plug_in(self) -> None:
        """Wait until the bridge hears the keys, and hear the bridge."""
        self.until_heard("player:keys")
        until(lambda: self.bridge.command("/live/status")[0].args["player"] == "device", "the bridge does not play")
        self.peer.listen_to_the_bridge()


@contextlib.contextmanager
def session(block: int, seconds: float) -> Iterator[Session]:
    """A bridge and a peer at the JACK server that the environment names; it records for so many seconds at the most."""
    options = ("--model", "tone", "--player", "device", "--device", "system", "--block", str(block))
    with (
        Serving(*options) as daemon,
        Client(f"http://127.0.0.1:{daemon.http}", timeout=60) as bridge,
        Peer("player", seconds) as peer,
    ):
        yield Session(bridge, peer)
        bridge.command("/player/use", player="null")  # JACK takes its time to let a client go


def play_notes(one: Session, count: int, seed: int = 1, slower: float = 1.0) -> Notes:
    """So many notes over 16 pads, at moments and in an order that the seed decides, so many times ``slower``."""
    random, peer = np.random.default_rng(seed), one.peer
    for pad in range(PADS):
        one.assign(f"pad{pad:02}", hertz(pad))
    one.plug_in()
    peer.wait(peer.soon)
    steps = random.uniform(*_BETWEEN, count) * slower * peer.rate
    frames = peer.soon + np.round(np.cumsum(steps)).astype(int)
    pads = random.integers(0, PADS, count)
    before = len(peer.sent)
    peer.play(
        (int(frame), bytes((0x99, FIRST_NOTE + int(pad), 100))) for frame, pad in zip(frames, pads, strict=True)
    )  # fmt: skip
    peer.wait(int(frames[-1]) + peer.rate // 2)
    notes = judged(peer.sent[before:], peer.samples, peer.rate)
    notes.underruns = round(one.state("/live/status", "/live/state", "underruns"))
    notes.skipped = peer.skipped / peer.rate
    return notes


def follow_clock(one: Session, tempo: float, bars: int, seed: int = 1) -> Bars:
    """A clock with jitter, so many bars of it; a pad is hit in the middle of each from the fourth on."""
    peer, beat = one.peer, 60.0 / tempo * one.peer.rate
    begin, pulses = peer.soon + peer.rate, np.arange(bars * 4 * PER_BEAT + 1)
    noise = np.random.default_rng(seed).normal(0.0, JITTER * peer.rate, len(pulses))
    clocks: list[Event] = [
        (int(frame), _CLOCK) for frame in np.sort(np.round(begin + pulses * beat / PER_BEAT + noise))
    ]
    start = (min(clocks[0][0], begin) - 2 * peer.block, _START)
    hits = [(round(begin + (4 * bar + 2) * beat), bytes((0x99, FIRST_NOTE, 100))) for bar in range(4, bars - 1)]
    end = (clocks[-1][0] + 1, _STOP)
    peer.play(sorted([start, *clocks, *hits, end], key=lambda event: event[0]))
    errors = []
    for bar in range(5, bars):
        peer.wait(round(begin + 4 * bar * beat))
        errors.append(one.state("/transport/status", "/transport/state", "bpm") / tempo - 1.0)
    peer.wait(end[0] + peer.rate)
    time.sleep(0.6)  # so long that the clock counts as gone, and the next one is a new one
    ideal = [begin + 4 * (bar + 1) * beat for bar in range(4, bars - 1)]
    begins = onsets(peer.samples, peer.rate)
    near = [begins[np.abs(begins - frame) < beat] for frame in ideal]
    late = [found[0] - frame - peer.block for found, frame in zip(near, ideal, strict=True) if found.size]
    launches = [float(frames) / peer.rate for frames in late]
    return Bars(tempo, errors, launches, len(ideal) - len(late), peer.behind(begin, end[0]))


def report(notes: Notes, block: int, rate: int) -> list[str]:
    """Lines about the notes."""
    bar = block / rate + GRACE
    late = sum(delay > bar for delay in notes.delays)
    median, most, worst = (1000 * float(np.quantile(notes.delays or [np.nan], q)) for q in (0.5, 0.99, 1.0))
    met = not late and not notes.silent and not notes.wrong
    return [
        f"{len(notes.played)} notes over {PADS} pads, blocks of {block} frames at {rate} Hz",
        f"lost or silent {notes.silent}, another pad's sound {notes.wrong}, gaps of the player {notes.underruns}, "
        f"left out by JACK {notes.skipped:.2f} s",
        f"from the note to its sound: median {median:.2f} ms, 99 % {most:.2f} ms, worst {worst:.2f} ms; "
        f"{late} of {len(notes.delays)} above a block and 3 ms, {1000 * bar:.2f} ms: {'met' if met else 'MISSED'}",
    ]


def report_bars(bars: Sequence[Bars]) -> list[str]:
    """A table of the clocks."""
    head = ("bpm", "tempo off, worst", "launches", "missing", "off the bar, worst", "", "JACK late")
    lines = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for one in bars:
        error = max((abs(value) for value in one.errors), default=np.nan)
        off = max((abs(value) for value in one.launches), default=np.nan)
        met = "met" if error < 1e-3 and off <= 1e-3 and not one.missing else "MISSED"
        cells = (
            f"{one.tempo:g}", f"{100 * error:.3f} %", str(len(one.launches)), str(one.missing), f"{1000 * off:.2f} ms",
            met, f"{1000 * one.behind:.2f} ms",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=1000)
    parser.add_argument("--bars", type=int, default=12, help="of each clock; 6 at the least, 0 for no clocks")
    parser.add_argument("--block", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--realtime", action="store_true", help="JACK goes before other programs (jackd -R)")
    options = parser.parse_args()
    seconds = 120.0 + options.notes * _BETWEEN[1] + len(TEMPI) * (options.bars * 4 * 60.0 / min(TEMPI) + 10.0)
    os.environ.update(environment())
    with (
        tempfile.TemporaryDirectory() as folder,
        jack_dummy(Path(folder) / "jack", "jackd", "jack_wait", options.block, "-S", realtime=options.realtime),
        session(options.block, seconds) as one,
    ):
        notes = play_notes(one, options.notes, options.seed)
        print("\n".join(report(notes, options.block, one.peer.rate)), flush=True)
        if options.bars:
            one.assign("pad00", hertz(0), quantize="1 bar")
            print("\n" + "\n".join(report_bars([follow_clock(one, tempo, options.bars) for tempo in TEMPI])))


if __name__ == "__main__":
    main()

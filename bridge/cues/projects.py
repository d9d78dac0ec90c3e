"""Where takes go in time, as files for hosts: a Reaper project, an EDL, and a table. Pure text.

Reaper's project format is plain text, a token and its values a line, blocks in angle brackets. It is not documented;
what is used here is what Reaper itself writes. The EDL is CMX 3600.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from bridge.cues.clock import USUAL, Clock
from bridge.cues.render import Placed

TABLE_COLUMNS = ("time", "frame", "length", "frames", "rate", "track", "name", "take", "file", "seed", "score", "row")


def reaper(placed: Sequence[Placed], rate: int, clock: Clock = USUAL) -> str:
    """A Reaper project (.rpp) beside the takes: an item for each cue at its sample, the cue's takes as its takes, a
    marker with its name; a track for each track of the sheet, and more where cues overlap."""
    lines = ['<REAPER_PROJECT 0.1 "6.0/audioldm-bridge" 0', f"  SAMPLERATE {rate} 1 0"]
    lines.append(f"  TEMPO {clock.bpm or 120:.15g} {clock.beats} 4")
    heard = [one for one in placed if one.takes]
    for number, one in enumerate(sorted(heard, key=lambda one: one.cue.time), 1):
        lines.append(f"  MARKER {number} {_position(one, rate)} {_quoted(one.cue.name)} 0")
    for name, cues in _tracks(heard):
        lines += ["  <TRACK", f"    NAME {_quoted(name)}", "    MAINSEND 1 0"]
        for one in cues:
            lines += _item(one, rate)
        lines.append("  >")
    return "\n".join([*lines, ">", ""])


def edl(placed: Sequence[Placed], title: str, fps: int) -> str:
    """An EDL (CMX 3600) with the first take of every cue, at the nearest frame of ``fps`` a second."""
    lines = [f"TITLE: {_plain(title)}", "FCM: NON-DROP FRAME", ""]
    heard = sorted((one for one in placed if one.takes), key=lambda one: one.cue.time)
    for number, one in enumerate(heard, 1):
        take = one.takes[0]
        start = round(one.cue.time * fps)
        length = max(1, round(take.frames / take.rate * fps))
        times = (0, length, start, start + length)
        lines.append(f"{number:03d}  AX       A     C        {' '.join(_timecode(time, fps) for time in times)}")
        lines += [f"* FROM CLIP NAME: {take.file}", f"* COMMENT: {_plain(one.cue.name)}"]
    return "\n".join([*lines, ""])


def table(placed: Sequence[Placed], rate: int) -> str:
    """A CSV with a row for each take: when (in seconds, and in frames of the project's rate), how long, which file."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(TABLE_COLUMNS)
    for one in sorted(placed, key=lambda one: one.cue.time):
        cue = one.cue
        for number, take in enumerate(one.takes, 1):
            long = (f"{take.frames / take.rate:.9g}", take.frames, take.rate)
            what = (cue.track, cue.name, number, take.file, take.seed, f"{take.score:.6g}", cue.row)
            rows.writerow((f"{cue.time:.9g}", round(cue.time * rate), *long, *what))
    return text.getvalue()


def _tracks(heard: Iterable[Placed]) -> Iterator[tuple[str, list[Placed]]]:
    """Cues by track; one that begins before another of its track has ended goes to a further track of that name."""
    lanes: dict[str, list[list[Placed]]] = {}
    for one in sorted(heard, key=lambda one: one.cue.time):
        own = lanes.setdefault(one.cue.track, [])
        free = next((lane for lane in own if _end(lane[-1]) <= one.cue.time + 1e-9), None)
        if free is None:
            own.append([one])
        else:
            free.append(one)
    for track, own in lanes.items():
        for number, lane in enumerate(own, 1):
            yield (track if number == 1 else f"{track} {number}"), lane


def _end(one: Placed) -> float:
    return one.cue.time + max(take.frames / take.rate for take in one.takes)


def _item(one: Placed, rate: int) -> Iterator[str]:
    take = one.takes[0]
    yield from ("    <ITEM", f"      POSITION {_position(one, rate)}", f"      LENGTH {take.frames / take.rate:.15g}")
    yield from ("      LOOP 0", "      FADEIN 1 0 0", "      FADEOUT 1 0 0")
    for number, take in enumerate(one.takes):
        if number:
            yield "      TAKE"
        yield f"      NAME {_quoted(PurePath(take.file).stem)}"
        yield from ("      <SOURCE WAVE", f"        FILE {_quoted(take.file)}", "      >")
    yield "    >"


def _position(one: Placed, rate: int) -> str:
    """The time of the sample at which a cue begins: Reaper's own times have no grid."""
    return f"{round(one.cue.time * rate) / rate:.15g}"


def _quoted(text: str) -> str:
    """Text as Reaper quotes it: by the first of three marks that it does not hold."""
    plain = _plain(text)
    for mark in ('"', "'", "`"):
        if mark not in plain:
            return f"{mark}{plain}{mark}"
    return "`" + plain.replace("`", "'") + "`"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _timecode(frames: int, fps: int) -> str:
    whole, frame = divmod(frames, fps)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}:{frame:02d}"

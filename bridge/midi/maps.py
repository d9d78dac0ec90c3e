"""Maps: what a controller's notes, controls and programs do. Read from TOML; every complaint is a `MapError` that names
the file's table, the key, and the nearest known one.

    name = "My pads"
    ports = ["MPD218"]                 # parts of the names of the ports that it is for; none: any port without another

    [[pads]]
    notes = "36-51"                    # or [36, 38, 42]
    first = 1                          # to the first pad of /pad/list and on; or pads = ["kick", "snare"]
    channel = 10                       # 1 to 16; 0, or none, is every channel
    lights = { how = "note", empty = 0, ready = 21, playing = 5 }

    [[keys]]
    notes = "48-72"                    # play one pad at their pitch
    pad = "strings"

    [[controls]]
    on = "cc 3"                        # cc14 3 | nrpn 300 | rpn 0 | bend | pressure | poly 36 | note 40
    parameter = "pad/kick/gain"        # or an OSC command: "/transport/tempo $"
    encoding = "absolute"              # or twos | offset | sign, for endless encoders

    [[programs]]
    pad = "last"                       # a program is a preset, a bank its pack
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.midi.controls import ENCODINGS
from engine import unknown_key

ANY_CHANNEL = 0
CURVES = ("linear", "log")
MAX_BYTES = 256 * 1024
"""A map is a few kilobytes; what is larger is none."""

_ON = re.compile(r"bend|pressure|(cc|cc14|nrpn|rpn|poly|note) (\d+)")
_MOST = {"cc": 127, "cc14": 31, "nrpn": 16383, "rpn": 16383, "poly": 127, "note": 127}


class MapError(ValueError):
    """A map cannot be used; the text names the place, the key and what it may be."""


@dataclass(frozen=True, slots=True)
class Lights:
    """What a pad's own light is told: by "note" (note on with a velocity) or "cc", on a channel 1 to 16, which value 0
    to 127 when the pad has no sound, waits for its first take, is ready, or sounds."""

    how: str = "note"
    channel: int = 1
    empty: int = 0
    waiting: int = 0
    ready: int = 0
    playing: int = 0


@dataclass(frozen=True, slots=True)
class PadNotes:
    """Notes that hit pads: ``pads`` by name, or by place in the list from ``first`` on, which counts from 1."""

    notes: tuple[int, ...]
    channel: int = ANY_CHANNEL
    first: int = 1
    pads: tuple[str, ...] = ()
    lights: Lights | None = None

    def pad(self, note: int) -> str | int:
        """The pad's name, or its place in the list from 0. ValueError for another note."""
        at = self.notes.index(note)
        return self.pads[at] if self.pads else self.first - 1 + at


@dataclass(frozen=True, slots=True)
class Keys:
    """Notes that play one pad at their pitch; "last" is the one that was hit last."""

    notes: tuple[int, ...]
    pad: str = "last"
    channel: int = ANY_CHANNEL


@dataclass(frozen=True, slots=True)
class Binding:
    """A control that sets a parameter, or is the last argument of a command where ``parameter`` begins with "/"."""

    on: str
    parameter: str
    channel: int = ANY_CHANNEL
    encoding: str = "absolute"
    low: float | None = None
    high: float | None = None
    curve: str | None = None
    echo: bool = False
    """True: the control is told where its parameter is, so that its ring of lights, or its motor, follows."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Programs that give a pad another preset: the program is its place in the pack, the bank the pack's place among
    ``packs``, or among all that there are."""

    pad: str = "last"
    channel: int = ANY_CHANNEL
    packs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Map:
    """What one kind of controller does. ``begin`` and ``end`` are messages that it is sent when it is plugged in, and
    when the bridge ends."""

    key: str
    name: str
    about: str = ""
    ports: tuple[str, ...] = ()
    pads: tuple[PadNotes, ...] = ()
    keys: tuple[Keys, ...] = ()
    controls: tuple[Binding, ...] = ()
    programs: tuple[Programs, ...] = ()
    begin: tuple[bytes, ...] = field(default=(), repr=False)
    end: tuple[bytes, ...] = field(default=(), repr=False)

    def suits(self, port: str) -> bool:
        """True if the port's name is one of those that it was written for."""
        return any(part.lower() in port.lower() for part in self.ports)


def read_map(path: Path) -> Map:
    """The map in a file. Raises MapError."""
    try:
        data = path.read_bytes()[: MAX_BYTES + 1]
        if len(data) > MAX_BYTES:
            raise MapError(f"{path.name} is larger than {MAX_BYTES // 1024} KB, which no map is")
        return map_of(path.stem, tomllib.loads(data.decode()))
    except MapError as error:
        raise MapError(f"{path}: {error}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise MapError(f"{path} cannot be read: {error}") from None


def map_of(key: str, table: Mapping[str, Any]) -> Map:
    """A map from a TOML table; ``key`` is its file's name. Raises MapError."""
    rows = {"pads": _pad_notes, "keys": _keys, "controls": _binding, "programs": _programs}
    _known(table, ("name", "about", "ports", "begin", "end", *rows), "a map")
    made: dict[str, Any] = {}
    for name, make in rows.items():
        made[name] = tuple(make(row, f"[[{name}]] {place}") for place, row in enumerate(_rows(table, name), 1))
    return Map(
        key, _text(table, "name", "a map", key), _text(table, "about", "a map", ""), _texts(table, "ports", "a map"),
        begin=_messages(table, "begin"), end=_messages(table, "end"), **made,
    )  # fmt: skip


def _rows(table: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = table.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MapError(f"{name} must be written as tables, each under [[{name}]]")
    return rows


def _pad_notes(row: Mapping[str, Any], where: str) -> PadNotes:
    _known(row, ("notes", "channel", "first", "pads", "lights"), where)
    notes, pads = _notes(row, where), _texts(row, "pads", where)
    if pads and ("first" in row or len(pads) != len(notes)):
        raise MapError(f"{where}: pads must be as many as notes, {len(notes)}, without first; got {len(pads)}")
    lights = None
    if "lights" in row:
        lights = _lights(row["lights"], f"{where} lights")
    return PadNotes(notes, _channel(row, where), _whole(row, "first", where, 1, 128, 1), pads, lights)


def _lights(row: Any, where: str) -> Lights:
    if not isinstance(row, dict):
        raise MapError(f"{where} must be a table such as {{ ready = 21, playing = 5 }}, got {row!r:.60}")
    _known(row, ("how", "channel", "empty", "waiting", "ready", "playing"), where)
    values = [_whole(row, name, where, 0, 127, 0) for name in ("empty", "waiting", "ready", "playing")]
    return Lights(_word(row, "how", where, ("note", "cc")), _whole(row, "channel", where, 1, 16, 1), *values)


def _keys(row: Mapping[str, Any], where: str) -> Keys:
    _known(row, ("notes", "pad", "channel"), where)
    return Keys(_notes(row, where), _text(row, "pad", where, "last"), _channel(row, where))


def _binding(row: Mapping[str, Any], where: str) -> Binding:
    _known(row, ("on", "parameter", "channel", "encoding", "low", "high", "curve", "echo"), where)
    on, parameter = _text(row, "on", where), _text(row, "parameter", where)
    check_control(on, where)
    echo = row.get("echo", False)
    if not isinstance(echo, bool):
        raise MapError(f"{where}: echo must be true or false, got {echo!r:.60}")
    curve = _word(row, "curve", where, CURVES) if "curve" in row else None
    encoding = _word(row, "encoding", where, ENCODINGS)
    if encoding != "absolute" and not on.startswith("cc "):
        raise MapError(f"{where}: encoding {encoding} is for a control that is on a cc, got {on!r}")
    low, high = _number(row, "low", where), _number(row, "high", where)
    return Binding(on, parameter, _channel(row, where), encoding, low, high, curve, echo)


def _programs(row: Mapping[str, Any], where: str) -> Programs:
    _known(row, ("pad", "channel", "packs"), where)
    return Programs(_text(row, "pad", where, "last"), _channel(row, where), _texts(row, "packs", where))


def check_control(on: str, where: str) -> None:
    """Raise MapError unless this is the name of a control."""
    found = _ON.fullmatch(on)
    if not found or (found[1] and int(found[2]) > _MOST[found[1]]):
        most = ", ".join(f"{name} 0 to {high}" for name, high in _MOST.items())
        raise MapError(f"{where}: on must be bend, pressure, {most}; got {on[:60]!r}")


def _known(row: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in row:
        if key not in known:
            raise MapError(f"{where}: {unknown_key(key, known)}")


def _text(row: Mapping[str, Any], name: str, where: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if not isinstance(value, str) or len(value) > 400 or (default is None and not value):
        raise MapError(f"{where}: {name} must be text of 1 to 400 characters, got {value!r:.60}")
    return value


def _texts(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = row.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise MapError(f"{where}: {name} must be a list of texts, got {value!r:.60}")
    return tuple(value)


def _word(row: Mapping[str, Any], name: str, where: str, choices: tuple[str, ...]) -> str:
    value = row.get(name, choices[0])
    if value not in choices:
        raise MapError(f"{where}: {name} must be {' | '.join(choices)}, got {value!r:.60}")
    return str(value)


def _whole(row: Mapping[str, Any], name: str, where: str, low: int, high: int, default: int) -> int:
    value = row.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise MapError(f"{where}: {name} must be a whole number, {low} to {high}, got {value!r:.60}")
    return value


def _number(row: Mapping[str, Any], name: str, where: str) -> float | None:
    value = row.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9):
        raise MapError(f"{where}: {name} must be a number, got {value!r:.60}")
    return value


def _channel(row: Mapping[str, Any], where: str) -> int:
    return _whole(row, "channel", where, ANY_CHANNEL, 16, ANY_CHANNEL)


def _notes(row: Mapping[str, Any], where: str) -> tuple[int, ...]:
    value = row.get("notes")
    found = re.fullmatch(r"\s*(\d+)(?:\s*-\s*(\d+))?\s*", value) if isinstance(value, str) else None
    if found:
        first, last = int(found[1]), int(found[2] or found[1])
        notes = tuple(range(first, last + 1)) if last <= 127 else ()
    elif isinstance(value, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        notes = tuple(value)
    else:
        notes = ()
    if not notes or len(set(notes)) != len(notes) or not all(0 <= note <= 127 for note in notes):
        raise MapError(f'{where}: notes must be like "36-51" or [36, 38], each once, 0 to 127, got {value!r:.60}')
    return notes


def _messages(table: Mapping[str, Any], name: str) -> tuple[bytes, ...]:
    messages = []
    for text in _texts(table, name, "a map"):
        try:
            data = bytes.fromhex(text)
        except ValueError:
            data = b""
        if not data or data[0] < 0x80 or (data[0] == 0xF0) != (data[-1] == 0xF7):
            raise MapError(f'a map: {name} must be whole messages in hexadecimal, "B0 00 7F", got {text[:60]!r}')
        messages.append(data)
    return tuple(messages)

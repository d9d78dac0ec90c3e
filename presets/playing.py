"""How a preset is played: what a pad does with its takes once they are rendered. Plain values, and the table of them.

A `Playing` is what a pad, a keyboard zone or a host reads; every field has a row in `PLAYING` with its range, so that
checks, OSC keys, MIDI maps and documents agree. All fields are numbers or text, as OSC can carry; the chain of effects
is a small text of its own, `drive gain 6 | reverb room 0.8 mix 0.3`, which `effects_of` reads.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from presets.words import nearest

MODES = ("one-shot", "gate", "loop", "toggle")
"""A hit plays it to its end; while the key is held; round and round while held; on with a hit and off with the next."""
ORDERS = ("round-robin", "random")
QUANTIZE = ("off", "1/16", "1/8", "1/4", "1/2", "1 bar", "2 bars", "4 bars")
"""Where a hit takes effect: at once, or at the next such place of the clock."""


class PlayingError(ValueError):
    """A value that a playing field cannot have. `name` is the field; the text names the value and the range."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


@dataclass(frozen=True, slots=True)
class Field:
    """One row: a number or text with its range.

    tag: "f" number, "i" whole number, "s" text (the OSC type tag). low, high: the range, both included; for text, of
    its length. curve: how a knob should run through the range, "linear" or "log". choices: the only words allowed.
    """

    name: str
    tag: str
    low: float
    high: float
    default: float | int | str
    unit: str
    help: str
    curve: str = "linear"
    choices: tuple[str, ...] = ()

    @property
    def range(self) -> str:
        """The allowed values in words: "0 to 10 s"; ten digits, as seeds go to 2147483647."""
        if self.choices:
            return " | ".join(self.choices)
        return f"{self.low:g} to {self.high:.10g} {self.unit}".strip()


_ROWS = (
    Field("mode", "s", 0, 20, "one-shot", "", "what a hit and its release do", choices=MODES),
    Field("choke", "s", 0, 40, "", "characters", "group in which a hit ends what sounds; empty for none"),
    Field("pool", "i", 1, 16, 4, "", "takes rendered ahead"),
    Field("order", "s", 0, 20, "round-robin", "", "which of them a hit plays", choices=ORDERS),
    Field("voices", "i", 1, 16, 4, "", "how many may sound at once; 1 is monophonic"),
    Field("root", "i", 0, 127, 60, "", "MIDI note that plays a take at its own pitch"),
    Field("low", "i", 0, 127, 0, "", "lowest MIDI note of the keyboard zone"),
    Field("high", "i", 0, 127, 127, "", "highest MIDI note of the keyboard zone"),
    Field("tracking", "f", 0.0, 1.0, 0.0, "", "how far pitch follows the note: 0 as a drum does, 1 as a keyboard does"),
    Field("tune", "f", -48.0, 48.0, 0.0, "semitones", "transposition"),
    Field("gain", "f", -60.0, 12.0, 0.0, "dB", "level"),
    Field("pan", "f", -1.0, 1.0, 0.0, "", "-1 left, 1 right"),
    Field("velocity", "f", 0.0, 1.0, 0.7, "", "how far velocity sets the level"),
    Field("brightness", "f", 0.0, 1.0, 0.0, "", "how far velocity sets the treble"),
    Field("attack", "f", 0.0, 10.0, 0.0, "s", "envelope: rise", "log"),
    Field("decay", "f", 0.0, 10.0, 0.0, "s", "envelope: fall from the top to `sustain`", "log"),
    Field("sustain", "f", 0.0, 1.0, 1.0, "", "envelope: level while it is held"),
    Field("release", "f", 0.0, 20.0, 0.02, "s", "envelope: fall after the release or a choke", "log"),
    Field("quantize", "s", 0, 20, "off", "", "where a hit takes effect", choices=QUANTIZE),
    Field("effects", "s", 0, 400, "", "characters", "chain, such as 'drive gain 6 | reverb room 0.8 mix 0.3'"),
)

PLAYING: Mapping[str, Field] = MappingProxyType({row.name: row for row in _ROWS})
"""Every playing field by name, in the order in which people should see them."""


def _effect(*rows: Field) -> Mapping[str, Field]:
    return MappingProxyType({row.name: row for row in rows})


_MIX = Field("mix", "f", 0.0, 1.0, 0.3, "", "share of the effect in what is heard")

EFFECTS: Mapping[str, Mapping[str, Field]] = MappingProxyType({
    "highpass": _effect(Field("frequency", "f", 20.0, 20000.0, 80.0, "Hz", "what is below it goes", "log")),
    "lowpass": _effect(Field("frequency", "f", 20.0, 20000.0, 8000.0, "Hz", "what is above it goes", "log")),
    "drive": _effect(Field("gain", "f", 0.0, 40.0, 6.0, "dB", "into a soft clipper")),
    "crush": _effect(Field("bits", "f", 2.0, 16.0, 8.0, "", "resolution that is left")),
    "compress": _effect(
        Field("threshold", "f", -60.0, 0.0, -18.0, "dB", "above it the level is held back"),
        Field("ratio", "f", 1.0, 20.0, 4.0, "", "dB in for a dB out"),
    ),
    "chorus": _effect(
        Field("rate", "f", 0.05, 20.0, 0.8, "Hz", "speed", "log"),
        Field("depth", "f", 0.0, 1.0, 0.25, "", "how far it swings"),
        _MIX,
    ),
    "phaser": _effect(
        Field("rate", "f", 0.05, 20.0, 0.4, "Hz", "speed", "log"),
        Field("depth", "f", 0.0, 1.0, 0.5, "", "how far it swings"),
        _MIX,
    ),
    "delay": _effect(
        Field("time", "f", 0.01, 4.0, 0.35, "s", "until the echo", "log"),
        Field("feedback", "f", 0.0, 0.95, 0.35, "", "share of an echo that echoes again"),
        _MIX,
    ),
    "reverb": _effect(
        Field("room", "f", 0.0, 1.0, 0.5, "", "size"),
        Field("damping", "f", 0.0, 1.0, 0.5, "", "how dull its walls are"),
        Field("width", "f", 0.0, 1.0, 1.0, "", "stereo"),
        _MIX,
    ),
    "gain": _effect(Field("gain", "f", -60.0, 24.0, 0.0, "dB", "level after what is before it")),
})  # fmt: skip
"""Every effect by name, with its settings."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect of a chain. settings: every setting of its row in `EFFECTS`, those not given at their defaults."""

    name: str
    settings: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """How a pad plays its takes; ranges and units are in `PLAYING`. Every field is checked when the value is made."""

    mode: str = "one-shot"
    choke: str = ""
    pool: int = 4
    order: str = "round-robin"
    voices: int = 4
    root: int = 60
    low: int = 0
    high: int = 127
    tracking: float = 0.0
    tune: float = 0.0
    gain: float = 0.0
    pan: float = 0.0
    velocity: float = 0.7
    brightness: float = 0.0
    attack: float = 0.0
    decay: float = 0.0
    sustain: float = 1.0
    release: float = 0.02
    quantize: str = "off"
    effects: str = ""

    def __post_init__(self) -> None:
        for name in PLAYING:
            object.__setattr__(self, name, check_playing(name, getattr(self, name)))
        if self.low > self.high:
            raise PlayingError("low", f"low must be 0 to high, {self.high}, got {self.low}")

    @property
    def chain(self) -> tuple[Effect, ...]:
        """The effects in order."""
        return effects_of(self.effects)

    def replace(self, **changes: Any) -> Playing:
        """A copy with some fields changed. Raises `PlayingError`."""
        return Playing.from_dict({**self.to_dict(), **changes})

    def to_dict(self) -> dict[str, float | int | str]:
        """All fields as plain values."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Playing:
        """From plain values. Raises `PlayingError`, for an unknown key with the nearest known one."""
        for key in fields:
            if key not in PLAYING:
                raise PlayingError(str(key), f"unknown key {key!r}{nearest(key, PLAYING)}")
        return cls(**fields)


def check_playing(name: str, value: object) -> float | int | str:
    """The clean value of a playing field; whole numbers may come as floats. Raises `PlayingError` naming the range."""
    row = PLAYING.get(name)
    if row is None:
        raise PlayingError(name, f"unknown key {name!r}{nearest(name, PLAYING)}")
    clean = check_field(row, value)
    if name == "effects":
        effects_of(str(clean))
    return clean


def check_field(row: Field, value: object) -> float | int | str:
    """The clean value of what a row describes. Raises `PlayingError` naming the range."""
    name = row.name
    if row.tag != "s":
        return _number(row, value, name)
    if not isinstance(value, str):
        raise PlayingError(name, f"{name} must be text, got {value!r:.60}")
    text = value.strip()
    if row.choices and text not in row.choices:
        raise PlayingError(name, f"{name} must be {row.range}, got {text[:60]!r}")
    if not text.isprintable() or not row.low <= len(text) <= row.high:
        raise PlayingError(name, f"{name} must be {row.range} of printable text, got {text[:60]!r}")
    return text


def effects_of(text: str) -> tuple[Effect, ...]:
    """Read a chain: effects between "|", each a name and its settings as name and number. Raises `PlayingError`."""
    return tuple(_one_effect(part.split()) for part in text.split("|") if part.strip())


def _one_effect(words: list[str]) -> Effect:
    name, pairs = words[0], words[1:]
    rows = EFFECTS.get(name)
    if rows is None:
        raise PlayingError("effects", f"unknown effect {name[:60]!r}{nearest(name, EFFECTS)}")
    if len(pairs) % 2:
        got = " ".join(pairs)[:60]
        raise PlayingError("effects", f"effects: {name} takes settings as name and number, got {got!r}")
    settings = {row.name: float(row.default) for row in rows.values()}
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        if key not in rows:
            raise PlayingError("effects", f"effects: {name} has no {key[:60]!r}{nearest(key, rows)}")
        try:
            number = float(value)
        except ValueError:
            number = math.nan  # which no range holds
        settings[key] = float(_number(rows[key], number, f"effects: {name} {key}", value))
    return Effect(name, MappingProxyType(settings))


def _number(row: Field, value: object, name: str, shown: object = None) -> float | int:
    # NaN fails every comparison, so the test is written to pass only what is inside; bool is an int, but never meant.
    if isinstance(value, int | float) and not isinstance(value, bool) and row.low <= value <= row.high:
        if row.tag == "f":
            return float(value)
        if float(value).is_integer():
            return int(value)
    whole = "a whole number, " if row.tag == "i" else ""
    got = repr(value if shown is None else shown)[:60]
    raise PlayingError(name.split(":")[0], f"{name} must be {whole}{row.range}, got {got}")

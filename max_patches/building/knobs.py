"""Which parameters have a knob on the devices, and what Live is told of each: range, unit, value at the beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from max_patches.building.tables import Row

FLOAT, INT, ENUM, BLOB, FILE = 0, 1, 2, 3, 4
"""Live's types of parameters. Its whole numbers have eight bits, so larger ones are floats that are shown as whole."""

_UNIT_INT, _UNIT_FLOAT, _UNIT_MIDI, _UNIT_CUSTOM = 0, 1, 8, 9
UNIT_DECIBEL = 4

STORED_ONLY = 1
"""`parameter_invisible`: kept with the set, but not to be automated."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One parameter of the table as a knob: its short name, and where it begins if the table names no useful value."""

    param: str
    short: str
    begins: float | None = None
    exponent: float = 1.0
    """Above 1 gives small values more of the knob's way."""


DIALS = (
    Knob("seconds", "Seconds", exponent=3.0),
    Knob("bars", "Bars", begins=4.0, exponent=2.0),  # the table's 0 means: by seconds
    Knob("strength", "Strength"),
    Knob("takes", "Takes"),
    Knob("guidance", "Guidance", begins=4.0, exponent=2.0),  # the table leaves both to the model
    Knob("steps", "Steps", begins=25.0, exponent=2.0),
)


def of_knob(knob: Knob, row: Row) -> dict[str, Any]:
    """What a live.dial's parameter is, from the row of the table. Its range is the row's."""
    begins = knob.begins if knob.begins is not None else row.default
    if not isinstance(begins, int | float) or not row.low <= begins <= row.high:
        raise ValueError(f"{row.name} must begin within {row.low:g} to {row.high:g}, got {begins}")
    whole = row.tag == "i"
    valueof = {
        **_named(row.name.capitalize(), knob.short, INT if whole and row.high <= 255 else FLOAT),
        "parameter_mmin": float(row.low),
        "parameter_mmax": float(row.high),
        "parameter_initial_enable": 1,
        "parameter_initial": [begins],
        "parameter_unitstyle": _UNIT_INT if whole else _UNIT_FLOAT,
        "parameter_exponent": knob.exponent,
        "parameter_annotation_name": row.name.capitalize(),
        "parameter_info": row.help,
    }
    if row.unit and not whole:
        valueof |= {"parameter_unitstyle": _UNIT_CUSTOM, "parameter_units": f"%.2f {row.unit}"}
    return valueof


def of_choices(long: str, choices: tuple[str, ...], begins: int, info: str, invisible: int = 0) -> dict[str, Any]:
    """A parameter that is one of some words: a menu, a tab, a switch or a button."""
    return {
        **_named(long, long, ENUM),
        "parameter_enum": list(choices),
        "parameter_mmax": len(choices) - 1,
        "parameter_initial_enable": 1,
        "parameter_initial": [begins],
        "parameter_invisible": invisible,
        "parameter_annotation_name": long,
        "parameter_info": info,
    }


def of_number(long: str, low: float, high: float, begins: float, info: str, *, unit: int, invisible: int = 0,
              kind: int = FLOAT) -> dict[str, Any]:  # fmt: skip
    """A parameter of the device's own that is a number, with Live's number for its unit."""
    return {
        **_named(long, long, kind),
        "parameter_mmin": float(low),
        "parameter_mmax": float(high),
        "parameter_initial_enable": 1,
        "parameter_initial": [begins],
        "parameter_unitstyle": unit,
        "parameter_invisible": invisible,
        "parameter_annotation_name": long,
        "parameter_info": info,
    }


def of_port() -> dict[str, Any]:
    """The bridge's OSC port: kept with the set, not automated."""
    info = "the port that the bridge listens at (bridge serve --osc-port)"
    return of_number("Port", 1, 65535, 9630, info, unit=_UNIT_INT, invisible=STORED_ONLY)


def of_root() -> dict[str, Any]:
    """The key at which a take sounds as it is."""
    info = "the key at which the sound is as it was rendered"
    return of_number("Root", 0, 127, 60, info, unit=_UNIT_MIDI, kind=INT)


def of_file() -> dict[str, Any]:
    """The file that was dropped last. Kept with the set and not automated."""
    return {**_named("File", "File", FILE), "parameter_invisible": STORED_ONLY}


def of_kept() -> dict[str, Any]:
    """What a device remembers: prompts, sounds, its name. Kept with the set and not shown."""
    return {**_named("Kept", "Kept", BLOB), "parameter_invisible": STORED_ONLY}


def _named(long: str, short: str, kind: int) -> dict[str, Any]:
    return {"parameter_longname": long, "parameter_shortname": short, "parameter_type": kind}

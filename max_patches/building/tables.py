"""What the devices are made from: parameters and commands, as whoever builds them hands them in.

This package knows neither engine nor bridge; `bridge.hosts.live.tables` fills these values from their tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter: type tag ("f", "i" or "s"), range, default (None: the model's own), unit, help and choices."""

    name: str
    tag: str
    low: float
    high: float
    default: str | int | float | None
    unit: str
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task's command after its job id: the names of its arguments in order, and the keys that may follow."""

    args: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """The parameters by name, the tasks by name, and the version that they are of."""

    version: str
    params: Mapping[str, Row]
    tasks: Mapping[str, TaskRow]


SENT = (
    "seconds", "bars", "bpm", "beats", "strength", "takes", "quality", "steps", "guidance", "seed", "rate", "negative",
    "prompt", "source",
)  # fmt: skip
"""The parameters that a device can send, whether by a knob or on its own."""

MENU = ("generate", "loop", "restyle", "inpaint", "extend", "vary", "upsample")
"""The tasks that a device offers, in the order of its menu."""


def as_javascript(tables: Tables) -> str:
    """The tables as the devices' JavaScript reads them: `require("bridge_tables.js").tables`."""
    value = {
        "version": tables.version,
        "menu": list(MENU),
        "params": {name: _facts(tables.params[name]) for name in SENT},
        "tasks": {
            name: {
                "args": list(tables.tasks[name].args),
                "keys": [key for key in tables.tasks[name].keys if key in SENT],
            }
            for name in MENU
        },
    }
    return f"// Generated from the bridge's tables by `make patches`; do not edit.\nexports.tables = {_dump(value)};\n"


def _facts(row: Row) -> dict[str, object]:
    facts: dict[str, object] = {"low": row.low, "high": row.high}
    return {**facts, "choices": list(row.choices)} if row.choices else facts


def _dump(value: object) -> str:
    return json.dumps(value, indent=2)

"""The bridge's tables as the devices are built from them. `make patches` writes the devices again:

    python -m bridge.hosts.live.tables
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import max_patches
from bridge.commands import BY_TASK, key_names, meant_for
from engine import PARAMS
from max_patches.building import device
from max_patches.building.picture import svg
from max_patches.building.tables import MENU, SENT, Row, Tables, TaskRow

ROOT = Path(__file__).parents[3]
PICTURES = ROOT / "docs" / "hosts"


def tables() -> Tables:
    """Parameters, tasks and version as the devices need them. Only from a clone: the version is that of the project's
    file, so that an installed one cannot write devices of another version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    params = {
        name: Row(row.name, row.tag, row.low, row.high, row.default, row.unit, row.help, row.choices)
        for name, row in PARAMS.items()
        if name in SENT
    }
    return Tables(project["version"], params, {name: _task(name) for name in MENU})


def _task(name: str) -> TaskRow:
    command, meant = BY_TASK[name], meant_for(name)
    own = tuple(arg.param or arg.name for arg in command.args[1:])
    return TaskRow(own, tuple(key for key in key_names(command) if key in meant and key not in own))


def pictures() -> dict[str, bytes]:
    """A drawing of each device, by its file name in `docs/hosts`."""
    names = {"effect": "live_effect.svg", "instrument": "live_instrument.svg", "max": "max.svg"}
    return {name: svg(device.build(kind, tables())).encode() for kind, name in names.items()}


def write() -> None:
    """Write every generated file where it belongs."""
    for name, content in device.files(tables()).items():
        (max_patches.LIVE / name).write_bytes(content)
    for name, content in pictures().items():
        (PICTURES / name).write_bytes(content)


if __name__ == "__main__":
    write()

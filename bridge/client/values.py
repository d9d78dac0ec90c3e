"""What a bridge says of itself and of its jobs, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Status:
    """What a bridge says of itself. `rate` is the model's own in Hz and `tasks` are those it can do, once it is
    `ready`; jobs are taken before that, too."""

    version: str
    model: str
    ready: bool
    rate: int | None = None
    tasks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A job that the bridge knows, whoever asked for it. `position` is how many are before it while it lives."""

    id: str
    state: str
    task: str
    prompt: str
    model: str
    seed: int | None
    position: int | None
    step: int
    of: int
    code: str
    text: str
    takes: int


@dataclass(frozen=True, slots=True)
class Told:
    """A reply of the bridge: its address in the table of commands, and its arguments by name."""

    address: str
    args: dict[str, Any]


def status(told: dict[str, Any], ready: bool) -> Status:
    """From the arguments of /bridge/ready or /bridge/loading."""
    return Status(told["version"], told["model"], ready, told.get("rate"), tuple(told.get("capability", ())))


def entry(told: dict[str, Any]) -> Entry:
    """From what ``GET /jobs`` says of a job."""
    facts: dict[str, Any] = {name: told[name] for name in Entry.__dataclass_fields__}
    return Entry(**facts | {"takes": len(told["takes"])})

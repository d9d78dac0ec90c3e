"""The tasks: each a module with a function `run(work)`, a generator of passes that returns a clip (`engine.passes`)."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.passes import Plan, Work

MODULES: Mapping[str, str] = MappingProxyType(
    {
        "generate": "generate",
        "takes": "generate",
        "restyle": "restyle",
        "inpaint": "inpaint",
        "extend": "extend",
        "upsample": "upsample",
        "vary": "vary",
        "morph": "morph",
        "loop": "loop",
        "speak": "speak",
    }
)
"""Which module of this package does a task. `takes` is `generate`, after which the caller puts the best first."""


def plan(work: Work) -> Plan:
    """The task of `work.request`, ready to yield its first passes."""
    found: Plan = importlib.import_module(f"engine.tasks.{MODULES[work.request.task]}").run(work)
    return found

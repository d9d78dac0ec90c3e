"""The bridge: sockets, ports, jobs, takes and the command line around `engine`. Never imports torch.

What a program of somebody else uses is the client; its names are here, each loaded when it is first used:

    from bridge import Client

    with Client() as bridge:
        take = bridge.generate("rain on a tin roof", seconds=4).result()
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # type checkers take it for true; importing typing would be most of the cost of this file
if TYPE_CHECKING:
    from typing import Any

    from bridge.client.aio import AsyncClient
    from bridge.client.errors import BridgeError, NoAnswer, NotAllowed, TookTooLong
    from bridge.client.events import Ended, Piece, Preview, Queued, Step, Stream, TakeReady
    from bridge.client.job import AsyncJob
    from bridge.client.sync import Client, Job
    from bridge.client.takes import Take
    from bridge.client.values import Entry, Status, Told

_MODULES = {
    "aio": ("AsyncClient",),
    "errors": ("BridgeError", "NoAnswer", "NotAllowed", "TookTooLong"),
    "events": ("Ended", "Piece", "Preview", "Queued", "Step", "Stream", "TakeReady"),
    "job": ("AsyncJob",),
    "sync": ("Client", "Job"),
    "takes": ("Take",),
    "values": ("Entry", "Status", "Told"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "AsyncClient",
    "AsyncJob",
    "BridgeError",
    "Client",
    "Ended",
    "Entry",
    "Job",
    "NoAnswer",
    "NotAllowed",
    "Piece",
    "Preview",
    "Queued",
    "Status",
    "Step",
    "Stream",
    "Take",
    "TakeReady",
    "Told",
    "TookTooLong",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'bridge' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"bridge.client.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__

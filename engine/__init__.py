"""The engine: text in, samples out. Its public names, each loaded when it is first used.

    import engine

    with engine.load("pocket") as model:
        takes = model.render(engine.Request(prompt="heavy door slam in a stone corridor", seconds=4.2))
    engine.write_wav("door.wav", takes[0])

Importing the package imports neither torch nor numpy; sending requests and reading events needs neither.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # type checkers take it for true; importing typing would be most of the cost of this file
if TYPE_CHECKING:
    from typing import Any

    from engine.checkpoints import Facts, HeadCheck, inspect_checkpoint, is_checkpoint, verify_checkpoint
    from engine.errors import (
        BadRequest,
        Busy,
        EngineError,
        EngineLost,
        FileError,
        ModelError,
        RenderCancelled,
        UnknownKey,
        WireError,
    )
    from engine.events import (
        Broken,
        Cancel,
        Cancelled,
        Close,
        Command,
        Done,
        Event,
        Failed,
        Piece,
        Preview,
        Ready,
        Started,
        Step,
        Submit,
        TakeReady,
        Turn,
    )
    from engine.family import FAMILIES, Family, State
    from engine.handling import Handling
    from engine.model import Model, Progress, load
    from engine.params import HANDLING, PARAMS, SEED_LIMIT, Param, check, unknown_key
    from engine.request import Clip, Request, Take
    from engine.service import LocalService, Service
    from engine.splice import active_level
    from engine.text.likeness import meaning_vectors, sound_vectors
    from engine.wav import read_clip, read_request, stored_clip, wav_bytes, write_wav
    from engine.wire import Decoder, Invalid, encode

    __version__: str

_MODULES = {
    "checkpoints": ("Facts", "HeadCheck", "inspect_checkpoint", "is_checkpoint", "verify_checkpoint"),
    "errors": (
        "BadRequest",
        "Busy",
        "EngineError",
        "EngineLost",
        "FileError",
        "ModelError",
        "RenderCancelled",
        "UnknownKey",
        "WireError",
    ),
    "events": (
        "Broken",
        "Cancel",
        "Cancelled",
        "Close",
        "Command",
        "Done",
        "Event",
        "Failed",
        "Piece",
        "Preview",
        "Ready",
        "Started",
        "Step",
        "Submit",
        "TakeReady",
        "Turn",
    ),
    "family": ("FAMILIES", "Family", "State"),
    "handling": ("Handling",),
    "model": ("Model", "Progress", "load"),
    "params": ("HANDLING", "PARAMS", "SEED_LIMIT", "Param", "check", "unknown_key"),
    "request": ("Clip", "Request", "Take"),
    "service": ("LocalService", "Service"),
    "splice": ("active_level",),
    "text.likeness": ("meaning_vectors", "sound_vectors"),
    "wav": ("read_clip", "read_request", "stored_clip", "wav_bytes", "write_wav"),
    "wire": ("Decoder", "Invalid", "encode"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "BadRequest",
    "Broken",
    "Busy",
    "Cancel",
    "Cancelled",
    "Clip",
    "Close",
    "Command",
    "Decoder",
    "Done",
    "EngineError",
    "EngineLost",
    "Event",
    "FAMILIES",
    "Facts",
    "Failed",
    "Family",
    "FileError",
    "HANDLING",
    "Handling",
    "HeadCheck",
    "Invalid",
    "LocalService",
    "Model",
    "ModelError",
    "PARAMS",
    "Param",
    "Piece",
    "Preview",
    "Progress",
    "Ready",
    "RenderCancelled",
    "Request",
    "SEED_LIMIT",
    "Service",
    "Started",
    "State",
    "Step",
    "Submit",
    "Take",
    "TakeReady",
    "Turn",
    "UnknownKey",
    "WireError",
    "__version__",
    "active_level",
    "check",
    "encode",
    "inspect_checkpoint",
    "is_checkpoint",
    "load",
    "meaning_vectors",
    "read_clip",
    "read_request",
    "sound_vectors",
    "stored_clip",
    "unknown_key",
    "verify_checkpoint",
    "wav_bytes",
    "write_wav",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: object = _version()
    elif name in _HOME:
        value = getattr(importlib.import_module(f"engine.{_HOME[name]}"), name)
    else:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


def _version() -> str:
    """The version of the installed distribution; a tree that was never installed has none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("audioldm-bridge")
    except PackageNotFoundError:
        return "0+uninstalled"

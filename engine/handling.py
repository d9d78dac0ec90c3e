"""How a job is served: how urgent it is, whose it is, and what its client wants to hear of it meanwhile.

It changes nothing about the samples, so it is no part of a `Request`: the same request gives the same take, whichever
way it is served.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import BadRequest
from engine.params import HANDLING, check, shown, unknown_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """How to serve a job. The first fields are the rows of `engine.HANDLING`, which has their ranges.

    priority: live before interactive before batch. preview: every so many steps the sound so far is decoded; 0: never.
    stream: 1 sends samples as they are decoded, for takes with the level "ahead"; others are complete first.
    stream_as: how samples are sent by the bridge.
    client: whose job it is, up to 200 characters. Clients of the same priority get equal shares.
    alone: never step it in one batch with other jobs; for one under which an engine was lost.
    """

    priority: str = "interactive"
    preview: int = 0
    stream: int = 0
    stream_as: str = "float32"
    client: str = ""
    alone: bool = False

    def __post_init__(self) -> None:
        for name in HANDLING:
            object.__setattr__(self, name, check(name, getattr(self, name)))
        if not isinstance(self.client, str) or len(self.client) > 200:
            raise BadRequest("client", f"client must be 0 to 200 characters long, got {shown(self.client)}")
        if not isinstance(self.alone, bool):
            raise BadRequest("alone", f"alone must be true or false, got {shown(self.alone)}")

    def replace(self, **changes: Any) -> Handling:
        """A copy with some fields changed. Raises `BadRequest`."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain values that JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Handling:
        """The value from plain ones. Raises `UnknownKey` or `BadRequest`."""
        if not isinstance(fields, Mapping):
            raise BadRequest("handling", f"handling must be a table of keys and values, got {shown(fields)}")
        known = [field.name for field in dataclasses.fields(cls)]
        for key in fields:
            if key not in known:
                raise unknown_key(key, known)
        return cls(**fields)

"""Commands and events as bytes: the frames on the pipes between the bridge and the engine process.

A frame is: header length (u32), header (JSON, UTF-8), payload length (u32), payload; lengths are little-endian. The
header says which value it is (`kind`) and holds its fields. Takes, pieces, previews and requests whose source is a clip
have a payload: its samples as little-endian float32, one channel after the other. Nothing is ever unpickled.

Both directions are pure: `encode` turns a value into bytes, a `Decoder` is fed bytes and gives values.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from engine.errors import EngineError, WireError
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
from engine.handling import Handling
from engine.params import shown
from engine.request import Clip, Request, Take

MAX_HEADER = 1 << 20
"""Longest header in bytes; the longest request is about 10 kB."""
MAX_PAYLOAD = 1 << 29
"""Longest payload in bytes: 60 s at 192 kHz in 11 channels."""

_KINDS: dict[str, type[Any]] = {
    "submit": Submit,
    "cancel": Cancel,
    "close": Close,
    "ready": Ready,
    "broken": Broken,
    "started": Started,
    "turn": Turn,
    "step": Step,
    "preview": Preview,
    "piece": Piece,
    "take": TakeReady,
    "done": Done,
    "failed": Failed,
    "cancelled": Cancelled,
}
_KIND_OF = {kind: name for name, kind in _KINDS.items()}
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Invalid:
    """A frame that is whole but means nothing: an unknown kind, a missing field, a request out of range.

    id: the job that it was about, or "" if that cannot be told. code, text: as in `engine.errors`.
    The frames after it are unharmed.
    """

    id: str
    code: str
    text: str


def encode(value: Command | Event) -> bytes:
    """The frame of a command or an event."""
    header: dict[str, Any] = {"kind": _KIND_OF[type(value)]}
    payload = b""
    if isinstance(value, TakeReady):
        fields, payload = _laid_out(value.take.clip)
        header |= {"id": value.id, "index": value.take.index, "score": value.take.score, **fields}
        header |= {"request": value.take.request.to_dict()}
    elif isinstance(value, Preview):
        fields, payload = _laid_out(value.clip)
        header |= {"id": value.id, "step": value.step, **fields}
    elif isinstance(value, Piece):
        fields, payload = _laid_out(value.clip)
        header |= {"id": value.id, "index": value.index, "first": value.first, "of": value.frames, **fields}
    elif isinstance(value, Submit):
        header |= {"id": value.id, "request": value.request.to_dict(), "handling": value.handling.to_dict()}
        if isinstance(value.request.source, Clip):
            header["source"], payload = _laid_out(value.request.source)
    else:
        header |= dataclasses.asdict(value)
    text = json.dumps(header).encode()
    return b"".join((_LENGTH.pack(len(text)), text, _LENGTH.pack(len(payload)), payload))


class Decoder:
    """Turns a stream of bytes, cut anywhere, back into values."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Command | Event | Invalid]:
        """The values that `data` completes, in order.

        Raises `WireError` if the bytes cannot be frames; the decoder is of no use after that.
        """
        self._buffer += data
        values = []
        while (frame := self._frame()) is not None:
            values.append(_decode(*frame))
        return values

    def _frame(self) -> tuple[Mapping[str, Any], bytes] | None:
        """Take one whole frame out of the buffer, or None while it is incomplete."""
        header_end = self._end(0, MAX_HEADER, "header")
        if header_end is None:
            return None
        payload_end = self._end(header_end, MAX_PAYLOAD, "payload")
        if payload_end is None:
            return None
        size = _LENGTH.size
        header = _parse(bytes(self._buffer[size:header_end]))
        payload = bytes(memoryview(self._buffer)[header_end + size : payload_end])
        del self._buffer[:payload_end]
        return header, payload

    def _end(self, start: int, limit: int, part: str) -> int | None:
        """Where the length-prefixed part that begins at `start` ends, or None while it is incomplete."""
        body = start + _LENGTH.size
        if len(self._buffer) < body:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer, start)
        if length > limit:
            raise WireError(f"a frame's {part} must be 0 to {limit} bytes long, got {length}")
        return body + length if len(self._buffer) >= body + length else None


def _parse(text: bytes) -> Mapping[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"a frame's header must be JSON: {error}") from error
    if not isinstance(header, dict):
        raise WireError(f"a frame's header must be a JSON object, got {shown(header)}")
    return header


def _decode(header: Mapping[str, Any], payload: bytes) -> Command | Event | Invalid:
    fields = dict(header)
    kind = fields.pop("kind", None)
    job = fields.get("id") if isinstance(fields.get("id"), str) else ""
    if not isinstance(kind, str) or kind not in _KINDS:
        return Invalid(str(job), WireError.code, f"unknown kind of frame {shown(kind)}")
    try:
        if kind == "take":
            return TakeReady(_word(fields, "id"), _take(fields, payload))
        if kind == "submit":
            handling = Handling.from_dict(fields.get("handling", {}))
            return Submit(_word(fields, "id"), _request(fields, payload), handling)
        if kind == "preview":
            return Preview(_word(fields, "id"), int(fields["step"]), _clip(fields, payload))
        if kind == "piece":
            index, first, frames = (int(fields[name]) for name in ("index", "first", "of"))
            return Piece(_word(fields, "id"), index, first, frames, _clip(fields, payload))
        return cast("Command | Event", _plain(_KINDS[kind], fields))
    except EngineError as error:
        return Invalid(str(job), error.code, error.text)
    except (KeyError, TypeError, ValueError) as error:
        return Invalid(str(job), WireError.code, f"a malformed frame of kind {kind}: {type(error).__name__}: {error}")


def _request(fields: Mapping[str, Any], payload: bytes) -> Request:
    """A request; its source is the payload where that is a clip."""
    source = fields.get("source")
    given = fields["request"]
    if source is None or not isinstance(given, Mapping):
        return Request.from_dict(given)
    return Request.from_dict({**given, "source": _clip(source, payload)})


def _take(fields: Mapping[str, Any], payload: bytes) -> Take:
    clip = _clip(fields, payload)
    return Take(clip, Request.from_dict(fields["request"]), int(fields["index"]), float(fields["score"]))


def _clip(fields: Mapping[str, Any], payload: bytes) -> Clip:
    import numpy as np

    samples = np.frombuffer(payload, "<f4").reshape(int(fields["channels"]), int(fields["frames"]))
    return Clip(samples, int(fields["rate"]))


def _laid_out(clip: Clip) -> tuple[dict[str, int], bytes]:
    """A clip as fields of a header and a payload."""
    fields = {"rate": clip.rate, "channels": clip.channels, "frames": clip.frames}
    return fields, clip.samples.astype("<f4", copy=False).tobytes()


def _word(fields: Mapping[str, Any], name: str) -> str:
    if not isinstance(fields[name], str):
        raise TypeError(f"{name} must be text, got {shown(fields[name])}")
    return str(fields[name])


_CHECKS = {"str": str, "int": int, "tuple[str, ...]": list}


def _plain(kind: type[Any], fields: Mapping[str, Any]) -> Any:
    """A value whose fields are only text, whole numbers and lists of text."""
    for field in dataclasses.fields(kind):
        value, wanted = fields[field.name], _CHECKS[str(field.type)]
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise TypeError(f"{field.name} must be {wanted.__name__}, got {shown(value)}")
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()})

"""Live's container for a Max device, .amxd, as devices that are not frozen have it.

Three chunks, each a name of four letters and a length of 32 bits, little-endian: ``ampf`` holds the kind of device,
``meta`` a number, ``ptch`` the patcher's JSON with a NUL behind it, from byte 32 on. The layout is that of devices in
the wild; Ableton and Cycling '74 publish none.
"""

from __future__ import annotations

import struct

KINDS = {"effect": b"aaaa", "instrument": b"iiii"}
"""What a device is to Live: an effect gets sound, an instrument notes."""

_HEAD = struct.Struct("<4sI4s4sII4sI")


class BadDevice(ValueError):
    """The bytes are no such device; the text says where."""


def encode(patcher: str, kind: str) -> bytes:
    """A device file from the patcher's JSON and what it is, "effect" or "instrument". Raises KeyError."""
    content = patcher.encode() + b"\0"
    return _HEAD.pack(b"ampf", 4, KINDS[kind], b"meta", 4, 0, b"ptch", len(content)) + content


def decode(device: bytes) -> tuple[str, str]:
    """The patcher's JSON and the kind of a device file. Raises BadDevice for anything that `encode` would not write."""
    if len(device) < _HEAD.size:
        raise BadDevice(f"a device has at least {_HEAD.size} bytes, got {len(device)}")
    form, four, tag, meta, length, number, patch, size = _HEAD.unpack_from(device)
    if (form, four, meta, length, number, patch) != (b"ampf", 4, b"meta", 4, 0, b"ptch"):
        raise BadDevice(f"no head of a device: {device[: _HEAD.size]!r}")
    kinds = {letters: kind for kind, letters in KINDS.items()}
    if tag not in kinds:
        raise BadDevice(f"no kind of device that we know: {tag!r}")
    content = device[_HEAD.size :]
    if size != len(content) or not content.endswith(b"\0"):
        raise BadDevice(f"the patcher should have {size} bytes with a NUL at the end, got {len(content)}")
    return content[:-1].decode(), kinds[tag]

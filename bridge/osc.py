"""OSC packets: bytes to messages and back. Pure functions, no sockets.

Own code instead of python-osc's codec, which was tried first and cannot be trusted with what arrives from outside
(1.10.2, read and run): unknown tags such as ``S`` and ``c`` shift every argument after them, a truncated float decodes
to a wrong number instead of an error, a string that is not UTF-8 raises ``UnicodeDecodeError`` and loses the arguments
before it (with them the job id an error reply needs), empty blobs cannot be built, and strings are searched byte by
byte in Python. The tests use python-osc as an independent second opinion on everything that is well formed.

Format: OSC 1.0, https://opensoundcontrol.stanford.edu/spec-1_0.html (big-endian, everything padded to four bytes).
Strings are UTF-8, as Pd, Max, SuperCollider and python-osc send them.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass

Value = int | float | str | bytes | bool | None

MAX_PACKET = 1400
"""Bytes. Control packets that we send stay under one Ethernet frame, and under every receiver's buffer."""

MAX_NESTING = 8
"""Bundles inside bundles; deeper ones are refused."""

MAX_ELEMENTS = 256
"""Messages in one packet; what stands after them is not read. A datagram could hold thousands that ask for replies."""

_BUNDLE = b"#bundle\0"
_FIXED = {"i": ">i", "f": ">f", "h": ">q", "d": ">d", "t": ">Q"}
_EMPTY: dict[str, Value] = {"T": True, "F": False, "N": None, "I": float("inf")}
_NOT_ARGUMENTS = "[]"


@dataclass(frozen=True, slots=True)
class Message:
    """One OSC message: an address, its type tags without the comma, and one value per tag."""

    address: str
    args: tuple[Value, ...] = ()
    tags: str = ""


class BadPacket(ValueError):
    """A packet, or one element of a bundle, that is no message. ``address`` and ``values`` hold what could be read, and
    ``code`` is the slug with which it is refused."""

    def __init__(
        self, text: str, address: str = "", values: tuple[Value, ...] = (), code: str = "bad-packet"
    ) -> None:
        super().__init__(text)
        self.address = address
        self.code = code
        self.values = values  # not `args`: exceptions have one of their own


def decode(packet: bytes) -> list[Message | BadPacket]:
    """Read a datagram: one message, or a bundle's elements in order.

    Time tags are ignored: everything is meant for now. A broken element stands in the list as its `BadPacket`, and the
    elements around it are still read. Never raises for any bytes.
    """
    elements = list(itertools.islice(_elements(packet, 0), MAX_ELEMENTS + 1))
    if len(elements) > MAX_ELEMENTS:
        elements[-1] = BadPacket(f"a packet must hold 0 to {MAX_ELEMENTS} messages; those after them were not read")
    return elements


def _elements(packet: bytes, depth: int) -> Iterator[Message | BadPacket]:
    if not packet.startswith(_BUNDLE):
        try:
            yield _message(packet)
        except BadPacket as bad:
            yield bad
        return
    if depth >= MAX_NESTING:
        yield BadPacket(f"bundles are nested more than {MAX_NESTING} deep")
        return
    at = len(_BUNDLE) + 8
    if len(packet) < at:
        yield BadPacket(f"a bundle of {len(packet)} bytes has no room for its time tag")
        return
    while at < len(packet):
        size = int.from_bytes(packet[at : at + 4], "big", signed=True)
        start, end = at + 4, at + 4 + size
        if size <= 0 or end > len(packet):
            yield BadPacket(f"a bundle element of {size} bytes does not fit the {max(0, len(packet) - start)} left")
            return
        yield from _elements(packet[start:end], depth + 1)
        at = end


def _message(packet: bytes) -> Message:
    if not packet.startswith(b"/"):
        raise BadPacket("an OSC packet starts with '/' or '#bundle'")
    address, at = _string(packet, 0, "the address")
    if at == len(packet):
        return Message(address)  # very old senders leave the type tags out when there are no arguments
    try:
        tags, at = _string(packet, at, "the type tags")
    except BadPacket as bad:
        raise BadPacket(str(bad), address) from None
    if not tags.startswith(","):
        raise BadPacket(f"type tags start with ',', got {tags[:20]!r}", address)
    values: list[Value] = []
    for number, tag in enumerate(tags[1:], 1):
        try:
            value, at = _value(packet, at, tag, f"argument {number}")
        except BadPacket as bad:
            raise BadPacket(str(bad), address, tuple(values)) from None
        values.append(value)
    return Message(address, tuple(values), tags[1:])


def _value(packet: bytes, at: int, tag: str, name: str) -> tuple[Value, int]:
    if tag in "sS":
        return _string(packet, at, name)
    if tag in _FIXED:
        layout = _FIXED[tag]
        return struct.unpack(layout, _bytes(packet, at, struct.calcsize(layout), name))[0], at + struct.calcsize(layout)
    if tag == "b":
        size = int.from_bytes(_bytes(packet, at, 4, name), "big", signed=True)
        if size < 0:
            raise BadPacket(f"{name}: a blob cannot have {size} bytes")
        return _bytes(packet, at + 4, size, name), at + 4 + _padded(size)
    if tag in _EMPTY:
        return _EMPTY[tag], at
    if tag in "crm":
        return _bytes(packet, at, 4, name), at + 4
    if tag in _NOT_ARGUMENTS:
        raise BadPacket(f"{name}: arrays are not taken, send plain arguments")
    raise BadPacket(f"{name}: type tag {tag!r} is not known, use i, f, s or b")


def _string(packet: bytes, at: int, name: str) -> tuple[str, int]:
    end = packet.find(b"\0", at)
    if end < 0:
        raise BadPacket(f"{name}: the packet ends inside a string")
    try:
        text = packet[at:end].decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadPacket(f"{name}: not UTF-8 text (byte {packet[at + error.start]:#04x})") from None
    after = at + _padded(end - at + 1)
    if after > len(packet):
        raise BadPacket(f"{name}: the packet ends inside a string's padding")
    return text, after


def _bytes(packet: bytes, at: int, size: int, name: str) -> bytes:
    if at + size > len(packet):
        raise BadPacket(f"{name}: needs {size} bytes, the packet has {max(0, len(packet) - at)} left")
    return packet[at : at + size]


def _padded(size: int) -> int:
    return (size + 3) & ~3


def encode(address: str, *args: int | float | str | bytes) -> bytes:
    """Build one message, with the tags ``i f s b`` only: released Pd versions know no others.

    An int that does not fit 32 bits travels as a float. Text may not hold NUL; what stands behind one is dropped.
    """
    tags, data = ",", b""
    for arg in args:
        if isinstance(arg, str):
            tags, data = tags + "s", data + _packed(arg)
        elif isinstance(arg, bytes):
            tags, data = tags + "b", data + struct.pack(">i", len(arg)) + arg + bytes(_padded(len(arg)) - len(arg))
        elif isinstance(arg, int) and -(2**31) <= arg < 2**31:
            tags, data = tags + "i", data + struct.pack(">i", arg)
        else:
            tags, data = tags + "f", data + _float(arg)
    return _packed(address) + _packed(tags) + data


def _packed(text: str) -> bytes:
    raw = text.split("\0", 1)[0].encode("utf-8", "replace")
    return raw + bytes(_padded(len(raw) + 1) - len(raw))


def _float(value: float) -> bytes:
    try:
        return struct.pack(">f", value)
    except OverflowError:
        return struct.pack(">f", float("inf") if value > 0 else float("-inf"))


def shorten(text: str, limit: int) -> str:
    """The text, cut to at most ``limit`` bytes of UTF-8, with an ellipsis where something was cut."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return raw.decode("utf-8")
    return raw[: limit - 3].decode("utf-8", "ignore") + "…"

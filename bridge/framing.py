"""Packets in a stream of bytes, as OSC has them over TCP. Pure, no sockets.

Two framings are in use, and a connection's first byte tells which one it speaks:

- **count** (OSC 1.0; liblo, oscsend, scsynth): each packet after its length, a big-endian int32. As packets are short,
  the first byte is 0.
- **SLIP** (OSC 1.1; RFC 1055): each packet ends with the byte END, and mostly begins with one, too. The first byte is
  END, or the ``/`` or ``#`` that every packet begins with.
"""

from __future__ import annotations

from enum import Enum

from bridge.osc import BadPacket

MAX_FRAME = 65536
"""Bytes of one packet, about what a datagram can hold."""

_END, _ESC, _ESC_END, _ESC_ESC = b"\xc0", b"\xdb", b"\xdc", b"\xdd"


class Framing(Enum):
    """How packets follow each other in a stream."""

    COUNT = "count"
    SLIP = "slip"


class BadStream(ValueError):
    """Bytes after which nothing in the stream can be understood any more."""


def detect(first: bytes) -> Framing:
    """The framing of a stream that begins so. Raises BadStream for what is no OSC."""
    if first[:1] == b"\0":
        return Framing.COUNT
    if first[:1] in (_END, b"/", b"#"):
        return Framing.SLIP
    raise BadStream(f"an OSC stream begins with a length (int32) or with SLIP's END, got the byte {first[0]:#04x}")


def frame(packet: bytes, framing: Framing) -> bytes:
    """A packet as it travels; in SLIP with an END on both sides, as OSC 1.1 asks."""
    if framing is Framing.COUNT:
        return len(packet).to_bytes(4, "big") + packet
    return _END + packet.replace(_ESC, _ESC + _ESC_ESC).replace(_END, _ESC + _ESC_END) + _END


class Unframer:
    """Takes a stream's bytes as they come, cut anywhere, and gives its packets."""

    def __init__(self) -> None:
        self.framing: Framing | None = None
        self._rest = bytearray()
        self._skipping = False  # within a SLIP frame that is too long; it is not kept

    @property
    def unfinished(self) -> bool:
        """True when a packet has begun and is not complete."""
        return bool(self._rest) or self._skipping

    def feed(self, data: bytes) -> list[bytes | BadPacket]:
        """The packets that are complete with these bytes, in order; for a broken frame, what is wrong with it.

        Never keeps more than `MAX_FRAME` bytes and what of ``data`` belongs to the next packet. Raises BadStream.
        """
        if not data:
            return []
        if self.framing is None:
            self.framing = detect(data)
        self._rest += data
        return self._counted() if self.framing is Framing.COUNT else self._slipped()

    def _counted(self) -> list[bytes | BadPacket]:
        packets: list[bytes | BadPacket] = []
        at = 0
        while len(self._rest) - at >= 4:
            size = int.from_bytes(self._rest[at : at + 4], "big")
            if size > MAX_FRAME:
                raise BadStream(f"a packet must have 0 to {MAX_FRAME} bytes, got the length {size}")
            if len(self._rest) - at - 4 < size:
                break
            if size:
                packets.append(bytes(self._rest[at + 4 : at + 4 + size]))
            at += 4 + size
        del self._rest[:at]
        return packets

    def _slipped(self) -> list[bytes | BadPacket]:
        *frames, rest = bytes(self._rest).split(_END)
        packets: list[bytes | BadPacket] = []
        for number, raw in enumerate(frames):
            if number == 0 and self._skipping:
                self._skipping = False
            elif len(raw) > 2 * MAX_FRAME:
                packets.append(_too_long())
            elif raw:
                packets.append(_unescaped(raw))
        if len(rest) > 2 * MAX_FRAME and not self._skipping:  # every byte may be escaped
            packets.append(_too_long())
            self._skipping = True
        self._rest = bytearray() if self._skipping else bytearray(rest)
        return packets


def _unescaped(raw: bytes) -> bytes | BadPacket:
    head, *parts = raw.split(_ESC)
    packet = bytearray(head)
    for part in parts:
        if part[:1] not in (_ESC_END, _ESC_ESC):
            got = f"{part[0]:#04x}" if part else "the end of the frame"
            return BadPacket(f"in SLIP, the byte 0xdb is followed by 0xdc or 0xdd, got {got}")
        packet += (_END if part[:1] == _ESC_END else _ESC) + part[1:]
    return bytes(packet) if len(packet) <= MAX_FRAME else _too_long()


def _too_long() -> BadPacket:
    return BadPacket(f"a packet must have 0 to {MAX_FRAME} bytes; a longer one was left out")

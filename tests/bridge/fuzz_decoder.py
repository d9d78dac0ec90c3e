"""Coverage-guided fuzzing of what reads packets: `python tests/bridge/fuzz_decoder.py [-runs=1000000] [FOLDER]`.

Atheris changes bytes wherever that reaches new code. An exception other than those that are promised, or a packet that
does not come out as it went in, ends it with the input. The options are libFuzzer's; a folder keeps the inputs.
"""

from __future__ import annotations

import contextlib
import math
import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2]))

with atheris.instrument_imports(include=["bridge.framing", "bridge.inbox", "bridge.osc"]):
    from bridge.framing import BadStream, Framing, Unframer, frame
    from bridge.inbox import Refused, read
    from bridge.osc import MAX_ELEMENTS, BadPacket, Message, decode, encode


def fuzz(data: bytes) -> None:
    """One input: as a packet, as a stream cut anywhere, and as a packet in a stream."""
    elements = decode(data)
    assert len(elements) <= MAX_ELEMENTS + 1
    for element in elements:
        if isinstance(element, Message) and set(element.tags) <= set("ifsb"):
            _goes_round(element)
        with contextlib.suppress(Refused):
            read(element)
    _stream(data, data[:1] or b"\0")
    for framing in Framing:
        if data:
            assert Unframer().feed(_start(framing) + frame(data, framing))[-1:] == [data]


def _start(framing: Framing) -> bytes:
    """A SLIP stream is known by its END; a count of 0 is a packet that nobody misses."""
    return b"\xc0" if framing is Framing.SLIP else bytes(4)


def _goes_round(message: Message) -> None:
    (again,) = decode(encode(message.address, *message.args))  # type: ignore[arg-type]
    assert isinstance(again, Message) and again.address == message.address
    for before, after in zip(message.args, again.args, strict=True):
        assert before == after or (math.isnan(before) and math.isnan(after)), (before, after)  # type: ignore[arg-type]


def _stream(data: bytes, cuts: bytes) -> None:
    """However a stream is cut, the same packets come out."""
    try:
        whole = Unframer().feed(data)
    except BadStream:
        return
    unframer, at, parts = Unframer(), 0, []
    while at < len(data):
        size = 1 + cuts[at % len(cuts)] % 16
        parts += unframer.feed(data[at : at + size])
        at += size
    assert [_shown(one) for one in parts] == [_shown(one) for one in whole]


def _shown(packet: bytes | BadPacket) -> bytes | str:
    return packet if isinstance(packet, bytes) else str(packet)


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz)
    atheris.Fuzz()

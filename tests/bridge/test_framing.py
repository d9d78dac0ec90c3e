"""Packets in streams: both framings, cut anywhere, broken and hostile ones. python-osc's SLIP is the second opinion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc import slip

from bridge.framing import MAX_FRAME, BadStream, Framing, Unframer, frame
from bridge.osc import BadPacket, encode

PACKETS = st.lists(st.binary(min_size=1, max_size=60).map(lambda raw: b"/" + raw), min_size=1, max_size=6)


def fed(stream: bytes, *cuts: int) -> list[bytes | BadPacket]:
    unframer, found, at = Unframer(), [], 0
    for cut in (*sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)):
        found += unframer.feed(stream[at:cut])
        at = cut
    assert not unframer.unfinished
    return found


@given(PACKETS, st.sampled_from(Framing), st.lists(st.integers(0, 500), max_size=8))
def test_packets_survive_any_cut(packets: list[bytes], framing: Framing, cuts: list[int]) -> None:
    assert fed(b"".join(frame(packet, framing) for packet in packets), *cuts) == packets


@given(PACKETS)
def test_slip_is_that_of_python_osc(packets: list[bytes]) -> None:
    assert fed(b"".join(slip.encode(packet) for packet in packets)) == packets
    assert [slip.decode(frame(packet, Framing.SLIP)) for packet in packets] == packets


def test_one_end_between_packets_is_enough() -> None:
    """RFC 1055's own form, and ENDs that are shared; both begin without one or with one."""
    packet = encode("/job/list")
    assert fed(packet + b"\xc0" + packet + b"\xc0") == [packet, packet]
    assert fed(b"\xc0" + packet + b"\xc0" + packet + b"\xc0\xc0\xc0") == [packet, packet]


def test_a_broken_escape_costs_one_packet() -> None:
    packet = encode("/job/list")
    bad, good = fed(b"\xc0/\xdb\x00\xc0" + frame(packet, Framing.SLIP))
    assert "0x00" in str(bad)
    assert good == packet
    (end, _) = fed(b"\xc0/\xdb\xc0" + frame(packet, Framing.SLIP))
    assert "the end of the frame" in str(end)


@pytest.mark.parametrize("chunk", [1000, 70000, 1 << 20])
def test_a_long_slip_packet_is_left_out_and_not_kept(chunk: int) -> None:
    unframer, found = Unframer(), []
    stream = b"\xc0" + b"/" * (5 * MAX_FRAME) + b"\xc0" + frame(b"/good", Framing.SLIP)
    for at in range(0, len(stream), chunk):
        found += unframer.feed(stream[at : at + chunk])
        assert len(unframer._rest) <= 2 * MAX_FRAME
    assert isinstance(found[0], BadPacket)
    assert found[1:] == [b"/good"]
    assert fed(frame(b"\xdb" * MAX_FRAME, Framing.SLIP)) == [b"\xdb" * MAX_FRAME]


def test_a_long_counted_packet_ends_the_stream() -> None:
    assert fed(frame(bytes(MAX_FRAME), Framing.COUNT)) == [bytes(MAX_FRAME)]
    with pytest.raises(BadStream, match=f"0 to {MAX_FRAME} bytes, got the length {MAX_FRAME + 1}"):
        Unframer().feed((MAX_FRAME + 1).to_bytes(4, "big"))
    assert fed(bytes(8) + frame(b"/a", Framing.COUNT)) == [b"/a"]  # of no bytes: nothing


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1", b"\x16\x03\x01", b"\xff"])
def test_what_is_no_osc_is_named(first: bytes) -> None:
    with pytest.raises(BadStream, match="an OSC stream begins with"):
        Unframer().feed(first)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_any_bytes_are_packets_or_refused(stream: bytes, cuts: list[int]) -> None:
    """And the same ones however the stream is cut."""
    found: list[list[object]] = []
    for places in ([], sorted(cuts)):
        unframer, at, packets = Unframer(), 0, []
        try:
            for cut in (*places, len(stream)):
                packets += unframer.feed(stream[at:cut])
                at = max(at, cut)
        except BadStream as bad:
            packets = [str(bad)]
        found.append([one if isinstance(one, (bytes, str)) else str(one) for one in packets])
    assert found[0] == found[1]

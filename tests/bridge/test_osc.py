"""The codec: against python-osc where that is right, by hand where it is not."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage

from bridge.osc import MAX_ELEMENTS, BadPacket, Message, decode, encode, shorten

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
values = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32, allow_nan=False),
    text,
    st.binary(min_size=1, max_size=30),
)


@given(st.lists(values, max_size=8))
def test_what_we_build_python_osc_reads(args: list[int | float | str | bytes]) -> None:
    found = OscMessage(encode("/a/b", *args))
    assert (found.address, list(found.params)) == ("/a/b", args)


@given(st.lists(values, max_size=8))
def test_what_we_build_we_read(args: list[int | float | str | bytes]) -> None:
    (found,) = decode(encode("/a/b", *args))
    assert isinstance(found, Message)
    assert (found.address, list(found.args)) == ("/a/b", args)


def test_what_python_osc_builds_we_read(osc) -> None:
    (found,) = decode(osc("/x", 1, 2.5, "häß", b"\1\2\3"))
    assert found == Message("/x", (1, 2.5, "häß", b"\1\2\3"), "ifsb")


def test_a_message_may_come_without_type_tags() -> None:
    assert decode(b"/abc\0\0\0\0") == [Message("/abc")]


def test_an_empty_blob_and_an_empty_string() -> None:
    assert decode(encode("/x", b"", "")) == [Message("/x", (b"", ""), "bs")]


def test_tags_that_python_osc_does_not_know_do_not_shift_what_follows() -> None:
    (symbol,) = decode(b"/x\0\0,Si\0sym\0" + struct.pack(">i", 7))
    (character,) = decode(b"/x\0\0,ci\0\0\0\0A" + struct.pack(">i", 7))
    assert isinstance(symbol, Message)
    assert isinstance(character, Message)
    assert symbol.args == ("sym", 7)
    assert character.args[1] == 7


@pytest.mark.parametrize(
    ("packet", "complaint"),
    [
        (b"", "starts with"),
        (b"hello", "starts with"),
        (b"/x", "ends inside"),
        (b"/x\0\0x\0\0\0", "start with ','"),
        (b"/x\0\0,i\0\0\0", "needs 4 bytes, the packet has 1"),
        (b"/x\0\0,f\0\0\0\0", "needs 4 bytes"),
        (b"/x\0\0,b\0\0\xff\xff\xff\xff", "cannot have -1"),
        (b"/x\0\0,b\0\0\x7f\xff\xff\xff", "needs 2147483647"),
        (b"/x\0\0,z\0\0", "'z' is not known"),
        (b"/x\0\0,[i]\0\0\0\0\0\0\0\0", "arrays"),
        (b"/x\0\0,s\0\0ab\xffd\0\0\0\0", "not UTF-8"),
        (b"#bundle\0\0\0", "no room"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", 100), "does not fit"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", 0), "does not fit"),
        (b"#bundle\0" + bytes(8) + struct.pack(">i", -8), "does not fit"),
    ],
)
def test_a_bad_packet_says_what_is_wrong(packet: bytes, complaint: str) -> None:
    bad = decode(packet)[-1]
    assert isinstance(bad, BadPacket)
    assert complaint in str(bad)


def test_a_bad_packet_keeps_what_could_be_read() -> None:
    packet = b"/render/generate\0\0\0\0,ss\0job\0ab\xffd\0\0\0\0"
    (bad,) = decode(packet)
    assert isinstance(bad, BadPacket)
    assert (bad.address, bad.values) == ("/render/generate", ("job",))


def bundle(*elements: bytes) -> bytes:
    return b"#bundle\0" + bytes(8) + b"".join(struct.pack(">i", len(one)) + one for one in elements)


def test_bundles_are_read_in_order_and_past_a_broken_element() -> None:
    packet = bundle(encode("/a", 1), b"/x\0\0,i\0\0", bundle(encode("/b"), encode("/c", "s")))
    assert [one.address for one in decode(packet)] == ["/a", "/x", "/b", "/c"]


def test_deep_bundles_are_refused() -> None:
    packet = encode("/a")
    for _ in range(2000):
        packet = bundle(packet)
    (bad,) = decode(packet)
    assert isinstance(bad, BadPacket)


def test_a_packet_of_thousands_is_read_up_to_a_bound() -> None:
    elements = decode(bundle(*[encode("/job/list")] * 3000))
    assert len(elements) == MAX_ELEMENTS + 1
    assert isinstance(elements[-1], BadPacket)
    assert "0 to 256 messages" in str(elements[-1])


@given(st.binary(max_size=200))
def test_no_bytes_raise(packet: bytes) -> None:
    for one in (packet, b"#bundle\0" + packet, b"/x\0\0," + packet):
        assert all(isinstance(element, (Message, BadPacket)) for element in decode(one))


def test_no_damaged_message_raises() -> None:
    rng = random.Random(1)
    good = encode("/render/generate", "id", "prompt", "seconds", 1.5, "seed", 3, b"blob")
    for _ in range(5000):
        packet = bytearray(good[: rng.randrange(len(good) + 1)])
        for _ in range(rng.randrange(4)):
            if packet:
                packet[rng.randrange(len(packet))] = rng.randrange(256)
        assert all(isinstance(element, (Message, BadPacket)) for element in decode(bytes(packet)))


def test_numbers_that_fit_no_int32_or_float32_still_leave() -> None:
    (found,) = decode(encode("/x", 2**40, 1e300))
    assert found.args == (float(2**40), float("inf"))


@given(st.text(max_size=100), st.integers(3, 50))
def test_shorten_never_exceeds_and_never_cuts_a_character(value: str, limit: int) -> None:
    short = shorten(value, limit)
    assert len(short.encode()) <= limit

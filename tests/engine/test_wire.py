"""Frames survive any cutting; what is not a frame is told apart from what is merely wrong."""

from __future__ import annotations

import contextlib
import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine import Clip, Decoder, Invalid, Request, Take, TakeReady, WireError, encode
from engine.wire import MAX_HEADER, MAX_PAYLOAD

REQUEST = Request(prompt="łódź 雨 \n", seed=3, guidance=2)
VALUES = [
    engine.Submit("a b/ü", REQUEST),
    engine.Cancel("a"),
    engine.Close(),
    engine.Ready("tone", 48000, "1.0", ("generate",)),
    engine.Broken("model", "no such file"),
    engine.Started("a"),
    engine.Submit("a", REQUEST, engine.Handling(priority="live", client="pads", preview=2, stream=1, alone=True)),
    engine.Turn(("a", "b")),
    engine.Step("a", 1, 8),
    engine.Done("a", 2),
    engine.Failed("a", "bad-value", "seconds must be …"),
    engine.Cancelled("a"),
]


def frame(header: Any, payload: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + struct.pack("<I", len(payload)) + payload


def take(channels: int = 2) -> TakeReady:
    samples = np.random.default_rng(0).standard_normal((channels, 97)).astype(np.float32)
    return TakeReady("a", Take(Clip(samples, 44100), REQUEST, 3, 0.25))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_value_comes_back(value: Any) -> None:
    assert Decoder().feed(encode(value)) == [value]


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_take_comes_back_bit_for_bit(channels: int) -> None:
    sent = take(channels)
    (received,) = Decoder().feed(encode(sent))
    assert isinstance(received, TakeReady)
    assert received.id == "a"
    one, other = sent.take, received.take
    assert other.clip.samples.tobytes() == one.clip.samples.tobytes()
    assert other.clip.samples.shape == one.clip.samples.shape
    assert (other.clip.rate, other.request, other.index, other.score) == (44100, REQUEST, 3, 0.25)


def test_a_request_takes_its_clip_along_bit_for_bit() -> None:
    clip = take().take.clip
    asked = Request(task="extend", source=clip, prompts="rain : 1 | wind : 2", seconds=1.0)
    (received,) = Decoder().feed(encode(engine.Submit("a", asked)))
    assert isinstance(received, engine.Submit)
    assert isinstance(received.request.source, Clip)
    assert received.request.source.samples.tobytes() == clip.samples.tobytes()
    assert (received.request.source.rate, received.request.prompts) == (44100, "rain : 1 | wind : 2")
    (wrong,) = Decoder().feed(frame({"kind": "submit", "id": "a", "request": {"task": "extend"}, "source": 3}))
    assert isinstance(wrong, Invalid) and wrong.id == "a"


def test_previews_and_pieces_come_back_bit_for_bit() -> None:
    clip = take().take.clip
    for sent in (engine.Preview("a", 3, clip), engine.Piece("a", 1, 480, 9600, clip)):
        (received,) = Decoder().feed(encode(sent))
        assert type(received) is type(sent)
        assert received.clip.samples.tobytes() == clip.samples.tobytes()
        assert received.clip.rate == clip.rate
        for name in ("id", "step", "index", "first", "frames"):
            assert getattr(received, name, None) == getattr(sent, name, None)


@settings(deadline=None)
@given(st.lists(st.integers(1, 300), max_size=30))
def test_frames_may_be_cut_anywhere(cuts: list[int]) -> None:
    data = b"".join(encode(value) for value in [*VALUES, take(), *VALUES])
    decoder, values = Decoder(), []
    for size in [*cuts, len(data)]:
        values += decoder.feed(data[:size])
        data = data[size:]
    values += decoder.feed(data)
    assert [type(value) for value in values] == [type(value) for value in [*VALUES, take(), *VALUES]]
    assert values[: len(VALUES)] == VALUES


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xff\xff\xff\xff", f"header must be 0 to {MAX_HEADER} bytes long, got 4294967295"),
        (b"GET / HTTP/1.1\r\n\r\n", "header must be"),
        (frame(b"not json"), "must be JSON"),
        (frame(b"\xff\xfe"), "must be JSON"),
        (frame([1, 2]), "must be a JSON object"),
        (frame(b"[" * 100_000), "must be JSON"),
        (frame({"kind": "close"})[:-4] + struct.pack("<I", MAX_PAYLOAD + 1), "payload must be"),
    ],
)
def test_what_is_no_frame_ends_the_stream(data: bytes, text: str) -> None:
    with pytest.raises(WireError, match=text):
        Decoder().feed(data)


@pytest.mark.parametrize(
    ("header", "code", "text"),
    [
        ({"kind": "submit", "id": "a", "request": {"prompt": "x", "seconds": -1}}, "bad-value", "seconds must be 0.05"),
        ({"kind": "submit", "id": "a", "request": {"promt": "x"}}, "unknown-key", "did you mean prompt"),
        ({"kind": "submit", "id": "a", "request": 5}, "bad-value", "must be a table"),
        ({"kind": "submit", "id": "a"}, "bad-frame", "KeyError"),
        ({"kind": "step", "id": "a", "index": "1", "total": 2}, "bad-frame", "index must be int"),
        ({"kind": "step", "id": "a", "index": True, "total": 2}, "bad-frame", "index must be int"),
        ({"kind": "cancel", "id": "a", "extra": 1}, "bad-frame", "extra"),
        ({"kind": "dance", "id": "a"}, "bad-frame", "unknown kind of frame 'dance'"),
        ({"kind": ["submit"], "id": "a"}, "bad-frame", "unknown kind"),
        ({"id": "a"}, "bad-frame", "unknown kind of frame None"),
    ],
)
def test_a_wrong_frame_is_told_with_its_job_and_harms_no_other(header: Any, code: str, text: str) -> None:
    wrong, right = Decoder().feed(frame(header) + encode(engine.Cancel("b")))
    assert isinstance(wrong, Invalid)
    assert (wrong.id, wrong.code) == ("a", code)
    assert text in wrong.text
    assert right == engine.Cancel("b")


def test_ids_of_the_wrong_type_are_no_ids() -> None:
    (wrong,) = Decoder().feed(frame({"kind": "cancel", "id": 5}))
    assert isinstance(wrong, Invalid)
    assert wrong.id == ""


def test_a_take_whose_payload_does_not_fit_is_wrong() -> None:
    data = encode(take(2))
    size = struct.unpack_from("<I", data)[0]
    header = json.loads(data[4 : 4 + size])
    for payload in (b"", b"abc", bytes(12)):
        values = Decoder().feed(frame({**header, "channels": 7}, payload))
        assert isinstance(values[0], Invalid)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_values_or_one_kind_of_error(data: bytes) -> None:
    values: list[Any] = []
    with contextlib.suppress(WireError):
        values = Decoder().feed(data)
    assert all(isinstance(value, engine.Command | engine.Event | Invalid) for value in values)

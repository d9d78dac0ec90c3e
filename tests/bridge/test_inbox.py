"""Bad input: every complaint names the value and the range, and carries the job's id where there is one."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from bridge import inbox
from bridge.inbox import Refused
from bridge.osc import BadPacket, Message
from bridge.pads.meaning import Meaning
from engine import PARAMS, Handling, Request, UnknownKey


def test_what_is_for_jobs_alone_is_not_taken_for_pads() -> None:
    """It was accepted and did nothing; now whoever reads the pad's sound names it as unknown."""
    call = inbox.read(Message("/pad/assign", ("kick", "a kick", "stream", 1)))
    assert (dict(call.params), dict(call.serving)) == ({"stream": 1}, {})
    with pytest.raises(UnknownKey, match="stream"):
        Meaning().of("a kick", dict(call.params), "tone")


def generate(*args: Any) -> Request:
    return inbox.request(inbox.read(Message("/render/generate", args)), "tone")


BAD = [
    (("seconds", 0), "seconds must be 0.05 to 60 s, got 0"),
    (("seconds", -1), "seconds must be 0.05 to 60 s, got -1"),
    (("seconds", 1e9), "seconds must be 0.05 to 60 s, got 1000000000.0"),
    (("seconds", float("nan")), "seconds must be 0.05 to 60 s, got nan"),
    (("seconds", float("inf")), "seconds must be 0.05 to 60 s, got inf"),
    (("seconds", "nan"), "seconds must be 0.05 to 60 s, got nan"),
    (("seconds", "long"), "seconds must be 0.05 to 60 s, got 'long'"),
    (("seconds", True), "seconds must be"),
    (("seconds", None), "seconds must be"),
    (("seconds", b"\0"), "seconds must be"),
    (("takes", 1.5), "takes must be a whole number, 1 to 16, got 1.5"),
    (("takes", 17), "takes must be 1 to 16, got 17"),
    (("seed", -1), "seed must be 0 to 2147483647, got -1"),
    (("rate", 7999), "rate must be 8000 to 192000 Hz, got 7999"),
    (("sampler", "euler"), "sampler must be dpm++ | ddim, got 'euler'"),
    (("negative", 3), "negative must be text, got 3"),
    (("secnds", 1), "unknown key 'secnds': did you mean seconds?"),
    (("task", "generate"), "unknown key 'task'"),
    (("prompt", "again"), "unknown key 'prompt'"),
    (("x" * 60000, 1), "unknown key"),
    (("seconds",), "seconds has no value"),
    ((3, 4), "a key is text (s), got 3"),
    (("reply_port", 0), "reply_port must be 1 to 65535, got 0"),
    (("reply_port", "x"), "reply_port must be 1 to 65535, got 'x'"),
    (("model", "pocket"), "model must be tone, the one that is loaded, got 'pocket'"),
    (("priority", "urgent"), "priority must be live | interactive | batch, got 'urgent'"),
    (("preview", -1), "preview must be 0 to 200, got -1"),
    (("stream", 2), "stream must be 0 to 1, got 2"),
    (("stream_as", "mp3"), "stream_as must be float32 | int16, got 'mp3'"),
    (("client", "me"), "unknown key 'client'"),
]


def test_how_a_job_is_served_is_no_part_of_its_request() -> None:
    call = inbox.read(Message("/render/generate", ("1", "rain", "priority", "live", "preview", "2", "takes", 2)))
    assert inbox.handling(call, "pads") == Handling(priority="live", preview=2, client="pads")
    assert inbox.request(call, "tone") == Request(prompt="rain", takes=2, model="tone")


def test_what_is_streamed_has_a_level_that_can_be_told_ahead_unless_another_is_asked_for() -> None:
    assert generate("1", "rain", "stream", 1).level == "ahead"
    assert generate("1", "rain", "stream", 1, "level", "loudness").level == "loudness"
    assert generate("1", "rain", "stream", 0).level == "peak"
    upsample = inbox.read(Message("/render/upsample", ("1", "/a.wav", "stream", 1)))
    assert inbox.request(upsample, "tone").level == "peak"


@pytest.mark.parametrize(("settings", "complaint"), BAD)
def test_a_bad_setting(settings: tuple[Any, ...], complaint: str) -> None:
    with pytest.raises(Refused) as caught:
        generate("job-1", "rain", *settings)
    assert complaint in str(caught.value)
    assert caught.value.id == "job-1"
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    ("args", "complaint", "id"),
    [
        ((), "id is missing: /render/generate takes s id, s prompt", ""),
        (("job-1",), "prompt is missing", "job-1"),
        (("job-1", ""), "prompt must be 1 to 1000 characters long, got 0", "job-1"),
        (("job-1", "   "), "prompt must be 1 to 1000 characters long, got 0", "job-1"),
        (("job-1", "x" * 65000), "prompt must be 0 to 1000 characters long, got 65000", "job-1"),
        (("job-1", "a\x07b"), "without control characters", "job-1"),
        (("job-1", 5), "prompt must be text (s), got 5", "job-1"),
        ((5, "rain"), "id must be text (s), got 5", "5"),
        (("", "rain"), "id must be 1 to 100 bytes", ""),
        (("x" * 101, "rain"), "id must be 1 to 100 bytes", "x" * 97 + "…"),
        (("a\nb", "rain"), "id must be 1 to 100 bytes of printable text", "a\nb"),
    ],
)
def test_bad_arguments(args: tuple[Any, ...], complaint: str, id: str) -> None:
    with pytest.raises(Refused) as caught:
        generate(*args)
    assert complaint in str(caught.value)
    assert caught.value.id == id


def test_an_unreadable_packet_keeps_its_id() -> None:
    with pytest.raises(Refused) as caught:
        inbox.read(BadPacket("argument 2: not UTF-8 text", "/render/generate", ("job-1",)))
    assert (caught.value.code, caught.value.id) == ("bad-packet", "job-1")


def test_an_unknown_address() -> None:
    with pytest.raises(Refused, match="unknown address '/render/nothing'; the addresses are /bridge/hello") as caught:
        inbox.read(Message("/render/nothing", ("job-1",)))
    assert caught.value.id == "job-1"


def test_too_many_arguments() -> None:
    with pytest.raises(Refused, match="/job/cancel takes s id, got 1 more"):
        inbox.read(Message("/job/cancel", ("a", "b")))


@pytest.mark.parametrize("kind", [float, int, str])
def test_numbers_may_come_as_floats_ints_or_text(kind: type) -> None:
    request = generate("1", "rain", "seconds", kind(4), "takes", kind(2), "seed", kind(7), "guidance", kind(3))
    assert (request.seconds, request.takes, request.seed, request.guidance) == (4.0, 2, 7, 3.0)
    assert isinstance(request.takes, int)


def test_a_32_bit_float_means_the_decimal_that_was_typed() -> None:
    for typed in (1.1, 4.2, 59.99, 0.123456):
        (sent,) = struct.unpack(">f", struct.pack(">f", typed))
        assert generate("1", "rain", "seconds", sent).seconds == typed


def test_the_reply_port_is_known_even_if_another_setting_is_wrong() -> None:
    with pytest.raises(Refused) as caught:
        generate("1", "rain", "seconds", -1, "reply_port", 9700.0)
    assert caught.value.reply_port == 9700


def test_every_parameter_is_a_key() -> None:
    for name, param in PARAMS.items():
        if name not in ("prompt", "task", "model") and param.default not in (None, ""):
            assert getattr(generate("1", "rain", name, param.default), name) == param.default

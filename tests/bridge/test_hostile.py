"""Ten thousand hostile packets against a live daemon, then a normal job that succeeds."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from typing import Any

import psutil
import pytest

COUNT = 10_000
BATCH = 100
ADDRESSES = ("/render/generate", "/job/cancel", "/job/list", "/bridge/hello", "/bridge/commands", "/nothing", "/")


def truncated(rng: random.Random, osc: Callable[..., bytes]) -> bytes:
    packet = good(rng, osc)
    return packet[: rng.randrange(len(packet))]


def flipped(rng: random.Random, osc: Callable[..., bytes]) -> bytes:
    packet = bytearray(good(rng, osc))
    for _ in range(rng.randint(1, 6)):
        packet[rng.randrange(len(packet))] ^= 1 << rng.randrange(8)
    return bytes(packet)


def noise(rng: random.Random, osc: Callable[..., bytes]) -> bytes:
    return rng.choice((b"", b"/", b"#bundle\0", b"/render/generate\0\0\0\0,")) + rng.randbytes(rng.randrange(300))


def wrong_types(rng: random.Random, osc: Callable[..., bytes]) -> bytes:
    return osc(rng.choice(ADDRESSES), *(value(rng) for _ in range(rng.randrange(9))))


def huge(rng: random.Random, osc: Callable[..., bytes]) -> bytes:
    text = rng.choice("aä重\x01") * rng.choice((1000, 5000, 20000))
    return osc("/render/generate", *rng.choice((("id", text), (text, "prompt"), ("id", "prompt", text, 1))))


def nested(rng: random.Random, osc: Callable[..., bytes]) -> bytes:
    packet = flipped(rng, osc)
    for _ in range(rng.randrange(30)):
        packet = (
            b"#bundle\0" + rng.randbytes(8) + struct.pack(">i", len(packet) + rng.choice((0, 0, 0, 4, -4))) + packet
        )
    return packet


def out_of_range(rng: random.Random, osc: Callable[..., bytes]) -> bytes:
    bad = rng.choice((float("nan"), float("inf"), -1.0, 0.0, 1e9, -1, 2**31 - 1, "x", b"\0"))
    key = rng.choice(("seconds", "steps", "guidance", "takes", "rate", "format", "reply_port", "model", "nothing"))
    return osc("/render/generate", "bad", "prompt", key, bad)


def good(rng: random.Random, osc: Callable[..., bytes]) -> bytes:
    return osc("/render/generate", f"h-{rng.randrange(50)}", "A4", "seconds", 0.1, "seed", rng.randrange(9))


def value(rng: random.Random) -> Any:
    return rng.choice((0, -1, 1.5, float("nan"), "", "seconds", "id", b"\xff\0", "\U0001f525" * 30, 2**31 - 1))


KINDS = (truncated, flipped, noise, wrong_types, huge, nested, out_of_range)


@pytest.mark.soak
def test_ten_thousand_hostile_packets_then_a_job(serve, connect, osc) -> None:
    daemon = serve("--client-rate", "0")  # each of them is to be looked at
    client = connect(daemon)
    rng = random.Random(20261121)
    engine = daemon.engine().pid
    for sent in range(0, COUNT, BATCH):
        for _ in range(BATCH):
            client.send_bytes(rng.choice(KINDS)(rng, osc))
        client.send("/bridge/hello", "still there?")  # and so the daemon has read the batch before the next comes
        client.until("/bridge/ready", seconds=20)
        assert daemon.process.poll() is None, f"the daemon ended within packet {sent + BATCH}: {daemon.text}"
    replies = client.job("afterwards", "A4", "seconds", 1.5, "seed", 7, seconds=60)
    assert replies[-1] == ("/job/done", ("afterwards", 1))
    assert [args[3:6] for address, args in replies if address == "/job/take" and args[0] == "afterwards"] == [
        (72000, 48000, 7)
    ]
    assert daemon.engine().pid == engine
    assert "Traceback" not in daemon.text
    assert psutil.Process(daemon.process.pid).memory_info().rss < 300e6

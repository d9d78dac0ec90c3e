"""Pieces: together they are the take, nothing overtakes them, and a connection that does not read costs only itself."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from bridge import streams
from bridge.commands import COMMANDS, STREAM, Command, key_names
from bridge.streams import MAX_BLOB, Streams, can_stream, encoded
from engine import Clip

A, B = ("127.0.0.1", 1, "tcp-1"), ("127.0.0.1", 2, "ws-2")


class Host:
    """Connections with room as it is said here."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.room: dict[Any, bool | None] = {}
        self.now = 0.0
        self.streams = Streams(
            lambda to, address, args: self.told.append((to, address, *args)),
            lambda to: self.room.get(to, True),
            lambda: self.now,
        )

    def samples(self, to: Any, encoding: str = ">f4") -> np.ndarray:
        blobs = [one[6] for one in self.told if one[:2] == (to, "/job/piece")]
        assert all(0 < len(blob) <= MAX_BLOB for blob in blobs)
        numbers = [one[4] for one in self.told if one[:2] == (to, "/job/piece")]
        assert numbers == list(range(len(numbers)))
        return np.frombuffer(b"".join(blobs), encoding)

    def feed(self, clip: Clip, first: int = 0, to: tuple[Any, ...] = (A,), encoding: str = "float32") -> None:
        if first == 0:
            self.streams.begin("job-1", 0, "x", to, 10000, clip, encoding)
        self.streams.feed("job-1", 0, first, clip)


def clip(frames: int, channels: int = 1, seed: int = 0) -> Clip:
    return Clip(np.random.default_rng(seed).uniform(-1, 1, (channels, frames)).astype(np.float32), 48000)


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_the_pieces_together_are_the_take(channels: int) -> None:
    host, whole = Host(), clip(10000, channels)
    for start in range(0, 7500, 2500):
        host.feed(Clip(whole.samples[:, start : start + 2500], 48000), start, (A, B))
    host.streams.feed("job-1", 0, 0, whole)  # the take, of which only the rest is new
    for to in (A, B):
        assert host.told[0 if to == A else 1] == (to, "/job/stream", "x", 0, 10000, 48000, channels, "float32")
        np.testing.assert_array_equal(host.samples(to).reshape(-1, channels).T, whole.samples)
    firsts = [one[5] for one in host.told if one[:2] == (A, "/job/piece")]
    assert firsts[0] == 0 and firsts == sorted(firsts)


def test_16_bits_are_rounded_and_clipped() -> None:
    samples = np.array([[0.0, 0.5, -1.0, 1.0, 3 / 65536]], np.float32)
    assert list(np.frombuffer(encoded(samples, "int16"), ">i2")) == [0, 16384, -32768, 32767, 2]


def test_only_connections_can_stream() -> None:
    assert can_stream(A) and can_stream(B)
    assert not can_stream(("127.0.0.1", 5)) and not can_stream(("127.0.0.1", 5, "http-5"))
    host = Host()
    host.feed(clip(100), to=(("127.0.0.1", 5), A))
    assert {one[0] for one in host.told} == {A}


def test_a_gap_is_never_told() -> None:
    host = Host()
    host.feed(clip(100))
    host.streams.feed("job-1", 0, 200, clip(100))
    assert len(host.samples(A)) == 100
    host.streams.feed("nobody", 0, 0, clip(100))


async def test_nothing_overtakes_pieces_that_wait_and_others_do_not_wait_for_them() -> None:
    host = Host()
    host.room[A] = False
    host.feed(clip(3000), to=(A, B))
    assert {one[0] for one in host.told} == {B}
    assert host.streams.holds(A, "/job/take", ("x", 0, "/take.wav"))
    assert not host.streams.holds(A, "/job/take", ("another", 0, "/take.wav"))
    assert not host.streams.holds(A, "/bridge/ready", ("1",))
    assert not host.streams.holds(B, "/job/take", ("x", 0, "/take.wav"))
    assert host.streams.waiting == 12000
    host.room[A] = True
    await asyncio.sleep(0.05)
    told = [one for one in host.told if one[0] == A]
    assert [one[1] for one in told] == ["/job/stream", "/job/piece", "/job/piece", "/job/piece", "/job/take"]
    assert host.streams.waiting == 0
    assert not host.streams.holds(A, "/job/done", ("x", 1))


async def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_BYTES", 20000)
    host = Host()
    host.room[A] = False
    host.feed(clip(4000))
    assert host.streams.holds(A, "/job/step", ("x", 3, 8))
    host.streams.feed("job-1", 0, 4000, clip(4000))
    assert host.streams.waiting == 0
    assert [one[1:3] for one in host.told] == [
        ("/bridge/error", "too-slow"), ("/job/stream", "x"), ("/job/step", "x")
    ]  # fmt: skip
    host.streams.feed("job-1", 0, 8000, clip(2000))  # no more of it
    assert len(host.told) == 3


async def test_the_end_of_a_job_that_came_to_nothing_does_not_wait_for_its_pieces() -> None:
    host = Host()
    host.room[A] = False
    host.feed(clip(4000))
    host.streams.cut("x")
    assert host.streams.waiting == 0
    assert host.streams.holds(A, "/job/cancelled", ("x",))
    host.room[A] = True
    await asyncio.sleep(0.05)
    assert [one[1] for one in host.told] == ["/job/stream", "/job/cancelled"]


async def test_who_takes_nothing_loses_the_stream_and_who_is_gone_is_forgotten() -> None:
    host = Host()
    host.room |= {A: False, B: False}
    host.feed(clip(4000), to=(A, B))
    host.now = 31.0
    host.room[B] = None
    await asyncio.sleep(0.05)
    assert [one[:3] for one in host.told] == [(A, "/bridge/error", "too-slow"), (A, "/job/stream", "x")]
    assert host.streams.waiting == 0


def test_a_take_that_begins_anew_is_told_anew() -> None:
    host = Host()
    host.feed(clip(3000))
    host.told.clear()
    host.feed(clip(3000, seed=1))
    assert host.told[0][1] == "/job/stream"
    np.testing.assert_array_equal(host.samples(A), clip(3000, seed=1).samples[0])
    assert host.streams.told("job-1", 0) == 3000
    host.streams.end("job-1", 0)
    assert host.streams.told("job-1", 0) is None


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.address)
def test_what_can_be_streamed_says_so(command: Command) -> None:
    assert ("stream" in key_names(command)) == (set(STREAM) <= set(command.replies))

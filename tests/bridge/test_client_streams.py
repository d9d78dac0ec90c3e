"""Pieces and previews through the client, presets, and jobs whose ids somebody used before."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge import BridgeError, Client, Piece, Preview, Stream, TakeReady
from bridge.client.pieces import Joined
from bridge.client.takes import Take


@pytest.fixture
def bridge(daemon) -> Iterator[Client]:
    with Client(daemon.http) as client:
        yield client


def joined(pieces: list[Piece]) -> np.ndarray:
    return np.concatenate([piece.samples for piece in pieces], axis=1)


@pytest.mark.parametrize("shared", [True, False])
def test_pieces_joined_are_the_take(daemon, shared: bool) -> None:
    with Client(daemon.http, shared_disk=shared) as bridge:
        job = bridge.generate("A4", seconds=0.7, steps=3, takes=2, stream=1, format="float32")
        pieces = list(job.pieces())
        assert len(pieces) > 8 and any(isinstance(event, Stream) for event in job.events())
        for take in job.results():
            mine = [piece for piece in pieces if piece.take == take.index]
            assert [piece.first for piece in mine] == list(np.cumsum([0, *(piece.frames for piece in mine)])[:-1])
            assert np.array_equal(joined(mine), take.samples) and mine[0].rate == take.rate


def test_a_job_that_is_not_streamed_has_its_takes_for_pieces(bridge) -> None:
    job = bridge.generate("A4", seconds=0.2, takes=2)
    pieces = list(job.pieces())
    assert [(piece.take, piece.first, piece.frames) for piece in pieces] == [(0, 0, 9600), (1, 0, 9600)]
    assert np.array_equal(pieces[1].samples, job.results()[1].samples)


def piece(first: int, frames: int, take: int = 0) -> Piece:
    return Piece("1", take, first, 48000, np.arange(first, first + frames, dtype=np.float32)[None])


def test_pieces_that_come_twice_or_not_at_all_are_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.arange(100, dtype=np.float32)[None]
    monkeypatch.setattr(Take, "samples", property(lambda self: whole))
    take = Take(0, "a.wav", Path("a.wav"), 100, 48000, 1, 0.0)
    events = [
        piece(0, 10), piece(10, 10),
        Stream("1", 0, 100, 48000, 1),  # the engine was lost: it begins anew
        piece(0, 10), piece(10, 15), piece(40, 10),  # and then the connection was
        TakeReady("1", take),
        TakeReady("1", take),
    ]  # fmt: skip
    hearing = Joined()
    found = [new for event in events for new in hearing.hear(event)]
    assert [one.first for one in found] == [0, 10, 20, 25]
    assert np.array_equal(joined(found), whole)


def test_a_stream_that_is_cut_off_is_completed_from_the_take(serve, free_port, tmp_path: Path) -> None:
    options = ("--http-port", str(free_port()), "--state", str(tmp_path), "--option", "step_seconds=0.02")
    first = serve(*options)
    with Client(first.http) as bridge:
        job = bridge.generate("A4", seconds=1, steps=10, takes=3, stream=1, format="float32")
        pieces, killed = [], False
        for one in job.pieces():
            pieces.append(one)
            if not killed:
                first.stop(signal.SIGKILL)
                serve(*options)
                killed = True
        for take in job.results(30):
            assert np.array_equal(joined([one for one in pieces if one.take == take.index]), take.samples)


def test_previews_are_told_with_their_sound(bridge) -> None:
    job = bridge.generate("A4", seconds=0.2, steps=6, preview=2)
    previews = [event for event in job.events() if isinstance(event, Preview)]
    assert previews and all(preview.step % 2 == 0 and preview.frames == 9600 for preview in previews)
    assert previews[0].path is not None and previews[0].samples.shape == (1, 9600)


def test_urgent_jobs_go_first(serve) -> None:
    with Client(serve("--option", "step_seconds=0.02").http) as bridge:
        slow = [bridge.generate("A4", seconds=0.1, steps=30, priority="batch") for _ in range(3)]
        live = bridge.generate("A4", seconds=0.1, steps=10, priority="live")
        assert live.result(20).frames == 4800
        assert not all(job.ended for job in slow)


def test_a_preset_is_rendered_with_its_variables(bridge) -> None:
    with pytest.raises(BridgeError) as unknown:
        bridge.preset("no such preset")
    assert unknown.value.code == "unknown-preset"
    entries = [told.args for told in bridge.command("/presets/list") if told.address == "/presets/entry"]
    name = next(iter(entries[0].values()))
    take = bridge.preset(name, seconds=0.2, model="tone").result(20)
    assert take.frames > 0


def test_an_id_that_another_job_had_before_is_refused_also_by_a_new_client(daemon) -> None:
    """The first thing on a new connection is to ask for jobs that live: this one does not live yet."""
    with Client(daemon.http) as first:
        first.generate("A4", seconds=0.1, id="had").result()
    with Client(daemon.http) as second, pytest.raises(BridgeError) as used:
        second.generate("C5", seconds=0.1, id="had")
    assert used.value.code == "id-in-use"
    other = Client(daemon.http)  # and without connecting first
    with pytest.raises(BridgeError):
        other.generate("C5", seconds=0.1, id="had")
    other.close()

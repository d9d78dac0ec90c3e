"""Ableton Link: two sessions of the real library on this machine, one of them the conductor's."""

from __future__ import annotations

import asyncio
import time

import pytest

from bridge.audio.mixer import Mixer
from bridge.conductor import Conductor, Following
from bridge.midi.link import LinkSession

pytest.importorskip("aalink", reason="the extra link is not installed")


async def test_a_link_session_says_what_the_time_is() -> None:
    other, conductor = LinkSession(120.0), Conductor(Mixer(), LinkSession)
    try:
        conductor.use("link")
        for _ in range(100):
            if other.peers:
                break
            await asyncio.sleep(0.1)
        else:
            pytest.skip("there is no network for Link to meet on")
        other.set_tempo(133.0)
        await asyncio.sleep(1.0)
        now = conductor.transport
        assert now.source == "link" and now.tempo == pytest.approx(133.0, abs=0.01)
        there = other.transport(4)
        apart = (now.position_at(there.time) - there.position) % 4.0
        assert min(apart, 4.0 - apart) < 0.01
        conductor.set_tempo(90.0)
        await asyncio.sleep(1.0)
        assert other.transport(4).tempo == pytest.approx(90.0, abs=0.01)
        with pytest.raises(Following, match="no position"):
            conductor.locate(4.0)
        conductor.stop()
        assert not conductor.transport.playing
        conductor.use("auto")
        assert conductor.transport.source == "internal"
        assert conductor.transport.at(time.monotonic()).tempo == pytest.approx(90.0, abs=0.01)
    finally:
        conductor.close()
        other.close()

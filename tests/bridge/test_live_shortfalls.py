"""A stream whose rendering is late, fails or is gone: the last window goes round without silence, and that is told."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.child import Lost
from engine import Ready
from tests.bridge.live_simulation import RATE, Simulation, levels, noise, pitches, wish


@pytest.mark.parametrize("prompt", ["440 Hz", "noise"])
def test_who_falls_behind_repeats_the_last_window_without_silence(prompt: str) -> None:
    """Windows that take twice their own length: a third of the time is repetition, and all of it is sound."""
    one = Simulation(lambda number: 0.2 if number < 2 else 8.0)
    if prompt == "noise":
        one.render = noise
    one.stream.start(wish(prompt))
    one.run(60.0)
    now = one.stream.status()
    assert now.shortfalls >= 3 and 20.0 < now.short < 45.0
    behind = [args for _, what, args in one.told if what == "behind"]
    assert [count for count, _ in behind] == list(range(1, now.shortfalls + 1))
    begin = round((one.windows[0][0] + 0.2) * RATE)
    measured = levels(one.sound[:, begin:], 0.1)
    assert measured.min() > -22.5 and measured.max() < -17.5
    steps = np.abs(np.diff(one.sound[0, begin:]))
    usual = np.percentile(steps, 99.99)
    assert steps.max() < 1.5 * usual  # no seam of a cycle, or of a late window, jumps
    if prompt == "440 Hz":
        assert np.abs(pitches(one.sound[:, begin:]) - 440).max() < 8


def test_a_failure_is_told_and_tried_again_while_the_last_window_goes_on() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(5.0)
    one.refuse = True
    one.run(15.0)
    failures = [time for time, what, args in one.told if what == "failed" and args == ("model", "no")]
    assert 2 <= len(failures) <= 6  # with pauses that grow
    assert one.stream.status().why == "no" and one.stream.status().state == "behind"
    one.refuse = False
    one.run(20.0)
    now = one.stream.status()
    assert (now.state, now.why) == ("playing", "")
    assert levels(one.sound[:, 2 * RATE :]).min() > -22.0


def test_a_lost_engine_costs_no_silence() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(6.0)
    one.due.clear()
    one.stream.on_event("tone", Lost("the engine is gone", True, 1))
    one.run(10.0)
    assert one.stream.status().state == "behind"
    one.stream.on_event("tone", Ready("tone", RATE, "1", ("extend",)))
    one.run(6.0)
    assert one.stream.status().state == "playing"
    assert one.asked[-1][2].alone is False
    assert levels(one.sound[:, 2 * RATE :]).min() > -22.0

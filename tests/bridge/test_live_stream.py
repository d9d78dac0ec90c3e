"""A stream whose rendering keeps up: no gap, no click, one level, and changes when they were stated."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bridge.live.plan import TICK
from engine import Ready
from engine.splice import click, level_change
from tests.bridge.live_simulation import RATE, Simulation, levels, pitches, wish


def test_a_minute_has_no_gap_no_click_and_one_level() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(61.0)
    now = one.stream.status()
    assert (now.state, now.shortfalls, now.short, now.why) == ("playing", 0, 0.0, "")
    assert now.windows >= 15 and now.realtime > 4.0 and now.playing == "440 Hz : 1"
    begin = round(one.windows[0][0] * RATE) + round(0.1 * RATE)
    sound = one.sound[:, begin:]
    measured = levels(sound)
    assert measured.min() > -21.5 and measured.max() < -18.5  # -20 dBFS, and no seam is louder than its surroundings
    assert len(one.windows) == len(one.cues) >= 14
    for cue in one.cues[1:]:
        assert click(one.sound, cue.frame, RATE) <= 1.1
        assert abs(level_change(one.sound, cue.frame, RATE)) < 1.0
    seeds = [request.seed for _, request, _ in one.asked]
    assert seeds == list(range(3, 3 + len(seeds)))
    assert {handling.priority for _, _, handling in one.asked} == {"live"}
    assert [request.task for _, request, _ in one.asked[:2]] == ["generate", "extend"]


def test_windows_begin_where_the_cue_sheet_says() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz", window=2.0))
    one.run(20.0)
    frames = [cue.frame for cue in one.cues]
    assert {b - a for a, b in itertools.pairwise(frames)} == {2 * RATE}
    first = np.flatnonzero(one.sound[0])[0]
    assert 0 <= first - frames[0] <= 2
    assert [cue.prompt for cue in one.cues] == ["440 Hz : 1"] * len(frames)


@pytest.mark.parametrize("at", [7.0, 8.3, 9.7, 11.1])
def test_a_change_is_heard_within_the_stated_delay(at: float) -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz", "1760 Hz", weight2=0.0))
    one.run(at)
    assert one.stream.status().playing == "440 Hz : 1"
    delay = one.stream.status(beyond=2 * 480 / RATE).delay
    assert delay < 4.0 + 0.5 * 1.25 + 0.5 + 0.2
    one.stream.change(one.stream.wish.with_settings({"weight1": 0.0, "weight2": 1.0}))
    one.run(delay + 0.5)
    one.run(3.0)
    changed = next(time for time, window in one.windows if window.mixture[0][0] == "1760 Hz")
    assert changed - at <= delay + TICK
    heard = pitches(one.sound)
    assert np.abs(heard[int((at + delay + 0.5) * 4) : -1] - 1760).max() < 8  # of the sound itself
    assert np.abs(heard[4 : int(at * 4)] - 440).max() < 8


def test_a_mixture_is_asked_for_with_its_weights() -> None:
    one = Simulation()
    one.stream.start(wish("rain", "thunder", "wind", weight1=0.7, weight2=0.3, weight3=0.0, guidance=3.0, steps=5))
    one.run(6.0)
    first, second = (request for _, request, _ in one.asked[:2])
    assert (first.task, first.prompts, first.guidance, first.steps) == ("morph", "rain : 0.7 | thunder : 0.3", 3.0, 5)
    assert (second.task, second.prompts) == ("extend", "rain : 0.7 | thunder : 0.3")
    assert second.source.frames == 2 * RATE
    one.stream.change(one.stream.wish.with_settings({f"weight{slot}": 0.0 for slot in range(1, 9)}))
    one.run(6.0)
    assert one.asked[-1][1].prompts == "rain : 0.7 | thunder : 0.3"  # with all knobs down, the last mixture stays


def test_another_model_takes_over_when_it_is_ready() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(6.0)
    one.stream.use_model("other")
    one.run(6.0)
    assert {request.model for _, request, _ in one.asked} == {"tone"}
    one.stream.on_event("other", Ready("other", RATE, "1", ("extend",)))
    one.run(6.0)
    assert one.asked[-1][1].model == "other"
    assert one.stream.status().shortfalls == 0


def test_the_level_changes_at_once_and_without_a_click() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(6.0)
    one.stream.change(one.stream.wish.with_settings({"level": -20.0}))
    one.run(1.0)
    sound = one.sound
    assert levels(sound[:, -RATE // 2 :]).max() == pytest.approx(-40.0, abs=1.0)
    assert np.abs(np.diff(sound[0, 5 * RATE :])).max() < 2 * np.pi * 440 / RATE * 0.16


def test_stopping_fades_out_and_starting_begins_anew() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(6.0)
    one.stream.stop()
    at = one.sound.shape[1]
    one.run(2.0)
    assert one.stream.status().state == "stopped" and not one.due
    assert not one.sound[:, at + RATE :].any()
    assert np.abs(np.diff(one.sound[0, at:])).max() < 2 * np.pi * 440 / RATE * 0.16
    one.stream.start(wish("880 Hz"))
    one.run(4.0)
    assert pitches(one.sound)[-2] == pytest.approx(880, abs=8)
    assert one.asked[-2][1].task == "generate" or one.asked[-1][1].task == "generate"


def test_a_player_with_another_rate_goes_on_at_it() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(6.0)
    one.mixer.reshape(44100, 441, 2)
    one.heard.clear()
    one.run(10.0)
    sound = one.sound[:, 44100 // 2 :]
    assert np.abs(pitches(sound, 44100) - 440).max() <= 4
    assert one.stream.status().shortfalls == 0
    assert one.asked[-1][1].source.rate == 44100

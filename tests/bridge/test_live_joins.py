"""How windows of unlike level and sound are joined to one stream."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import engine
from bridge.live.join import Tail, joined
from bridge.live.plan import CONTEXT, SPARE
from engine import Request
from tests.bridge.live_simulation import RATE, Simulation, levels, noise, wish


def test_quiet_windows_are_led_to_the_level_slowly() -> None:
    one = Simulation()

    def uneven(request: Request) -> engine.Take:
        scaled = noise(request).clip.samples.copy()
        context = scaled.shape[1] - round(request.seconds * RATE)
        scaled[:, context:] *= [0.05, 0.5, 3.0][len(one.asked) % 3]
        return engine.Take(engine.Clip(scaled, RATE), request)

    one.render = uneven
    one.stream.start(wish("rain"))
    one.run(40.0)
    steady = one.windows[3:]
    assert len(steady) > 4
    for before, after in itertools.pairwise(steady):
        start, end = (round(window.start + one.cues[0].frame) for window in (before[1], after[1]))
        inside = levels(one.sound[:, start:end], 0.5)
        assert np.abs(np.diff(inside)).max() < 3.0  # half a second of 3 dB a second, and what noise itself varies


@pytest.mark.parametrize("moving", [True, False])
def test_another_sound_has_its_level_at_once_and_the_old_one_is_faded_into_it(moving: bool) -> None:
    draw = np.random.default_rng(1)
    context, new = (
        (level * draw.standard_normal((1, round(seconds * RATE)))).astype(np.float32)
        for level, seconds in ((0.1, CONTEXT), (0.01, 2.0 + SPARE))
    )
    spare = (0.1 * np.sin(2 * np.pi * 440 * np.arange(round(SPARE * RATE)) / RATE))[None].astype(np.float32)
    clip = engine.Clip(np.concatenate((context, new), axis=1), RATE)
    made = joined(clip, RATE, 1, Tail(context, spare), 0.1, moving)
    assert made.window.shape == (1, 2 * RATE) and made.spare.shape == spare.shape
    assert np.array_equal(made.tail.context, made.window[:, -round(CONTEXT * RATE) :])
    begin, after, end = (levels(made.window)[n] for n in (0, round(SPARE / 0.05), -1))
    if moving:
        assert np.abs(made.window - spare[:, :1])[0, :2].max() < 0.01  # it begins with what was heard
        assert begin == pytest.approx(-23.0, abs=1.0) and [after, end] == pytest.approx([-20.0, -20.0], abs=1.0)
    else:
        assert begin == pytest.approx(-40.0, abs=1.0) and end == pytest.approx(-34.0, abs=1.0)


def test_another_sound_is_heard_though_the_one_before_it_died_away() -> None:
    frames = round((CONTEXT + 2.0 + SPARE) * RATE)
    quiet = (1e-3 * np.random.default_rng(1).standard_normal((1, frames))).astype(np.float32)
    before = Tail(0.1 * quiet[:, : round(CONTEXT * RATE)], 0.1 * quiet[:, : round(SPARE * RATE)])
    after = {moving: levels(joined(engine.Clip(quiet, RATE), RATE, 1, before, 0.1, moving).window) for moving in (0, 1)}
    assert after[1][-1] == pytest.approx(-20.0, abs=1.0)
    assert after[0][-1] == pytest.approx(-60.0 + 24.0, abs=1.0)  # the tail of the same sound is not to roar

"""The level "ahead": the same samples however they come, never above the peak, and as long as was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import ModelError, Request
from engine.ahead import Ahead, Limiter
from engine.finish import finish
from engine.passes import LOUD

ASKED = Request(prompt="a", seconds=0.5, level="ahead", rate=48000, peak=-3.0)
CEILING = 10 ** (-3 / 20)


def noise(frames: int, level: float = 0.3) -> np.ndarray:
    return (level * np.random.default_rng(frames).standard_normal(frames)).astype(np.float32)


def in_pieces(samples: np.ndarray, rate: int, request: Request, sizes: list[int]) -> np.ndarray:
    ahead, found, at = Ahead(rate, request), [], 0
    for size in [*sizes, len(samples)]:
        found.append(ahead.feed(samples[at : at + size]))
        at += size
    return np.concatenate([*found, ahead.end()], axis=1)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(1, 9000), max_size=12), st.sampled_from([48000, 44100, 16000]), st.sampled_from([0.05, 0.5])
)
def test_no_bit_depends_on_the_pieces(sizes: list[int], rate: int, level: float) -> None:
    samples = noise(rate // 2 + 700, level)
    whole = finish(samples, rate, ASKED).samples
    assert whole.shape == (1, 24000)
    np.testing.assert_array_equal(in_pieces(samples, rate, ASKED, sizes), whole)


@pytest.mark.parametrize("level", [0.01, 0.3, 3.0, 1000.0])
def test_nothing_is_above_the_peak(level: float) -> None:
    assert np.abs(finish(noise(30000, level), 48000, ASKED).samples).max() <= np.float32(CEILING)


def test_what_is_low_enough_is_only_scaled() -> None:
    """From the level that models are trained on to the peak asked for, and faded at its end."""
    samples = np.full(24000, 0.5, np.float32)
    samples[0] = 0.0
    found = finish(samples, 48000, ASKED).samples[0]
    np.testing.assert_allclose(found[1000:20000], 0.5 * CEILING / LOUD, rtol=1e-6)
    assert found[-1] == 0.0


def test_a_jump_at_the_beginning_is_faded_in() -> None:
    assert finish(np.full(24000, 0.5, np.float32), 48000, ASKED).samples[0, 0] == 0.0


@pytest.mark.parametrize("frames", [0, 1, 100, 23999, 50000])
def test_the_length_is_what_was_asked_for(frames: int) -> None:
    found = finish(noise(frames), 48000, ASKED).samples
    assert found.shape == (1, 24000)
    assert not found[0, frames:].any()


def test_a_limiter_turns_down_smoothly() -> None:
    samples = np.full(2000, 0.5)
    samples[1000] = 4.0
    limiter = Limiter(1.0, 100)
    held = np.concatenate((limiter.feed(samples), limiter.end()))
    assert len(held) == len(samples)
    assert held[1000] == pytest.approx(1.0)
    gain = held / samples
    assert np.abs(np.diff(gain)).max() < 0.02
    np.testing.assert_array_equal(gain[:700], 1.0)
    np.testing.assert_array_equal(gain[1300:], 1.0)


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(ModelError, match="not finite"):
        Ahead(48000, ASKED).feed(np.array([0.0, np.nan], np.float32))

"""Rate, length, fades and level come out exactly as the request says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import ModelError, Request
from engine.finish import fade_in, fade_out, finish, fit, loudness, resample, set_level


def tone(hertz: float, rate: int, seconds: float, channels: int = 1) -> NDArray[np.float32]:
    angle = 2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate
    return np.tile(0.25 * np.sin(angle), (channels, 1)).astype(np.float32)


def noise(frames: int, channels: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((channels, frames)).astype(np.float32) * np.float32(0.1)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([8000, 11025, 22050, 44100, 48000, 88200, 96000, 192000]),
    st.sampled_from([16000, 48000]),
    st.floats(0.05, 0.6),
    st.integers(1, 2),
    st.integers(0, 20000),
)
def test_length_and_rate_are_exact(rate: int, native: int, seconds: float, channels: int, frames: int) -> None:
    request = Request(prompt="x", seconds=seconds, rate=rate)
    clip = finish(np.ones((channels, frames), np.float32), native, request)
    assert clip.samples.shape == (channels, request.frames)
    assert clip.rate == rate
    assert np.isfinite(clip.samples).all()


@pytest.mark.parametrize(("native", "rate"), [(16000, 48000), (48000, 44100), (16000, 44100), (48000, 8000)])
def test_resampling_keeps_pitch_phase_and_level(native: int, rate: int) -> None:
    out = resample(tone(1000, native, 0.5, 2), native, rate)
    expected = tone(1000, rate, 0.5, 2)
    assert abs(out.shape[1] - expected.shape[1]) <= 1
    middle = slice(rate // 10, 4 * rate // 10)
    np.testing.assert_allclose(out[:, middle], expected[:, middle], atol=2e-5)


def test_resampling_to_the_same_rate_touches_nothing() -> None:
    samples = noise(1000)
    assert resample(samples, 48000, 48000) is samples


def test_fit_cuts_or_adds_silence() -> None:
    samples = noise(100)
    np.testing.assert_array_equal(fit(samples, 60), samples[:, :60])
    np.testing.assert_array_equal(fit(samples, 150)[:, 100:], 0)
    np.testing.assert_array_equal(fit(samples, 150)[:, :100], samples)


@pytest.mark.parametrize("frames", [1, 2, 240, 5000])
def test_the_fade_out_falls_to_zero_and_leaves_the_rest(frames: int) -> None:
    ones = np.ones((2, 1000), np.float32)
    faded = fade_out(ones, frames)
    used = min(frames, 1000)
    assert (faded[:, -1] == 0).all()
    np.testing.assert_array_equal(faded[:, : 1000 - used], 1)
    assert (np.diff(faded[0]) <= 0).all()
    assert (ones == 1).all()


def test_no_fade_is_no_change() -> None:
    assert fade_out(ones := np.ones((1, 10), np.float32), 0) is ones


def test_the_fade_in_is_only_for_a_jump() -> None:
    smooth = tone(1000, 48000, 0.1)
    assert fade_in(smooth, 48) is smooth
    jump = np.cos(2 * np.pi * 100 * np.arange(4800) / 48000)[None].astype(np.float32)
    faded = fade_in(jump, 48)
    assert faded[0, 0] == 0
    np.testing.assert_array_equal(faded[:, 48:], jump[:, 48:])


@pytest.mark.parametrize("peak", [-60.0, -6.0, -1.0, 0.0])
def test_the_peak_is_met(peak: float) -> None:
    out = set_level(noise(4800, 2), Request(prompt="x", peak=peak))
    assert 20 * np.log10(np.abs(out).max()) == pytest.approx(peak, abs=1e-4)


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.39, 0.4, 0.41, 3.0])
@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_the_loudness_is_met_at_every_length(seconds: float, rate: int) -> None:
    request = Request(prompt="x", level="loudness", loudness=-30, peak=0, rate=rate)
    out = set_level(noise(round(rate * seconds), 2), request)
    assert loudness(out, rate) == pytest.approx(-30, abs=0.05)


def test_the_meter_agrees_with_the_standard() -> None:
    """A 997 Hz sine at 0 dBFS in one channel measures -3.01 LUFS (BS.1770-4); EBU Tech 3341 allows 0.1."""
    assert loudness(4 * tone(997, 48000, 5.0), 48000) == pytest.approx(-3.01, abs=0.1)


def test_the_ceiling_wins_over_the_loudness() -> None:
    click = np.zeros((1, 48000), np.float32)
    click[0, 100] = 0.5
    request = Request(prompt="x", level="loudness", loudness=-5, peak=-3)
    out = set_level(click, request)
    assert 20 * np.log10(out.max()) == pytest.approx(-3, abs=1e-4)


def test_silence_stays_silent_and_none_changes_nothing() -> None:
    for level in ("peak", "loudness", "none"):
        silent = set_level(np.zeros((1, 4800), np.float32), Request(prompt="x", level=level))
        np.testing.assert_array_equal(silent, 0)
    samples = noise(4800)
    assert set_level(samples, Request(prompt="x", level="none")) is samples
    whisper = np.full((1, 4800), 1e-7, np.float32)
    assert np.isfinite(set_level(whisper, Request(prompt="x", level="loudness"))).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_model_that_computes_nonsense_is_told_so(bad: float) -> None:
    with pytest.raises(ModelError, match="not finite"):
        finish(np.array([0.0, bad], np.float32), 48000, Request(prompt="x"))


def test_finishing_is_repeatable() -> None:
    request = Request(prompt="x", seconds=0.5, rate=44100, level="loudness")
    one, two = (finish(noise(9000), 16000, request).samples for _ in range(2))
    assert one.tobytes() == two.tobytes()

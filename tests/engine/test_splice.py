"""Seams: what is joined neither clicks nor jumps in level, at any rate, and the measures notice it where it does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.splice import (
    active_level,
    at_rate,
    click,
    clipped,
    complement,
    continued,
    crossfade,
    decibels,
    filled,
    joined,
    joined_both,
    level,
    level_change,
    matching_gain,
    predictor,
    ramp,
)

RATES = (8000, 44100, 192000)


def tone(hertz: float, frames: int, rate: int, amplitude: float = 0.3, channels: int = 1, phase: float = 0.4):
    angle = 2 * np.pi * hertz * np.arange(frames) / rate + phase
    return np.tile(amplitude * np.sin(angle), (channels, 1)).astype(np.float32)


def swell(frames: int, peak: float) -> np.ndarray:
    """A tone that is cut off where it is loudest, and would have become louder still."""
    sound = np.sin(np.arange(frames) * 0.147 + 1.2) * np.exp(np.linspace(-6, 0, frames))
    return (peak * sound / np.abs(sound).max())[None].astype(np.float32)


def noise(frames: int, amplitude: float = 0.1, channels: int = 1, seed: int = 0):
    return (amplitude * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


@st.composite
def spans_in(draw: st.DrawFn) -> tuple[tuple[tuple[int, int], ...], int]:
    edges = sorted(draw(st.sets(st.integers(0, 400), max_size=8)))
    edges = edges[: len(edges) // 2 * 2]
    return tuple(zip(edges[::2], edges[1::2], strict=True)), 400


@given(spans_in())
def test_spans_and_their_complement_are_every_frame_once(case) -> None:
    spans, frames = case
    count = np.zeros(frames, int)
    for start, end in (*spans, *complement(spans, frames)):
        count[start:end] += 1
    assert (count == 1).all()


@given(spans_in(), st.integers(0, 200), st.integers(201, 400))
def test_clipped_spans_are_what_lies_in_the_window(case, start: int, end: int) -> None:
    spans, frames = case
    mask = np.zeros(frames, bool)
    for a, b in spans:
        mask[a:b] = True
    part = np.zeros(end - start, bool)
    for a, b in clipped(spans, start, end):
        part[a:b] = True
    assert (part == mask[start:end]).all()


def test_spans_at_another_rate_never_grow() -> None:
    assert at_rate(((1, 100), (200, 201)), 96000, 16000) == ((1, 16),)
    assert at_rate(((0, 8000),), 8000, 48000) == ((0, 48000),)


def test_ramps_add_up_to_one() -> None:
    assert np.allclose(ramp(101) + ramp(101)[::-1], 1.0)


def test_crossfade_keeps_the_level_of_like_and_of_unlike() -> None:
    same = noise(20000)
    assert np.allclose(crossfade(same, same), same, atol=1e-6)
    mixed = crossfade(same, noise(20000, seed=1))
    levels = [level(part) for part in np.split(mixed, 10, axis=1)]
    assert max(abs(decibels(one / 0.1)) for one in levels) < 0.6


def test_prediction_continues_tones_and_never_grows() -> None:
    rate = 48000
    both = tone(440, 9600, rate) + tone(3217, 9600, rate, 0.1)
    assert np.abs(continued(both[:, :7200], 480, rate) - both[:, 7200:7680]).max() < 0.01
    wild = continued(noise(7200, 0.5), 4800, rate)
    assert np.abs(wild).max() < 1.5 and level(wild[:, -480:]) < 0.5
    assert not continued(np.zeros((2, 4000), np.float32), 100, rate).any()
    assert continued(noise(3), 5, rate).shape == (1, 5)
    assert len(predictor(np.zeros(400))[0]) == 0
    lasting = continued(noise(7200, 0.2), 4800, rate, lasting=True)
    assert abs(decibels(level(lasting[:, 2400:]) / 0.2)) < 3


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("quieter", [1.0, 0.15])
def test_joined_sound_neither_clicks_nor_jumps(rate: int, quieter: float) -> None:
    """A tone into noise, noise into a tone, both at several ratios of level, in two channels of unlike level."""
    seconds = rate // 2
    balance = np.array([[1.0], [0.3]], np.float32)
    sounds = [tone(220, seconds, rate, channels=2) * balance, noise(seconds, channels=2) * balance[::-1]]
    for before, new in (sounds, sounds[::-1]):
        whole = np.concatenate((before, joined(before, new * quieter, rate)), axis=1)
        assert click(whole, seconds, rate) < 1.2
        for measured in (0.01, 0.02, 0.05, 0.1):
            assert abs(level_change(whole, seconds, rate, measured)) < 1.0
        assert np.array_equal(whole[:, -seconds // 2 :], (new * quieter)[:, -seconds // 2 :])


def test_both_ends_of_a_region_are_joined() -> None:
    rate = 44100
    source = tone(330, 3 * rate, rate, 0.4)
    for frames in (rate, rate // 10, 441, 20):
        start, end = rate, rate + frames
        whole = source.copy()
        whole[:, start:end] = joined_both(source[:, :start], noise(frames, 0.02), source[:, end:], rate)
        assert click(whole, start, rate) < 1.2 and click(whole, end, rate) < 1.2
        if frames > 2000:
            assert abs(level_change(whole, start, rate)) < 1.0 and abs(level_change(whole, end, rate)) < 1.0


@pytest.mark.parametrize("sound", [tone(220, 24000, 48000), noise(24000)])
def test_the_source_rings_on_into_new_silence(sound) -> None:
    whole = np.concatenate((sound, joined(sound, np.zeros((1, 48000), np.float32), 48000)), axis=1)
    assert click(whole, 24000, 48000) < 1.2
    for measured in (0.01, 0.02, 0.05, 0.1):
        assert abs(level_change(whole, 24000, 48000, measured)) < 1.0
    assert not whole[:, 24000 + 9700 :].any()


def test_silence_outside_makes_the_new_sound_fade_in() -> None:
    silent, new = np.zeros((1, 4800), np.float32), noise(48000, 0.3)
    result = joined(silent, new, 48000)
    assert level(result[:, :480]) < 1e-3 and np.array_equal(result[:, 9700:], new[:, 9700:])


def test_one_without_frames_is_left_alone() -> None:
    none, new = np.zeros((1, 0), np.float32), noise(100)
    assert np.array_equal(joined_both(none, new, none, 8000), new)


def test_the_click_measure_finds_a_click() -> None:
    sound = tone(200, 48000, 48000)
    assert click(sound, 24000, 48000) <= 1.01
    cut = np.concatenate((sound[:, :24000], -sound[:, 24000:]), axis=1)
    jump = np.concatenate((sound[:, :24000], sound[:, 24000:] + 0.3), axis=1)
    assert max(click(cut, 24000, 48000), click(jump, 24000, 48000)) > 5
    assert click(np.zeros((1, 100), np.float32), 50, 8000) == 0.0


def test_the_level_measure_finds_a_step_in_either_channel() -> None:
    sound = noise(9600, channels=2)
    stepped = sound.copy()
    stepped[1, 4800:] *= 0.5
    assert abs(level_change(sound, 4800, 48000)) < 0.5
    assert -7.0 < level_change(stepped, 4800, 48000) < -5.0


def test_filled_spans_show_nothing_of_what_was_there() -> None:
    sound = tone(300, 48000, 48000)
    marked = sound.copy()
    marked[:, 20000:30000] = 99.0
    result = filled(marked, ((20000, 30000), (40000, 48000)))
    assert np.abs(result).max() < 0.5 and level(result[:, 21000:29000]) > 0.1
    assert np.array_equal(result[:, :20000], sound[:, :20000])
    assert not filled(marked, ((0, 48000),)).any()


def test_pauses_do_not_count_for_what_is_heard() -> None:
    sound = noise(48000, 0.2)
    sound[:, 12000:] *= 1e-4
    assert active_level(sound, 48000) == pytest.approx(0.2, rel=0.02) and level(sound) < 0.11
    assert active_level(np.zeros((2, 100), np.float32), 8000) == 0.0 == active_level(np.zeros((2, 0), np.float32), 8000)


def test_gains_match_levels_within_bounds() -> None:
    assert matching_gain(noise(5000, 0.2), noise(5000, 0.1)) == pytest.approx(2.0)
    assert matching_gain(noise(5000, 0.5), noise(5000, 0.001)) == pytest.approx(10 ** (12 / 20))
    assert matching_gain(noise(5000, 0.5), noise(5000, 0.0)) == 1.0


@pytest.mark.parametrize("peak", [0.98, 1.5])
def test_what_goes_on_from_a_loud_end_is_no_louder(peak: float) -> None:
    """Also where prediction says that it would become so: full scale, or the source's own peak, is not exceeded."""
    before, rate = swell(4000, peak), 16_000
    assert np.abs(continued(before, 160, rate)).max() > 1.05 * max(1.0, peak)
    made = joined(before, noise(4000), rate)
    assert np.abs(made).max() <= max(1.0, peak)
    assert click(np.concatenate((before, made), axis=1), 4000, rate) <= 1.0

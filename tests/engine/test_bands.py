"""Bands: the cut-off is found, the crossover loses nothing, the source below it stays, spectra can be matched."""

from __future__ import annotations

import numpy as np
import pytest

from engine.bands import crossover, cutoff_of, following_gain, join_bands, long_spectrum, low_pass, same_spectrum
from engine.finish import resample
from engine.splice import decibels, level


def noise(frames: int, channels: int = 1, seed: int = 0, amplitude: float = 0.1):
    return (amplitude * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


@pytest.mark.parametrize(("low_rate", "rate"), [(8000, 48000), (16000, 44100), (32000, 96000), (22050, 44100)])
def test_the_cutoff_of_what_was_resampled_is_found(low_rate: int, rate: int) -> None:
    clip = resample(noise(3 * low_rate, 2), low_rate, rate)
    found = cutoff_of(clip, rate)
    assert 0.93 * low_rate / 2 < found < 1.02 * low_rate / 2


def test_a_full_band_does_not_end() -> None:
    white = noise(96000)
    pink = np.cumsum(white, axis=1)
    pink -= pink.mean()
    hum = np.sin(2 * np.pi * 430 / 48000 * np.arange(96000))[None].astype(np.float32)
    for sound in (white, pink, hum):
        assert cutoff_of(sound, 48000) == 24000
    assert cutoff_of(np.zeros((1, 9600), np.float32), 48000) == 24000


def test_a_faint_floor_above_is_no_band() -> None:
    """A recording cut at 4 kHz with the dither of 16 bits over all of it."""
    clip = resample(noise(24000), 8000, 48000) + noise(144000, amplitude=2.0**-16, seed=2)
    assert 3700 < cutoff_of(clip, 48000) < 4100


@pytest.mark.parametrize("cutoff", [200.0, 3900.0, 15000.0])
def test_the_crossover_adds_up_and_separates(cutoff: float) -> None:
    sound = noise(48000, 2)
    below, above = crossover(sound, cutoff, 48000)
    assert np.abs(below + above - sound).max() < 1e-6
    angle = 2 * np.pi * np.arange(48000) / 48000
    for factor, passed in ((0.9, 0), (1.12, 1)):
        tone = np.sin(angle * cutoff * factor)[None].astype(np.float32)
        parts = [level(part[:, 9600:-9600]) for part in crossover(tone, cutoff, 48000)]
        assert decibels(parts[1 - passed] / parts[passed]) < -80


def test_taps_are_symmetric_and_of_unit_gain() -> None:
    taps = low_pass(1000, 100, 48000)
    assert len(taps) % 2 == 1 and np.allclose(taps, taps[::-1]) and taps.sum() == pytest.approx(1)


def test_joined_bands_keep_the_source_below_and_take_the_rest_from_the_made() -> None:
    rate, cutoff = 48000, 4000.0
    source = resample(noise(16000, 2), 8000, rate)
    made = noise(96000, 2, seed=5)
    result = join_bands(source, made, 3800.0, rate)
    assert result.shape == source.shape
    difference, spectrum = long_spectrum(result - source), long_spectrum(source)
    hertz = np.arange(len(spectrum)) * rate / 4096
    low, high = hertz < 3500, hertz > cutoff * 1.1
    assert 10 * np.log10(difference[low].sum() / spectrum[low].sum()) < -70
    assert long_spectrum(result)[high].sum() > 0.5 * spectrum[low].sum()


def test_the_new_band_gives_way_where_the_sum_would_clip() -> None:
    source = resample(noise(16000), 8000, 48000)
    source *= 0.99 / np.abs(source).max()
    result = join_bands(source, 3 * noise(96000, seed=5), 3800.0, 48000)
    difference, spectrum = long_spectrum(result - source), long_spectrum(source)
    assert np.abs(result).max() <= 1.0 + 1e-3
    assert 10 * np.log10(difference[:280].sum() / spectrum[:280].sum()) < -40


def test_the_new_band_is_silent_where_the_source_is() -> None:
    source, made = noise(48000), noise(48000, seed=1)
    source[:, 24000:] = 0
    gains = following_gain(source, made, 6000.0, 48000)
    assert gains[:, 30000:].max() < 0.02 and 0.5 < gains[:, 5000:19000].mean() < 2


def test_a_dulled_sound_gets_its_spectrum_back_within_the_limit() -> None:
    bright = noise(96000)
    below, above = crossover(bright, 5000.0, 48000)
    dull = below + 0.3 * above
    mended = same_spectrum(dull, bright, 48000)
    for part in (mended, bright):
        assert part.shape == bright.shape
    tops = [level(crossover(one, 7000.0, 48000)[1]) / level(one) for one in (bright, dull, mended)]
    assert abs(decibels(tops[2] / tops[0])) < 0.7 and decibels(tops[1] / tops[0]) < -0.8
    silent = np.zeros_like(bright)
    assert same_spectrum(silent, bright, 48000) is silent

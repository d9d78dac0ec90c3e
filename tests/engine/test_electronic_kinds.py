"""The electronic kinds' building blocks do what their names say."""

import numpy as np
import pytest

from engine.training.corpus.draw import FRAMES
from engine.training.corpus.kinds import _electronic as e


def _spectrum(sound):
    return np.abs(np.fft.rfft(sound * np.hanning(sound.size))), np.fft.rfftfreq(sound.size, 1 / e.RATE)


def test_a_sweep_starts_and_ends_where_it_says():
    curve = e.sweep(4000.0, 100.0, 1000, bend=0.7)
    assert curve[0] == pytest.approx(4000.0)
    assert curve[-1] == pytest.approx(100.0)
    assert np.all(np.diff(curve) < 0)


def test_a_high_saw_keeps_its_aliases_down():
    level, frequency = _spectrum(e.saw(np.full(e.RATE, 3010.0)))
    harmonic = np.abs(frequency / 3010.0 - np.round(frequency / 3010.0)) * 3010.0 < 10.0
    below = (frequency > 100.0) & (frequency < 9000.0)
    assert level[below & ~harmonic].max() < 0.01 * level.max()


def test_partials_sound_at_the_frequencies_asked_for():
    level, frequency = _spectrum(e.partials(np.random.default_rng(0), (440.0, 1000.0), (1.0, 0.5), FRAMES))
    assert frequency[level.argmax()] == pytest.approx(440.0, abs=0.3)
    assert level[np.abs(frequency - 1000.0).argmin()] == pytest.approx(0.5 * level.max(), rel=0.05)


@pytest.mark.parametrize("frames", [700, 5000, 48001])
def test_a_wide_open_moving_filter_leaves_the_sound_alone(frames):
    sound = np.random.default_rng(1).standard_normal(frames)
    # far above the band and without resonance the response is flat
    assert e.moving_filter(sound, np.full(frames, 1e7), 0.7, 1) == pytest.approx(sound, abs=1e-3)


def test_a_moving_filter_follows_its_cutoff():
    noise = np.random.default_rng(2).standard_normal(2 * e.RATE)
    out = e.moving_filter(noise, e.sweep(200.0, 15000.0, noise.size), 0.8, 2)
    high = np.abs(e.band(out, 4000.0, None))
    assert high[-8000:].mean() > 20 * high[:8000].mean()


def test_ring_loses_sixty_decibels_in_its_t60():
    sound = e.ring(np.random.default_rng(0), [1000.0], [1.0], [0.5], e.RATE)
    peaks = [np.abs(sound[at : at + 480]).max() for at in (0, 24000 - 480)]
    assert 20 * np.log10(peaks[1] / peaks[0]) == pytest.approx(-60.0, abs=2.0)

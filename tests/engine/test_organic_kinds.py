"""The building blocks of nature, animals and people do what their names say."""

import numpy as np
import pytest

from engine.training.corpus.draw import RATE
from engine.training.corpus.kinds import _organic as organic


def test_a_glottal_source_has_its_pitch_and_falls_with_frequency():
    pulses = organic.glottal(np.random.default_rng(0), np.full(RATE, 200.0), jitter=0.0)
    spectrum = np.abs(np.fft.rfft(pulses * np.hanning(RATE)))
    assert np.argmax(spectrum[50:]) + 50 in (199, 200, 201, 399, 400, 401)
    assert spectrum[2000] < 0.3 * spectrum[200]
    assert spectrum[300] < 0.01 * spectrum[200]


def test_a_resonator_peaks_at_its_frequency_with_about_unit_gain():
    impulse = np.zeros(RATE)
    impulse[0] = 1.0
    response = np.abs(np.fft.rfft(organic.resonate(impulse, 1000.0, 80.0)))
    assert abs(int(np.argmax(response)) - 1000) <= 2
    assert response.max() == pytest.approx(1.0, abs=0.02)


def test_a_curve_passes_its_points_and_does_not_overshoot():
    path = organic.curve(4800, [(0.0, 1.0), (0.5, 3.0), (1.0, 2.0)])
    assert path[0] == pytest.approx(1.0)
    assert path[-1] == pytest.approx(2.0)
    assert path.max() <= 3.0 + 1e-9


def test_noise_falls_by_its_slope():
    power = np.abs(np.fft.rfft(organic.noise(np.random.default_rng(1), 1 << 17, 3.0))) ** 2
    bins = np.fft.rfftfreq(1 << 17, 1 / RATE)
    low = power[(bins > 400) & (bins < 600)].mean()
    high = power[(bins > 3200) & (bins < 4800)].mean()
    assert 10 * np.log10(low / high) == pytest.approx(9.0, abs=1.0)


def test_what_is_placed_outside_is_dropped():
    out = np.zeros(100)
    organic.place(out, np.ones(50), 80 / RATE)
    organic.place(out, np.ones(50), -1.0)
    organic.place(out, np.ones(50), 1.0)
    assert out.sum() == 20

"""The man-made kinds' building blocks do what their names say."""

import numpy as np
import pytest

from engine.training.corpus.kinds import _mechanical as m


def test_modal_equals_the_sum_of_damped_sines():
    frames, t = 3000, np.arange(3000) / m.RATE
    out = m.modal(np.array([440.0, 3000.0, 30000.0]), np.array([0.5, 0.1, 1.0]), np.array([1.0, 0.5, 9.0]), frames)
    expected = np.exp(-6.91 * t / 0.5) * np.sin(2 * np.pi * 440 * t)
    expected += 0.5 * np.exp(-6.91 * t / 0.1) * np.sin(2 * np.pi * 3000 * t)
    assert out == pytest.approx(expected, abs=1e-9)  # the mode above hearing is left out


def test_slips_come_at_the_asked_rate():
    marks = m.slips(np.random.default_rng(0), np.full(2 * m.RATE, 150.0), 0.05)
    assert np.count_nonzero(marks) == pytest.approx(300, abs=3)


def test_scatter_has_its_density():
    density = m.curve(m.RATE, [(0, 0), (0.5, 0), (0.5001, 4000), (1, 4000)])
    hits = np.flatnonzero(m.scatter(np.random.default_rng(0), density))
    assert hits.min() >= m.RATE // 2 - 10
    assert len(hits) == pytest.approx(2000, rel=0.1)


def test_a_cycle_read_at_a_pitch_has_that_pitch_and_its_harmonics():
    level = np.abs(np.fft.rfft(m.turning(np.full(m.RATE, 500.0), m.cycle([1.0, 0.0, 0.5]))))
    assert level[1500] / level[500] == pytest.approx(0.5, rel=0.01)
    assert level[1000] < 0.001 * level[500]


def test_a_swept_band_follows_its_centre():
    noise = m.white(np.random.default_rng(2), 2 * m.RATE)
    out = m.swept(noise, m.curve(2 * m.RATE, [(0, 300), (1, 9000)]), 4.0)
    high = np.abs(m.band(out, 4000.0, None))
    assert high[-8000:].mean() > 5 * high[:8000].mean()


def test_place_cuts_at_the_end():
    out = np.zeros(4)
    m.place(out, np.ones(3), 2, 2.0)
    m.place(out, np.ones(3), 9)
    assert out.tolist() == [0, 0, 2, 2]

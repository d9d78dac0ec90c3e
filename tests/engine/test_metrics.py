"""The evaluation's formulas against closed forms and against signals whose figure is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation import metrics

RATE = 48000


def gaussian(count: int, mean: np.ndarray, scale: np.ndarray, seed: int) -> np.ndarray:
    """Samples whose empirical mean and covariance are exactly `mean` and diag(scale²)."""
    x = np.random.default_rng(seed).standard_normal((count, len(mean)))
    x -= x.mean(0)
    x = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T
    return x * scale + mean


def test_frechet_distance_of_diagonal_gaussians_is_the_closed_form() -> None:
    mean_a, mean_b = np.array([0.0, 1.0, -2.0]), np.array([1.0, 1.0, 0.0])
    scale_a, scale_b = np.array([1.0, 2.0, 0.5]), np.array([3.0, 1.0, 0.5])
    expected = np.sum((mean_a - mean_b) ** 2) + np.sum((scale_a - scale_b) ** 2)
    figure = metrics.frechet_distance(gaussian(40, mean_a, scale_a, 1), gaussian(60, mean_b, scale_b, 2))
    assert figure == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_is_symmetric_zero_on_itself_and_rotation_invariant() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((50, 6)), rng.standard_normal((70, 6)) * 2 + 1
    rotation, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    assert metrics.frechet_distance(a, a) == pytest.approx(0.0, abs=1e-9)
    assert metrics.frechet_distance(a, b) == pytest.approx(metrics.frechet_distance(b, a))
    assert metrics.frechet_distance(a @ rotation, b @ rotation) == pytest.approx(metrics.frechet_distance(a, b))


def test_frechet_distance_survives_fewer_samples_than_dimensions() -> None:
    a = np.random.default_rng(4).standard_normal((10, 64))
    assert metrics.frechet_distance(a, a + 0.5) == pytest.approx(64 * 0.25)


@pytest.mark.parametrize("bad", [np.zeros((1, 4)), np.zeros((3, 5)), np.full((3, 4), np.nan), np.zeros(4)])
def test_frechet_distance_refuses(bad: np.ndarray) -> None:
    with pytest.raises(ValueError):
        metrics.frechet_distance(np.ones((5, 4)), bad)


def test_paired_kl_of_two_classes() -> None:
    p, q = np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])
    assert metrics.paired_kl(p, q) == pytest.approx(0.5 * np.log(2.0) + 0.5 * np.log(2.0 / 3.0))
    assert metrics.paired_kl(p, p) == pytest.approx(0.0)


def test_inception_score_spans_one_to_the_number_of_classes() -> None:
    assert metrics.inception_score(np.eye(7)) == pytest.approx(7.0)
    assert metrics.inception_score(np.full((5, 7), 1 / 7)) == pytest.approx(1.0)
    assert metrics.inception_score(np.tile(np.eye(7)[0], (5, 1))) == pytest.approx(1.0)


def test_embedding_score_is_the_mean_cosine() -> None:
    text, audio = np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([[3.0, 0.0], [1.0, np.sqrt(3.0)]])
    assert metrics.embedding_score(text, audio) == pytest.approx(0.75)


def test_recall_and_top1() -> None:
    audio = np.eye(4)
    text = np.eye(4)[[0, 1, 3, 2]] + 0.1 * np.eye(4)
    assert metrics.recall_at(text, audio, 1) == 0.5
    assert metrics.recall_at(text, audio, 2) == 1.0
    assert metrics.top1(np.eye(3), [0, 1, 1]) == pytest.approx(2 / 3)


def test_log_spectral_distance_of_a_gain_is_the_gain_and_of_silence_is_nothing() -> None:
    spectrum = np.random.default_rng(5).uniform(0.1, 1.0, (20, 30))
    assert metrics.log_spectral_distance(spectrum, spectrum * 10 ** (3 / 20)) == pytest.approx(3.0)
    assert metrics.log_spectral_distance(np.zeros((4, 5)), np.full((4, 5), 1e-7)) == 0.0


def test_buzz_hears_a_hop_rate_and_nothing_in_noise() -> None:
    time = np.arange(4 * RATE) / RATE
    noise = np.random.default_rng(6).standard_normal(len(time))
    assert metrics.buzz(noise, RATE) < 6.0
    assert metrics.buzz(noise * np.exp(-3 * time), RATE) < 6.0
    assert metrics.buzz(noise * (1 + 0.1 * np.cos(2 * np.pi * 100 * time)), RATE) > 10.0
    assert metrics.buzz(noise * (1 + 0.3 * np.cos(2 * np.pi * 100 * time)), RATE) > 20.0
    assert metrics.buzz(noise * (1 + 0.3 * np.cos(2 * np.pi * 130 * time)), RATE) < 6.0


def test_buzz_does_not_depend_on_level_and_takes_silence() -> None:
    noise = np.random.default_rng(7).standard_normal(2 * RATE)
    assert metrics.buzz(noise * 1e-4, RATE) == pytest.approx(metrics.buzz(noise, RATE), abs=1e-3)
    assert metrics.buzz(np.zeros(2 * RATE), RATE) == 0.0
    with pytest.raises(ValueError, match="at least 1 s"):
        metrics.buzz(noise[:1000], RATE)


def test_buzz_median_is_not_moved_by_one_sound_that_really_beats() -> None:
    rng = np.random.default_rng(8)
    time = np.arange(2 * RATE) / RATE
    sounds = [rng.standard_normal(len(time)) for _ in range(4)]
    sounds.append(sounds[0] * (1 + np.cos(2 * np.pi * 100 * time)))
    assert metrics.buzz_median(sounds, RATE) < 6.0

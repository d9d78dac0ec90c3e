"""The figures of the evaluation: pure functions over numpy arrays.

Audio is float, mono, shape (frames,); embeddings are (count, dimensions); posteriors are (count, classes), rows that
sum to one. Nothing here knows a model, a file or torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

__all__ = [
    "buzz",
    "buzz_median",
    "embedding_score",
    "frechet_distance",
    "inception_score",
    "log_spectral_distance",
    "paired_kl",
    "recall_at",
    "top1",
]

Array = np.ndarray
TINY = 1e-12
INAUDIBLE_DEPTH = 0.003  # amplitude modulation of a tone is just heard from 1 to 2 % (Zwicker and Fastl 1999, ch. 10)


def frechet_distance(a: Array, b: Array) -> float:
    """Fréchet distance between Gaussians fitted to two sets of embeddings, (N, D) and (M, D); ≥ 0, 0 for equal sets.

    ||mean difference||² + tr(A + B - 2 (A B)^½): Dowson and Landau 1982; over classifier embeddings Heusel et al. 2017
    (FID), over audio Kilgour et al. 2019 (FAD). It is biased upwards for small sets: compare only at equal counts.
    The trace of the root is taken from the eigenvalues of A^½ B A^½, which is symmetric, so nothing complex arises.
    """
    a, b = _matrix(a, "a"), _matrix(b, "b")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"embeddings must have equal dimensions, got {a.shape[1]} and {b.shape[1]}")
    if min(len(a), len(b)) < 2:
        raise ValueError(f"a covariance needs at least 2 embeddings, got {len(a)} and {len(b)}")
    cov_a, cov_b = np.atleast_2d(np.cov(a, rowvar=False)), np.atleast_2d(np.cov(b, rowvar=False))
    values, vectors = np.linalg.eigh(cov_a)
    root_a = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    cross = np.linalg.eigvalsh(root_a @ cov_b @ root_a)
    trace_root = float(np.sum(np.sqrt(np.clip(cross, 0.0, None))))
    shift = float(np.sum((a.mean(0) - b.mean(0)) ** 2))
    return max(0.0, shift + float(np.trace(cov_a) + np.trace(cov_b)) - 2.0 * trace_root)


def paired_kl(reference: Array, generated: Array) -> float:
    """Mean KL(reference ‖ generated) in nats between the posteriors of paired clips (AudioLDM, Liu et al. 2023, §5)."""
    p, q = _posteriors(reference), _posteriors(generated)
    if p.shape != q.shape:
        raise ValueError(f"posteriors must be paired, got shapes {p.shape} and {q.shape}")
    return float(np.mean(np.sum(p * (np.log(p) - np.log(q)), axis=1)))


def inception_score(posteriors: Array) -> float:
    """exp of the mean KL(p(y|x) ‖ p(y)), 1 .. number of classes (Salimans et al. 2016): sure of each, varied in all."""
    p = _posteriors(posteriors)
    marginal = p.mean(0, keepdims=True)
    return float(np.exp(np.mean(np.sum(p * (np.log(p) - np.log(marginal)), axis=1))))


def embedding_score(text: Array, audio: Array) -> float:
    """Mean cosine, -1..1, between the text's and the audio's embeddings of pairs: the "CLAP score" over our own towers.

    After the CLIP score (Hessel et al. 2021); not comparable with figures from other embeddings.
    """
    a, b = _matrix(text, "text"), _matrix(audio, "audio")
    if a.shape != b.shape:
        raise ValueError(f"embeddings must be paired, got shapes {a.shape} and {b.shape}")
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(np.mean(np.sum(a * b, axis=1) / np.maximum(norms, TINY)))


def recall_at(text: Array, audio: Array, k: int) -> float:
    """Share of texts whose own clip (same row) is among the k audio embeddings of highest cosine (R@k), 0..1."""
    a, b = _matrix(text, "text"), _matrix(audio, "audio")
    similarity = _unit(a) @ _unit(b).T
    own = np.diagonal(similarity)[:, None]
    return float(np.mean(np.sum(similarity > own, axis=1) < k))


def top1(posteriors: Array, labels: Sequence[int] | Array) -> float:
    """Share of rows whose largest posterior is the label's, 0..1."""
    return float(np.mean(np.argmax(_matrix(posteriors, "posteriors"), axis=1) == np.asarray(labels)))


def log_spectral_distance(reference: Array, estimate: Array, floor: float = 1e-5) -> float:
    """Log-spectral distance in dB between two magnitude spectrograms (frames, bins) of one shape.

    Root mean square over bins of 20 log10 of the ratio, mean over frames (Gray and Markel 1976). Magnitudes below
    `floor` count as the floor, so that silence against near-silence costs nothing.
    """
    a, b = np.asarray(reference, np.float64), np.asarray(estimate, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"spectrograms must have one shape, got {a.shape} and {b.shape}")
    difference = 20.0 * (np.log10(np.maximum(a, floor)) - np.log10(np.maximum(b, floor)))
    return float(np.mean(np.sqrt(np.mean(difference**2, axis=-1))))


def buzz(samples: Array, rate: int, frame_rate: float = 100.0, bands: int = 8) -> float:
    """How far the envelope's line at the vocoder's frame rate stands out of its neighbourhood, in dB (our own figure).

    A frame-wise synthesis that repeats itself every hop is heard as a buzz at the frame rate. Per band (`bands`
    log-spaced bands from 200 Hz to 0.42 of the rate): the envelope |analytic signal|, Hann-windowed; power of its
    spectrum within ±1 Hz of `frame_rate` (the highest bin) over the mean at 6 to 24 Hz to either side; the median over
    bands within 50 dB of the loudest. A modulation of 0.3 % is added to both, so that the line of a clean tone is not
    magnified by the perfect silence around it. Around 4 for stationary noise (the highest of the ~10 bins within
    ±1 Hz against a mean), 0 for clean tones, 20 and more for audible buzz.
    Needs at least one second. A sound that really beats at the frame rate has a true line: judge by medians.
    """
    x = np.asarray(samples, np.float64)
    if x.ndim != 1:
        raise ValueError(f"samples must be mono, shape (frames,), got {x.shape}")
    if len(x) < rate:
        raise ValueError(f"buzz needs at least 1 s, got {len(x) / rate:.3g} s")
    edges = np.geomspace(200.0, 0.42 * rate, bands + 1)
    envelopes = [_band_envelope(x, rate, low, high) for low, high in pairwise(edges)]
    levels = np.array([np.mean(e**2) for e in envelopes])
    loud = np.flatnonzero(levels > max(levels.max() * 1e-5, 1e-16))
    if not len(loud):
        return 0.0
    return float(np.median([_line(envelopes[band], len(x) / rate, frame_rate) for band in loud]))


def buzz_median(signals: Sequence[Array], rate: int, frame_rate: float = 100.0) -> float:
    """Median of `buzz` over signals, in dB: the figure the vocoder's gate compares with its limit."""
    if not signals:
        raise ValueError("buzz_median needs at least one signal")
    return float(np.median([buzz(s, rate, frame_rate) for s in signals]))


def _band_envelope(x: Array, rate: int, low: float, high: float) -> Array:
    """|analytic signal| of one band with raised-cosine edges; only the band's own bins are transformed back."""
    spectrum = np.fft.rfft(x)
    hertz = rate / len(x)
    first, last = int(low / hertz), min(int(high / hertz) + 1, len(spectrum))
    part = spectrum[first:last]
    edge = max(1, len(part) // 8)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / edge)
    part[:edge] *= ramp
    part[-edge:] *= ramp[::-1]
    # The envelope keeps frequency differences only, so the band may be moved to 0 Hz; at least 1 kHz of room for them.
    size = max(2 * len(part), int(1000.0 / hertz))
    return np.abs(np.fft.ifft(part, size)) * (size / len(x))


def _line(envelope: Array, seconds: float, frame_rate: float) -> float:
    """The line's height over its neighbourhood in dB, in the spectrum of one band's envelope."""
    window = np.hanning(len(envelope))
    power = np.abs(np.fft.rfft((envelope - envelope.mean()) * window)) ** 2
    away = np.abs(np.arange(len(power)) / seconds - frame_rate)
    floor = (0.5 * INAUDIBLE_DEPTH * envelope.mean() * window.sum()) ** 2
    line = power[away <= 1.0].max()
    beside = power[(away >= 6.0) & (away <= 24.0)].mean()
    return float(10.0 * np.log10((line + floor + TINY**2) / (beside + floor + TINY**2)))


def _matrix(values: Array, name: str) -> Array:
    matrix = np.asarray(values, np.float64)
    if matrix.ndim != 2 or not len(matrix):
        raise ValueError(f"{name} must be a non-empty matrix (count, dimensions), got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} holds values that are not finite")
    return matrix


def _posteriors(values: Array) -> Array:
    matrix = np.clip(_matrix(values, "posteriors"), TINY, None)
    return matrix / matrix.sum(axis=1, keepdims=True)


def _unit(values: Array) -> Array:
    return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), TINY)

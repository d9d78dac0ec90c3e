"""Mel front-ends against librosa."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.mel import (
    AUDIOLDM,
    AUDIOLDM_48K,
    POCKET,
    LogMel,
    MelConfig,
    mel_filters,
    pocket_log_mel,
    pocket_nats,
)

TRAINING = replace(AUDIOLDM, padding="even")
ALL = {"audioldm": AUDIOLDM, "audioldm-training": TRAINING, "audioldm-48k": AUDIOLDM_48K, "pocket": POCKET}


@pytest.mark.parametrize("config", ALL.values(), ids=ALL)
def test_filters_equal_librosa(config: MelConfig) -> None:
    librosa = pytest.importorskip("librosa")
    want = librosa.filters.mel(
        sr=config.rate, n_fft=config.n_fft, n_mels=config.bands, fmin=config.low, fmax=config.high
    )
    np.testing.assert_allclose(mel_filters(config).numpy(), want, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("config", ALL.values(), ids=ALL)
def test_spectrogram_equals_librosa(config: MelConfig) -> None:
    librosa = pytest.importorskip("librosa")
    samples = np.random.default_rng(3).normal(0, 0.1, config.hop * 40).astype(np.float32)
    samples[: config.hop * 10] = 0
    padded = np.pad(samples, config.pad, mode="reflect")
    mel = librosa.feature.melspectrogram(
        y=padded,
        sr=config.rate,
        n_fft=config.n_fft,
        hop_length=config.hop,
        center=False,
        power=1.0,
        n_mels=config.bands,
        fmin=config.low,
        fmax=config.high,
    )
    got = LogMel(config)(torch.from_numpy(samples)[None])[0].numpy()
    np.testing.assert_allclose(got, np.log(np.maximum(mel, 1e-5)).T, atol=2e-3)


@pytest.mark.parametrize(("config", "frames"), [(AUDIOLDM, 41), (TRAINING, 40), (POCKET, 40)])
def test_number_of_frames(config: MelConfig, frames: int) -> None:
    for extra in (0, config.hop - 1):
        samples = config.hop * 40 + extra
        assert config.frames(samples) == frames
        assert LogMel(config)(torch.zeros(2, samples)).shape == (2, frames, config.bands)


def test_the_two_front_ends_lie_half_a_hop_apart() -> None:
    samples = torch.randn(1, 16_000) * 0.1
    shifted = LogMel(AUDIOLDM)(samples[:, 80:])[:, 10:80]
    torch.testing.assert_close(shifted, LogMel(TRAINING)(samples)[:, 10:80], atol=1e-3, rtol=1e-3)


def test_silence_reads_the_floor() -> None:
    mel = LogMel(POCKET)(torch.zeros(1, 4800))
    assert torch.all(mel == mel[0, 0, 0])
    assert mel[0, 0, 0].item() == pytest.approx(POCKET.silence) == pytest.approx(-11.5129, abs=1e-4)


def test_a_tone_lands_in_its_band() -> None:
    time = torch.arange(48_000) / 48_000
    for hertz in (100.0, 1000.0, 12_000.0):
        band = LogMel(POCKET)(torch.sin(2 * torch.pi * hertz * time)[None])[0, 50].argmax()
        peak = mel_filters(POCKET)[band].argmax() * 48_000 / 2048
        assert abs(peak - hertz) < max(0.06 * hertz, 30)


def test_too_short_a_clip_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 784 samples, got 784"):
        LogMel(POCKET)(torch.zeros(1, 784))


def test_pocket_normalisation_goes_both_ways() -> None:
    samples = torch.randn(2, 9600) * 0.05
    mel = pocket_log_mel(samples)
    assert mel.shape == (2, 20, 128)
    torch.testing.assert_close(pocket_nats(mel), LogMel(POCKET)(samples))
    torch.testing.assert_close(pocket_log_mel(samples[1]), mel[1])

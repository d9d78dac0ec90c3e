"""The learned vocoder: shapes, seeds, a loss that falls, a run that resumes; and the gate that judges it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.evaluation import gate
from engine.evaluation.gate import VocoderFigures
from engine.griffin_lim import griffin_lim
from engine.mel import pocket_log_mel
from engine.training import vocoder
from engine.vocos import Vocos, VocosConfig, vocode

TINY = VocosConfig(width=16, hidden=32, blocks=1, noise=2, noise_bands=8)


@pytest.fixture
def network() -> Vocos:
    torch.manual_seed(0)
    return Vocos(TINY).eval()


@pytest.mark.parametrize("frames", [1, 3, 50])
def test_samples_for_any_number_of_frames(network: Vocos, frames: int) -> None:
    samples = vocode(network, torch.randn(frames, 128))
    assert samples.shape == (frames * 480,)
    assert torch.isfinite(samples).all()


def test_a_seed_belongs_to_a_clip(network: Vocos) -> None:
    mel = torch.randn(2, 20, 128)
    batch = vocode(network, mel, seed=[5, 6])
    assert torch.equal(vocode(network, mel[1], seed=6), vocode(network, mel[1], seed=6))
    assert not torch.equal(vocode(network, mel[1], seed=6), vocode(network, mel[1], seed=7))
    torch.testing.assert_close(batch[1], vocode(network, mel[1], seed=6), atol=1e-4, rtol=1e-3)
    with pytest.raises(ValueError, match="one seed a clip"):
        vocode(network, mel, seed=[1])


def test_critics_and_losses_are_zero_or_fall_where_they_should() -> None:
    real = torch.randn(2, 64 * 480, generator=torch.Generator().manual_seed(0)) * 0.1
    assert float(vocoder.spectral_loss(real, real)) == 0.0
    assert float(vocoder.spectral_loss(0.5 * real, real)) > 0.3
    scores = vocoder.Critics(width=4)(real)
    assert len(scores) == 3
    assert all(torch.isfinite(score).all() for score, _ in scores)


def test_the_loss_falls_on_a_toy_sound() -> None:
    torch.manual_seed(1)
    network, critics, front = Vocos(TINY), vocoder.Critics(width=4, sizes=(512,)), vocoder.LogMel(vocoder.POCKET)
    ours, theirs = torch.optim.AdamW(network.parameters(), 3e-3), torch.optim.AdamW(critics.parameters(), 1e-3)
    time = torch.arange(32 * 480) / 48000
    tone = (0.2 * torch.sin(2 * torch.pi * 440 * time))[None].repeat(2, 1)
    losses = [float(vocoder._step(network, critics, front, ours, theirs, tone)["spectral"]) for _ in range(25)]
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:3])


def test_training_resumes_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocoder, "BATCH", 1)
    monkeypatch.setattr(vocoder, "Vocos", lambda: Vocos(TINY))
    small = vocoder.Critics(width=4, sizes=(512,))
    monkeypatch.setattr(vocoder, "Critics", lambda: small)
    audio = (np.random.default_rng(0).standard_normal((2, 48000)) * 3000).astype(np.int16)
    vocoder.train_on(audio, tmp_path, minutes=0.001)
    first = torch.load(tmp_path / "vocoder.pt", weights_only=True)["step"]
    vocoder.train_on(audio, tmp_path, minutes=0.002)
    assert torch.load(tmp_path / "vocoder.pt", weights_only=True)["step"] >= first >= 1


def test_the_gate_asks_for_every_bar() -> None:
    fallback = VocoderFigures(buzz=4.0, distance=5.0, mel=0.1, recognised=0.95)
    good = VocoderFigures(buzz=5.0, distance=4.5, mel=0.1, recognised=0.96)
    assert gate.decide({"griffin-lim": fallback, "vocos": good}) == "vocos"
    assert gate.decide({"griffin-lim": fallback}) == "griffin-lim"
    for change in ({"buzz": 6.1}, {"distance": 5.1}, {"recognised": 0.9}):
        worse = replace(good, **change)
        assert gate.decide({"griffin-lim": fallback, "vocos": worse}) == "griffin-lim"


def test_the_gate_measures_a_real_vocoder_and_a_bad_one(tmp_path: Path) -> None:
    clips = [0.1 * torch.randn(48000, generator=torch.Generator().manual_seed(n)) for n in range(2)]
    clips.append(0.3 * torch.sin(2 * torch.pi * 500 * torch.arange(48000) / 48000))

    def judge(mels: torch.Tensor) -> np.ndarray:
        spread = pocket_log_mel(clips[0][None]).std(-1).mean()
        return np.stack([(mels.std(-1).mean(1) < spread + 0.5).numpy(), np.full(len(mels), 0.5)], 1)

    def buzzing(mel: torch.Tensor) -> torch.Tensor:
        sound = griffin_lim(mel)
        return sound * (1 + 0.5 * torch.cos(2 * torch.pi * 100 * torch.arange(len(sound)) / 48000))

    choice = gate.run({"griffin-lim": griffin_lim, "vocos": buzzing}, clips, [0, 0, 1], judge, tmp_path / "gate.json")
    assert choice == "griffin-lim"
    good, bad = (gate.measure(v, clips, [0, 0, 1], judge) for v in (griffin_lim, buzzing))
    assert good.buzz < gate.BUZZ_LIMIT < bad.buzz
    assert good.recognised == 1.0
    assert "griffin-lim" in (tmp_path / "gate.json").read_text()

"""Griffin-Lim against the sounds it has to give back: a tone's pitch, a noise's spectrum, a click's place."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.evaluation.metrics import buzz
from engine.griffin_lim import BLOCK, REACH, griffin_lim, griffin_lim_pieces
from engine.mel import pocket_log_mel, pocket_nats

RATE = 48000
TIME = torch.arange(2 * RATE) / RATE


def error_in_nats(samples: torch.Tensor) -> float:
    mel = pocket_log_mel(samples)
    return float((pocket_nats(pocket_log_mel(griffin_lim(mel))) - pocket_nats(mel)).abs().mean())


def harmonic() -> torch.Tensor:
    return sum(torch.sin(2 * torch.pi * 220 * k * TIME) / k for k in range(1, 20)) * 0.2


def test_harmonic_tone_keeps_its_mel_and_its_pitch() -> None:
    tone = harmonic()
    assert error_in_nats(tone) < 0.25
    spectrum = np.abs(np.fft.rfft(griffin_lim(pocket_log_mel(tone)).numpy() * np.hanning(2 * RATE)))
    assert abs(np.argmax(spectrum) / 2 - 220) < 6


def test_noise_keeps_its_mel_and_does_not_buzz() -> None:
    noise = 0.1 * torch.randn(2 * RATE, generator=torch.Generator().manual_seed(0))
    assert error_in_nats(noise) < 0.25
    assert buzz(griffin_lim(pocket_log_mel(noise)).numpy(), RATE) < 6.0


def test_a_burst_stays_where_it_was() -> None:
    burst = torch.zeros(RATE)
    burst[20000:20400] = torch.randn(400, generator=torch.Generator().manual_seed(1))
    energy = griffin_lim(pocket_log_mel(burst)).square()
    centre = float((energy * torch.arange(RATE)).sum() / energy.sum())
    assert abs(centre - 20200) < 240


@pytest.mark.parametrize("frames", [1, 2, 3, 7, 100])
def test_any_number_of_frames(frames: int) -> None:
    samples = griffin_lim(torch.randn(frames, 128, generator=torch.Generator().manual_seed(frames)))
    assert samples.shape == (frames * 480,)
    assert torch.isfinite(samples).all()


def test_silence_is_silent() -> None:
    assert float(griffin_lim(pocket_log_mel(torch.zeros(RATE))).abs().max()) < 1e-4


def test_same_seed_same_samples_and_a_batch_equals_its_rows() -> None:
    noise = 0.1 * torch.randn(2 * RATE, generator=torch.Generator().manual_seed(2))
    mel = pocket_log_mel(torch.stack([harmonic(), noise]))
    batch = griffin_lim(mel, seed=[3, 4])
    assert torch.equal(griffin_lim(mel[1], seed=4), griffin_lim(mel[1], seed=4))
    assert not torch.equal(griffin_lim(mel[1], seed=4), griffin_lim(mel[1], seed=5))
    for row, seed in enumerate((3, 4)):
        torch.testing.assert_close(batch[row], griffin_lim(mel[row], seed=seed), atol=2e-3, rtol=0)


@pytest.mark.parametrize("shape", [(128,), (4, 64), (0, 128)])
def test_wrong_shapes_are_named(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="mel must have shape"):
        griffin_lim(torch.zeros(shape))
    with pytest.raises(ValueError, match="one seed a clip"):
        griffin_lim(torch.zeros(2, 4, 128), seed=[1])


@pytest.mark.parametrize("iterations", [0, 1, 12, 20])
def test_pieces_come_early_and_make_up_the_whole(iterations: int) -> None:
    mel = torch.randn(300, 128, generator=torch.Generator().manual_seed(5))
    pieces = list(griffin_lim_pieces(mel, seed=3, iterations=iterations))
    torch.testing.assert_close(torch.cat(pieces), griffin_lim(mel, seed=3, iterations=iterations), atol=0, rtol=0)
    known, fed = 0, 0
    for piece in pieces[:-1]:
        known, fed = known + len(piece) // 480, fed + BLOCK
        assert known >= fed - (iterations + 1) * REACH
    assert len(pieces) == -(-300 // BLOCK)


def test_the_pipeline_is_what_going_over_the_whole_clip_gives() -> None:
    """A whole clip in one block is the plain algorithm: every stage sees all frames at once."""
    mel = 0.5 * torch.randn(200, 128, generator=torch.Generator().manual_seed(6))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.griffin_lim.BLOCK", 200)
        whole = griffin_lim(mel, seed=3)
    torch.testing.assert_close(griffin_lim(mel, seed=3), whole, atol=2e-3, rtol=0)


def test_a_loop_stops_before_every_iteration_and_while_it_begins() -> None:
    pieces = list(griffin_lim_pieces(torch.zeros(150, 128), iterations=4, wrap=True))
    assert [len(piece) for piece in pieces] == [0] * (-(-150 // BLOCK) + 4) + [150 * 480]

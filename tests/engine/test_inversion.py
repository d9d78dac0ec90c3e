"""What Griffin-Lim begins with: magnitudes that give the mel back, and phases that do not depend on how it is cut."""

from __future__ import annotations

import math

import torch

from engine.inversion import StartingPhase, magnitudes
from engine.mel import POCKET, mel_filters, pocket_log_mel, pocket_nats

TIME = torch.arange(96000) / 48000
TONE = sum(torch.sin(2 * torch.pi * 220 * k * TIME) / k for k in range(1, 20)) * 0.2


def test_mel_inversion_gives_back_the_mel() -> None:
    mel = pocket_log_mel(TONE)
    bands = magnitudes(mel) @ mel_filters(POCKET).T
    assert float((bands.clamp_min(1e-5).log() - pocket_nats(mel)).abs().mean()) < 0.1
    assert float(magnitudes(mel).min()) > 0.0


def test_phases_are_the_same_however_the_clip_is_cut() -> None:
    linear = magnitudes(pocket_log_mel(TONE))
    whole = StartingPhase(7).feed(linear)
    for cut in (1, 64):
        phases = StartingPhase(7)
        torch.testing.assert_close(torch.cat([phases.feed(one) for one in linear.split(cut)]), whole, atol=0, rtol=0)


def test_a_tone_turns_by_its_frequency_from_frame_to_frame_and_noise_does_not() -> None:
    frequency = 40 * 48000 / 2048
    linear = magnitudes(pocket_log_mel(0.5 * torch.sin(math.tau * frequency * TIME)))
    at = int(linear[100].argmax())
    turns = StartingPhase(7).feed(linear)[50:150, at].diff()
    wanted = math.tau * at * 480 / 2048
    assert float((torch.sin(turns - wanted)).abs().max()) < 0.6
    assert not torch.equal(StartingPhase(1).feed(linear), StartingPhase(2).feed(linear))

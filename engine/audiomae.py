"""A recording's outline in the language of audio: what AudioMAE hears, pooled as AudioLDM 2 (Liu et al. 2023) does it.

The finer the pooling, the more of the recording is in its outline: one vector for each patch says nearly all of it, one
for each 64 what is heard when. The spectrogram is Kaldi's, through transformers, imported where it is needed.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor

from engine.nets.audiomae import AudioMae, pooled
from engine.passes import Samples

RATE = 16_000
"""What AudioMAE hears at, in Hz."""
HOP = 160
"""Samples from one frame of its spectrogram to the next."""
PEAK = 0.5
"""The highest sample of the recordings that it was trained with."""


class AudioMaeEars:
    """An encoder, and the recordings' way to it."""

    def __init__(self, encoder: AudioMae) -> None:
        from transformers import ASTFeatureExtractor

        config = encoder.config
        self.encoder = encoder
        # The spectrogram transformer, whose front-end this is, took it from the same place as AudioMAE did. Of Kaldi's
        # 128 bands the lowest ones are narrower than a bin, which the library warns of and the networks are used to.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            self.front_end = ASTFeatureExtractor(num_mel_bins=config.bands, max_length=config.frames)

    @property
    def samples(self) -> int:
        """How many samples at `RATE` are heard at once."""
        return self.encoder.config.frames * HOP

    def tokens(self, looseness: int) -> int:
        """Vectors of an outline."""
        times, bands = self.encoder.config.grid
        return (times // looseness) * max(1, bands // looseness)

    def seconds(self, looseness: int) -> float:
        """How long the sound is that one row of an outline's vectors stands for."""
        return self.encoder.config.patch * HOP * looseness / RATE

    def outline(self, samples: Samples, looseness: int) -> Tensor:
        """Mono float32 samples (N,) at 16 kHz to an outline, float32 (tokens, width), of their first `samples`.

        What is shorter is followed by silence. looseness: how many patches along time, and along frequency, one vector
        stands for; AudioLDM 2 was trained with 1, 2, 4 and 8.
        """
        return pooled(self.features(samples), looseness)[0]

    @torch.inference_mode()
    def features(self, samples: Samples) -> Tensor:
        """Features float32 (1, times, bands, width) of the samples, as in `outline`."""
        weight = self.encoder.pos_embed
        heard = self.encoder(torch.from_numpy(self.spectrogram(samples))[None].to(weight.device, weight.dtype))
        return heard.float()

    def spectrogram(self, samples: Samples) -> Samples:
        """Kaldi's log-mels (frames, bands) of the samples, without their mean, at the level that AudioMAE knows."""
        heard = np.asarray(samples[: self.samples], np.float32)
        heard = heard - heard.mean() if len(heard) else heard
        peak = float(np.abs(heard).max(initial=0.0))
        heard = np.pad(heard * np.float32(PEAK / peak if peak > 0 else 1.0), (0, self.samples - len(heard)))
        return np.asarray(self.front_end(heard, sampling_rate=RATE)["input_values"][0], np.float32)

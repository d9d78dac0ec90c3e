"""Loops: signals whose end runs into their beginning, at another length and without a seam."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def resample_loop(samples: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """One period of a loop (..., N) as exactly `frames` frames of the same loop, 1 or more.

    By the discrete Fourier transform, which knows of no ends: band-limited, and as smooth across the wrap as inside.
    """
    length = samples.shape[-1]
    if length == frames:
        return samples
    spectrum = np.fft.rfft(samples.astype(np.float64), axis=-1)
    kept = min(length, frames) // 2 + 1
    result = np.zeros((*samples.shape[:-1], frames // 2 + 1), np.complex128)
    result[..., :kept] = spectrum[..., :kept]
    if min(length, frames) % 2 == 0:
        # The bin at half of the lower rate says nothing about the phase that its tone would have.
        result[..., kept - 1] = 0.0
    return (np.fft.irfft(result, frames, axis=-1) * (frames / length)).astype(np.float32)


def stretch_loop(mel: Tensor, frames: int) -> Tensor:
    """A mel loop (T, bands) as `frames` frames, straight lines between the old ones; pitch stays as it is."""
    count = len(mel)
    if count == frames:
        return mel
    places = (torch.arange(frames, dtype=torch.float64) + 0.5) * (count / frames) - 0.5
    before = places.floor().long()
    part = (places - before).to(mel)[:, None]
    here, after = (mel[(before + step).remainder(count).to(mel.device)] for step in (0, 1))
    return torch.lerp(here, after, part.expand_as(here))

"""What Griffin-Lim begins with: linear magnitudes for a log-mel, and phases that suit them. Frame by frame, so that a
long clip can be worked off in blocks.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.mel import POCKET, mel_filters, pocket_nats

REFINEMENTS = 3
FLOOR = 1e-8
PROMINENCE = 2.0  # nats that a peak stands over its surroundings to count as tonal
SURROUNDINGS = 25  # bins
LOBE = 4  # bins to either side of a peak that move with it


def magnitudes(mel: Tensor) -> Tensor:
    """Linear magnitudes (..., T, 1025) whose mel is the given normalised log-mel (..., T, 128), all positive.

    Starts from the filters' pseudo-inverse, which resolves the low harmonics, held above a third of the smooth
    interpolation, then scales every bin by its bands' ratio of wanted to present energy: the multiplicative update
    of Lee and Seung 2001 for the Kullback-Leibler divergence, with exponent 1.5 to converge faster.
    """
    filters, inverse, shares = _inversion(mel.device)
    bands = pocket_nats(mel).exp()
    smooth = (bands / filters.sum(1)) @ shares
    linear = torch.maximum(bands @ inverse, 0.3 * smooth).clamp_min(FLOOR)
    for _ in range(REFINEMENTS):
        ratio = bands / (linear @ filters.T).clamp_min(FLOOR)
        linear = linear * (ratio @ shares).pow(1.5)
    return linear.clamp_min(FLOOR)


@functools.cache
def _inversion(device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """The filters (bands, bins), their pseudo-inverse and each bin's shares in the bands (both (bands, bins))."""
    filters = mel_filters(POCKET)
    inverse = torch.linalg.pinv(filters.double()).float().T
    shares = filters / filters.sum(0).clamp_min(1e-12)
    return filters.to(device), inverse.contiguous().to(device), shares.to(device)


class StartingPhase:
    """Phases of a clip that comes in blocks: running sinusoids under strong peaks, random elsewhere.

    Single-pass spectrogram inversion (Beauregard, Harish and Wyse 2015): a peak's frequency by quadratic interpolation
    of log magnitudes, the phase its integral over frames, neighbours in the peak's lobe in alternating sign. Noise and
    transients keep random phase: running phases would make them buzz at the hop rate.
    seed: draws what is random, on the CPU, so that it is the same on every device and however the clip is cut.
    """

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator("cpu").manual_seed(seed)
        self._advance: Tensor | None = None  # the last frame's, and the phase that it has come to
        self._reached: Tensor | None = None

    def feed(self, linear: Tensor) -> Tensor:
        """Phases (T, bins) in radians of the next frames, whose magnitudes are (T, bins)."""
        noise = torch.rand(linear.shape, generator=self._generator) * math.tau
        log = (linear + FLOOR).log()
        bins = torch.arange(linear.shape[1], device=linear.device)
        near, offset = _nearest_peak(log)
        local = F.avg_pool1d(log[:, None], SURROUNDINGS, 1, SURROUNDINGS // 2, count_include_pad=False)[:, 0]
        tonal = ((log - local).gather(1, near) > PROMINENCE) & ((bins - near).abs() <= LOBE)
        advance = (near + offset.gather(1, near)).double() * (math.tau * POCKET.hop / POCKET.n_fft)
        running = self._run(advance) + math.pi * (bins % 2)
        return torch.where(tonal, running.remainder(math.tau).float(), noise.to(linear.device))

    def _run(self, advance: Tensor) -> Tensor:
        """What frames (T, bins) that turn by `advance` each have come to; the first one of a clip begins at 0."""
        if self._advance is None or self._reached is None:
            middle = F.pad(0.5 * (advance[1:] + advance[:-1]), (0, 0, 1, 0))
        else:
            middle = 0.5 * (advance + torch.cat((self._advance, advance[:-1])))
            middle[:1] += self._reached
        running = middle.cumsum(0)
        self._advance, self._reached = advance[-1:], running[-1:]
        return running


def _nearest_peak(log: Tensor) -> tuple[Tensor, Tensor]:
    """For (T, bins) log magnitudes: the local maximum nearest to each bin, and each bin's peak offset, ±½ bin."""
    below, here, above = log[:, :-2], log[:, 1:-1], log[:, 2:]
    peak = F.pad((here > below) & (here >= above), (1, 1))
    curvature = (below - 2 * here + above).clamp_max(-1e-9)
    offset = F.pad((0.5 * (below - above) / curvature).clamp(-0.5, 0.5), (1, 1))
    count = log.shape[1]
    bins = torch.arange(count, device=log.device).expand_as(log)
    last = torch.where(peak, bins, -4 * count).cummax(1).values
    following = torch.where(peak, bins, 4 * count).flip(1).cummin(1).values.flip(1)
    return torch.where(bins - last <= following - bins, last, following).clamp(0, count - 1), offset

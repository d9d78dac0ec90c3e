"""Log-mel to waveform without a network: mel inversion, a tonal starting phase, fast Griffin-Lim.

Measured on 14 tonal, noisy and percussive signals at 16 iterations: against a pseudo-inverse of the filters and a
random starting phase, the refined inversion lowers the mean error of the log-mel from 0.190 to 0.140 nats, and the
tonal start the spectral convergence of tonal sounds by a third (a harmonic tone: 0.24 to 0.14), with no more buzz
(medians 3.4 and 3.3 dB). Eight iterations are then as good as sixteen from random phase; twelve are the default.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.mel import POCKET, mel_filters, pocket_nats

__all__ = ["griffin_lim", "magnitudes", "overlap_add"]

ITERATIONS = 12
MOMENTUM = 0.99
REFINEMENTS = 3
FLOOR = 1e-8
PROMINENCE = 2.0  # nats that a peak stands over its surroundings to count as tonal
SURROUNDINGS = 25  # bins
LOBE = 4  # bins to either side of a peak that move with it


def griffin_lim(
    mel: Tensor, *, seed: int | Sequence[int] = 0, iterations: int = ITERATIONS, wrap: bool = False
) -> Tensor:
    """Normalised log-mel of the pocket, (T, 128) or (B, T, 128), T ≥ 1, to 48 kHz samples (T * 480,) or (B, T * 480).

    Fast Griffin-Lim (Perraudin, Balazs and Søndergaard 2013) with momentum 0.99. `seed`, one or one a row, draws the
    starting phase of what is not tonal on the CPU, so a row's samples depend on its own mel and seed only. With `wrap`
    the clip is a loop: what it ends with overlaps its beginning, and it has no seam.
    Raises ValueError for another shape or a wrong number of seeds.
    """
    if mel.ndim not in (2, 3) or mel.shape[-1] != POCKET.bands or mel.shape[-2] < 1:
        raise ValueError(f"mel must have shape (frames, 128) or (batch, frames, 128), got {tuple(mel.shape)}")
    batch = mel if mel.ndim == 3 else mel[None]
    seeds = [seed] * len(batch) if isinstance(seed, int) else list(seed)
    if len(seeds) != len(batch):
        raise ValueError(f"one seed a clip is needed: {len(batch)} clips, got {len(seeds)} seeds")
    target = magnitudes(batch.float())
    phase = torch.stack([_starting_phase(rows, one) for rows, one in zip(target, seeds, strict=True)])
    if wrap:
        samples = _iterate(target, phase, iterations, wrap).roll(-POCKET.pad, 1)
    else:
        samples = _iterate(target, phase, iterations)[:, POCKET.pad :][:, : batch.shape[1] * POCKET.hop]
    return samples if mel.ndim == 3 else samples[0]


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


def _starting_phase(linear: Tensor, seed: int) -> Tensor:
    """Phases (T, bins) in radians: running sinusoids under strong peaks of (T, bins) magnitudes, random elsewhere.

    Single-pass spectrogram inversion (Beauregard, Harish and Wyse 2015): a peak's frequency by quadratic interpolation
    of log magnitudes, the phase its integral over frames, neighbours in the peak's lobe in alternating sign. Noise and
    transients keep random phase: running phases would make them buzz at the hop rate.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    noise = torch.rand(linear.shape, generator=generator) * math.tau
    log = (linear + FLOOR).log()
    bins = torch.arange(linear.shape[1], device=linear.device)
    near, offset = _nearest_peak(log)
    local = F.avg_pool1d(log[:, None], SURROUNDINGS, 1, SURROUNDINGS // 2, count_include_pad=False)[:, 0]
    tonal = ((log - local).gather(1, near) > PROMINENCE) & ((bins - near).abs() <= LOBE)
    advance = (near + offset.gather(1, near)).double() * (math.tau * POCKET.hop / POCKET.n_fft)
    middle = 0.5 * (advance[1:] + advance[:-1])
    running = F.pad(middle.cumsum(0), (0, 0, 1, 0)) + math.pi * (bins % 2)
    return torch.where(tonal, running.remainder(math.tau).float(), noise.to(linear.device))


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


def _iterate(target: Tensor, phase: Tensor, iterations: int, wrap: bool = False) -> Tensor:
    """Alternating projections from (B, T, bins) magnitudes and phases to samples (B, (T + 4) * hop), or (B, T * hop)
    of a loop.

    The samples begin with the whole first window: nothing is mirrored at the ends, what lies outside the clip is free.
    The overlap-add is ours because torch.istft's is the slowest part of it by far (4.8 of 5.5 ms for 5.12 s).
    """
    n_fft, hop = POCKET.n_fft, POCKET.hop
    laid, length = (_wrapped_add if wrap else overlap_add), target.shape[1] * hop
    window = torch.hann_window(n_fft, device=target.device)
    weight = laid(window.square().expand(1, target.shape[1], n_fft), hop).clamp_min(1e-2)
    spectrum = torch.polar(target, phase)
    previous: Tensor | None = None
    for _ in range(iterations):
        samples = laid(torch.fft.irfft(spectrum) * window, hop) / weight
        if wrap:
            samples = samples[:, torch.arange(length + n_fft, device=samples.device) % length]
        now = torch.fft.rfft(samples.unfold(1, n_fft, hop)[:, : target.shape[1]] * window)
        ahead = now if previous is None else torch.sub(now, previous, alpha=MOMENTUM / (1 + MOMENTUM))
        previous = now
        spectrum = ahead.sgn() * target
    return laid(torch.fft.irfft(spectrum) * window, hop) / weight


def _wrapped_add(frames: Tensor, hop: int) -> Tensor:
    """Like `overlap_add` for a loop: (B, T * hop), what goes beyond the end is added to the beginning."""
    line, length = overlap_add(frames, hop), frames.shape[1] * hop
    rounds = -(-line.shape[1] // length)
    return F.pad(line, (0, rounds * length - line.shape[1])).view(len(line), rounds, length).sum(dim=1)


def overlap_add(frames: Tensor, hop: int) -> Tensor:
    """Frames (B, T, n) laid down a hop apart and summed: (B, (T - 1 + ceil(n / hop)) * hop)."""
    batch, count, size = frames.shape
    parts = -(-size // hop)
    blocks = F.pad(frames, (0, parts * hop - size)).view(batch, count, parts, hop)
    out = frames.new_zeros(batch, count + parts - 1, hop)
    for part in range(parts):
        out[:, part : part + count] += blocks[:, :, part]
    return out.flatten(1)

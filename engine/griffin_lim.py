"""Log-mel to waveform without a network: mel inversion, a tonal starting phase, fast Griffin-Lim.

Measured on 14 tonal, noisy and percussive signals at 16 iterations: against a pseudo-inverse of the filters and a
random starting phase, the refined inversion lowers the mean error of the log-mel from 0.190 to 0.140 nats, and the
tonal start the spectral convergence of tonal sounds by a third (a harmonic tone: 0.24 to 0.14), with no more buzz
(medians 3.4 and 3.3 dB). Eight iterations are then as good as sixteen from random phase; twelve are the default.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.mel import POCKET, mel_filters, pocket_nats

__all__ = ["griffin_lim", "griffin_lim_pieces", "magnitudes", "overlap_add"]

ITERATIONS = 12
MOMENTUM = 0.99
REFINEMENTS = 3
FLOOR = 1e-8
PROMINENCE = 2.0  # nats that a peak stands over its surroundings to count as tonal
SURROUNDINGS = 25  # bins
LOBE = 4  # bins to either side of a peak that move with it
REACH = -(-POCKET.n_fft // POCKET.hop) - 1
"""Frames after a frame that overlap it."""
BLOCK = 64
"""Frames that go through an iteration at once."""


def griffin_lim(
    mel: Tensor, *, seed: int | Sequence[int] = 0, iterations: int = ITERATIONS, wrap: bool = False
) -> Tensor:
    """Normalised log-mel of the pocket, (T, 128) or (B, T, 128), T ≥ 1, to 48 kHz samples (T * 480,) or (B, T * 480).

    Fast Griffin-Lim (Perraudin, Balazs and Søndergaard 2013) with momentum 0.99. `seed`, one or one a row, draws the
    starting phase of what is not tonal on the CPU, so a row's samples depend on its own mel and seed only. With `wrap`
    the clip is a loop: what it ends with overlaps its beginning, and it has no seam.
    Raises ValueError for another shape or a wrong number of seeds.
    """
    return torch.cat(list(griffin_lim_pieces(mel, seed=seed, iterations=iterations, wrap=wrap)), dim=-1)


def griffin_lim_pieces(
    mel: Tensor, *, seed: int | Sequence[int] = 0, iterations: int = ITERATIONS, wrap: bool = False
) -> Iterator[Tensor]:
    """What `griffin_lim` gives, in pieces from the beginning on, each as soon as it is known; the first ones are empty.

    Every iteration only looks `REACH` frames ahead, so the first samples are known long before the last. Of a loop
    nothing is known before the end.
    """
    if mel.ndim not in (2, 3) or mel.shape[-1] != POCKET.bands or mel.shape[-2] < 1:
        raise ValueError(f"mel must have shape (frames, 128) or (batch, frames, 128), got {tuple(mel.shape)}")
    batch = mel if mel.ndim == 3 else mel[None]
    seeds = [seed] * len(batch) if isinstance(seed, int) else list(seed)
    if len(seeds) != len(batch):
        raise ValueError(f"one seed a clip is needed: {len(batch)} clips, got {len(seeds)} seeds")
    target = magnitudes(batch.float())
    phase = torch.stack([_starting_phase(rows, one) for rows, one in zip(target, seeds, strict=True)])
    pieces = _wrapped(target, phase, iterations) if wrap else _pipeline(target, phase, iterations)
    for piece in pieces:
        yield piece if mel.ndim == 3 else piece[0]


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


def _pipeline(target: Tensor, phase: Tensor, iterations: int) -> Iterator[Tensor]:
    """Alternating projections from (B, T, bins) magnitudes and phases to samples (B, T * hop), in pieces.

    Blocks of frames pass through one stage after the other, each stage `REACH` frames behind the one before it, and the
    last stage only lays them down. That is what going over the whole clip `iterations` times gives, in another order.
    """
    frames, hop = target.shape[1], POCKET.hop
    stages = [_Projection(target) for _ in range(iterations)]
    last, given = _Laying(target), 0
    for start in range(0, frames, BLOCK):
        block = slice(start, min(start + BLOCK, frames))
        spectrum, before = torch.polar(target[:, block], phase[:, block]), None
        for stage in stages:
            spectrum, before = stage.feed(spectrum, before)
        samples = last.feed(spectrum)
        # What lies before the first whole window is no part of the clip, nor is what its end rings on.
        begin = max(0, POCKET.pad - given)
        given += samples.shape[1]
        yield samples[:, begin : samples.shape[1] - max(0, given - POCKET.pad - frames * hop)]


class _Laying:
    """Lays spectra of frames, fed in their order, down as samples: (B, n, bins) to what is complete, (B, m * hop).

    The samples begin with the whole first window: nothing is mirrored at the ends, what lies outside the clip is free.
    The overlap-add is ours because torch.istft's is the slowest part of it by far (4.8 of 5.5 ms for 5.12 s).
    """

    def __init__(self, target: Tensor) -> None:
        self.frames = target.shape[1]
        self.window = torch.hann_window(POCKET.n_fft, device=target.device)
        self.fed = 0
        self._rows = target.new_zeros(len(target), 0, POCKET.n_fft)  # windowed frames that reach into what comes

    def feed(self, spectrum: Tensor) -> Tensor:
        """The samples that these frames complete; with the last frame, all that are left."""
        if not spectrum.shape[1]:
            return self._rows.new_zeros(len(spectrum), 0)
        rows = torch.cat((self._rows, torch.fft.irfft(spectrum) * self.window), dim=1)
        kept = self._rows.shape[1]
        self.fed += spectrum.shape[1]
        last = self.fed == self.frames
        hops = rows.shape[1] + (REACH if last else 0) - kept
        self._rows = rows[:, -REACH:]
        window = self.window.square().expand(1, rows.shape[1], POCKET.n_fft)
        span = slice(kept * POCKET.hop, (kept + hops) * POCKET.hop)
        weight = overlap_add(window, POCKET.hop)[:, span].clamp_min(1e-2)
        return overlap_add(rows, POCKET.hop)[:, span] / weight


class _Projection:
    """One iteration: spectra of frames in, spectra with the wanted magnitudes and better phases out, `REACH` behind."""

    def __init__(self, target: Tensor) -> None:
        self._target = target
        self._laying = _Laying(target)
        self._line = target.new_zeros(len(target), 0)  # samples from the next frame to come out on
        self._before = target.new_zeros(len(target), 0, target.shape[2], dtype=torch.complex64)
        self._given = 0

    def feed(self, spectrum: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
        """The next spectra, and what the iteration before this one measured there; the same of this iteration."""
        n_fft, hop = POCKET.n_fft, POCKET.hop
        self._line = torch.cat((self._line, self._laying.feed(spectrum)), dim=1)
        if before is not None:
            self._before = torch.cat((self._before, before), dim=1)
        count = max(0, (self._line.shape[1] - n_fft) // hop + 1)
        count = min(count, self._target.shape[1] - self._given)
        if not count:
            nothing = self._before[:, :0]
            return nothing, nothing
        now = torch.fft.rfft(self._line.unfold(1, n_fft, hop)[:, :count] * self._laying.window)
        ahead = now
        if before is not None:
            ahead = torch.sub(now, self._before[:, :count], alpha=MOMENTUM / (1 + MOMENTUM))
            self._before = self._before[:, count:]
        self._line = self._line[:, count * hop :]
        target = self._target[:, self._given : self._given + count]
        self._given += count
        return ahead.sgn() * target, now


def _wrapped(target: Tensor, phase: Tensor, iterations: int) -> Iterator[Tensor]:
    """The same for a loop, whose end overlaps its beginning: nothing, once for each iteration, then all of it."""
    n_fft, hop = POCKET.n_fft, POCKET.hop
    length = target.shape[1] * hop
    window = torch.hann_window(n_fft, device=target.device)
    weight = _wrapped_add(window.square().expand(1, target.shape[1], n_fft), hop).clamp_min(1e-2)
    spectrum = torch.polar(target, phase)
    previous: Tensor | None = None
    for _ in range(iterations):
        samples = _wrapped_add(torch.fft.irfft(spectrum) * window, hop) / weight
        samples = samples[:, torch.arange(length + n_fft, device=samples.device) % length]
        now = torch.fft.rfft(samples.unfold(1, n_fft, hop)[:, : target.shape[1]] * window)
        ahead = now if previous is None else torch.sub(now, previous, alpha=MOMENTUM / (1 + MOMENTUM))
        previous = now
        spectrum = ahead.sgn() * target
        yield samples[:, :0]
    yield (_wrapped_add(torch.fft.irfft(spectrum) * window, hop) / weight).roll(-POCKET.pad, 1)


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

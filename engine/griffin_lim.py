"""Log-mel to waveform without a network: mel inversion, a tonal starting phase, fast Griffin-Lim.

Measured on 14 tonal, noisy and percussive signals at 16 iterations: against a pseudo-inverse of the filters and a
random starting phase, the refined inversion lowers the mean error of the log-mel from 0.190 to 0.140 nats, and the
tonal start the spectral convergence of tonal sounds by a third (a harmonic tone: 0.24 to 0.14), with no more buzz
(medians 3.4 and 3.3 dB). Eight iterations are then as good as sixteen from random phase; twelve are the default.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.inversion import StartingPhase, magnitudes
from engine.mel import POCKET

ITERATIONS = 12
MOMENTUM = 0.99
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
    target = torch.empty(*batch.shape[:2], POCKET.n_fft // 2 + 1, device=batch.device)
    starts = _starts(batch.float(), seeds, target)
    for piece in (_wrapped if wrap else _pipeline)(target, starts, iterations):
        yield piece if mel.ndim == 3 else piece[0]


def _starts(mel: Tensor, seeds: Sequence[int], target: Tensor) -> Iterator[Tensor]:
    """The spectra (B, n, bins) that the iterations begin with, block by block; their magnitudes are put into `target`
    (B, T, bins)."""
    phases = [StartingPhase(seed) for seed in seeds]
    for start in range(0, mel.shape[1], BLOCK):
        block = slice(start, start + BLOCK)
        target[:, block] = magnitudes(mel[:, block])
        phase = torch.stack([one.feed(rows) for one, rows in zip(phases, target[:, block], strict=True)])
        yield torch.polar(target[:, block], phase)


def _pipeline(target: Tensor, starts: Iterator[Tensor], iterations: int) -> Iterator[Tensor]:
    """Alternating projections from (B, n, bins) spectra to samples (B, T * hop), in pieces.

    target: magnitudes (B, T, bins), those of each block there when its spectra are.

    Blocks of frames pass through one stage after the other, each stage `REACH` frames behind the one before it, and the
    last stage only lays them down. That is what going over the whole clip `iterations` times gives, in another order.
    """
    frames, hop = target.shape[1], POCKET.hop
    stages = [_Projection(target) for _ in range(iterations)]
    last, given = _Laying(target), 0
    for spectrum in starts:
        before = None
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


def _wrapped(target: Tensor, starts: Iterator[Tensor], iterations: int) -> Iterator[Tensor]:
    """The same for a loop, whose end overlaps its beginning: nothing, once for each block and each iteration, then all
    of it."""
    begun = []
    for block in starts:
        begun.append(block)
        yield target.new_zeros(len(target), 0)
    spectrum = torch.cat(begun, dim=1)
    n_fft, hop = POCKET.n_fft, POCKET.hop
    length = target.shape[1] * hop
    window = torch.hann_window(n_fft, device=target.device)
    weight = _wrapped_add(window.square().expand(1, target.shape[1], n_fft), hop).clamp_min(1e-2)
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

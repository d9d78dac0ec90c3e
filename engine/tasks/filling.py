"""What restyle, inpaint and extend share: making pieces of a recording, each from the sound around it.

A recording is worked on in place: windows are cut out, brought to the model's rate, rendered channel by channel in one
batch, brought back and joined to what is there. Only what a piece makes is ever written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.bands import same_spectrum
from engine.finish import fit, resample
from engine.passes import Pass, Work
from engine.splice import (
    Samples,
    Spans,
    at_rate,
    clipped,
    complement,
    crossfade,
    filled,
    joined_both,
    matching_gain,
)
from engine.windows import Chain, Piece, merged

OVERLAP = 0.25
"""Seconds over which two windows that follow each other are crossfaded."""
CEILING = 0.98
"""The highest sample that new sound may have, unless the recording itself goes higher."""
BATCH = 16
"""Passes that are asked for at once: more would need more memory and save no time."""

MEASURABLE = 0.25
"""Seconds of held sound from which a spectrum can be told."""

Decoded = list[NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Filling:
    """How pieces are made.

    rate: of the recording in Hz. strength: 1 begins at noise; below it, at the recording itself, noised so far.
    anew: what is made has nothing to do with what was there, and takes its level from what is around it; if not, the
    recording in its place is what it starts from and what gives the level.
    """

    work: Work
    rate: int
    strength: float = 1.0
    anew: bool = True


def fill(filling: Filling, samples: Samples, chains: Sequence[Chain]) -> Generator[list[Pass], Decoded, None]:
    """Make every piece of `chains` in `samples` (channels, frames), in place. Pieces of different chains share a
    batch. What is yielded are passes, what comes back are their decoded samples."""
    filling.work.expect(lists(chains, samples))
    references: dict[int, Samples] = {}
    for turn in range(max((len(chain) for chain in chains), default=0)):
        unmade = merged(span for chain in chains for piece in chain[turn:] for span in piece.open)
        windows = {
            index: Window(filling, samples, chain[turn], unmade)
            for index, chain in enumerate(chains)
            if turn < len(chain)
        }
        passes = [one for index, window in windows.items() for one in window.passes(turn, index)]
        decoded: Decoded = []
        for start in range(0, len(passes), BATCH):
            decoded += yield passes[start : start + BATCH]
        for index, window in windows.items():
            own, decoded = decoded[: window.count], decoded[window.count :]
            made = window.made(own, references.get(index) if filling.anew else None)
            references.setdefault(index, np.concatenate([window.cut(made, span) for span in window.piece.made], axis=1))
            for span in window.piece.made:
                put(samples, window.piece, span, window.cut(made, span), filling.rate)


def lists(chains: Sequence[Chain], samples: Samples) -> int:
    """How many lists of passes it takes to make `chains`, or a few less where channels are alike only in places."""
    channels = len(alike(samples)[1])
    turns = range(max((len(chain) for chain in chains), default=0))
    return sum(-(-sum(turn < len(chain) for chain in chains) * channels // BATCH) for turn in turns)


class Window:
    """One piece on its way through the model: what goes in for each channel, and what came out of it."""

    def __init__(self, filling: Filling, samples: Samples, piece: Piece, unmade: Spans) -> None:
        self.filling, self.piece = filling, piece
        self.frames = piece.end - piece.start
        self.inside = samples[:, piece.start : piece.end].copy()
        self.open = clipped(unmade if filling.anew else piece.open, piece.start, piece.end)
        seen = filled(self.inside, self.open) if filling.anew else self.inside
        # Channels that are alike are rendered once: a dual mono file costs no more than a mono one.
        self.channels, first = alike(self.inside)
        self.count = len(first)
        self.native = shown(seen[first], filling.rate, filling.work.rate)

    def passes(self, turn: int, chain: int) -> list[Pass]:
        """One for each channel that is unlike the others; all with the same seed, so that channels stay together."""
        work = self.filling.work
        return [
            Pass(
                request=work.request,
                frames=self.native.shape[1],
                seed=piece_seed(work.request.seed or 0, turn, chain),
                source=channel,
                strength=self.filling.strength,
                hold=at_rate(complement(self.open, self.frames), self.filling.rate, work.rate),
            )
            for channel in self.native
        ]

    def made(self, decoded: Decoded, reference: Samples | None) -> Samples:
        """The window (channels, frames) as the model made it, at the recording's rate, at the level around it or that
        of the recording in its place; with the spectrum of `reference`, which a chain began with."""
        made = fit(resample(np.stack(decoded), self.filling.work.rate, self.filling.rate), self.frames)[self.channels]
        spans = complement(self.open, self.frames) if self.filling.anew else self.open
        made = made * np.array([[_gain(*pair, spans)] for pair in zip(self.inside, made, strict=True)], np.float32)
        if self.filling.anew:
            made = self.uncoloured(made, spans)
        if reference is None:
            return made
        parts = np.concatenate([self.cut(made, span) for span in self.piece.made], axis=1)
        made = made * matching_gain(reference, parts, limit=6.0)
        return same_spectrum(made, reference, self.filling.rate)

    def uncoloured(self, made: Samples, held: Spans) -> Samples:
        """`made` without the colour that the model gives to what it holds, as far as that can be measured."""
        if sum(b - a for a, b in held) < MEASURABLE * self.filling.rate:
            return made
        want, have = (np.concatenate([one[:, a:b] for a, b in held], axis=1) for one in (self.inside, made))
        return same_spectrum(made, want, self.filling.rate, measured=have)

    def cut(self, made: Samples, span: tuple[int, int]) -> Samples:
        """A span of the recording out of the rendered window."""
        return made[:, span[0] - self.piece.start : span[1] - self.piece.start]


def shown(samples: Samples, rate: int, native: int) -> Samples:
    """The samples at the model's rate, with silence after them where they are shorter than a tenth of a second."""
    there = resample(samples, rate, native)
    return np.ascontiguousarray(fit(there, max(there.shape[1], native // 10)))


def put(samples: Samples, piece: Piece, span: tuple[int, int], new: Samples, rate: int) -> None:
    """Write `new` over a made span, crossfaded with what the piece before made and joined to the recording."""
    new = under(new, max(CEILING, float(np.abs(samples).max(initial=0.0))))
    (start, end), reach = span, rate + 4096
    before, old, after = samples[:, max(0, start - reach) : start], samples[:, start:end], samples[:, end : end + reach]
    if piece.backwards:
        before, old, new, after = (part[:, ::-1] for part in (after, old, new, before))
    nothing = before[:, :0]
    comes_from, goes_to = before, after
    if piece.overlap and span == (piece.made[-1] if piece.backwards else piece.made[0]):
        comes_from = nothing
        new = np.concatenate((crossfade(old[:, : piece.overlap], new[:, : piece.overlap]), new[:, piece.overlap :]), 1)
    if not piece.last:
        goes_to = nothing  # the next piece goes over this end
    new = joined_both(comes_from, new, goes_to, rate)
    samples[:, start:end] = new[:, ::-1] if piece.backwards else new


def under(samples: Samples, ceiling: float) -> Samples:
    """The samples turned down as far as they have to be for no sample to be above `ceiling`."""
    peak = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(ceiling / peak) if peak > ceiling else samples


def alike(samples: Samples) -> tuple[list[int], list[int]]:
    """For each channel, which of the different ones it is; and the first channel of each different one."""
    known: dict[bytes, int] = {}
    which = [known.setdefault(channel.tobytes(), len(known)) for channel in samples]
    return which, [which.index(one) for one in range(len(known))]


def piece_seed(seed: int, turn: int, chain: int) -> int:
    """The seed of a piece: the request's own for the first one of all."""
    if turn == chain == 0:
        return seed
    return int.from_bytes(hashlib.blake2b(f"{seed}:{chain}:{turn}".encode(), digest_size=7).digest())


def _gain(source: NDArray[np.float32], made: NDArray[np.float32], spans: Spans) -> float:
    """The factor that brings a channel of `made` to the level of `source` over `spans`."""
    if not spans:
        return 1.0
    want, have = (np.concatenate([one[a:b] for a, b in spans]) for one in (source, made))
    return matching_gain(want, have)

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
from engine.passes import Condition, Pass, Work
from engine.splice import (
    QUIET,
    Samples,
    Spans,
    active_level,
    at_rate,
    clipped,
    complement,
    crossfade,
    filled,
    joined_both,
    level,
    matching_gain,
)
from engine.windows import Chain, Piece
from engine.wording import merged

OVERLAP = 0.25
"""Seconds over which two windows that follow each other are crossfaded."""
CEILING = 0.98
"""The highest sample that new sound may have, unless the recording itself goes higher."""
BATCH = 16
"""Passes that are asked for at once: more would need more memory and save no time."""

MEASURABLE = 0.25
"""Seconds of held sound from which a spectrum can be told."""
LISTENED = 0.3
"""Seconds before an extension in which there has to be something to go on from."""
DIED_AWAY = 0.01
"""What is 40 dB below the rest of a recording has died away."""
MOST = 16.0
"""The factor, 24 dB, by which a piece is made as loud as its chain is to be."""

Decoded = list[NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class Filling:
    """How pieces are made.

    rate: of the recording in Hz. strength: 1 begins at noise; below it, at the recording itself, noised so far.
    anew: what is made has nothing to do with what was there, and takes its level from what is around it; if not, the
    recording in its place is what it starts from and what gives the level.
    examples: for each chain, what it is to be as loud as and to have the colour of. Without, that is its first piece.
    goes_over: what is made has a colour of its own, and only the level of its example.
    """

    work: Work
    rate: int
    strength: float = 1.0
    anew: bool = True
    examples: tuple[Samples, ...] = ()
    goes_over: bool = False


def fill(filling: Filling, samples: Samples, chains: Sequence[Chain]) -> Generator[list[Pass], Decoded, None]:
    """Make every piece of `chains` in `samples` (channels, frames), in place. Pieces of different chains share a
    batch. What is yielded are passes, what comes back are their decoded samples."""
    filling.work.expect(lists(chains, samples))
    references = dict(enumerate(filling.examples))
    for turn in range(max((len(chain) for chain in chains), default=0)):
        unmade = merged(span for chain in chains for piece in chain[turn:] for span in piece.open)
        windows = {
            index: Window(filling, samples, chain[turn], unmade, references.get(index))
            for index, chain in enumerate(chains)
            if turn < len(chain)
        }
        passes = [one for index, window in windows.items() for one in window.passes(turn, index)]
        decoded: Decoded = []
        for start in range(0, len(passes), BATCH):
            decoded += yield passes[start : start + BATCH]
        for index, window in windows.items():
            own, decoded = decoded[: window.count], decoded[window.count :]
            made = window.made(own)
            references.setdefault(index, window.parts(made))
            for span in window.piece.made:
                put(samples, window.piece, span, window.cut(made, span), filling.rate)


def lists(chains: Sequence[Chain], samples: Samples) -> int:
    """How many lists of passes it takes to make `chains`, or a few less where channels are alike only in places."""
    channels = len(alike(samples)[1])
    turns = range(max((len(chain) for chain in chains), default=0))
    return sum(-(-sum(turn < len(chain) for chain in chains) * channels // BATCH) for turn in turns)


class Window:
    """One piece on its way through the model: what goes in for each channel, and what came out of it."""

    def __init__(
        self, filling: Filling, samples: Samples, piece: Piece, unmade: Spans, reference: Samples | None
    ) -> None:
        self.filling, self.piece, self.reference = filling, piece, reference
        self.frames = piece.end - piece.start
        self.inside = samples[:, piece.start : piece.end].copy()
        self.open = clipped(unmade if filling.anew else piece.open, piece.start, piece.end)
        seen = filled(self.inside, self.open) if filling.anew else self.inside
        # Channels that are alike are rendered once: a dual mono file costs no more than a mono one.
        self.channels, first = alike(self.inside)
        self.afresh = self._after_silence()
        if self.afresh:
            self.channels, first = [0] * len(self.inside), [0]
        self.count = len(first)
        self.native = shown(seen[first], filling.rate, filling.work.rate)

    def _after_silence(self) -> bool:
        """Whether an extension has nothing to go on from, as what is there has died away. A model that is shown
        silence makes more of it, so such a piece is rendered from the prompt alone."""
        if not self.filling.examples or self.reference is None:
            return False
        reach = round(LISTENED * self.filling.rate)
        start, end = (edge - self.piece.start for edge in self.piece.open[0])
        last = slice(end, end + reach) if self.piece.backwards else slice(max(0, start - reach), start)
        return level(self.inside[:, last]) < DIED_AWAY * active_level(self.reference, self.filling.rate)

    def passes(self, turn: int, chain: int) -> list[Pass]:
        """One for each channel that is unlike the others; all with the same seed, so that channels stay together."""
        work, seed = self.filling.work, piece_seed(self.filling.work.request.seed or 0, turn, chain)
        if self.afresh:
            start, end = self.piece.made[0]
            frames = -(-(end - start) * work.rate // self.filling.rate)
            return [Pass(request=work.request, frames=frames, seed=seed, conditions=self.mixture())]
        return [
            Pass(
                request=work.request,
                frames=self.native.shape[1],
                seed=seed,
                source=channel,
                strength=self.filling.strength,
                hold=at_rate(complement(self.open, self.frames), self.filling.rate, work.rate),
                begins=self.begins(),
                conditions=self.likeness(channel),
            )
            for channel in self.native
        ]

    def likeness(self, channel: NDArray[np.float32]) -> tuple[Condition, ...]:
        """What steers a gap for which nobody gave a prompt: the sound around it, where the model can hear."""
        if mixture := self.mixture():
            return mixture
        if self.filling.work.request.prompt or not (self.filling.anew and self.filling.work.hears):
            return ()
        return (Condition(audio=channel),)

    def mixture(self) -> tuple[Condition, ...]:
        """The prompts of an extension, with their weights; none steers by the request's one prompt."""
        request = self.filling.work.request
        wanted = request.weighted_prompts if request.task == "extend" and request.prompts else ()
        return tuple(Condition(prompt, weight=weight) for prompt, weight in wanted)

    def begins(self) -> int:
        """Where in the window a new event is to begin, in the model's samples. What extends goes on instead."""
        if not (self.filling.anew and self.filling.work.request.task == "inpaint" and self.open):
            return 0
        return self.open[0][0] * self.filling.work.rate // self.filling.rate

    def made(self, decoded: Decoded) -> Samples:
        """The window (channels, frames) as the model made it, at the recording's rate, at the level around it or that
        of the recording in its place; with the level and colour that the chain is to have."""
        made = resample(np.stack(decoded), self.filling.work.rate, self.filling.rate)[self.channels]
        if self.afresh:
            made = np.pad(made, ((0, 0), (self.piece.made[0][0] - self.piece.start, 0)))
        made = fit(made, self.frames)
        spans = complement(self.open, self.frames) if self.filling.anew else self.open
        if not self.afresh:
            made = made * np.array([[_gain(*pair, spans)] for pair in zip(self.inside, made, strict=True)], np.float32)
        if not self.filling.anew:
            return made
        if not self.afresh:
            made = self.uncoloured(made, spans)
        return made if self.reference is None else self.likened(made, self.reference)

    def likened(self, made: Samples, reference: Samples) -> Samples:
        """`made` with the colour of `reference`, unless it goes over into another, and as loud where it is heard."""
        rate = self.filling.rate
        if not self.filling.goes_over:
            made = same_spectrum(made, reference, rate, measured=self.parts(made))
        have, want = active_level(self.parts(made), rate), active_level(reference, rate)
        return made * np.float32(np.clip(want / have, 1 / MOST, MOST)) if min(have, want) >= QUIET else made

    def parts(self, made: Samples) -> Samples:
        """What is made, out of the rendered window."""
        return np.concatenate([self.cut(made, span) for span in self.piece.made], axis=1)

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

"""upsample: audio super-resolution. Below the source's cut-off its own sound, above it what the model hears there."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from engine.bands import crossover, cutoff_of, join_bands
from engine.errors import BadRequest
from engine.finish import fit, resample
from engine.passes import Pass, Plan, Work
from engine.request import DEFAULT_RATE, Clip
from engine.splice import Samples, at_rate, crossfade
from engine.tasks.delivery import source_of
from engine.tasks.filling import BATCH, OVERLAP, Decoded, alike, lists, piece_seed, shown
from engine.windows import Piece, along

CONTEXT = 1.0
"""Seconds that a window holds of the one before it."""
ROOM = 0.98
"""The part of a band, from 0 Hz up, that a cut-off has to lie in for anything to be left above it."""


def run(work: Work) -> Plan:
    """The source at the request's rate, with the band above its cut-off generated window by window.

    Raises `BadRequest` if there is no room above the cut-off, in the request's rate or in the model's.
    """
    source, request = source_of(work), work.request
    rate = request.rate or DEFAULT_RATE
    cutoff = found_cutoff(source, request.cutoff, rate, work.rate)
    base = fit(resample(source.samples, source.rate, rate), max(1, round(source.frames * rate / source.rate)))
    made = np.zeros_like(base)
    window, context, overlap = (round(seconds * rate) for seconds in (work.window, CONTEXT, OVERLAP))
    chain = along(0, base.shape[1], base.shape[1], window, context, overlap)
    work.expect(lists([chain], base))
    for turn, piece in enumerate(chain):
        yield from _piece(work, base, made, piece, turn, cutoff, rate)
    return Clip(join_bands(base, made, cutoff, rate), rate)


def found_cutoff(source: Clip, asked: float, rate: int, native: int) -> float:
    """The cut-off in Hz: what was asked for, or where the source's band ends. Raises `BadRequest` without room."""
    cutoff = min(asked or cutoff_of(source.samples, source.rate), source.rate / 2)
    limit = ROOM * min(rate, native) / 2
    if cutoff >= limit:
        whose = "the result" if rate <= native else "the model"
        found = "" if asked else "; give one to have what is above it made anew"
        text = f"cutoff must be 0 to {limit:.0f} Hz, as far as {whose} reaches, got {cutoff:.0f}{found}"
        raise BadRequest("cutoff", text)
    return cutoff


def _piece(
    work: Work, base: Samples, made: Samples, piece: Piece, turn: int, cutoff: float, rate: int
) -> Generator[list[Pass], Decoded, None]:
    """Make one piece in `made`, at the output's rate: what is held is the source below, and what was made before."""
    start, end = piece.start, piece.end
    done = piece.open[0][0] - start
    seen = base[:, start:end].copy()
    seen[:, :done] = (crossover(seen, cutoff, rate)[0] + crossover(made[:, start:end], cutoff, rate)[1])[:, :done]
    which, first = alike(seen)
    passes = [
        Pass(
            request=work.request,
            frames=channel.shape[0],
            seed=piece_seed(work.request.seed or 0, turn, 0),
            source=channel,
            strength=1.0,
            hold=at_rate(((0, done),), rate, work.rate),
            hold_below=cutoff,
        )
        for channel in shown(seen[first], rate, work.rate)
    ]
    decoded: Decoded = []
    for index in range(0, len(passes), BATCH):
        decoded += yield passes[index : index + BATCH]
    whole = fit(resample(np.stack(decoded), work.rate, rate), end - start)[which]
    ((a, b),) = piece.made
    new = whole[:, a - start : b - start].copy()
    new[:, : piece.overlap] = crossfade(made[:, a : a + piece.overlap], new[:, : piece.overlap])
    made[:, a:b] = new

"""Renders the corpus: every clip from its own seed, as log-mel rows in one memory-mapped file with captions beside it.

Work folder: `{split}.npy` float16 (clips, 512 frames, 128 mels) normalised log-mel, `{split}-audio.npy` int16 samples
of the first clips, and `{split}-NNNN.json` per finished block, whose presence lets an interrupted run go on.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap

from engine.training.corpus import captions
from engine.training.corpus.draw import FRAMES, RATE, Draw, Kind, Samples, all_kinds
from engine.training.corpus.spaces import heard

BLOCK = 64
TWO_EVENTS = 0.06
MEL_FRAMES, MELS = 512, 128


@dataclass(frozen=True)
class Clip:
    """One rendered clip: samples mono at 48 kHz, 5.12 s; row: kind, attributes, caption, sustained, second kind."""

    samples: Samples
    row: dict[str, Any]


def render_clip(kind: Kind, seed: tuple[int, ...], other: Kind | None = None) -> Clip:
    """A clip of `kind` (with a second event of `other`), the same for the same seed."""
    rng = np.random.default_rng(seed)
    draw = Draw(rng)
    samples = _dry(kind, draw)
    words = dict(draw.words)
    together = False
    if other is not None:
        samples, second, together = _with(samples, kind, other, draw, rng)
        draw.words = {}
    wet = heard(draw, samples, kind.spaces)
    level = 10 ** (-draw.uniform(0.5, 9.0) / 20) * (0.4 if "distance" in draw.words else 1.0)
    words |= draw.words
    text = captions.caption(rng, kind.phrases, words)
    if other is not None:
        text = captions.two_events(rng, captions.phrase(kind.phrases[0], words), second, together)
    row = {"kind": kind.name, "attributes": words, "caption": text, "sustained": kind.sustained,
           "second": other.name if other else None}
    clip = _fit(_levelled(wet, level))
    if not np.all(np.isfinite(clip)):
        raise ValueError(f"the kind {kind.name!r} {words} came out of its space with numbers that are not finite")
    return Clip(clip, row)


def _dry(kind: Kind, draw: Draw) -> Samples:
    samples = np.asarray(kind.render(draw), dtype=np.float64)[: draw.frames]
    if not np.all(np.isfinite(samples)) or np.max(np.abs(samples), initial=0.0) < 1e-9:
        raise ValueError(f"the kind {kind.name!r} rendered silence or numbers that are not finite")
    return _levelled(samples)


def _levelled(samples: Samples, peak: float = 1.0) -> Samples:
    """The signal without its mean, scaled to a peak level."""
    centred = np.asarray(samples, dtype=np.float64) - np.mean(samples)
    return peak * centred / (np.max(np.abs(centred)) + 1e-12)


def _with(samples: Samples, kind: Kind, other: Kind, draw: Draw, rng: np.random.Generator) -> tuple[Samples, str, bool]:
    """The clip with a second event: behind it when that one is a texture, after it otherwise."""
    second = Draw(rng)
    added = _dry(other, second)
    out = np.zeros(FRAMES)
    out[: len(samples)] = samples
    if other.sustained:
        out[: len(added)] += 0.4 * added
    else:
        at = round(RATE * draw.uniform(1.0, 1.6))
        cut = round(RATE * 0.02)
        out[at - cut : at] *= np.linspace(1, 0, cut)
        out[at:] = 0
        n = min(len(added), FRAMES - at)
        out[at : at + n] += added[:n]
    return out, captions.phrase(other.phrases[0], second.words), other.sustained


def _fit(samples: Samples) -> Samples:
    out = np.zeros(FRAMES, dtype=np.float32)
    out[: len(samples)] = samples[:FRAMES]
    fade = round(0.01 * RATE)
    out[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return out


def clip_at(index: int, split: str, kinds: dict[str, Kind]) -> Clip:
    """Clip number `index` of a split: kinds take turns; the split and the index are the seed."""
    names = list(kinds)
    kind = kinds[names[index % len(names)]]
    seed = ({"train": 1, "test": 2}[split], index)
    rng = np.random.default_rng((7, *seed))
    other = None
    if split == "train" and rng.random() < TWO_EVENTS and not kind.sustained:
        other = kinds[names[int(rng.integers(len(names)))]]
    return render_clip(kind, seed, other)


def _render_block(job: tuple[str, str, int, int, int]) -> int:
    """Renders the clips [start, stop) into the memory maps and leaves the block's rows as JSON."""
    import torch

    from engine.mel import pocket_log_mel

    torch.set_num_threads(1)
    folder, split, start, stop, audio_clips = job
    work = Path(folder)
    kinds = all_kinds()
    mels = np.load(work / f"{split}.npy", mmap_mode="r+")
    audio = np.load(work / f"{split}-audio.npy", mmap_mode="r+")
    rows = []
    for index in range(start, stop):
        clip = clip_at(index, split, kinds)
        mels[index] = pocket_log_mel(torch.from_numpy(clip.samples))[:MEL_FRAMES].numpy()
        if index < audio_clips:
            audio[index] = np.round(clip.samples * 32767)
        rows.append(clip.row)
    mels.flush()
    part = work / f"{split}-{start:06d}.part"
    part.write_text(json.dumps(rows))
    part.replace(part.with_suffix(".json"))
    return stop - start


def render(work: Path, split: str, clips: int, audio_clips: int, processes: int) -> None:
    """Renders what is missing of a split, printing progress."""
    work.mkdir(parents=True, exist_ok=True)
    for name, shape, dtype in (
        (f"{split}.npy", (clips, MEL_FRAMES, MELS), np.float16),
        (f"{split}-audio.npy", (audio_clips, FRAMES), np.int16),
    ):
        if not (work / name).exists():
            open_memmap(work / name, "w+", dtype, shape)
        elif (found := np.load(work / name, mmap_mode="r").shape) != shape:
            raise ValueError(f"{work / name} was begun for {found[0]} clips, not {shape[0]}: remove it to start anew")
    jobs = [
        (str(work), split, a, min(a + BLOCK, clips), audio_clips)
        for a in range(0, clips, BLOCK)
        if not (work / f"{split}-{a:06d}.json").exists()
    ]
    began, done, total = time.monotonic(), 0, sum(j[3] - j[2] for j in jobs)
    for count in _rendered(jobs, processes):
        done += count
        speed = done / (time.monotonic() - began)
        print(f"corpus {split}: {done}/{total} clips, {speed:.1f} a second", flush=True)


def _rendered(jobs: list[tuple[str, str, int, int, int]], processes: int) -> Iterator[int]:
    """Does the jobs, side by side if there are several processes; the size of each block as it gets done."""
    if processes == 1:
        yield from map(_render_block, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(_render_block, jobs)


def rows(work: Path, split: str) -> Iterator[dict[str, Any]]:
    """The rows of a rendered split, in the order of its mels."""
    for path in sorted(work.glob(f"{split}-??????.json")):
        yield from json.loads(path.read_text())

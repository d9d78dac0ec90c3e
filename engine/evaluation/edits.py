"""The tables of edits and settings: measured row by row, so that a run that was stopped goes on where it stood."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from engine.evaluation import inpainting, steps, super_resolution
from engine.evaluation.bench import Bench, held_out
from engine.evaluation.classifier import Judge
from engine.evaluation.tables import Record, Row, Table, document
from engine.model import Model
from engine.request import Request
from engine.training.data import Corpus
from engine.weights import fingerprint


def tables_of(model: Model, judge: Judge, work: Path, test: Corpus, clips: int) -> list[Table]:
    """Every table, on `clips` held-out clips; inpainting on as many that sound throughout."""
    mixed = Bench(model, judge, held_out(work, test, clips), say)
    steady = Bench(model, judge, held_out(work, test, clips, suitable=sounding(test)), say)
    return [
        super_resolution.table(mixed),
        inpainting.table(steady),
        steps.steps_table(mixed),
        steps.guidance_table(mixed),
    ]


def sounding(test: Corpus) -> np.ndarray:
    """Which clips sound in all of the hole: sustained, and in no half second of it much below their own level."""
    start, end = (round(edge * 100) for edge in inpainting.HOLE)
    holes = np.asarray(test.mels[:, start:end], np.float32).max(axis=2)
    quietest = holes[:, : holes.shape[1] // 32 * 32].reshape(len(holes), -1, 32).max(axis=2).min(axis=1)
    return np.asarray(test.sustained & (quietest > -0.5))


def run(tables: Sequence[Table], record: Record, out: Path, head: str, only: Sequence[str] = ()) -> str:
    """Measures what is lacking of the tables named in `only`, or of all. The document is written after each row."""
    chosen = [table for table in tables if not only or table.key in only]
    text = write(tables, record, out, head)
    todo = record.lacking(chosen)
    for number, (table, row) in enumerate(todo, 1):
        say(f"[{number}/{len(todo)}] {table.key}: {row.name}")
        _timed(table, row, record)
        text = write(tables, record, out, head)
    return text


def _timed(table: Table, row: Row, record: Record) -> None:
    begun = time.perf_counter()
    with torch.inference_mode():
        figures = record.measure(table, row)
    shown = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
    say(f"    {time.perf_counter() - begun:.1f} s: {shown}")


def write(tables: Sequence[Table], record: Record, out: Path, head: str) -> str:
    """The document, with the remarks that it had."""
    before = out.read_text(encoding="utf-8") if out.exists() else ""
    lacking = len(record.lacking(tables))
    note = f"\n\n**{lacking} rows are still to be measured.** The same command goes on." if lacking else ""
    text = document(head + note, tables, record, before)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    return text


def identity(folder: Path, test: Corpus, clips: int) -> dict[str, object]:
    """What the figures depend on: the weights, the clips and how many of them."""
    words = hashlib.sha256("\n".join(row["caption"] for row in test.rows).encode())
    return {"weights": fingerprint(folder), "corpus": words.hexdigest()[:16], "clips": clips}


def heading(model: Model, clips: int, weights: str) -> str:
    """What stands above the tables."""
    own = model.resolve(Request(prompt="rain"))
    kinds = len(getattr(model.family, "kinds", ()))
    return f"""# Numbers: edits, steps and guidance

Made by

    python -m engine.evaluation edits --clips {clips}

which goes on where it was stopped, and begins anew with other weights (these are {weights}). It measures on the
pocket model what the tables of the AudioLDM paper (Liu et al. 2023) measure, on {clips} clips of the corpus' test
split, which no network was trained on. Where nothing else is said the model's own settings hold: {own.sampler},
{own.steps} steps, guidance {own.guidance:g}.

The judge is a classifier of {kinds} kinds that was trained apart from the model but on the same corpus, so it flatters,
and its figures compare with each other and not with those of papers. With so few clips, shares of recognised kinds are
uncertain by up to {50 / np.sqrt(clips):.0f} points either way, and Fréchet distances are too high, alike in all rows of
a column."""


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)

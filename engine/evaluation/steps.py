"""Quality against denoising steps, samplers and guidance, as the AudioLDM paper's ablations have it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from engine.evaluation import samples
from engine.evaluation.bench import Bench, Figures, quality
from engine.evaluation.tables import Column, Row, Table

DDIM = (10, 25, 50, 100, 200)
ANCESTRAL = (10, 25, 50)
"""Steps at which DDIM is also run with eta 1, the authors' sampler."""
SOLVER = (8, 10, 15, 25)
GUIDANCE = (1.0, 1.5, 2.0, 3.0, 4.5)

FIGURES = """
Fréchet distance is to other rendered clips of the same kinds, KL to the clip whose caption was the prompt; the
inception score (IS) and the share of kinds recognised are higher where it is better. *Rendered* are the clips of those
captions themselves, and below them the same through the model's VAE and vocoder: what a perfect U-Net would reach.
"""
ABOUT_STEPS = f"""
Clips of 5.12 s, each from the caption of a held-out clip, with the same seeds in every row and no candidates. DDIM is
deterministic (eta 0) unless eta is given. {FIGURES.strip()} The last column is processor time for a clip, denoising and
vocoder, on the machine that made this table.
"""
ABOUT_GUIDANCE = f"""
The same prompts and seeds, with the model's own sampler and steps. {FIGURES.strip()}
"""
COLUMNS = (
    Column("frechet", "Fréchet", ".0f"),
    Column("kl", "KL", ".2f"),
    Column("inception", "IS", ".1f"),
    Column("top1", "recognised", ".1%"),
)


def steps_table(bench: Bench) -> Table:
    """DDIM from 10 to 200 steps, and DPM-Solver++ from 8 to 25."""
    settings: dict[str, dict[str, Any]] = {
        **{f"DPM-Solver++, {n} steps": {"sampler": "dpm++", "steps": n} for n in SOLVER},
        **{f"DDIM, {n} steps": {"sampler": "ddim", "steps": n} for n in DDIM},
        **{f"DDIM, {n} steps, eta 1": {"sampler": "ddim", "steps": n, "eta": 1.0} for n in ANCESTRAL},
    }
    columns = (*COLUMNS, Column("seconds", "CPU s", ".2f"))
    return Table("steps", "Samplers and steps", ABOUT_STEPS, columns, _rows(bench, settings))


def guidance_table(bench: Bench) -> Table:
    """From no guidance to much."""
    settings = {f"guidance {g:g}": {"guidance": g} for g in GUIDANCE}
    return Table("guidance", "Guidance", ABOUT_GUIDANCE, COLUMNS, _rows(bench, settings))


def _rows(bench: Bench, settings: dict[str, dict[str, Any]]) -> tuple[Row, ...]:
    ends: dict[str, Callable[[], Figures]] = {
        "rendered": partial(rendered, bench),
        "rendered, through VAE and vocoder": partial(coded, bench),
    }
    made = [Row(name, partial(generated, bench, values)) for name, values in settings.items()]
    return (*made, *(Row(name, measure) for name, measure in ends.items()))


def generated(bench: Bench, settings: dict[str, Any]) -> Figures:
    """Clips from the captions, judged; `seconds` is the processor time of each."""
    begun = time.process_time()
    clips = list(samples.generated(bench.model, bench.held.prompts, bench.say, candidates=1, **settings))
    seconds = (time.process_time() - begun) / len(clips)
    return {**quality(bench.verdict(clips), bench.own, bench.others, bench.held.labels), "seconds": seconds}


def rendered(bench: Bench) -> Figures:
    """The clips themselves: the floor of the distance."""
    return quality(bench.own, bench.own, bench.others, bench.held.labels)


def coded(bench: Bench) -> Figures:
    """The clips through the codec."""
    return quality(bench.verdict(list(bench.coded)), bench.own, bench.others, bench.held.labels)

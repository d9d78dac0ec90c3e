"""What an evaluation compares: prompts, rendered clips and generated ones, as normalised log-mels through audio."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.family import State
from engine.finish import finish
from engine.mel import pocket_log_mel
from engine.model import Model, step_together
from engine.passes import fresh
from engine.request import Request
from engine.training import lexicon
from engine.training.data import Corpus

SECONDS = 5.12
BATCH = 8
Report = Callable[[str], None]


def say(text: str) -> None:
    """Progress, beside the results."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Prompt:
    """A text, the number of the kind it means, and its seed."""

    text: str
    label: int
    seed: int


def template_prompts(corpus: Corpus, each: int) -> list[Prompt]:
    """Captions of the first `each` test clips of every kind."""
    labels = corpus.labels
    chosen = [i for k in range(len(corpus.kinds)) for i in np.flatnonzero(labels == k)[:each]]
    return [Prompt(corpus.rows[i]["caption"], int(labels[i]), 1000 + int(i)) for i in chosen]


def held_out_prompts(kinds: Sequence[str], each: int) -> list[Prompt]:
    """The first `each` held-out wordings of every kind, in the lexicon's order."""
    by_kind: dict[str, list[str]] = {kind: [] for kind in kinds}
    for kind, phrase in lexicon.split()[1]:
        if kind in by_kind:
            by_kind[kind].append(phrase)
    return [
        Prompt(text, label, 5000 + 10 * label + n)
        for label, kind in enumerate(kinds)
        for n, text in enumerate(by_kind[kind][:each])
    ]


def rendered(corpus: Corpus, each: int, skip: int = 0) -> tuple[Tensor, NDArray[np.int64]]:
    """Log-mels (clips, 512, 128) and kind numbers of `each` one-event clips of every kind, after the first `skip`."""
    labels = corpus.labels
    chosen = [i for k in range(len(corpus.kinds)) for i in np.flatnonzero(labels == k)[skip : skip + each]]
    return torch.from_numpy(np.asarray(corpus.mels[chosen], np.float32)), labels[chosen]


def generated(
    model: Model, prompts: Sequence[Prompt], report: Report, **settings: Any
) -> Iterator[NDArray[np.float32]]:
    """5.12 s of samples for every prompt, peak at -1 dBFS, several stepped in one batch."""
    for start in range(0, len(prompts), BATCH):
        states: list[State] = []
        for prompt in prompts[start : start + BATCH]:
            request = Request(prompt=prompt.text, seconds=SECONDS, seed=prompt.seed, **settings)
            states.append(model.family.begin(fresh(model.resolve(request), model.family.rate)))
        while not all(state.done for state in states):
            states = list(step_together(model.family, states))
        for state in states:
            samples = model.family.decode(state).samples
            yield finish(samples, model.family.rate, state.request).samples[0]
        if start % 80 == 0:
            report(f"generated {min(start + BATCH, len(prompts))}/{len(prompts)}")


def as_mels(clips: Sequence[NDArray[np.float32]]) -> Tensor:
    """Normalised log-mels (clips, frames, 128) of equally long clips at 48 kHz."""
    return torch.stack([pocket_log_mel(torch.from_numpy(np.array(clip, np.float32))) for clip in clips])


def noise_clips(count: int, seed: int = 0) -> list[NDArray[np.float32]]:
    """White noise at -20 dBFS: what the worst generator would give."""
    rng = np.random.default_rng(seed)
    return [(0.1 * rng.standard_normal(round(SECONDS * 48000))).astype(np.float32) for _ in range(count)]


def test_split(work: Path) -> Path:
    """Renders the test split of the corpus if it is missing; returns the work folder."""
    from engine.training import stages

    if not (work / "corpus" / "test.npy").exists():
        stages.corpus_split(work, "test")
    return work

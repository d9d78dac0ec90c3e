"""Whether an attribute that a prompt names is heard: a "metal" door knock and a "wooden" one, a slow and a fast one.

For each kind and attribute a linear discriminant (Fisher 1936, covariance shrunk to its diagonal as in Friedman 1989)
learns the words from rendered training clips, and is asked about rendered test clips and about generated ones. It hears
the judge's features beside plain measurements of the mel, all blind to level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.evaluation import samples
from engine.evaluation.classifier import Judge, judge_mels
from engine.model import Model
from engine.training.corpus.captions import phrase
from engine.training.corpus.draw import all_kinds
from engine.training.data import Corpus

NAMES = ("pitch", "speed", "material", "space", "distance")
ANYWHERE = ("space", "distance")
"""Attributes that most kinds have; no word is a word of theirs, too: heard close by, in no room."""
EVERY = 6
"""Of these, one kind in so many is asked about."""
FEWEST = 6
DEPTH, SHRINK = 3.0, 0.5

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """One attribute of one kind: its words, each with the numbers of training clips that have it."""

    kind: str
    name: str
    clips: Mapping[str, tuple[int, ...]]


def questions(train: Corpus) -> list[Question]:
    """Every attribute of NAMES with two words or more that enough clips of a kind have."""
    found: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, row in enumerate(train.rows):
        if row["second"]:
            continue
        for name in NAMES:
            word = row["attributes"].get(name, "" if name in ANYWHERE else None)
            if word is not None:
                found[row["kind"], name][word].append(number)
    some = set(train.kinds[::EVERY])
    asked = []
    for (kind, name), words in sorted(found.items()):
        enough = {word: tuple(clips) for word, clips in sorted(words.items()) if len(clips) >= FEWEST}
        if len(enough) >= 2 and (name not in ANYWHERE or kind in some):
            asked.append(Question(kind, name, enough))
    return asked


def level_blind(mels: Tensor) -> Tensor:
    """Normalised log-mels (clips, T, 128) with their loudest point at 1.5 and nothing DEPTH below it."""
    return (mels - mels.amax(dim=(1, 2), keepdim=True)).clamp_min(-DEPTH) + 1.5


@torch.inference_mode()
def heard(judge: Judge, mels: Tensor) -> Array:
    """Descriptions (clips, D): the judge's features, spectrum, how the level moves, how long there is sound."""
    mels = level_blind(mels.float())
    features = judge_mels(judge, mels).features
    plain = mels.double().numpy() - 1.5 + DEPTH
    weight = plain.sum(axis=2, keepdims=True) / plain.sum(axis=(1, 2), keepdims=True).clip(1e-9)
    spectrum = (plain * weight).sum(axis=1).reshape(len(plain), 32, -1).mean(axis=2)
    envelope = plain.mean(axis=2)
    motion = np.log1p(np.abs(np.fft.rfft(envelope - envelope.mean(axis=1, keepdims=True), axis=1))[:, 2:66])
    length = (envelope > 0.3 * envelope.max(axis=1, keepdims=True)).mean(axis=1, keepdims=True)
    return np.concatenate([features / 10, spectrum, motion.reshape(len(plain), 16, 4).mean(axis=2), length], axis=1)


def discriminate(known: Array, labels: NDArray[np.int64], asked: Array) -> NDArray[np.int64]:
    """The label (numbers from 0) that each row of `asked` (n, D) is nearest to, as learnt from `known` (m, D)."""
    scale = known.std(axis=0) + 1e-6
    known, asked = known / scale, asked / scale
    means = np.stack([known[labels == label].mean(axis=0) for label in range(int(labels.max()) + 1)])
    within = known - means[labels]
    covariance = within.T @ within / max(1, len(known) - len(means))
    covariance = (1 - SHRINK) * covariance + SHRINK * np.diag(np.diag(covariance) + 1e-3)
    aims = np.linalg.solve(covariance, means.T)
    return (asked @ aims - 0.5 * (means * aims.T).sum(axis=1)).argmax(axis=1)


def measure(model: Model, judge: Judge, train: Corpus, test: Corpus) -> str:
    """A table: how many words of each attribute were asked for, and which shares are heard, rendered and generated."""
    asked = questions(train)
    kinds = all_kinds()
    prompts = [
        samples.Prompt(phrase(kinds[q.kind].phrases[0], {q.name: word} if word else {}), n, 9000 + n)
        for n, (q, word) in enumerate((q, word) for q in asked for word in q.clips)
    ]
    clips = list(samples.generated(model, prompts, samples.say))
    made = heard(judge, samples.as_mels(clips))
    tally: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    place = 0
    for question in asked:
        size = len(question.clips)
        right = _answer(judge, question, train, test, made[place : place + size])
        tally[question.name].extend([right] * size)
        place += size
    return _table(tally)


def _answer(judge: Judge, question: Question, train: Corpus, test: Corpus, made: Array) -> tuple[float, float, float]:
    """Shares of words heard in generated and in rendered clips (NaN without such clips), and by chance."""
    words = list(question.clips)
    numbers = np.array([n for word in words for n in question.clips[word]])
    labels = np.array([k for k, word in enumerate(words) for _ in question.clips[word]])
    known = heard(judge, torch.from_numpy(np.asarray(train.mels[numbers], np.float32)))
    found = discriminate(known, labels, made) == np.arange(len(words))
    rows = [(i, words.index(word)) for i, word in _worded(question, test) if word in words]
    if not rows:
        return float(found.mean()), float("nan"), 1 / len(words)
    real = heard(judge, torch.from_numpy(np.asarray(test.mels[[i for i, _ in rows]], np.float32)))
    sure = discriminate(known, labels, real) == np.array([k for _, k in rows])
    return float(found.mean()), float(sure.mean()), 1 / len(words)


def _worded(question: Question, corpus: Corpus) -> list[tuple[int, str]]:
    """The one-event clips of a question's kind whose word for its attribute is known."""
    silent = "" if question.name in ANYWHERE else None
    found = [
        (i, row["attributes"].get(question.name, silent))
        for i, row in enumerate(corpus.rows) if row["kind"] == question.kind and not row["second"]
    ]  # fmt: skip
    return [(i, word) for i, word in found if word is not None]


def _table(tally: Mapping[str, Sequence[tuple[float, float, float]]]) -> str:
    lines = ["| attribute | prompts | heard in rendered | heard in generated | by chance |", "|---|---|---|---|---|"]
    for name in NAMES:
        if tally.get(name):
            made, real, chance = np.nanmean(np.array(tally[name]), axis=0)
            lines.append(f"| {name} | {len(tally[name])} | {real:.0%} | {made:.0%} | {chance:.0%} |")
    return "\n".join(lines) + "\n"

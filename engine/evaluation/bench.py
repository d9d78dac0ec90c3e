"""What the tables of edits are measured on: held-out rendered clips, beside a model and the judge."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.evaluation import metrics, samples
from engine.evaluation.classifier import Judge, Verdict, judge_mels
from engine.finish import fit
from engine.model import Model, step_together
from engine.rendering import TakeRun
from engine.request import Clip, Request
from engine.training.data import Corpus

RATE = 48000
BATCH = 8
Audio = NDArray[np.float32]
Figures = dict[str, float]
Say = Callable[[str], None]


@dataclass(frozen=True)
class HeldOut:
    """Rendered clips that nothing was trained on.

    audio: (clips, frames) at 48 kHz. mels: theirs, normalised (clips, 512, 128). prompts: their captions, kinds and
    seeds. others: mels of further clips of the same kinds, none of which is among `mels`.
    """

    audio: Audio
    mels: Tensor
    prompts: tuple[samples.Prompt, ...]
    others: Tensor

    def __len__(self) -> int:
        return len(self.prompts)

    @property
    def labels(self) -> NDArray[np.int64]:
        """Kind numbers."""
        return np.array([prompt.label for prompt in self.prompts])


def held_out(work: Path, corpus: Corpus, count: int, suitable: NDArray[np.bool_] | None = None) -> HeldOut:
    """`count` clips with one event, of kinds spread evenly over all that have some; `suitable` says which may be used.

    Fewer clips if there are not so many, as at most half of those of a kind are used. ValueError if none are suitable.
    """
    audio = np.load(work / "corpus" / "test-audio.npy", mmap_mode="r")
    labels = corpus.labels[: len(audio)]
    allowed = (labels >= 0) & (True if suitable is None else suitable[: len(audio)])
    groups = [np.flatnonzero(allowed & (labels == kind)) for kind in range(len(corpus.kinds))]
    groups = [group for group in groups if len(group) >= 2]
    if not groups:
        raise ValueError("the test split has no kind with two clips that can be used")
    groups = [groups[i] for i in np.linspace(0, len(groups) - 1, min(count, len(groups))).round().astype(int)]
    each = -(-count // len(groups))
    own = [i for turn in range(each) for group in groups for i in group[: len(group) // 2][turn : turn + 1]][:count]
    others = sorted({int(i) for group in groups for i in group} - {int(i) for i in own})
    prompts = tuple(samples.Prompt(corpus.rows[i]["caption"], int(labels[i]), 1000 + int(i)) for i in own)
    return HeldOut(
        np.asarray(audio[own], np.float32) / np.float32(32768.0), _mels(corpus, own), prompts, _mels(corpus, others)
    )


def _mels(corpus: Corpus, index: Sequence[int]) -> Tensor:
    return torch.from_numpy(np.asarray(corpus.mels[list(index)], np.float32))


class Bench:
    """A model with the judge and clips. What several rows need is made once, when it is first asked for."""

    def __init__(self, model: Model, judge: Judge, held: HeldOut, say: Say = print) -> None:
        self.model, self.judge, self.held, self.say = model, judge, held, say

    @functools.cached_property
    def own(self) -> Verdict:
        """What the judge says of the clips themselves."""
        return judge_mels(self.judge, self.held.mels)

    @functools.cached_property
    def others(self) -> Verdict:
        """And of the other clips of their kinds."""
        return judge_mels(self.judge, self.held.others)

    @functools.cached_property
    def coded(self) -> Audio:
        """The clips through the model's VAE and vocoder and nothing else: what a perfect U-Net would come to."""
        self.say("through VAE and vocoder")
        return np.stack([self._coded(clip, prompt.seed) for clip, prompt in zip(self.held.audio, self.held.prompts,
                                                                                 strict=True)])  # fmt: skip

    def _coded(self, clip: Audio, seed: int) -> Audio:
        family: Any = self.model.family
        mel = family.decode_latent(family.encode_samples(clip)[None])[0]
        return fit(family.vocode(mel, seed)[None], len(clip))[0]

    def edited(self, requests: Sequence[Request]) -> Iterator[Clip]:
        """The results of requests with one take each, in their order, several stepped in one batch."""
        for start in range(0, len(requests), BATCH):
            resolved = [self.model.resolve(request).for_take(0) for request in requests[start : start + BATCH]]
            jobs = [TakeRun(self.model.family, request, _clip(request)) for request in resolved]
            while not all(job.over for job in jobs):
                _advance(self.model, jobs)
            for job in jobs:
                yield job.take(0).clip
            self.say(f"{min(start + BATCH, len(requests))}/{len(requests)}")

    def verdict(self, clips: Sequence[Audio]) -> Verdict:
        """What the judge says of samples at 48 kHz, of equal lengths."""
        return judge_mels(self.judge, samples.as_mels(clips))


def quality(made: Verdict, own: Verdict, reference: Verdict, labels: NDArray[np.int64]) -> Figures:
    """Fréchet distance to `reference`, KL to the paired `own` clips, inception score and share of kinds recognised."""
    return {
        "frechet": metrics.frechet_distance(reference.features, made.features),
        "kl": metrics.paired_kl(own.posteriors, made.posteriors),
        "inception": metrics.inception_score(made.posteriors),
        "top1": metrics.top1(made.posteriors, labels),
    }


def _clip(request: Request) -> Clip | None:
    return request.source if isinstance(request.source, Clip) else None


def _advance(model: Model, jobs: Sequence[TakeRun]) -> None:
    """Step all jobs until what they wait for is there, and do everything else up to their next steps."""
    while not all(state.done for job in jobs for state in job.states):
        states = iter(step_together(model.family, [state for job in jobs for state in job.states]))
        for job in jobs:
            job.states = [next(states) for _ in job.states]
    for job in jobs:
        while not job.over and not job.stepping:
            job.advance()

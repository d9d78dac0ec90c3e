"""The comparison of a model with the corpus, and its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.evaluation import metrics, samples
from engine.evaluation.classifier import Judge, Verdict, judge_mels
from engine.model import Model
from engine.training.data import Corpus

PICTURED = 48


@dataclass(frozen=True)
class Report:
    """Figures by name, the kinds most often mistaken, and what the picture shows."""

    figures: dict[str, Any]
    mistaken: tuple[str, ...]
    titles: tuple[str, ...]
    rendered: Tensor
    generated: Tensor


def compare(model: Model, judge: Judge, test: Corpus, each: int, settings: Mapping[str, Any]) -> Report:
    """Judges rendered clips, clips generated from their captions, clips from held-out wordings, and white noise.

    The Fréchet floor is between two halves of the rendered test clips, `each` of every kind on either side, so that all
    distances are between equal counts; `each` is at most half of the clips that the split has of a kind.
    """
    prompts = samples.template_prompts(test, each)
    unseen = samples.held_out_prompts(test.kinds, each)
    clips = list(samples.generated(model, prompts, samples.say, **settings))
    strange = list(samples.generated(model, unseen, samples.say, **settings)) if unseen else []
    real, labels = samples.rendered(test, each)
    other, _ = samples.rendered(test, each, skip=each)
    mels = samples.as_mels(clips)
    verdicts = {"real": judge_mels(judge, real), "other": judge_mels(judge, other), "made": judge_mels(judge, mels)}
    noise = judge_mels(judge, samples.as_mels(samples.noise_clips(min(200, len(clips)))))
    figures = _figures(verdicts, noise, labels, real, mels)
    figures["embedding score, rendered"] = _embedding_score(model, prompts, real)
    figures["embedding score, generated"] = _embedding_score(model, prompts, mels)
    if strange:
        verdict = judge_mels(judge, samples.as_mels(strange))
        figures["held-out wordings recognised, top-1"] = metrics.top1(
            verdict.posteriors, np.array([prompt.label for prompt in unseen])
        )
        figures["held-out wordings"] = len(unseen)
    figures["buzz of generated clips, dB (gate 6)"] = metrics.buzz_median(clips[::5], model.family.rate)
    picked = np.linspace(0, len(prompts) - 1, min(PICTURED, len(prompts))).astype(int)
    return Report(
        figures, _mistaken(verdicts["made"], labels, test.kinds), tuple(prompts[i].text for i in picked), real[picked],
        mels[picked],
    )


def _figures(
    verdicts: Mapping[str, Verdict], noise: Verdict, labels: NDArray[np.int64], real: Tensor, mels: Tensor
) -> dict[str, Any]:
    seen, made = verdicts["real"], verdicts["made"]
    distance = metrics.frechet_distance(seen.features, made.features)
    floor = metrics.frechet_distance(seen.features, verdicts["other"].features)
    return {
        "clips": len(labels),
        "kinds": int(labels.max()) + 1,
        "rendered recognised, top-1": metrics.top1(seen.posteriors, labels),
        "generated recognised, top-1": metrics.top1(made.posteriors, labels),
        "Fréchet distance": distance,
        "Fréchet floor, rendered against rendered": floor,
        "Fréchet distance over floor (bar 2)": distance / floor,
        "Fréchet ceiling, white noise": metrics.frechet_distance(seen.features[: len(noise.features)], noise.features),
        "KL, paired": metrics.paired_kl(seen.posteriors, made.posteriors),
        "inception score, rendered": metrics.inception_score(seen.posteriors),
        "inception score, generated": metrics.inception_score(made.posteriors),
        "sharpness in frequency against rendered": _sharpness(mels, 2) / _sharpness(real, 2),
        "sharpness in time against rendered": _sharpness(mels, 1) / _sharpness(real, 1),
    }


def _embedding_score(model: Model, prompts: Sequence[samples.Prompt], mels: Tensor) -> float:
    """Of the prompts and of log-mels (clips, frames, 128), by the model's own towers."""
    family: Any = model.family
    text = np.stack([family.embed(prompt.text).numpy() for prompt in prompts])
    return metrics.embedding_score(text, np.concatenate([family.hear(part).numpy() for part in mels.split(32)]))


def _sharpness(mels: Tensor, axis: int) -> float:
    """Mean step between neighbours where something sounds."""
    return float(mels.clamp_min(-1.2).diff(dim=axis).abs().mean())


def _mistaken(verdict: Verdict, labels: NDArray[np.int64], kinds: Sequence[str]) -> tuple[str, ...]:
    guesses = verdict.posteriors.argmax(axis=1)
    wrong = Counter((kinds[a], kinds[b]) for a, b in zip(labels, guesses, strict=True) if a != b)
    return tuple(f"{a} as {b} ({n})" for (a, b), n in wrong.most_common(15))


def markdown(report: Report) -> str:
    """The table."""
    rows = [f"| {name} | {value:.4g} |" if isinstance(value, float) else f"| {name} | {value} |"
            for name, value in report.figures.items()]
    mistaken = "; ".join(report.mistaken) or "none"
    return "\n".join(["| figure | value |", "|---|---|", *rows, "", f"Most often mistaken: {mistaken}.", ""])

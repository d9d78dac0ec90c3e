"""The evaluation: which prompts it asks, what its table says of a good and of a worthless model, and its picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.evaluation import pictures, samples
from engine.evaluation.report import Report, markdown
from engine.training import lexicon
from engine.training.data import Corpus

KINDS = ("kick drum", "laser", "rain", "theremin")


def small_corpus(each: int) -> Corpus:
    """`each` clips of every kind: every kind has a band of its own, a little different from clip to clip."""
    rng = np.random.default_rng(0)
    mels = np.full((len(KINDS) * each, 512, 128), -1.5, np.float16)
    rows = []
    for index in range(len(mels)):
        band = 30 * (index % len(KINDS))
        mels[index, :, band : band + 20] = rng.normal(1.0, 0.2, (512, 20))
        name = KINDS[index % len(KINDS)]
        rows.append({"kind": name, "caption": f"the sound of {name} {index}", "second": None, "sustained": True,
                     "attributes": {}})
    return Corpus(mels, rows, KINDS)


def test_held_out_prompts_come_only_from_the_held_out_fifth() -> None:
    prompts = samples.held_out_prompts(tuple(lexicon.load()), 4)
    learnt, held = lexicon.split()
    kinds = tuple(lexicon.load())
    assert len(prompts) > 3 * len(kinds)
    assert {(kinds[prompt.label], prompt.text) for prompt in prompts} <= set(held)
    assert not {prompt.text for prompt in prompts} & {text for _, text in learnt}
    assert len({prompt.seed for prompt in prompts}) == len(prompts)


def test_held_out_prompts_of_other_kinds_are_left_out() -> None:
    prompts = samples.held_out_prompts(("rain",), 3)
    assert {prompt.label for prompt in prompts} == {0}
    assert all(lexicon.held_out("rain", prompt.text) for prompt in prompts)


def test_template_prompts_are_the_test_clips_captions() -> None:
    corpus = small_corpus(3)
    prompts = samples.template_prompts(corpus, 2)
    assert [prompt.label for prompt in prompts] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert prompts[0].text == "the sound of kick drum 0"
    assert prompts[1].text == "the sound of kick drum 4"
    assert len({prompt.seed for prompt in prompts}) == 8


def test_the_two_halves_of_the_floor_share_no_clip() -> None:
    corpus = small_corpus(4)
    first, labels = samples.rendered(corpus, 2)
    second, again = samples.rendered(corpus, 2, skip=2)
    assert labels.tolist() == again.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert not any(torch.equal(a, b) for a in first for b in second)


def test_noise_is_as_long_as_a_clip_and_not_silent() -> None:
    clips = samples.noise_clips(2)
    assert [len(clip) for clip in clips] == [245760, 245760]
    assert 0.09 < float(np.std(clips[0])) < 0.11
    assert samples.as_mels(clips).shape == (2, 512, 128)


def test_the_table_is_markdown() -> None:
    empty = torch.zeros(0)
    text = markdown(Report({"clips": 8, "share": 0.98765}, ("owl as wind (2)",), (), empty, empty))
    assert text.splitlines()[:4] == ["| figure | value |", "|---|---|", "| clips | 8 |", "| share | 0.9877 |"]
    assert "Most often mistaken: owl as wind (2)." in text
    assert "mistaken: none." in markdown(Report({}, (), (), empty, empty))


@pytest.mark.parametrize("count", [1, 5, 9])
def test_the_grid_is_a_picture_that_opens(tmp_path: Path, count: int) -> None:
    import matplotlib.image

    mels = torch.linspace(-1.5, 2.0, 64 * 128).reshape(1, 64, 128).expand(count, -1, -1)
    pictures.grid(tmp_path / "grid.png", ["a $ strange % title"] * count, mels, mels.flip(1), columns=4)
    image = matplotlib.image.imread(tmp_path / "grid.png")
    assert image.ndim == 3
    assert image.shape[1] > 300
    assert float(image[..., :3].std()) > 0.05  # something is drawn


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_comparison_tells_a_toy_from_the_corpus_and_from_noise(toy_settings) -> None:
    from engine.evaluation import classifier
    from engine.evaluation.report import compare
    from engine.families import pocket
    from engine.model import Model
    from engine.training.data import load_corpus

    test = load_corpus(toy_settings.work, "test")
    judge = classifier.load(toy_settings.weights, len(test.kinds))
    with Model(pocket.load(folder=toy_settings.weights, dtype="float32")) as model:
        report = compare(model, judge, test, 2, {"steps": 1, "guidance": 1.0})
    figures = report.figures
    assert figures["clips"] == 8
    assert figures["kinds"] == 4
    assert figures["held-out wordings"] == 8
    shares = [value for name, value in figures.items() if "top-1" in name]
    assert len(shares) == 3
    assert all(0 <= share <= 1 for share in shares)
    distance, floor = figures["Fréchet distance"], figures["Fréchet floor, rendered against rendered"]
    assert figures["Fréchet distance over floor (bar 2)"] == pytest.approx(distance / floor)
    assert floor > 0
    assert all(np.isfinite(value) for value in figures.values())
    assert report.rendered.shape == report.generated.shape == (8, 512, 128)
    assert len(report.titles) == 8
    assert "| Fréchet distance |" in markdown(report)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_clips_come_one_for_each_prompt_in_order(toy) -> None:
    from engine.families import pocket
    from engine.model import Model

    prompts = [samples.Prompt("rain", 2, 5), samples.Prompt("laser", 1, 6), samples.Prompt("rain", 2, 5)]
    said: list[str] = []
    with Model(pocket.load(folder=toy.weights, dtype="float32")) as model:
        clips = list(samples.generated(model, prompts, said.append, steps=1))
    assert [clip.shape for clip in clips] == [(245760,)] * 3
    assert np.allclose(clips[0], clips[2], atol=1e-3)
    assert not np.allclose(clips[0], clips[1], atol=1e-3)
    assert said == ["generated 3/3"]

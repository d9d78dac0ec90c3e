"""AudioLDM 2 at a size for tests: what steers it, what is refused, and that batches, takes and tasks agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import engine
from engine.errors import BadRequest
from engine.families.audioldm2 import AudioLDM2, Guide
from engine.families.audioldm2_random import load_random
from engine.language import generate, predict
from engine.nets.attention import Attention
from engine.passes import Condition, Pass, fresh
from engine.request import Clip, Request
from engine.steering import mixed

ASKED = Request(prompt="a dog barks", seconds=0.4, seed=5, steps=3, rate=16_000, model="audioldm2-tiny-random")


@pytest.fixture(scope="module")
def family() -> Iterator[AudioLDM2]:
    one = load_random("tiny")
    yield one
    one.close()


def pass_of(family: Any, **changes: Any) -> Pass:
    return fresh(ASKED.replace(**changes).resolved(family.defaults), family.rate)


def finished(family: Any, *asked: Pass) -> list[torch.Tensor]:
    states = [family.begin(one) for one in asked]
    while not states[0].done:
        states = family.step(states)
    return [state.run.x for state in states]


def close(got: torch.Tensor, want: torch.Tensor, error: float = 1e-4) -> bool:
    return bool((got - want).norm() <= error * want.norm())


def test_prompts_of_different_lengths_share_a_batch(family: AudioLDM2) -> None:
    """Their words are padded to one length and masked, which changes nothing but the last digits."""
    asked = [pass_of(family), pass_of(family, prompt="rain", negative="a very long walk"), pass_of(family, prompt="x")]
    together = finished(family, *asked)
    for one, want in zip(asked, together, strict=True):
        (alone,) = finished(family, one)
        assert close(alone, want) and not close(alone, together[0] if want is not together[0] else together[1], 0.01)


def test_keys_and_values_are_computed_once_for_all_steps(family: AudioLDM2, monkeypatch: pytest.MonkeyPatch) -> None:
    crossed = [one for one in family.unet.modules() if isinstance(one, Attention) and one.to_k.in_features in (32, 24)]
    crossed = [one for one in crossed if one.to_k.in_features != one.to_k.out_features]
    called: list[int] = []
    for one in crossed:
        one.to_k.register_forward_hook(lambda *_: called.append(1))
    state = family.begin(pass_of(family))
    before = len(called)
    finished(family, state.asked)
    assert len(crossed) == before // 2 > 10  # for the prompt, and for none
    assert len(called) == 2 * before  # once more for the second run, and never in a step


def test_the_outline_is_continued_from_its_beginning(family: AudioLDM2) -> None:
    words, clap = family.read("rain"), family.text.embed("rain")
    assert words is not None
    whole = family.outline(clap, words)
    assert whole.shape == (8, 32)
    assert close(family.outline(clap, words, given=whole[:3], count=5), whole[3:], 1e-5)
    assert close(family.outline(clap, words, count=3), whole[:3], 1e-6)


def test_what_the_language_model_would_say_is_what_it_says(family: AudioLDM2) -> None:
    """Teacher forcing with its own outline predicts that outline; padding takes up positions and is not looked at."""
    words, clap = family.read("rain"), family.text.embed("rain")
    assert words is not None and family.language is not None
    prefix, mask = family.prefix(clap, words, padding=4)
    assert mask.sum() == mask.numel() - 4
    with torch.no_grad():
        said = generate(family.language, prefix, mask, 8)
        assert close(predict(family.language, prefix, mask, said), said, 1e-5)
        noisy = torch.where(mask[..., None], prefix, torch.randn_like(prefix))
        assert close(generate(family.language, noisy, mask, 8), said, 1e-5)
    assert not close(said[0], family.outline(clap, words), 1e-3)
    with pytest.raises(ValueError, match="256 vectors or fewer together, got 264"):
        generate(family.language, prefix.repeat(1, 20, 1)[:, :256], mask.repeat(1, 20)[:, :256], 8)


def first(guide: Guide) -> torch.Tensor:
    """Keys of the first transformer with a context, which looks at the outline."""
    return guide.crossings[0].pairs[0][0]


def test_both_ways_of_leading_away_from_nothing(family: AudioLDM2) -> None:
    zeros = family.away("")
    assert not first(zeros).any()  # keys have no bias
    other = load_random("tiny", unconditional="empty")
    assert first(other.away("")).any() and not close(first(other.away("", 9)), first(other.away("")), 1e-3)
    assert close(first(family.away("music")), first(other.away("music")), 1e-6)
    results = [finished(one, pass_of(one))[0] for one in (family, other)]
    assert not close(results[0], results[1], 1e-3)
    with pytest.raises(BadRequest, match=r"unconditional must be zeros \| empty, got 'none'"):
        load_random("tiny", unconditional="none")  # type: ignore[arg-type]


def test_both_head_counts() -> None:
    trained, config = load_random("tiny-large"), load_random("tiny-large", heads="config")
    assert trained.unet.config.heads == (2, 4, 6, 10) and config.unet.config.heads == (8, 8, 8, 8)
    same = zip(trained.unet.state_dict().values(), config.unet.state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in same)
    assert not close(finished(trained, pass_of(trained))[0], finished(config, pass_of(config))[0], 1e-3)


def test_a_prompt_that_is_too_long_is_refused_and_not_cut(family: AudioLDM2) -> None:
    assert family.words is not None
    longest = "a" * 126  # one token begins the word, one ends the text
    assert family.words.length(longest) == 128
    family.begin(pass_of(family, prompt=longest))
    with pytest.raises(BadRequest, match="prompt must be 128 tokens of Flan-T5 or fewer, got 129"):
        family.begin(pass_of(family, prompt=longest + "a"))
    with pytest.raises(BadRequest, match="negative must be 128 tokens of Flan-T5 or fewer, got 129"):
        family.begin(pass_of(family, negative=longest + "a"))
    with pytest.raises(BadRequest, match="prompt must be 512 tokens of CLAP or fewer, got 802"):
        load_random("tiny-t5").begin(pass_of(family, prompt="é" * 400))


def test_prompts_are_mixed_by_what_is_predicted_for_each(family: AudioLDM2) -> None:
    conditions = (Condition("rain", weight=3.0), Condition("wind", weight=1.0))
    both = dataclasses.replace(pass_of(family), conditions=conditions)
    state = family.begin(both)
    assert state.steering.weights is not None and state.steering.weights[:, 0].tolist() == [0.75, 0.25]
    alone = [finished(family, dataclasses.replace(both, conditions=(one,)))[0] for one in conditions]
    between = finished(family, both)[0]
    assert all(not close(between, one, 1e-3) for one in alone)
    only = dataclasses.replace(both, conditions=(conditions[0], Condition("wind", weight=0.0)))
    assert torch.equal(finished(family, only)[0], alone[0])


def test_candidates_are_compared_with_the_mixture_as_it_is_weighted(family: AudioLDM2) -> None:
    conditions = (Condition("rain", weight=3.0), Condition("wind", weight=1.0))
    mixture = dataclasses.replace(pass_of(family), conditions=conditions)
    wanted = mixed([family.text.embed("rain"), family.text.embed("wind")], [3.0, 1.0])
    assert close(family.likeness(family.begin(mixture).steering), wanted, 1e-6)
    moving = family.begin(dataclasses.replace(mixture, moving=True)).steering
    assert moving.shares == pytest.approx([0.5, 0.5]), "from the first to the last, whatever lies between"


def test_a_step_is_as_much_work_as_it_has_conditions(family: AudioLDM2) -> None:
    """Each is predicted for on its own, and each beside what is led away from."""
    one = family.begin(pass_of(family))
    two = family.begin(dataclasses.replace(one.asked, conditions=(Condition("rain"), Condition("wind"))))
    assert two.batch_key == one.batch_key and two.size == 2 * one.size
    unguided = family.begin(pass_of(family, guidance=1.0))
    assert unguided.size == one.size / 2


def test_a_recording_of_one_sample_is_heard() -> None:
    source = Clip(np.full((2, 1), 0.5, np.float32), 192_000)  # less than a sample at the model's rate
    with engine.load("audioldm2-tiny-random") as model:
        (take,) = model.render(Request(task="vary", source=source, seconds=0.3, steps=1, seed=1))
    assert take.clip.frames == round(0.3 * 192_000) and np.isfinite(take.clip.samples).all()


def test_a_recording_steers_by_what_clap_hears(family: AudioLDM2) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 16_000).astype(np.float32)
    tone = np.sin(np.arange(16_000) / 5).astype(np.float32)
    guides = [family.guide(Condition(audio=one)) for one in (noise, tone)]
    assert not close(first(guides[0]), first(guides[1]), 1e-4)
    assert guides[0].clap is not None and torch.equal(guides[0].clap, family.listen(noise))


def test_ranking_is_repeatable_also_for_what_is_longer_than_clap_hears_at_once() -> None:
    asked = ASKED.replace(task="takes", takes=2, seconds=10.5, steps=1, guidance=1.0)
    with engine.load("audioldm2-tiny-random") as model:
        scores = [[take.score for take in model.render(asked)] for _ in range(2)]
    assert scores[0] == scores[1] == sorted(scores[0], reverse=True) and scores[0][0] != scores[0][1]


@pytest.mark.parametrize("shape", ["tiny-large", "tiny-t5"])
def test_the_other_arrangements_render(shape: str) -> None:
    one = load_random(shape)
    (latent,) = finished(one, pass_of(one))
    assert torch.isfinite(latent).all() and one.ranks
    assert one.hears is (shape == "tiny-large")


def test_bfloat16_stays_near(family: AudioLDM2) -> None:
    half = load_random("tiny", dtype="bfloat16")
    assert half.unet.conv_in.weight.dtype is torch.bfloat16 and half.guide(Condition("rain")).dtype is torch.bfloat16
    assert close(finished(half, pass_of(half))[0], finished(family, pass_of(family))[0], 0.1)

"""The built-in model with the weights that ship: lengths, seeds, batches, prompts, and what its folder holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
import torch

from engine import BadRequest, Clip, ModelError, Request, Take
from engine.families import pocket
from engine.families.latent import candidate_seeds
from engine.model import Model, load, step_together
from engine.passes import fresh
from engine.weights import FOLDER

shipped = pytest.mark.skipif(not FOLDER.exists(), reason="no weights ship yet: python -m engine.training pocket")


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    """In float32, so that the answers are those of the reference arithmetic on every machine."""
    with load("pocket", dtype="float32") as found:
        yield found


def ask(model: Model, prompt: str = "rain", **values: object) -> Take:
    values = {"seconds": 0.6, "seed": 7, "steps": 2} | values
    return model.render(Request(prompt=prompt, **values))[0]  # type: ignore[arg-type]


def latents(model: Model, requests: Sequence[Request]) -> list[torch.Tensor]:
    """The requests stepped together to their ends: what a decoder would get."""
    states = [model.family.begin(fresh(model.resolve(request), 48000)) for request in requests]
    while not all(state.done for state in states):
        states = step_together(model.family, states)
    return [state.runs[0].x for state in states]  # type: ignore[attr-defined]


def apart(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).norm() / b.norm())


@shipped
def test_the_folder_is_complete_and_small() -> None:
    names = {path.name for path in FOLDER.iterdir()}
    needed = {"unet", "vae", "audio", "text", "judge"}
    assert {f"{name}.safetensors" for name in needed} | {"config.json", "README.md"} <= names
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 25_000_000
    config = json.loads((FOLDER / "config.json").read_text())
    assert config["vocoder"] in {"griffin-lim", "vocos"}
    assert ("vocoder.safetensors" in names) == (config["vocoder"] == "vocos")
    assert len(config["kinds"]) >= 100
    assert config["trained"]["clips"] > 1000
    assert {"vae", "clap", "unet", "classifier"} <= set(config["trained"]["minutes"])


@shipped
def test_the_card_says_what_and_how_and_what_not() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8").lower()
    for word in ("trained", "minutes", "fréchet", "cannot"):
        assert word in card
    kinds = json.loads((FOLDER / "config.json").read_text())["kinds"]
    assert [kind for kind in kinds if kind not in card] == []


@shipped
@pytest.mark.parametrize(("seconds", "rate"), [(0.05, 48000), (0.333, 44100), (1.5, 48000), (2.7, 96000), (4.0, 22050)])
def test_a_take_is_exactly_as_long_as_asked(model: Model, seconds: float, rate: int) -> None:
    take = ask(model, "a deep kick drum in a large hall", seconds=seconds, rate=rate)
    assert take.clip.rate == rate
    assert take.clip.samples.shape == (1, round(seconds * rate))
    assert take.clip.samples.dtype == np.float32
    assert np.isfinite(take.clip.samples).all()
    assert 20 * np.log10(np.abs(take.clip.samples).max()) == pytest.approx(-1.0, abs=0.1)


@shipped
def test_thirty_seconds_sound_to_their_end(model: Model) -> None:
    samples = ask(model, "heavy rain", seconds=30.0, steps=1).clip.samples[0]
    assert samples.shape == (30 * 48000,)
    levels = np.sqrt(np.mean(samples.reshape(30, -1) ** 2, axis=1))
    assert levels.min() > 1e-4
    assert np.isfinite(samples).all()


@shipped
def test_a_seed_is_a_sound(model: Model) -> None:
    first, same, other = (ask(model, "dog bark", seed=seed).clip.samples for seed in (7, 7, 8))
    assert np.array_equal(first, same)
    assert not np.allclose(first, other, atol=0.01)


@shipped
def test_takes_have_the_seeds_that_follow(model: Model) -> None:
    both = model.render(Request(prompt="laser", seconds=0.4, seed=20, steps=2, takes=2))
    assert [take.request.seed for take in both] == [20, 21]
    alone = ask(model, "laser", seconds=0.4, seed=21)
    assert np.corrcoef(both[1].clip.samples[0], alone.clip.samples[0])[0, 1] > 0.99


@shipped
def test_four_together_are_what_they_are_alone(model: Model) -> None:
    """Different prompts, guidances and step counts in one batch, within what float32 sums in another order may do."""
    requests = [
        Request(prompt="rain", seconds=1, seed=1, steps=2),
        Request(prompt="church bell", negative="hum", seconds=2, seed=2, steps=3, guidance=3.0),
        Request(prompt="owl", seconds=0.5, seed=3, steps=2, sampler="ddim", eta=0.5),
        Request(prompt="piano with a melody", seconds=1, seed=4, steps=4),
    ]
    together = latents(model, requests)
    for request, found in zip(requests, together, strict=True):
        assert apart(found, latents(model, [request])[0]) < 1e-3


@shipped
def test_the_prompt_the_negative_and_the_guidance_matter(model: Model) -> None:
    base = Request(prompt="heavy rain on a metal roof", seconds=1, seed=5, steps=4, guidance=2.0)
    changes = [
        {}, {"prompt": "trumpet"}, {"negative": "wind"}, {"guidance": 6.0}, {"guidance": 1.0},
        {"guidance": 1.0, "negative": "wind"},
    ]  # fmt: skip
    plain, *others = (latents(model, [base.replace(**change)])[0] for change in changes)
    assert all(apart(other, plain) > 0.02 for other in others)
    assert torch.equal(others[-1], others[-2])  # without guidance there is nothing for a negative prompt to steer


@shipped
def test_a_negative_prompt_brings_guidance_and_an_edit_its_own_settings(model: Model) -> None:
    asked = Request(prompt="rain", seconds=1, seed=1)
    assert model.resolve(asked).guidance == 1.0
    assert model.resolve(asked.replace(negative="wind")).guidance == 2.0
    assert model.resolve(asked.replace(negative="wind", guidance=1.5)).guidance == 1.5
    edit = model.resolve(asked.replace(task="restyle", source=Clip(np.zeros((1, 4800), np.float32), 48000)))
    assert (edit.steps, edit.guidance, edit.candidates) == (8, 2.0, 1)


@shipped
def test_a_prompt_in_another_script_is_refused_by_name(model: Model) -> None:
    for words in ("雨の音", "…!?", "дождь"):
        with pytest.raises(BadRequest, match="at least one word in Latin letters") as caught:
            ask(model, words)
        assert caught.value.name == "prompt"
    ask(model, "RAIN, 雨")  # one readable word is enough


@shipped
def test_prompts_are_read_whatever_their_case_and_order(model: Model) -> None:
    one, two = (ask(model, words).clip.samples for words in ("Dog BARK", "dog bark"))
    assert np.array_equal(one, two)


@shipped
def test_scores_are_cosines_and_tell_the_right_prompt(model: Model) -> None:
    """A take is nearer to its own prompt than to another kind's, for most of a handful of plain ones."""
    family = model.family
    assert isinstance(family, pocket.Pocket)
    prompts = ["heavy rain", "siren", "kick drum", "piano", "dog bark"]
    right = 0
    for seed, prompt in enumerate(prompts):
        state = family.begin(fresh(model.resolve(Request(prompt=prompt, seconds=2.56, seed=seed, candidates=1)), 48000))
        while not state.done:
            (state,) = family.step([state])
        mel = family.decode_latent(state.runs[0].x[None])[0]
        scores = [family.score(mel, family.embed(text)) for text in prompts]
        assert all(-1 <= score <= 1 for score in scores)
        assert family.decode(state).score == pytest.approx(scores[seed])
        right += int(np.argmax(scores)) == seed
    assert right >= 4


@shipped
def test_bfloat16_is_nearly_the_same(model: Model) -> None:
    request = Request(prompt="church bell", seconds=1, seed=3, steps=4)
    with load("pocket", dtype="bfloat16") as rough:
        assert apart(latents(rough, [request])[0], latents(model, [request])[0]) < 0.2


def test_a_folder_without_weights_is_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError, match=f"no pocket weights in {tmp_path}: make them with"):
        pocket.load(folder=tmp_path)


def test_another_precision_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"dtype must be float32 \| bfloat16, got 'int4'"):
        pocket.load(dtype="int4")


@shipped
def test_more_candidates_never_fit_the_prompt_less(model: Model) -> None:
    one, three = ask(model, "dog bark", candidates=1), ask(model, "dog bark", candidates=3)
    assert three.score >= one.score - 1e-4  # in a batch of three the first one differs by rounding
    assert ask(model, "dog bark", candidates=3).clip.samples.tobytes() == three.clip.samples.tobytes()


@shipped
def test_the_first_candidate_is_what_one_candidate_gives(model: Model) -> None:
    request = model.resolve(Request(prompt="siren", seconds=0.6, seed=3, steps=2))
    seeds = candidate_seeds(fresh(request.replace(candidates=4), 48000))
    assert seeds[:1] == candidate_seeds(fresh(request.replace(candidates=1), 48000)) == [3]
    assert len(set(seeds)) == 4

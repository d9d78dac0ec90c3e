"""AudioLDM on random weights: its latents against diffusers' own pipeline parts, and the family's promises."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

import engine
from benchmarks.diffusers_networks import scheduler_of, unet_of, vae_of
from engine.errors import BadRequest
from engine.families.audioldm import AudioLDM, load_random, load_tiny_random
from engine.families.audioldm_shapes import SHAPES, AudioLDMShape
from engine.families.latent import LatentState
from engine.model import Model
from engine.passes import fresh
from engine.request import Request
from engine.sampling import noise
from tests.engine.parity import relative

REQUEST = Request(
    prompt="a door slams",
    negative="music",
    seconds=0.7,
    seed=3,
    steps=5,
    guidance=2.5,
    sampler="ddim",
    model="audioldm-tiny-random",
)


@pytest.fixture(scope="module")
def family() -> AudioLDM:
    return load_tiny_random()


def diffusers_pipeline(family: AudioLDM) -> Any:
    """diffusers' AudioLDMPipeline that shares this family's weights."""
    import diffusers

    unet, vae = unet_of(family.shape.unet, family.shape.unet.heads), vae_of(family.shape.vae)
    unet.load_state_dict(family.unet.state_dict())
    vae.load_state_dict(family.vae.state_dict())
    pipeline: Any = diffusers.AudioLDMPipeline(
        vae, family.text.tower, family.text.tokenizer, unet, scheduler_of(), family.vocoder
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def begun(family: AudioLDM, request: Request) -> LatentState:
    return family.begin(fresh(request, family.rate))


def run(family: AudioLDM, states: list[LatentState]) -> list[LatentState]:
    while not states[0].done:
        states = family.step(states)
    return states


@pytest.mark.parametrize("guidance", [2.5, 1.0])
def test_five_steps_equal_diffusers(family: AudioLDM, guidance: float) -> None:
    request = dataclasses.replace(REQUEST, guidance=guidance)
    first = begun(family, request)
    latents = []
    pipeline = diffusers_pipeline(family)
    audio = pipeline(  # type: ignore[operator]
        prompt_embeds=first.condition[None],
        negative_prompt_embeds=first.uncondition[None],
        audio_length_in_s=0.7,
        num_inference_steps=5,
        guidance_scale=guidance,
        latents=first.run.x[None].clone(),
        callback_steps=1,
        callback=lambda index, time, x: latents.append(x.clone()),
        output_type="np",
    ).audios
    assert len(latents) == 5
    states = [first]
    for want in latents:
        states = family.step(states)
        assert relative(states[0].run.x, want[0]) < 1e-4
    # 0.7 s is 70 mel frames, 18 rows of the latent.
    assert states[0].run.x.shape == (8, 18, 16)
    # Without the offset that random weights have.
    got, want = (torch.tensor(one[:11_200]) for one in (family.decode(states[0]).samples, audio[0]))
    assert relative(got - got.mean(), want - want.mean()) < 1e-3


def test_embeddings_equal_diffusers(family: AudioLDM) -> None:
    pipeline = diffusers_pipeline(family)
    want = pipeline._encode_prompt("a door slams", "cpu", 1, True, "music")  # type: ignore[attr-defined]
    got = torch.stack([family.text.embed("music"), family.text.embed("a door slams")])
    torch.testing.assert_close(got, want, rtol=0, atol=1e-6)


def test_together_and_alone_agree(family: AudioLDM) -> None:
    requests = [
        dataclasses.replace(REQUEST, prompt=prompt, seed=seed, sampler="dpm++", guidance=scale)
        for prompt, seed, scale in (("a door slams", 3, 2.5), ("rain on a tin roof", 9, 4.0))
    ]
    together = run(family, [begun(family, request) for request in requests])
    for request, state in zip(requests, together, strict=True):
        assert relative(state.run.x, run(family, [begun(family, request)])[0].run.x) < 1e-4


def test_states_at_different_steps_share_a_call(family: AudioLDM) -> None:
    ahead, behind = begun(family, REQUEST), begun(family, dataclasses.replace(REQUEST, seed=4))
    ahead = family.step([ahead])[0]
    assert ahead.batch_key == behind.batch_key
    mixed = family.step([ahead, behind])
    assert [state.index for state in mixed] == [2, 1]
    for state, want in zip(mixed, [family.step([ahead])[0], family.step([behind])[0]], strict=True):
        assert relative(state.run.x, want.run.x) < 1e-4


def test_what_cannot_share_a_call_has_another_key(family: AudioLDM) -> None:
    keys = {
        begun(family, dataclasses.replace(REQUEST, **change)).batch_key
        for change in ({}, {"seconds": 2.0}, {"guidance": 1.0})
    }
    assert len(keys) == 3


def test_step_is_pure(family: AudioLDM) -> None:
    first = begun(family, REQUEST)
    before = first.run.x.clone()
    one, two = family.step([first])[0], family.step([first])[0]
    assert torch.equal(first.run.x, before)
    assert torch.equal(one.run.x, two.run.x)


def test_prompt_negative_and_guidance_matter(family: AudioLDM) -> None:
    base = run(family, [begun(family, REQUEST)])[0].run.x
    for change in ({"prompt": "rain"}, {"negative": ""}, {"guidance": 6.0}, {"seed": 4}, {"sampler": "dpm++"}):
        other = run(family, [begun(family, dataclasses.replace(REQUEST, **change))])[0].run.x
        assert relative(other, base) > 1e-5, change


@pytest.mark.parametrize(("seconds", "rate"), [(0.05, 44_100), (0.7, 48_000), (1.03, 16_000), (0.333, 22_050)])
def test_take_has_the_exact_length_and_repeats(seconds: float, rate: int) -> None:
    model = Model(load_tiny_random())
    request = Request(prompt="rain", seconds=seconds, rate=rate, seed=1, steps=2, takes=2)
    takes, again = model.render(request), model.render(request)
    for take, other in zip(takes, again, strict=True):
        assert take.clip.samples.shape == (1, round(seconds * rate))
        assert take.request.model == "audioldm-tiny-random"
        assert np.abs(take.clip.samples).max() == pytest.approx(10 ** (-1 / 20), abs=1e-4)
        assert np.array_equal(take.clip.samples, other.clip.samples)
    assert not np.array_equal(takes[0].clip.samples, takes[1].clip.samples)


def test_bfloat16_stays_close() -> None:
    half, full = load_tiny_random(dtype="bfloat16"), load_tiny_random()
    got, want = (run(family, [begun(family, REQUEST)])[0].run.x for family in (half, full))
    assert got.dtype == torch.float32
    assert relative(got, want) < 0.1
    assert len(half.decode(run(half, [begun(half, REQUEST)])[0]).samples) >= 11_200


def test_random_weights_belong_to_their_seed_and_leave_the_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, same, other = (load_random(seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(1), expected)
    for name, tensor in one.unet.state_dict().items():
        assert torch.equal(tensor, same.unet.state_dict()[name])
    assert not torch.equal(one.unet.conv_in.weight, other.unet.conv_in.weight)


def test_random_weights_are_found_by_an_honest_name() -> None:
    with engine.load("audioldm-tiny-random", dtype="bfloat16") as model:
        assert model.name == "audioldm-tiny-random"


def test_head_settings() -> None:
    assert SHAPES["s-full"].unet.heads == SHAPES["l-full"].unet.heads == (4, 8, 12, 20)
    assert SHAPES["m-full"].unet.heads == (6, 12, 18, 30)
    assert SHAPES["m-full"].with_heads("config").unet.heads == (8, 8, 8, 8)
    trained, config = load_tiny_random(), load_random("tiny", heads="config")
    states = [run(family, [begun(family, REQUEST)])[0] for family in (trained, config)]
    assert relative(states[0].run.x, states[1].run.x) > 1e-5


@pytest.mark.parametrize(
    ("seconds", "rows"), [(10.24, 256), (5.12, 128), (0.29, 8), (0.04, 1), (0.0401, 2), (60, 1500)]
)
def test_rows_cover_the_length(seconds: float, rows: int) -> None:
    assert SHAPES["s-full"].rows(seconds) == rows


@pytest.mark.parametrize(("shape", "millions"), [("s-full", 185.04), ("m-full", 415.95), ("l-full", 739.14)])
def test_published_sizes(shape: str, millions: float) -> None:
    from engine.nets.unet import UNet

    sizes: AudioLDMShape = SHAPES[shape]
    with torch.device("meta"):
        unet = UNet(sizes.unet)
    assert sum(parameter.numel() for parameter in unet.parameters()) == pytest.approx(millions * 1e6, rel=1e-4)
    assert len(unet.state_dict()) == 690


@pytest.mark.parametrize(
    ("options", "text"),
    [({"shape": "huge"}, "s-full-v2"), ({"heads": "many"}, "trained | config"), ({"dtype": "int8"}, "bfloat16")],
)
def test_unknown_options_name_the_known(options: dict[str, str], text: str) -> None:
    with pytest.raises(BadRequest, match="must be") as error:
        load_random(**options)  # type: ignore[arg-type]
    assert text in str(error.value)


def test_noise_is_the_requests_own(family: AudioLDM) -> None:
    assert torch.equal(begun(family, REQUEST).run.x, noise((8, 18, 16), 3))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_true_shape_renders() -> None:
    take = Model(load_random("s-full-v2")).render(Request(prompt="rain", seconds=0.3, seed=1, steps=1))[0]
    assert take.clip.samples.shape == (1, 14_400)
    assert np.isfinite(take.clip.samples).all()


@pytest.mark.parametrize("name", ["prompt", "negative"])
def test_a_text_that_is_too_long_is_refused_and_not_cut(family: AudioLDM, name: str) -> None:
    """The limit is in tokens: two of them begin and end a text, and these letters are two each."""
    longest = REQUEST.replace(**{name: "é" * 255})  # type: ignore[arg-type]
    begun(family, longest.resolved(family.defaults))
    with pytest.raises(BadRequest, match=f"{name} must be 512 tokens of CLAP or fewer, got 514"):
        begun(family, longest.replace(**{name: "é" * 256}).resolved(family.defaults))  # type: ignore[arg-type]

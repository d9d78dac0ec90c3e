"""The samplers against diffusers, against an exact denoiser, and batched against alone."""

from __future__ import annotations

import dataclasses
import itertools

import diffusers
import pytest
import torch

from engine import BadRequest, Request
from engine.sampling import Denoising, Plan, denoise_step, guided, noise, plan_for, predictions, start, step_noise
from engine.schedule import schedule

SHAPE = (2, 6, 4)
TRAINING = {"beta_start": 0.0015, "beta_end": 0.0195, "beta_schedule": "scaled_linear", "steps_offset": 1}


def network(x: torch.Tensor, time: int) -> torch.Tensor:
    """Smooth, nonlinear and dependent on time: any difference between two samplers shows."""
    return torch.tanh(0.7 * x + 0.3 * x.flip(-1)) * (0.6 + 0.0004 * time)


def run(plan: Plan, seed: int = 3) -> list[Denoising]:
    states = [start(plan, SHAPE, seed)]
    while not states[-1].done:
        states.append(denoise_step(states[-1], network(states[-1].x, states[-1].time)))
    return states


def reference(scheduler: diffusers.SchedulerMixin, steps: int, seed: int = 3) -> list[torch.Tensor]:
    scheduler.set_timesteps(steps)
    latents = [noise(SHAPE, seed)]
    for time in scheduler.timesteps:
        latents.append(scheduler.step(network(latents[-1], int(time)), time, latents[-1]).prev_sample)
    return latents


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize(
    ("spacing", "steps"),
    # diffusers divides zero by zero for one step of "karras"
    [
        *itertools.product(("leading", "trailing", "linspace"), (1, 2, 3, 8, 25)),
        ("karras", 2),
        ("karras", 8),
        ("karras", 25),
    ],
)
def test_dpm_agrees_with_diffusers(prediction: str, spacing: str, steps: int) -> None:
    karras = spacing == "karras"
    theirs = diffusers.DPMSolverMultistepScheduler(
        **TRAINING,
        prediction_type=prediction,
        timestep_spacing="leading" if karras else spacing,
        use_karras_sigmas=karras,
    )
    expected = reference(theirs, steps)
    states = run(Plan(schedule("dpm++", steps, spacing), prediction=prediction))
    assert states[0].plan.schedule.times == tuple(theirs.timesteps.tolist())
    for state, latent in zip(states, expected, strict=True):
        # The size of a clean estimate at t = 999 is 80 times that of the latent, so float32 leaves 1e-3 of 80.
        torch.testing.assert_close(state.x, latent, rtol=2e-4, atol=2e-3)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize(("spacing", "steps"), [("leading", 1), ("leading", 7), ("leading", 20), ("trailing", 10)])
def test_ddim_agrees_with_diffusers(prediction: str, spacing: str, steps: int) -> None:
    theirs = diffusers.DDIMScheduler(
        **TRAINING, clip_sample=False, set_alpha_to_one=False, timestep_spacing=spacing, prediction_type=prediction
    )
    expected = reference(theirs, steps)
    states = run(Plan(schedule("ddim", steps, spacing), sampler="ddim", prediction=prediction))
    assert states[0].plan.schedule.times == tuple(theirs.timesteps.tolist())
    for state, latent in zip(states, expected, strict=True):
        torch.testing.assert_close(state.x, latent, rtol=2e-4, atol=2e-3)


@pytest.mark.parametrize("eta", [0.3, 1.0])
def test_ddim_with_eta_agrees_with_diffusers(eta: float) -> None:
    theirs = diffusers.DDIMScheduler(**TRAINING, clip_sample=False, set_alpha_to_one=False, timestep_spacing="leading")
    theirs.set_timesteps(10)
    state = start(Plan(schedule("ddim", 10, "leading"), sampler="ddim", eta=eta), SHAPE, 5)
    for index, time in enumerate(theirs.timesteps):
        output = network(state.x, int(time))
        added = step_noise(SHAPE, 5, index)
        expected = theirs.step(output, time, state.x, eta=eta, variance_noise=added).prev_sample
        state = denoise_step(state, output)
        torch.testing.assert_close(state.x, expected, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("sampler", ["dpm++", "ddim"])
@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace", "karras"])
@pytest.mark.parametrize("steps", [1, 2, 5, 30])
def test_a_network_that_knows_the_answer_is_believed(sampler: str, spacing: str, steps: int) -> None:
    """If the noise is predicted exactly at each time, every sampler must end at the clean latent, at any spacing."""
    clean = noise(SHAPE, 11)
    plan = Plan(schedule(sampler, steps, spacing), sampler=sampler)
    first = plan.schedule
    state = start(plan, SHAPE, 1)
    state = dataclasses.replace(state, x=first.alphas[0] * clean + first.sigmas[0] * state.x)
    while not state.done:
        alpha, sigma = first.alphas[state.index], first.sigmas[state.index]
        state = denoise_step(state, (state.x - alpha * clean) / sigma)
    expected = first.alphas[-1] * clean + (0 if sampler == "dpm++" else first.sigmas[-1] * noise(SHAPE, 1))
    torch.testing.assert_close(state.x, expected, rtol=1e-3, atol=1e-3)


def test_steps_are_pure() -> None:
    state = start(Plan(schedule("ddim", 4, "leading"), sampler="ddim", eta=1.0), SHAPE, 7)
    before = state.x.clone()
    once, twice = (denoise_step(state, network(state.x, state.time)) for _ in range(2))
    assert torch.equal(once.x, twice.x)
    assert torch.equal(state.x, before)
    assert (state.index, once.index) == (0, 1)


def test_noise_is_the_seeds_own() -> None:
    torch.manual_seed(1)
    one = noise(SHAPE, 42)
    torch.manual_seed(2)
    assert torch.equal(one, noise(SHAPE, 42))
    assert not torch.equal(one, noise(SHAPE, 43))
    assert not torch.equal(step_noise(SHAPE, 42, 0), step_noise(SHAPE, 42, 1))
    assert not torch.equal(step_noise(SHAPE, 42, 0), one)


def convolution() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Conv1d(6, 6, 3, padding=1)


@pytest.mark.parametrize("scales", [(1.0, 1.0, 1.0), (2.5, 1.0, 4.0)])
def test_batch_and_single_agree(scales: tuple[float, ...]) -> None:
    """Runs at different times, with different guidance, in one call or each alone."""
    layer = convolution()

    def net(x: torch.Tensor, times: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        y = layer(x.flatten(1, 2)[:, :6]).repeat(1, 2, 1).reshape(x.shape)
        return torch.tanh(y + conditions[:, None, None, :]) * (1 - times[:, None, None, None] / 2000)

    plan = plan_for(Request(prompt="x", steps=6))
    runs = [start(plan, SHAPE, seed) for seed in range(3)]
    runs[1] = denoise_step(runs[1], network(runs[1].x, runs[1].time))
    conditions, empty = noise((3, 4), 1), noise((3, 4), 2)
    with torch.inference_mode():
        together = predictions(net, runs, conditions, empty, scales)
        for i, one in enumerate(runs):
            alone = predictions(net, [one], conditions[i : i + 1], empty[i : i + 1], scales[i : i + 1])[0]
            torch.testing.assert_close(together[i], alone, rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(
                denoise_step(one, together[i]).x, denoise_step(one, alone).x, rtol=1e-4, atol=1e-4
            )


def test_guidance_of_one_or_less_asks_only_for_the_prompt() -> None:
    sizes = []

    def net(x: torch.Tensor, times: torch.Tensor, conditions: torch.Tensor) -> torch.Tensor:
        sizes.append(len(x))
        return x

    runs = [start(plan_for(Request(prompt="x", steps=3)), SHAPE, 0)]
    for scale in (0.0, 1.0, 3.0):
        predictions(net, runs, torch.zeros(1, 4), torch.zeros(1, 4), [scale])
    assert sizes == [1, 1, 2]
    assert torch.equal(guided(torch.tensor(1.0), torch.tensor(2.0), 3.0), torch.tensor(4.0))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("euler", 5, "leading"), "sampler must be dpm.* got 'euler'"),
        (("ddim", 0, "leading"), "steps must be 1 to 1000, got 0"),
        (("ddim", 5, "even"), "spacing must be leading .* got 'even'"),
    ],
)
def test_schedules_name_what_is_wrong(arguments: tuple[str, int, str], text: str) -> None:
    with pytest.raises(BadRequest, match=text):
        schedule(*arguments)


def test_a_plan_needs_a_resolved_request_and_a_known_prediction() -> None:
    with pytest.raises(BadRequest, match="resolved"):
        plan_for(Request(prompt="x"))
    with pytest.raises(BadRequest, match="prediction must be epsilon"):
        plan_for(Request(prompt="x", steps=4), prediction="sample")


def test_the_known_times_of_the_checkpoints() -> None:
    assert schedule("ddim", 10, "leading").times == tuple(range(901, 0, -100))
    assert schedule("ddim", 200, "leading").times[:2] == (996, 991)
    alphas = schedule("ddim", 10, "leading").alphas
    assert alphas[0] ** 2 == pytest.approx(0.000858, abs=1e-6)
    assert alphas[-1] ** 2 == pytest.approx(0.998500, abs=1e-6)

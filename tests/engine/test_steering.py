"""Several conditions, loops and held parts: what a step makes of them, by networks whose answers are known."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.request import Request
from engine.sampling import Held, denoise_step, first_step, guided, noise, plan_for, scale_at, start, start_from
from engine.steering import Steering, along, around, hold_mask, loop_rows, looped, mixed, offset, steered

REQUEST = Request(prompt="x", seed=1, steps=8, guidance=1.0)
SHAPE = (2, 12, 4)


def shown(x: Tensor, times: Tensor, conditions: Tensor) -> Tensor:
    """A network that answers with its condition everywhere."""
    return conditions[:, :1, None, None].expand_as(x)


def test_one_condition_is_what_the_network_says() -> None:
    run = start(plan_for(REQUEST), SHAPE, 1)
    one = Steering((torch.tensor([3.0]),), torch.zeros(1))
    (found,) = steered(shown, [run], [one], [REQUEST], torch.float32)
    assert torch.equal(found, torch.full(SHAPE, 3.0))


def test_moving_conditions_count_along_the_rows_beside_runs_that_have_one() -> None:
    runs = [start(plan_for(REQUEST), SHAPE, seed) for seed in (1, 2)]
    moving = Steering((torch.tensor([0.0]), torch.tensor([1.0])), torch.zeros(1), along([1, 1], 12))
    plain = Steering((torch.tensor([5.0]),), torch.zeros(1))
    found = steered(shown, runs, [moving, plain], [REQUEST] * 2, torch.float32)
    torch.testing.assert_close(found[0][0, :, 0], torch.linspace(0, 1, 12))
    assert torch.equal(found[1], torch.full(SHAPE, 5.0))


def test_weights_along_the_time_go_from_the_first_to_the_last() -> None:
    weights = along([1, 2, 1], 101)
    torch.testing.assert_close(weights.sum(0), torch.ones(101))
    assert weights[:, 0].tolist() == [1, 0, 0]
    assert weights[:, 50].tolist() == [0, 1, 0]
    assert weights[:, 100].tolist() == [0, 0, 1]
    assert along([1, 1], 1)[:, 0].tolist() == [1, 0]


def test_a_mixture_is_a_unit_embedding_between_the_others() -> None:
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    torch.testing.assert_close(mixed([a, b], [0.5, 0.5]), F.normalize(torch.ones(2), dim=0))
    torch.testing.assert_close(mixed([a, b], [3.0, 1.0])[1] / mixed([a, b], [3.0, 1.0])[0], torch.tensor(1 / 3))
    assert mixed([a], [0.2]) is a


def blur(x: Tensor, times: Tensor, conditions: Tensor) -> Tensor:
    """A network that sees a row before and one after, and nothing beyond the ends."""
    padded = F.pad(x, (0, 0, 1, 1))
    return padded[:, :, :-2] + padded[:, :, 1:-1] + padded[:, :, 2:]


@pytest.mark.parametrize("period", [1, 3, 12, 13])
def test_a_loop_is_the_same_wherever_it_is_turned_to(period: int) -> None:
    x = noise((2, 2, period, 4), 1)
    rows = loop_rows(period, 8, 8)
    assert rows >= period + 16
    assert rows % 8 == 0
    wanted = x.roll(1, 2) + x + x.roll(-1, 2)
    for offsets in ([0, 0], [1, 2], [7]):
        torch.testing.assert_close(looped(blur, offsets, rows)(x, torch.zeros(2), torch.zeros(2, 1)), wanted)


def test_a_loop_is_turned_elsewhere_at_every_step_and_always_alike() -> None:
    run = start(plan_for(REQUEST), (2, 100, 4), 5)
    turns = [offset(dataclasses.replace(run, index=index)) for index in range(8)]
    assert len(set(turns)) == 8
    assert all(0 <= turn < 100 for turn in turns)
    assert turns == [offset(dataclasses.replace(run, index=index)) for index in range(8)]


def test_an_event_is_shown_as_the_beginning_until_the_layout_is_decided() -> None:
    """The network here answers with what it sees in its first row."""

    def first(x: Tensor, times: Tensor, conditions: Tensor) -> Tensor:
        return x[:, :, :1].expand_as(x)

    run = start(plan_for(REQUEST), SHAPE, 5)
    one = Steering((torch.zeros(1),), torch.zeros(1), begins=7)
    for index, row in ((0, 7), (3, 7), (4, 0), (7, 0)):
        now = dataclasses.replace(run, index=index)
        (found,) = steered(first, [now], [one], [REQUEST], torch.float32)
        assert torch.equal(found, run.x[:, row : row + 1].expand(SHAPE))
    # Beside a run that begins where it begins.
    found = steered(first, [run, run], [one, dataclasses.replace(one, begins=0)], [REQUEST] * 2, torch.float32)
    assert [torch.equal(a[:, 0], run.x[:, row]) for a, row in zip(found, (7, 0), strict=True)] == [True, True]


def test_around_puts_the_ends_on_both_sides() -> None:
    assert around(torch.arange(3), 2, 4, 0).tolist() == [1, 2, 0, 1, 2, 0, 1, 2, 0]


@pytest.mark.parametrize("sampler", ["dpm++", "ddim"])
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_what_is_held_comes_out_as_it_was_and_the_rest_does_not(sampler: str, strength: float) -> None:
    request = REQUEST.replace(sampler=sampler, eta=0.5 if sampler == "ddim" else 0.0)
    plan, clean = plan_for(request, "trailing"), noise(SHAPE, 9)
    run = start_from(plan, clean, strength, 1)
    mask = hold_mask(12, 10, [(0, 60)], 4, 0)
    run = dataclasses.replace(run, held=Held(clean, mask))
    while not run.done:
        alpha, sigma = run.plan.schedule.alphas[run.index], run.plan.schedule.sigmas[run.index]
        if run.index > 0 and sampler == "dpm++":
            # On its way, too, it is the clean latent and noise, and nothing else.
            part = (run.x[:, :5] - alpha * clean[:, :5]) / sigma
            assert 0.5 < float(part.std()) < 2.0
        run = denoise_step(run, torch.zeros(SHAPE))
    end = run.plan.schedule.sigmas[-1]
    torch.testing.assert_close(run.x[:, :5], clean[:, :5], atol=1e-4 + 4 * end, rtol=0.01)
    assert not torch.allclose(run.x[:, 6:], clean[:, 6:], atol=0.1)


def test_a_run_without_strength_is_its_source_and_one_of_full_strength_has_none_of_it() -> None:
    plan, clean = plan_for(REQUEST), noise(SHAPE, 9)
    still = start_from(plan, clean, 0.0, 1)
    assert still.done
    assert still.x is clean
    full = start_from(plan, clean, 1.0, 1)
    assert torch.equal(full.x, start(plan, SHAPE, 1).x)
    assert [first_step(plan, strength) for strength in (0.0, 0.01, 0.5, 0.75, 1.0)] == [8, 7, 4, 2, 0]


def test_masks_hold_whole_rows_and_whole_columns() -> None:
    rows = hold_mask(8, 10, [(0, 25), (50, 80)], 4, 0)[0, :, 0]
    assert rows.tolist() == [1, 0.5, 0, 0, 0, 0.5, 1, 1]
    columns = hold_mask(2, 10, [], 4, 3)[0, 0]
    assert columns.tolist() == [1, 1, 0.5, 0]
    assert hold_mask(2, 10, [(0, 20)], 4, 1).min() == 1


def test_guidance_has_an_interval_and_can_be_kept_from_growing_louder() -> None:
    run = start(plan_for(REQUEST), SHAPE, 1)
    request = REQUEST.replace(guidance=4.0, guidance_from=0.25, guidance_to=0.75)
    scales = [scale_at(dataclasses.replace(run, index=index), request) for index in range(8)]
    assert scales == [0, 0, 4, 4, 4, 4, 0, 0]
    assert {scale_at(dataclasses.replace(run, index=index), REQUEST.replace(guidance=3)) for index in range(8)} == {3}
    without, with_prompt = noise(SHAPE, 1), noise(SHAPE, 2)
    loud = guided(without, with_prompt, 5.0)
    assert loud.std() > 2 * with_prompt.std()
    torch.testing.assert_close(guided(without, with_prompt, 5.0, 1.0).std(), with_prompt.std())
    between = guided(without, with_prompt, 5.0, 0.5)
    torch.testing.assert_close(between, 0.5 * (loud + guided(without, with_prompt, 5.0, 1.0)))
    assert guided(without, with_prompt, 1.0, 1.0) is with_prompt


def test_rescaled_guidance_equals_diffusers() -> None:
    stable = pytest.importorskip("diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion")
    without, with_prompt = noise(SHAPE, 1), noise(SHAPE, 2)
    plain = guided(without, with_prompt, 5.0)
    want = stable.rescale_noise_cfg(plain[None], with_prompt[None], guidance_rescale=0.7)[0]
    torch.testing.assert_close(guided(without, with_prompt, 5.0, 0.7), want)

"""Denoising as a value: what a diffusion run has reached, and the pure function that takes it one step further.

DDIM: Song et al., "Denoising Diffusion Implicit Models" (eta by its equation 16). DPM-Solver++ 2M: Lu et al.,
"DPM-Solver++", second order, multistep, midpoint, with a first-order last step. Both agree with diffusers' schedulers.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.errors import BadRequest
from engine.request import Request
from engine.schedule import Schedule, Training, schedule

PREDICTIONS = ("epsilon", "v_prediction")

Network = Callable[[Tensor, Tensor, Any], Tensor]
"""(latents (B, ...), times (B,) int64, conditions as `joined` gives them) to the prediction (B, ...)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run goes. sampler: "dpm++" or "ddim". eta: 0 to 1, ddim only. prediction: what the network was trained
    to give, "epsilon" (the noise) or "v_prediction" (alpha * noise - sigma * clean)."""

    schedule: Schedule
    sampler: str = "dpm++"
    eta: float = 0.0
    prediction: str = "epsilon"

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.schedule.times)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What a run keeps at every step. clean: a latent, as it is without noise. mask: 1 where it is kept, 0 where the
    run is free, anything between where they meet; its shape broadcasts to that of the latent."""

    clean: Tensor
    mask: Tensor

    def over(self, clean: Tensor) -> Tensor:
        """An estimate of the clean latent, what is held put over it."""
        return torch.lerp(clean, self.clean, self.mask.expand_as(clean))


@dataclass(frozen=True, slots=True, eq=False)
class Denoising:
    """A run that has done `index` steps of its plan.

    x: the latent, of any shape without a batch axis, on the model's device.
    clean: the last estimate of the clean latent, good for a preview; None before the first step.
    seed: of the noise that eta adds back.
    held: what is known and stays.
    """

    x: Tensor
    plan: Plan
    seed: int
    index: int = 0
    clean: Tensor | None = None
    held: Held | None = None

    @property
    def done(self) -> bool:
        """True when the plan is fulfilled; `x` is the result then."""
        return self.index >= self.plan.steps

    @property
    def time(self) -> int:
        """What the network has to be told before the next step, 0 to 999."""
        return self.plan.schedule.times[self.index]


def plan_for(
    request: Request, spacing: str = "leading", prediction: str = "epsilon", training: Training | None = None
) -> Plan:
    """The plan of a resolved request for a model with this spacing, prediction and noise. Raises `BadRequest`."""
    if prediction not in PREDICTIONS:
        raise BadRequest("prediction", f"prediction must be {' | '.join(PREDICTIONS)}, got {prediction!r}")
    if request.steps is None:
        raise BadRequest("steps", "a plan is made only once the request is resolved")
    return Plan(schedule(request.sampler, request.steps, spacing, training), request.sampler, request.eta, prediction)


def start(plan: Plan, shape: Sequence[int], seed: int, device: torch.device | str = "cpu") -> Denoising:
    """A run that begins at pure noise of `shape` (no batch axis), drawn from `seed`."""
    return Denoising(noise(shape, seed).to(device), plan, seed)


def start_from(plan: Plan, clean: Tensor, strength: float, seed: int) -> Denoising:
    """A run that begins at a clean latent, noised as far as `strength` says: 1 is pure noise, as `start` gives it, and
    all steps, 0 the latent itself and none (SDEdit, Meng et al. 2021)."""
    if strength >= 1.0:
        return start(plan, clean.shape, seed, clean.device)
    index = first_step(plan, strength)
    if index == plan.steps:
        return Denoising(clean, plan, seed, index, clean)
    alpha, sigma = plan.schedule.alphas[index], plan.schedule.sigmas[index]
    return Denoising(alpha * clean + sigma * noise(clean.shape, seed).to(clean), plan, seed, index)


def first_step(plan: Plan, strength: float) -> int:
    """The step at which a run of this strength begins: of any above 0, at least the last one is done."""
    if strength <= 0.0:
        return plan.steps
    return min(round((1.0 - strength) * plan.steps), plan.steps - 1)


def noise(shape: Sequence[int], seed: int) -> Tensor:
    """Normal noise, float32. Always drawn on the CPU, so a seed means the same on every device and in every batch."""
    return torch.randn(tuple(shape), generator=torch.Generator("cpu").manual_seed(seed), dtype=torch.float32)


def step_noise(shape: Sequence[int], seed: int, index: int) -> Tensor:
    """The noise that is added back at step `index`: depends on nothing else, so a step can be repeated."""
    digest = hashlib.blake2b(f"{seed}:{index}".encode(), digest_size=7).digest()
    return noise(shape, int.from_bytes(digest))


def predictions(
    network: Network,
    runs: Sequence[Denoising],
    conditions: Sequence[Any],
    unconditions: Sequence[Any],
    scales: Sequence[float],
    rescales: Sequence[float] | None = None,
) -> list[Tensor]:
    """What the network predicts for each run, guided: one call for all of them.

    conditions, unconditions: of the prompts and of the negative prompts, one for each run, as `joined` takes them.
    scales: guidance of each run; where all are 1 or less the unconditional half is left out. rescales: of the guidance
    of each run, 0 if None. Latents go in with the dtype of the conditions.
    """
    x = torch.stack([run.x for run in runs]).to(conditions[0].dtype)
    times = torch.tensor([run.time for run in runs], device=x.device)
    if all(scale <= 1.0 for scale in scales):
        return list(network(x, times, joined(conditions)))
    both = network(torch.cat((x, x)), torch.cat((times, times)), joined([*unconditions, *conditions]))
    without, with_prompt = both.chunk(2)
    rescales = rescales or [0.0] * len(runs)
    return [guided(*parts) for parts in zip(without, with_prompt, scales, rescales, strict=True)]


def joined(conditions: Sequence[Any]) -> Any:
    """Conditions of several runs as a network takes them: tensors (...) become one (runs, ...).

    A family whose conditions are more than a tensor gives them a `dtype`, a method `to(dtype)` and a static method
    `joined` of their own.
    """
    first = conditions[0]
    return torch.stack(list(conditions)) if isinstance(first, Tensor) else first.joined(conditions)


def guided(without: Tensor, with_prompt: Tensor, scale: float, rescale: float = 0.0) -> Tensor:
    """Classifier-free guidance (Ho and Salimans); a scale of 1 or less is no guidance.

    rescale: 0 to 1, how far the result gets the spread of the prediction with the prompt (Lin et al., "Common Diffusion
    Noise Schedules and Sample Steps Are Flawed", equations 15 and 16).
    """
    if scale <= 1.0:
        return with_prompt
    result = without + scale * (with_prompt - without)
    if rescale <= 0.0:
        return result
    return torch.lerp(result, result * (with_prompt.std() / result.std()), rescale)


def scale_at(run: Denoising, request: Request) -> float:
    """The guidance for the run's next step: the request's within its interval, none before and after it
    (Kynkäänniemi et al. 2024)."""
    done = run.index / run.plan.steps
    within = request.guidance_from <= done and (done < request.guidance_to or request.guidance_to >= 1.0)
    return (request.guidance or 0.0) if within else 0.0


def denoise_step(run: Denoising, output: Tensor) -> Denoising:
    """The run after one step. output: the (guided) prediction for `run.x` at `run.time`, of the same shape."""
    output = output.to(run.x.dtype)
    clean, noise_part = split(run, output)
    if run.held is not None:
        # Noise and clean latent still make up x, so what is held comes out as if it alone had ever been predicted.
        clean = run.held.over(clean)
        noise_part = (run.x - run.plan.schedule.alphas[run.index] * clean) / run.plan.schedule.sigmas[run.index]
    x = _ddim(run, clean, noise_part) if run.plan.sampler == "ddim" else _dpm(run, clean)
    return dataclasses.replace(run, x=x, index=run.index + 1, clean=clean)


def split(run: Denoising, output: Tensor) -> tuple[Tensor, Tensor]:
    """The clean latent and the noise that the prediction says `run.x` consists of."""
    alpha, sigma = run.plan.schedule.alphas[run.index], run.plan.schedule.sigmas[run.index]
    if run.plan.prediction == "v_prediction":
        return alpha * run.x - sigma * output, alpha * output + sigma * run.x
    return (run.x - sigma * output) / alpha, output


def _ddim(run: Denoising, clean: Tensor, noise_part: Tensor) -> Tensor:
    alphas, sigmas, index = run.plan.schedule.alphas, run.plan.schedule.sigmas, run.index
    alpha, sigma, next_alpha, next_sigma = alphas[index], sigmas[index], alphas[index + 1], sigmas[index + 1]
    added = run.plan.eta * next_sigma / sigma * math.sqrt(max(0.0, 1.0 - (alpha / next_alpha) ** 2))
    x = next_alpha * clean + math.sqrt(next_sigma**2 - added**2) * noise_part
    return x + added * step_noise(x.shape, run.seed, index).to(x) if added > 0 else x


def _dpm(run: Denoising, clean: Tensor) -> Tensor:
    alphas, sigmas, index = run.plan.schedule.alphas, run.plan.schedule.sigmas, run.index
    if sigmas[index + 1] == 0.0:
        return clean  # the limit of the first-order step
    now, after = (math.log(alphas[i] / sigmas[i]) for i in (index, index + 1))
    direction = clean
    if run.clean is not None:
        before = math.log(alphas[index - 1] / sigmas[index - 1])
        direction = clean + 0.5 * (after - now) / (now - before) * (clean - run.clean)
    return sigmas[index + 1] / sigmas[index] * run.x - alphas[index + 1] * math.expm1(now - after) * direction

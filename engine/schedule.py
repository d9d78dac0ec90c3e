"""Noise schedules: how much signal and noise a latent holds at each time, and which times are visited.

With x0 clean and n noise, a latent at time t is alpha(t) * x0 + sigma(t) * n, and alpha² + sigma² = 1. The defaults
are those of the published AudioLDM and AudioLDM 2 checkpoints (their scheduler_config.json). Everything here is plain
numbers, computed once for a plan.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import torch

from engine.errors import BadRequest

TRAIN_STEPS = 1000
BETA_START, BETA_END = 0.0015, 0.0195
SPACINGS = ("leading", "trailing", "linspace", "karras")
SAMPLERS = ("dpm++", "ddim")
STEPS_OFFSET = 1
"""Added to the times of the "leading" spacing."""
KARRAS_RHO = 7.0
"""Exponent of the spacing by Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models"."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times of a sampling run, noisiest first.

    times: what the network is told at step i, 0 to 999.
    alphas, sigmas: signal and noise before step i; one longer than `times`, the last pair being where the run ends.
    """

    times: tuple[int, ...]
    alphas: tuple[float, ...]
    sigmas: tuple[float, ...]


@functools.cache
def alphas_cumprod() -> tuple[float, ...]:
    """alpha² for t = 0 to 999, of the "scaled linear" betas: a line in sqrt(beta). In float32, as it was trained."""
    betas = torch.linspace(BETA_START**0.5, BETA_END**0.5, TRAIN_STEPS, dtype=torch.float32) ** 2
    return tuple(torch.cumprod(1.0 - betas, 0).tolist())


@functools.lru_cache(maxsize=64)
def schedule(sampler: str, steps: int, spacing: str) -> Schedule:
    """The schedule for a sampler of `SAMPLERS`, 1 to 1000 steps and a spacing of `SPACINGS`.

    A "dpm++" run ends at no noise at all, a "ddim" run at the noise of time 0 (`set_alpha_to_one` false).
    The times are those of diffusers' DPMSolverMultistepScheduler and DDIMScheduler. Raises `BadRequest`.
    """
    if sampler not in SAMPLERS:
        raise BadRequest("sampler", f"sampler must be {' | '.join(SAMPLERS)}, got {sampler!r}")
    if spacing not in SPACINGS:
        raise BadRequest("spacing", f"spacing must be {' | '.join(SPACINGS)}, got {spacing!r}")
    if not 1 <= steps <= TRAIN_STEPS:
        raise BadRequest("steps", f"steps must be 1 to {TRAIN_STEPS}, got {steps}")
    if spacing == "karras":
        levels = _karras(steps)
        times = tuple(_time_of(level) for level in levels)
    else:
        times = _times(sampler, steps, spacing)
        levels = [_level(time) for time in times]
    levels = [*levels, 0.0 if sampler == "dpm++" else _level(0)]
    # From the ratio sigma/alpha, in double precision, with alpha² + sigma² = 1.
    alphas = tuple(1.0 / math.hypot(1.0, level) for level in levels)
    return Schedule(times, alphas, tuple(level * alpha for level, alpha in zip(levels, alphas, strict=True)))


def _times(sampler: str, steps: int, spacing: str) -> tuple[int, ...]:
    """Evenly spaced times. The samplers differ: DPM-Solver++ divides the line by one more, so as not to visit 0."""
    parts = steps + 1 if sampler == "dpm++" else steps
    if spacing == "trailing":
        return tuple(round(TRAIN_STEPS - index * TRAIN_STEPS / steps) - 1 for index in range(steps))
    if spacing == "linspace":
        last = TRAIN_STEPS - 1
        return tuple(round(last * index / max(parts - 1, 1)) for index in reversed(range(parts)))[:steps]
    ratio = TRAIN_STEPS // parts
    first = parts - steps
    return tuple(index * ratio + STEPS_OFFSET for index in reversed(range(first, parts)))


def _level(time: int) -> float:
    """sigma/alpha at a time."""
    alpha2 = alphas_cumprod()[time]
    return math.sqrt((1.0 - alpha2) / alpha2)


def _karras(steps: int) -> list[float]:
    """Noise levels sigma/alpha from the highest to the lowest of training, evenly spaced in their 7th root."""
    low, high = (_level(time) ** (1.0 / KARRAS_RHO) for time in (0, TRAIN_STEPS - 1))
    return [(high + index / max(steps - 1, 1) * (low - high)) ** KARRAS_RHO for index in range(steps)]


def _time_of(level: float) -> int:
    """The time of a noise level: between the two nearest, in the logarithm of the level, rounded."""
    levels = [_level(time) for time in range(TRAIN_STEPS)]
    above = min(max(sum(one <= level for one in levels), 1), TRAIN_STEPS - 1)
    low, high = math.log(levels[above - 1]), math.log(levels[above])
    return round(min(max(above - 1 + (math.log(level) - low) / (high - low), 0), TRAIN_STEPS - 1))

"""Noise schedules: how much signal and noise a latent holds at each time, and which times are visited.

With x0 clean and n noise, a latent at time t is alpha(t) * x0 + sigma(t) * n, and alpha² + sigma² = 1. The defaults
are those of the published AudioLDM and AudioLDM 2 checkpoints (their scheduler_config.json); a checkpoint that is read
brings its own as a `Training`. Everything here is plain numbers, computed once for a plan.
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
class Training:
    """What a network was trained to undo, as its scheduler's file tells.

    alphas2: alpha² at every time, falling. prediction: "epsilon" or "v_prediction". spacing, offset: of the times that
    its own sampler visits; offset is added to those of "leading". clean_end: its DDIM ends without any noise
    (`set_alpha_to_one`) and not at the noise of time 0.
    """

    alphas2: tuple[float, ...]
    prediction: str = "epsilon"
    spacing: str = "leading"
    offset: int = STEPS_OFFSET
    clean_end: bool = False

    def level(self, time: int) -> float:
        """sigma/alpha at a time."""
        return math.sqrt((1.0 - self.alphas2[time]) / self.alphas2[time])


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
    return scaled_linear(BETA_START, BETA_END, TRAIN_STEPS)


def scaled_linear(start: float, end: float, steps: int) -> tuple[float, ...]:
    """alpha² at each of `steps` times for betas whose square root is a line from that of `start` to that of `end`."""
    return _cumulated(torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float32) ** 2)


def linear(start: float, end: float, steps: int) -> tuple[float, ...]:
    """alpha² at each of `steps` times for betas that are a line from `start` to `end`."""
    return _cumulated(torch.linspace(start, end, steps, dtype=torch.float32))


def _cumulated(betas: torch.Tensor) -> tuple[float, ...]:
    return tuple(torch.cumprod(1.0 - betas, 0).tolist())


@functools.cache
def published() -> Training:
    """What all published AudioLDM checkpoints were trained to undo."""
    return Training(alphas_cumprod())


@functools.lru_cache(maxsize=64)
def schedule(sampler: str, steps: int, spacing: str, training: Training | None = None) -> Schedule:
    """The schedule for a sampler of `SAMPLERS`, 1 to 1000 steps and a spacing of `SPACINGS`.

    A "dpm++" run ends at no noise at all, a "ddim" run at the noise of time 0 (`set_alpha_to_one` false).
    The times are those of diffusers' DPMSolverMultistepScheduler and DDIMScheduler. `training` is by default
    `published()`; as many steps as it has times are possible. Raises `BadRequest`.
    """
    training = training or published()
    if sampler not in SAMPLERS:
        raise BadRequest("sampler", f"sampler must be {' | '.join(SAMPLERS)}, got {sampler!r}")
    if spacing not in SPACINGS:
        raise BadRequest("spacing", f"spacing must be {' | '.join(SPACINGS)}, got {spacing!r}")
    if not 1 <= steps <= len(training.alphas2):
        raise BadRequest("steps", f"steps must be 1 to {len(training.alphas2)}, got {steps}")
    if spacing == "karras":
        levels = _karras(steps, training)
        times = tuple(_time_of(level, training) for level in levels)
    else:
        times = _times(sampler, steps, spacing, training)
        levels = [training.level(time) for time in times]
    levels = [*levels, 0.0 if sampler == "dpm++" or training.clean_end else training.level(0)]
    # From the ratio sigma/alpha, in double precision, with alpha² + sigma² = 1.
    alphas = tuple(1.0 / math.hypot(1.0, level) for level in levels)
    return Schedule(times, alphas, tuple(level * alpha for level, alpha in zip(levels, alphas, strict=True)))


def _times(sampler: str, steps: int, spacing: str, training: Training) -> tuple[int, ...]:
    """Evenly spaced times. The samplers differ: DPM-Solver++ divides the line by one more, so as not to visit 0."""
    parts = steps + 1 if sampler == "dpm++" else steps
    count = len(training.alphas2)
    if spacing == "trailing":
        return tuple(round(count - index * count / steps) - 1 for index in range(steps))
    if spacing == "linspace":
        last = count - 1
        return tuple(round(last * index / max(parts - 1, 1)) for index in reversed(range(parts)))[:steps]
    ratio = max(count // parts, 1)
    first = parts - steps
    return tuple(min(index * ratio + training.offset, count - 1) for index in reversed(range(first, parts)))


def _karras(steps: int, training: Training) -> list[float]:
    """Noise levels sigma/alpha from the highest to the lowest of training, evenly spaced in their 7th root."""
    low, high = (training.level(time) ** (1.0 / KARRAS_RHO) for time in (0, len(training.alphas2) - 1))
    return [(high + index / max(steps - 1, 1) * (low - high)) ** KARRAS_RHO for index in range(steps)]


def _time_of(level: float, training: Training) -> int:
    """The time of a noise level: between the two nearest, in the logarithm of the level, rounded."""
    count = len(training.alphas2)
    levels = [training.level(time) for time in range(count)]
    above = min(max(sum(one <= level for one in levels), 1), count - 1)
    low, high = math.log(levels[above - 1]), math.log(levels[above])
    return round(min(max(above - 1 + (math.log(level) - low) / (high - low), 0), count - 1))

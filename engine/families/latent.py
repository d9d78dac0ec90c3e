"""What the families that denoise latents share: how a pass becomes runs, and how runs are stepped together."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.family import State
from engine.mel import MelConfig, hz_to_mel, mel_to_hz
from engine.passes import Pass, Samples
from engine.sampling import Denoising, Held, Network, Plan, denoise_step, start, start_from
from engine.steering import Steering, along, hold_mask, loop_rows, mixed, steered, throughout


@dataclass(frozen=True, kw_only=True, eq=False)
class LatentState(State):
    """The candidates' latents (channels, rows, columns) on their way, and what steers them."""

    runs: tuple[Denoising, ...]
    steering: Steering

    @classmethod
    def begun(cls, name: str, asked: Pass, plan: Plan, runs: tuple[Denoising, ...], steering: Steering) -> LatentState:
        """The state of a pass at its beginning, in the family of that name. Latents of one shape share steps, unless
        only one of them is guided or goes round."""
        shape = tuple(runs[0].x.shape)
        return cls(
            asked=asked,
            batch_key=(name, shape, asked.request.guided, asked.wrap),
            total=plan.steps,
            index=runs[0].index,
            runs=runs,
            steering=steering,
        )

    @property
    def size(self) -> float:
        """Rows that go through the network in a step: those of every candidate for each condition, and again without
        it."""
        times = len(self.runs) * len(self.steering.conditions) * (2 if self.request.guided else 1)
        return float(times * self.run.x.shape[-2])

    @property
    def parts(self) -> tuple[LatentState, ...]:
        """One state for each candidate."""
        return tuple(dataclasses.replace(self, runs=(run,)) for run in self.runs)

    def whole(self, parts: Sequence[LatentState]) -> LatentState:
        """All candidates again."""
        return dataclasses.replace(self, runs=tuple(part.run for part in parts), index=parts[0].index)

    @property
    def run(self) -> Denoising:
        """The first candidate's run."""
        return self.runs[0]

    @property
    def condition(self) -> Any:
        """What steers towards the first condition, an embedding (D,) in most families."""
        return self.steering.conditions[0]

    @property
    def uncondition(self) -> Any:
        """What steers away from the negative prompt, of the same kind."""
        return self.steering.uncondition


@dataclass(frozen=True, slots=True)
class Grid:
    """How latents lie over samples. row: samples of a row. columns: width along frequency, each of `bands` mel bands.
    multiple, shortest: what rows a network is shown of a loop."""

    row: int
    columns: int
    bands: int
    mel: MelConfig
    multiple: int
    shortest: int

    def loop(self, frames: int) -> int:
        """Rows of a loop of `frames` samples: the nearest number, at least one."""
        return max(1, round(frames / self.row))

    def below(self, hertz: float) -> int:
        """How many columns lie below a frequency in Hz, whole."""
        edges = torch.linspace(hz_to_mel(self.mel.low), hz_to_mel(self.mel.high), self.mel.bands + 2)
        tops = mel_to_hz(edges)[1 + self.bands :: self.bands]
        return int((tops <= hertz).sum())


def runs_of(
    asked: Pass,
    plan: Plan,
    shape: tuple[int, int, int],
    grid: Grid,
    encode: Callable[[Samples], Tensor],
    device: torch.device | str = "cpu",
) -> tuple[Denoising, ...]:
    """The runs of a pass: a fresh one for every candidate, or one that begins at its source and holds parts of it.

    encode: samples (rows * grid.row,) to a latent of `shape`, on the device.
    """
    if asked.source is None:
        return tuple(start(plan, shape, seed, device) for seed in candidate_seeds(asked))
    clean = encode(covering(asked.source * np.float32(asked.gain), shape[1] * grid.row))
    run = start_from(plan, clean, asked.strength, asked.seed)
    below = grid.below(asked.hold_below) if asked.hold_below > 0 else 0
    if asked.hold or below:
        mask = hold_mask(shape[1], grid.row, asked.hold, grid.columns, below).to(clean)
        run = dataclasses.replace(run, held=Held(clean, mask))
    return (run,)


def covering(samples: Samples, count: int) -> Samples:
    """Exactly `count` samples: cut at the end, or silence added there."""
    return np.pad(samples[:count], (0, max(0, count - len(samples))))


def candidate_seeds(asked: Pass) -> list[int]:
    """A seed for each candidate: the pass's own, then such as no neighbouring take uses."""
    count = asked.request.candidates or 1
    more = [hashlib.blake2b(f"{asked.seed}/{k}".encode(), digest_size=7) for k in range(1, count)]
    return [asked.seed, *(int.from_bytes(one.digest()) for one in more)]


def steering_of(
    asked: Pass, embeddings: Sequence[Any], uncondition: Any, rows: int, grid: Grid, *, mean: bool = True
) -> Steering:
    """How a pass steers its runs. embeddings: unit (D,), one for each of `asked.wanted`.

    mean: whether there is a mean of them; where there is none, the predictions for each are mixed instead.
    """
    loop = loop_rows(rows, grid.shortest, grid.multiple) if asked.wrap else 0
    begins = asked.begins // grid.row % rows
    weights = [one.weight for one in asked.wanted]
    if asked.moving and len(embeddings) > 1:
        return Steering(tuple(embeddings), uncondition, along(weights, rows), loop, begins)
    if not mean and len(embeddings) > 1:
        return Steering(tuple(embeddings), uncondition, throughout(weights, rows), loop, begins)
    return Steering((mixed(embeddings, weights),), uncondition, None, loop, begins)


def step_latents(network: Network, states: Sequence[LatentState], dtype: torch.dtype) -> list[LatentState]:
    """One step of each state: one call of the network for all candidates, then each run's own update."""
    owners = [state for state in states for _ in state.runs]
    runs = [run for state in states for run in state.runs]
    outputs = steered(network, runs, [one.steering for one in owners], [one.request for one in owners], dtype)
    stepped = iter([denoise_step(run, output) for run, output in zip(runs, outputs, strict=True)])
    return [
        dataclasses.replace(state, runs=tuple(islice(stepped, len(state.runs))), index=state.index + 1)
        for state in states
    ]

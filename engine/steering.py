"""What steers a denoising run besides its noise: one condition or several, along the time, and around a loop.

Several conditions: the predictions for each are added up with weights at every step, at every row of the latent, after
MultiDiffusion (Bar-Tal et al. 2023). A loop: the latent is turned by another offset before every call of the network,
so its end has been next to its beginning for most of the run, and its seam is nowhere. An event in the middle: the
clips that networks learn from begin with what they are named after, so as long as it is decided what is heard where,
the latent is turned to begin with the event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.request import Request
from engine.sampling import Denoising, Network, predictions, scale_at

LAYOUT = 0.5
"""The part of a run in which it is decided what is heard where; seams are made in the rest.

Measured with the pocket, 1.5 s in a siren, cosine to the prompt (mean of 8 seeds) without turning, with half of the
steps and with all of them turned: dog bark 0.10, 0.40, 0.42; laser 0.25, 0.40, 0.45; more siren 0.60, 0.54, 0.52.
"""
CONTEXT = 8
"""Rows of a loop that the network sees once more on either side."""


@dataclass(frozen=True, slots=True, eq=False)
class Steering:
    """conditions: one or several, each an embedding (D,) or what else a family has (see `engine.sampling.joined`).
    uncondition: the same of the negative prompt. weights: (conditions, rows), which add up to 1 in each row; None for a
    single condition. begins: the row with which the latent is shown to begin, until its layout is decided. loop: rows
    that the network is to be shown at least, of a latent whose end runs into its beginning; 0 if it does not."""

    conditions: tuple[Any, ...]
    uncondition: Any
    weights: Tensor | None = None
    loop: int = 0
    begins: int = 0

    @property
    def shares(self) -> list[float]:
        """How much each condition counts over the whole length; together 1."""
        return [1.0] if self.weights is None else [float(share) for share in self.weights.mean(dim=1)]

    def turned(self, run: Denoising) -> int:
        """By how many rows the latent is turned for the run's next step."""
        if self.loop:
            return offset(run)
        return self.begins if run.index < LAYOUT * run.plan.steps else 0


def mixed(embeddings: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """One unit embedding between several unit ones: their weighted mean, of length 1. The only one is as it is."""
    if len(embeddings) == 1:
        return embeddings[0]
    total = torch.stack([weight * embedding for embedding, weight in zip(embeddings, weights, strict=True)]).sum(dim=0)
    return F.normalize(total, dim=0)


def throughout(weights: Sequence[float], rows: int) -> Tensor:
    """Weights (conditions, rows) that are the same in every row, for conditions between which there is no mean."""
    shares = torch.tensor(weights, dtype=torch.float32)
    return (shares / shares.sum())[:, None].expand(-1, rows)


def along(weights: Sequence[float], rows: int) -> Tensor:
    """Weights (conditions, rows) that go from the first condition to the last, each fading into the next.

    A condition of twice the weight has the middle of its stretch twice as long. The first row is all the first
    condition's and the last row all the last one's.
    """
    shares = np.asarray(weights, float) / sum(weights)
    middles = np.cumsum(shares) - shares / 2
    # The outer stretches reach from the ends to their middles; stretched so that the fades fill the whole length.
    places = (middles - middles[0]) / (middles[-1] - middles[0])
    at = np.linspace(0.0, 1.0, rows) if rows > 1 else np.zeros(1)
    each = [np.interp(at, places, np.eye(len(shares))[index]) for index in range(len(shares))]
    return torch.from_numpy(np.stack(each)).float()


def steered(
    network: Network,
    runs: Sequence[Denoising],
    steerings: Sequence[Steering],
    requests: Sequence[Request],
    dtype: torch.dtype,
) -> list[Tensor]:
    """What the network predicts for each run, as it is steered: one call for all, in `dtype`.

    The runs have latents of one shape, (channels, rows, columns), and all or none of them are loops.
    """
    flat = [(position, condition) for position, one in enumerate(steerings) for condition in one.conditions]
    owners = [runs[position] for position, _ in flat]
    turns = [steerings[position].turned(runs[position]) for position, _ in flat]
    rows = steerings[0].loop or runs[0].x.shape[-2]
    outputs = predictions(
        looped(network, turns, rows) if steerings[0].loop or any(turns) else network,
        owners,
        [condition.to(dtype) for _, condition in flat],
        [steerings[position].uncondition.to(dtype) for position, _ in flat],
        [scale_at(runs[position], requests[position]) for position, _ in flat],
        [requests[position].rescale for position, _ in flat],
    )
    results, start = [], 0
    for one in steerings:
        own = outputs[start : start + len(one.conditions)]
        start += len(own)
        results.append(own[0] if one.weights is None else _sum(own, one.weights))
    return results


def _sum(outputs: Sequence[Tensor], weights: Tensor) -> Tensor:
    """Predictions (channels, rows, columns), each by its weights (rows,)."""
    parts = [one * weight[:, None] for one, weight in zip(outputs, weights.to(outputs[0]), strict=True)]
    return torch.stack(parts).sum(dim=0)


def offset(run: Denoising) -> int:
    """By how many rows a loop is turned for the run's next step: drawn from its seed, by golden steps.

    So the seam comes to lie far from where it lay in the steps before.
    """
    rows = run.x.shape[-2]
    first = np.random.default_rng(run.seed).random()
    return int(rows * ((first + run.index * 0.6180339887498949) % 1.0))


def looped(network: Network, offsets: Sequence[int], rows: int) -> Network:
    """The network for loops (B, channels, R, columns): each is turned by its offset, seen with what comes before and
    after it, in `rows` rows altogether, and turned back. B is any multiple of the number of offsets."""

    def call(x: Tensor, times: Tensor, conditions: Any) -> Tensor:
        period = x.shape[2]
        before = (rows - period) // 2
        turns = torch.tensor([offsets[index % len(offsets)] for index in range(len(x))], device=x.device)
        seen = (torch.arange(rows, device=x.device) - before + turns[:, None]) % period
        tiled = torch.gather(x, 2, seen[:, None, :, None].expand(-1, x.shape[1], -1, x.shape[3]))
        output = network(tiled, times, conditions)[:, :, before : before + period]
        back = (torch.arange(period, device=x.device) - turns[:, None]) % period
        return torch.gather(output, 2, back[:, None, :, None].expand(-1, output.shape[1], -1, output.shape[3]))

    return call


def loop_rows(period: int, shortest: int, multiple: int) -> int:
    """Rows to show of a loop of `period` rows: with context on both sides, `shortest` at least, a multiple."""
    return -(-max(period + 2 * CONTEXT, shortest) // multiple) * multiple


def around(x: Tensor, before: int, after: int, dim: int) -> Tensor:
    """A loop along `dim` with `before` entries of its end put before it and `after` of its beginning after it."""
    period = x.shape[dim]
    return x.index_select(dim, torch.arange(-before, period + after, device=x.device) % period)


def hold_mask(rows: int, row: int, spans: Sequence[tuple[int, int]], columns: int, below: int) -> Tensor:
    """Where a latent is held, (1, rows, columns), 0 to 1.

    row: samples of a row. spans: held samples; a row that lies in them whole is held, by half where the next one is
    not. below: so many columns are held in every row, the uppermost of them by half.
    """
    starts = np.arange(rows) * row
    inside = np.zeros(rows, bool)
    for start, end in spans:
        inside |= (starts >= start) & (starts + row <= end)
    # What lies before the first row and after the last one is as these are.
    near = np.pad(inside, 1, mode="edge")
    held = inside * np.where(near[:-2] & near[2:], 1.0, 0.5)
    bands = np.where(np.arange(columns) < below - 1, 1.0, np.where(np.arange(columns) < below, 0.5, 0.0))
    return torch.from_numpy(np.maximum(held[:, None], bands[None]))[None].float()

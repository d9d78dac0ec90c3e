"""What every stage's training has in common: a budget in minutes, a rate that follows it, checkpoints, a log.

A stage is resumed by running it again: the checkpoint holds the networks, the optimiser, the step and the seconds
already spent, so that the learning rate goes on where it was.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import nn

WARM_UP = 200
SAVE_EVERY = 60.0
PRINT_EVERY = 15.0

Network = TypeVar("Network", bound=nn.Module)


class Stateful(Protocol):
    """Anything with torch's two state-dict methods."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any], /) -> Any: ...


def device() -> torch.device:
    """The GPU when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def placed(network: Network) -> Network:
    """The network on the device, channels last in memory, which convolutions in bfloat16 are fastest with."""
    return network.to(device=device(), memory_format=torch.channels_last)  # type: ignore[call-overload]


def brain_float() -> bool:
    """Whether bfloat16 arithmetic is fast here (AMX or AVX-512 BF16 on the CPU, any recent GPU)."""
    return torch.cuda.is_available() or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def autocast() -> torch.autocast:
    """bfloat16 where that is fast, otherwise nothing changes."""
    return torch.autocast(device().type, torch.bfloat16, enabled=brain_float())


def rate_factor(fraction: float, flat: float = 0.55, low: float = 0.02) -> float:
    """Learning rate over a budget: flat for the first part, then half a cosine down to `low`."""
    if fraction <= flat:
        return 1.0
    x = min(1.0, (fraction - flat) / (1 - flat))
    return low + (1 - low) * 0.5 * (1 + math.cos(math.pi * x))


class Average:
    """Exponential moving average of a network's weights; the decay warms up as (1 + n) / (10 + n)."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.count = 0
        self.weights = {name: p.detach().clone() for name, p in network.named_parameters()}

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Moves the average towards the network."""
        self.count += 1
        decay = min(self.decay, (1 + self.count) / (10 + self.count))
        for name, parameter in network.named_parameters():
            self.weights[name].lerp_(parameter.detach(), 1 - decay)

    def state_dict(self) -> dict[str, Any]:
        """The averaged weights under the network's names, and the count of updates."""
        return {"weights": self.weights, "count": self.count}

    def load_state_dict(self, state: dict[str, Any], /) -> None:
        """Takes the state back."""
        self.weights, self.count = state["weights"], state["count"]


class Run:
    """One stage of training; iterate over it for steps until the budget is spent.

    parts: everything the checkpoint must hold. The learning rate of `optimizer` is set before each step. Of 0 minutes
    it only reads the checkpoint; FileNotFoundError if there is none.
    """

    def __init__(
        self, folder: Path, name: str, minutes: float, optimizer: torch.optim.Optimizer, parts: dict[str, Stateful]
    ) -> None:
        self.path = folder / f"{name}.pt"
        self.logbook = folder / f"{name}.jsonl"
        self.name, self.seconds = name, 60.0 * minutes
        self.optimizer, self.parts = optimizer, {**parts, "optimizer": optimizer}
        self.base_rates = [group["lr"] for group in optimizer.param_groups]
        self.step, self.spent = 0, 0.0
        folder.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            self._resume()
        elif not minutes:
            raise FileNotFoundError(f"the stage {name} has not been trained yet: there is no {self.path}")

    @property
    def fraction(self) -> float:
        """Share of the budget that is spent, 0 to 1."""
        return min(1.0, self.spent / self.seconds) if self.seconds else 1.0

    def _resume(self) -> None:
        state = torch.load(self.path, map_location=device(), weights_only=True)
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        self.step, self.spent = state["step"], state["spent"]
        spent = f"{self.spent / 60:.1f} of {self.seconds / 60:.1f} min"
        print(f"{self.name}: goes on at step {self.step}, {spent}", flush=True)

    def save(self) -> None:
        """Writes the checkpoint aside and renames it."""
        state = {name: part.state_dict() for name, part in self.parts.items()}
        aside = self.path.with_suffix(".part")
        torch.save({**state, "step": self.step, "spent": self.spent}, aside)
        aside.replace(self.path)

    def __iter__(self) -> Iterator[int]:
        last_save = time.monotonic()
        while self.spent < self.seconds:
            began = time.monotonic()
            factor = rate_factor(self.fraction) * min(1.0, (self.step + 1) / WARM_UP)
            for group, base in zip(self.optimizer.param_groups, self.base_rates, strict=True):
                group["lr"] = base * factor
            yield self.step
            self.step += 1
            self.spent += time.monotonic() - began
            if time.monotonic() - last_save > SAVE_EVERY:
                self.save()
                last_save = time.monotonic()
        if self.seconds:
            self.save()


class Meter:
    """Running means of named figures, printed and logged every few seconds."""

    def __init__(self, run: Run) -> None:
        self.run, self.last, self.steps = run, time.monotonic(), 0
        self.figures: dict[str, list[float]] = {}

    def add(self, **figures: float | torch.Tensor) -> None:
        """Takes the figures of one step."""
        self.steps += 1
        for name, value in figures.items():
            self.figures.setdefault(name, []).append(float(value))
        now = time.monotonic()
        if now - self.last < PRINT_EVERY:
            return
        means = {name: round(sum(v) / len(v), 5) for name, v in self.figures.items()}
        row = {"step": self.run.step, "minutes": round(self.run.spent / 60, 2), **means,
               "steps_per_second": round(self.steps / (now - self.last), 2)}
        print(f"{self.run.name}: {self.run.fraction:4.0%}", json.dumps(row), flush=True)
        with self.run.logbook.open("a") as book:
            book.write(json.dumps(row) + "\n")
        self.figures, self.last, self.steps = {}, now, 0

"""Ours and diffusers' from the same files and the same noise, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.request import Request
from tests.engine.checkpoint_makers import begun, decoded

__all__ = ["Compared", "compared", "relative"]

BARS = (1e-4, 1e-3)
"""Relative errors that latents and waveforms may have."""


def relative(got: Tensor, want: Tensor) -> float:
    """The norm of the difference over that of what is wanted."""
    return float((got - want).norm() / want.norm())


@dataclass(frozen=True)
class Compared:
    """Relative errors of the latents after each step and of the waveform; how many samples ours has."""

    latents: list[float]
    waveform: float
    frames: int

    def __str__(self) -> str:
        latents = " ".join(f"{error:.1e}" for error in self.latents)
        return f"latents {latents}, waveform {self.waveform:.1e}"

    def holds(self, request: Request) -> bool:
        """Whether every step was compared, nothing is shorter than asked for, and the errors are under the bars."""
        whole = len(self.latents) == request.steps and self.frames >= round(request.seconds * 16_000) - 1
        return whole and max(self.latents) < BARS[0] and self.waveform < BARS[1]


def compared(pipeline: Any, family: Any, request: Request, **asked: Any) -> Compared:
    """A request by our family and by diffusers' pipeline, which begins at our noise; `asked` goes to the pipeline."""
    state, seen = begun(family, request), []
    audio = pipeline(
        request.prompt,
        negative_prompt=request.negative,
        audio_length_in_s=request.seconds,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance,
        latents=state.run.x[None].clone(),
        callback=lambda index, time, x: seen.append(x[0].clone()),
        callback_steps=1,
        output_type="np",
        **asked,
    ).audios
    errors = []
    for want in seen:
        state = family.step([state])[0]
        errors.append(relative(state.run.x, want))
    got = torch.as_tensor(decoded(family, state))[: audio.shape[-1]]
    return Compared(errors, relative(got, torch.as_tensor(audio[0])[: len(got)]), len(got))

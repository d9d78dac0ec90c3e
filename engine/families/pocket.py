"""The built-in model: a small AudioLDM at 48 kHz, trained by `python -m engine.training pocket` and shipped here.

The same networks as AudioLDM at small width. Text becomes an embedding by a kernel memory (`engine.text`), log-mels
become samples by Griffin-Lim or a learned vocoder, whichever won its gate.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine.errors import BadRequest, ModelError
from engine.family import State
from engine.finish import finish
from engine.griffin_lim import griffin_lim
from engine.mel import POCKET
from engine.nets.audio_tower import AudioTower, AudioTowerConfig
from engine.nets.unet import UNet, UNetConfig
from engine.nets.vae import VAE, VAEConfig
from engine.request import Request, Take
from engine.sampling import Denoising, denoise_step, plan_for, predictions, start
from engine.text.tower import TextTower
from engine.vocos import Vocos, vocode
from engine.weights import FOLDER, read, unpacked

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
SHORTEST = 256
"""Mel frames of the shortest rendering, 2.56 s: what the network was trained on. Shorter takes are its beginning."""
COLUMNS = 16
ROWS = 8
"""Latents come in multiples of so many rows, so that requests of like length share batches."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PocketState(State):
    """The candidates' latents (8, rows, 16) on their way, and the embeddings (256,) that steer them."""

    runs: tuple[Denoising, ...]
    condition: Tensor
    uncondition: Tensor


class Pocket:
    """The family. folder: of weights; dtype: of the U-Net and the VAE."""

    name = "pocket"
    rate = POCKET.rate
    channels = 1
    tasks = ("generate",)
    ranks = True
    defaults: Mapping[str, Any] = MappingProxyType({"steps": 8, "guidance": 2.0})

    def __init__(self, folder: Path, dtype: torch.dtype) -> None:
        config = json.loads((folder / "config.json").read_text())
        self.dtype = dtype
        self.kinds: tuple[str, ...] = tuple(config["kinds"])
        self.unet = _loaded(UNet(_config(UNetConfig, config["unet"])), folder / "unet.safetensors", dtype)
        self.vae = _loaded(VAE(_config(VAEConfig, config["vae"])), folder / "vae.safetensors", dtype)
        tower = AudioTower(_config(AudioTowerConfig, config["audio_tower"]))
        self.tower = _loaded(tower, folder / "audio.safetensors", torch.float32)
        self.learned = None
        if config["vocoder"] == "vocos":
            self.learned = _loaded(Vocos(), folder / "vocoder.safetensors", torch.float32)
        self.text = TextTower({name: t.numpy() for name, t in read(folder / "text.safetensors").items()})
        self.embed = functools.lru_cache(256)(self._embed)

    def _embed(self, prompt: str) -> Tensor:
        """Unit embedding (256,) of a prompt; zeros, the network's word for nothing, for an empty one."""
        if not prompt.strip():
            return torch.zeros(self.text.dim)
        try:
            return torch.from_numpy(self.text(prompt))
        except ValueError as error:
            raise BadRequest("prompt", str(error)) from error

    def encode_text(self, request: Request) -> tuple[Tensor, Tensor]:
        """Embeddings of the prompt and of the negative prompt."""
        return self.embed(request.prompt), self.embed(request.negative)

    def begin(self, request: Request) -> PocketState:
        """Noise of the length that covers the request for every candidate, and the embeddings of its prompts."""
        plan = plan_for(request, "trailing", "v_prediction")
        frames = max(SHORTEST, math.ceil(request.seconds * self.rate / POCKET.hop))
        rows = math.ceil(frames / self.vae.config.factor / ROWS) * ROWS
        shape = (self.vae.config.latent_channels, rows, COLUMNS)
        condition, uncondition = self.encode_text(request)
        return PocketState(
            request=request,
            batch_key=(self.name, shape, request.guided),
            total=plan.steps,
            runs=tuple(start(plan, shape, seed) for seed in candidate_seeds(request)),
            condition=condition,
            uncondition=uncondition,
        )

    @torch.inference_mode()
    def step(self, states: Sequence[PocketState]) -> list[PocketState]:
        """One step of each: one call of the U-Net for all candidates, then each run's own update."""
        owners = [state for state in states for _ in state.runs]
        runs = [run for state in states for run in state.runs]
        outputs = predictions(
            self.unet,
            runs,
            torch.stack([state.condition for state in owners]).to(self.dtype),
            torch.stack([state.uncondition for state in owners]).to(self.dtype),
            [state.request.guidance or 0.0 for state in owners],
        )
        stepped = iter([denoise_step(run, output) for run, output in zip(runs, outputs, strict=True)])
        return [
            dataclasses.replace(state, runs=tuple(islice(stepped, len(state.runs))), index=state.index + 1)
            for state in states
        ]

    @torch.inference_mode()
    def decode_latent(self, latent: Tensor) -> Tensor:
        """Latents (B, 8, rows, 16) as the U-Net knows them to normalised log-mels (B, frames, 128)."""
        scaled = (latent / self.vae.config.scaling_factor).to(self.dtype)
        return self.vae.decode(scaled)[:, 0].float()

    @torch.inference_mode()
    def vocode(self, mel: Tensor, seed: int) -> NDArray[np.float32]:
        """Normalised log-mel (frames, 128) to samples at 48 kHz; the seed draws the phases of what is not tonal."""
        if self.learned is not None:
            return vocode(self.learned, mel, seed=seed).numpy()
        return griffin_lim(mel, seed=seed).numpy()

    @torch.inference_mode()
    def hear(self, mels: Tensor) -> Tensor:
        """Unit embeddings (B, 256) of normalised log-mels (B, frames, 128), beside those of prompts."""
        return F.normalize(self.tower(mels[:, None].float()), dim=1)

    def score(self, mel: Tensor, condition: Tensor) -> float:
        """Cosine of the log-mel's embedding and the prompt's, -1 to 1; 0 for no prompt."""
        return float(self.hear(mel[None])[0] @ condition)

    def finish(self, state: PocketState) -> Take:
        """Latents to log-mels, the best of them to samples, at the request's rate and of its exact length."""
        mels = self.decode_latent(torch.stack([run.x for run in state.runs]))
        scores = [self.score(mel, state.condition) for mel in mels]
        best = int(np.argmax(scores))
        samples = self.vocode(mels[best], state.request.seed or 0)
        clip = finish(samples[None], self.rate, state.request)
        return Take(clip, state.request, score=scores[best])

    def close(self) -> None:
        """Free the networks."""
        self.unet = self.vae = self.tower = self.text = self.learned = None  # type: ignore[assignment]


def candidate_seeds(request: Request) -> list[int]:
    """A seed for each candidate: the request's own, then such as no neighbouring take uses."""
    seed = request.seed or 0
    more = [hashlib.blake2b(f"{seed}/{k}".encode(), digest_size=7) for k in range(1, request.candidates or 1)]
    return [seed, *(int.from_bytes(one.digest()) for one in more)]


def _config(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """A configuration from JSON, whose lists were tuples."""
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def _loaded(network: nn.Module, path: Path, dtype: torch.dtype) -> Any:
    network.load_state_dict(unpacked(read(path)))
    return network.eval().to(dtype).requires_grad_(False)


def fastest() -> str:
    """bfloat16 where the processor multiplies it in hardware, else float32."""
    return "bfloat16" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "float32"


def load(*, dtype: str | None = None, folder: str | Path = FOLDER) -> Pocket:
    """The built-in model. dtype: float32 or bfloat16, by default the faster one here.

    Raises `ModelError` for a folder without weights and `BadRequest` for another dtype.
    """
    name = dtype or fastest()
    if name not in DTYPES:
        raise BadRequest("dtype", f"dtype must be {' | '.join(DTYPES)}, got {dtype!r}")
    if not (Path(folder) / "config.json").is_file():
        raise ModelError(f"no pocket weights in {folder}: make them with python -m engine.training pocket")
    return Pocket(Path(folder), DTYPES[name])

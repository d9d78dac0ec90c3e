"""The built-in model: a small AudioLDM at 48 kHz, trained by `python -m engine.training pocket` and shipped here.

The same networks as AudioLDM at small width. Text becomes an embedding by a kernel memory (`engine.text`), log-mels
become samples by Griffin-Lim or a learned vocoder, whichever won its gate.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.decoding import Decoding, Sketch, run_out
from engine.devices import chosen_dtype
from engine.errors import BadRequest, ModelError
from engine.families.latent import Grid, LatentState, covering, runs_of, steering_of, step_latents
from engine.griffin_lim import ITERATIONS, griffin_lim, griffin_lim_pieces
from engine.mel import POCKET, pocket_log_mel
from engine.nets.audio_tower import AudioTower, AudioTowerConfig
from engine.nets.unet import UNet, UNetConfig
from engine.nets.vae import VAE, VAEConfig
from engine.params import SOUNDS
from engine.passes import LOUD, Condition, Pass, Rendered, Samples
from engine.periodic import resample_loop, stretch_loop
from engine.request import Request
from engine.sampling import plan_for
from engine.steering import CONTEXT, around, mixed
from engine.text.tower import TextTower
from engine.vocos import Vocos, vocode
from engine.weights import FOLDER, read, unpacked

PRECISIONS = ("float32", "bfloat16")
"""Those that it is fast in on a processor, for which it is made."""
SHORTEST = 256
"""Mel frames of the shortest rendering, 2.56 s: what the network was trained on. Shorter takes are its beginning."""
COLUMNS = 16
ROWS = 8
"""Latents come in multiples of so many rows, so that requests of like length share batches."""
SKETCHED = 3
"""Iterations of Griffin-Lim for a preview."""
HEARD = 1024
"""Mel frames, 10.24 s, that the audio tower is given at once."""


class Pocket:
    """The family. folder: of weights; dtype: of the U-Net and the VAE."""

    name = "pocket"
    rate = POCKET.rate
    channels = 1
    tasks = SOUNDS
    ranks = True
    hears = True
    outlines = False
    any_rate = False
    window = 10.24
    # Four tries without guidance cost what two with it do; they are recognised as often and are nearer to real sounds.
    defaults: Mapping[str, Any] = MappingProxyType({"steps": 6, "guidance": 1.0, "candidates": 4})
    edits: Mapping[str, Any] = MappingProxyType({"steps": 8, "guidance": 2.0})
    qualities: Mapping[str, Mapping[str, Any]] = MappingProxyType(
        {"draft": {"steps": 4, "candidates": 1}, "best": {"steps": 12, "candidates": 8}}
    )

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
        row = self.vae.config.factor * POCKET.hop
        self.grid = Grid(row, COLUMNS, POCKET.bands // COLUMNS, POCKET, ROWS, SHORTEST // self.vae.config.factor)

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

    def embedding(self, condition: Condition) -> Tensor:
        """Unit embedding (256,) of what a sound is to be like: words or a recording."""
        return self.embed(condition.text) if condition.audio is None else self.listen(condition.audio)

    def begin(self, asked: Pass) -> LatentState:
        """Noise of the length that covers the pass for every candidate, or its source, noised; and what steers it."""
        request, plan = asked.request, plan_for(asked.request, "trailing", "v_prediction")
        rows = self.grid.loop(asked.frames) if asked.wrap else self.rows(asked.frames)
        shape = (self.vae.config.latent_channels, rows, COLUMNS)
        _, uncondition = self.encode_text(request)
        runs = runs_of(asked, plan, shape, self.grid, self.encode_samples)
        embeddings = [self.embedding(one) for one in asked.wanted]
        steering = steering_of(asked, embeddings, uncondition, rows, self.grid)
        return LatentState.begun(self.name, asked, plan, runs, steering)

    def rows(self, frames: int) -> int:
        """Rows of the latent that covers so many samples."""
        mels = max(SHORTEST, math.ceil(frames / POCKET.hop))
        return math.ceil(mels / self.vae.config.factor / ROWS) * ROWS

    @torch.inference_mode()
    def step(self, states: Sequence[LatentState]) -> list[LatentState]:
        """One step of each: one call of the U-Net for all candidates, then each run's own update."""
        return step_latents(self.unet, states, self.dtype)

    @torch.inference_mode()
    def encode_samples(self, samples: Samples) -> Tensor:
        """Samples (rows * 1920,) at 48 kHz to a latent (8, rows, 16) as the U-Net knows it."""
        mel = pocket_log_mel(torch.from_numpy(np.ascontiguousarray(samples, np.float32)))
        mean, _ = self.vae.encode(mel[None, None].to(self.dtype))
        return mean[0].float() * self.vae.config.scaling_factor

    @torch.inference_mode()
    def decode_latent(self, latent: Tensor) -> Tensor:
        """Latents (B, 8, rows, 16) as the U-Net knows them to normalised log-mels (B, frames, 128)."""
        scaled = (latent / self.vae.config.scaling_factor).to(self.dtype)
        return self.vae.decode(scaled)[:, 0].float()

    @torch.inference_mode()
    def vocode(self, mel: Tensor, seed: int, wrap: bool = False) -> Samples:
        """Normalised log-mel (frames, 128) to samples at 48 kHz; the seed draws the phases of what is not tonal.
        With `wrap` its end runs into its beginning."""
        if self.learned is not None:
            return np.asarray(vocode(self.learned, mel, seed=seed, wrap=wrap).numpy())
        return np.asarray(griffin_lim(mel, seed=seed, wrap=wrap).numpy())

    @torch.inference_mode()
    def hear(self, mels: Tensor) -> Tensor:
        """Unit embeddings (B, 256) of normalised log-mels (B, frames, 128), beside those of prompts."""
        return F.normalize(self.tower(mels[:, None].float()), dim=1)

    @torch.inference_mode()
    def listen(self, samples: Samples) -> Tensor:
        """Unit embedding (256,) of mono samples at 48 kHz, at the level of the clips that the tower was trained on."""
        peak = float(np.abs(samples).max(initial=0.0))
        loud = samples * np.float32(LOUD / peak) if peak > 0 else samples
        length = HEARD * POCKET.hop
        pieces = [loud[start : start + length] for start in range(0, max(1, len(loud)), length)]
        # A short rest would count as much as a whole piece.
        pieces = [one for one in pieces if len(one) >= length // 4] or pieces[:1]
        mels = [pocket_log_mel(torch.from_numpy(self._padded(one))) for one in pieces]
        found = [self.hear(mel[None])[0] for mel in mels]
        return mixed(found, [1.0] * len(found))

    def _padded(self, samples: Samples) -> Samples:
        return covering(samples, max(len(samples), SHORTEST * POCKET.hop))

    def score(self, mel: Tensor, condition: Tensor) -> float:
        """Cosine of the log-mel's embedding and the prompt's, -1 to 1; 0 for no prompt."""
        return float(self.hear(mel[None])[0] @ condition)

    def decode(self, state: LatentState) -> Rendered:
        """Latents to log-mels, the best of them to samples."""
        return run_out(self.decoding(state))

    @torch.inference_mode()
    def decoding(self, state: LatentState) -> Decoding:
        """`decode` in pieces: one candidate's log-mel after another, then the samples of the best as they are known."""
        wanted = mixed(state.steering.conditions, state.steering.shares)
        mels, scores = [], []
        for run in state.runs:
            mels.append((yield from self._mel(run.x, state.asked)))
            scores.append(self.score(mels[-1], wanted))
            yield None
        best, pieces = int(np.argmax(scores)), []
        for piece in self._pieces(mels[best], state.asked, ITERATIONS):
            pieces.append(piece)
            yield piece if len(piece) else None
        return Rendered(np.concatenate(pieces), scores[best])

    @torch.inference_mode()
    def preview(self, state: LatentState) -> Sketch:
        """The first candidate as it is estimated now, its phases less refined than a take's."""
        mel = yield from self._mel(state.run.x if state.run.clean is None else state.run.clean, state.asked)
        pieces = []
        for piece in self._pieces(mel, state.asked, SKETCHED):
            pieces.append(piece)
            yield
        return np.concatenate(pieces)

    def _mel(self, latent: Tensor, asked: Pass) -> Generator[None, None, Tensor]:
        """Normalised log-mel (frames, 128) of one latent; of a loop, decoded with what comes before and after it."""
        shown = around(latent, CONTEXT, CONTEXT, 1) if asked.wrap else latent
        mel = yield from self.vae.decoding((shown[None] / self.vae.config.scaling_factor).to(self.dtype))
        edge = CONTEXT * self.vae.config.factor if asked.wrap else 0
        return mel[0, 0, edge : mel.shape[2] - edge].float()

    def _pieces(self, mel: Tensor, asked: Pass, iterations: int) -> Iterator[Samples]:
        """The samples of a log-mel, from the first one on; pieces may be empty. A loop comes in one."""
        if asked.wrap:
            mel = stretch_loop(mel, max(1, round(asked.frames / POCKET.hop)))
        if self.learned is not None:
            pieces = iter([vocode(self.learned, mel, seed=asked.seed, wrap=asked.wrap)])
        else:
            pieces = griffin_lim_pieces(mel, seed=asked.seed, iterations=iterations, wrap=asked.wrap)
        for piece in pieces:
            samples = np.asarray(piece.numpy())
            if asked.wrap and len(samples):
                samples = resample_loop(samples, asked.frames)
            yield (samples / np.float32(asked.gain)).astype(np.float32)

    def close(self) -> None:
        """Free the networks."""
        self.unet = self.vae = self.tower = self.text = self.learned = None  # type: ignore[assignment]


def _config(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """A configuration from JSON, whose lists were tuples."""
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def _loaded(network: nn.Module, path: Path, dtype: torch.dtype) -> Any:
    network.load_state_dict(unpacked(read(path)))
    return network.eval().to(dtype).requires_grad_(False)


def load(*, dtype: str | None = None, folder: str | Path = FOLDER) -> Pocket:
    """The built-in model. dtype: float32 or bfloat16, by default the faster one here.

    Raises `ModelError` for a folder without weights and `BadRequest` for another dtype.
    """
    if dtype is not None and dtype not in PRECISIONS:
        raise BadRequest("dtype", f"dtype must be {' | '.join(PRECISIONS)}, got {dtype!r}")
    if not (Path(folder) / "config.json").is_file():
        raise ModelError(f"no pocket weights in {folder}: make them with python -m engine.training pocket")
    return Pocket(Path(folder), chosen_dtype(dtype, torch.device("cpu")))

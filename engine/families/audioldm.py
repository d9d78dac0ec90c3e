"""AudioLDM (Liu et al. 2023): CLAP's text embedding, a latent U-Net, a VAE for mels, HiFi-GAN. 16 kHz, mono.

Its networks carry diffusers' and transformers' tensor names, so published state dicts fit as they are;
`engine.checkpoints` reads them. `load_random` builds any published shape on random weights, which sounds like noise and
says so in its name.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from engine.clap_audio import ClapAudio
from engine.clap_text import ClapText, Tokenizer, build_clap_text, byte_tokenizer
from engine.decoding import Decoding, Sketch, run_out
from engine.devices import DTYPES
from engine.errors import BadRequest, ModelError
from engine.families.audioldm_shapes import SHAPES, AudioLDMShape, Heads
from engine.families.latent import Grid, LatentState, runs_of, steering_of, step_latents
from engine.finish import resample
from engine.hifigan import REACH, build_hifigan, in_windows
from engine.mel import LogMel
from engine.nets.unet import UNet
from engine.nets.vae import VAE
from engine.params import SOUNDS
from engine.passes import LOUD, Condition, Pass, Rendered, Samples
from engine.periodic import resample_loop, stretch_loop
from engine.sampling import plan_for
from engine.schedule import Training, published
from engine.steering import CONTEXT, Steering, around, mixed

Network = TypeVar("Network", bound=nn.Module)

SPACING = {"dpm++": "trailing"}
"""DPM-Solver++ begins at the noisiest time, which few steps need; DDIM goes as the checkpoint's own scheduler."""

MULTIPLE = 8
"""Loops are shown to the U-Net in as many rows, or a multiple, so that it can halve them three times."""
SHORTEST = 64
"""Rows, 2.56 s, that it is shown of a loop at least."""
CLAP_RATE = 48_000
"""What CLAP's audio tower hears at, in Hz."""


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """The networks and the tokenizer, with weights, in eval mode.

    audio: CLAP's audio tower, where the checkpoint has one. training: the noise that the U-Net was trained to undo.
    """

    shape: AudioLDMShape
    unet: UNet
    vae: VAE
    text: nn.Module
    vocoder: nn.Module
    tokenizer: Tokenizer
    audio: nn.Module | None = None
    training: Training = field(default_factory=published)


class Reader(Protocol):
    """An encoder of texts. tokens: the longest that it was trained with."""

    tokens: int

    def length(self, text: str) -> int:
        """How many tokens a text is."""


class AudioLDM:
    """The family. name: as the user chose the model; dtype: of the U-Net and the VAE (the rest stays float32)."""

    channels = 1
    tasks: tuple[str, ...] = SOUNDS
    any_rate = False
    outlines = False
    window = 10.24
    defaults: Mapping[str, Any] = MappingProxyType({"steps": 20, "guidance": 2.5})
    qualities: Mapping[str, Mapping[str, Any]] = MappingProxyType({"draft": {"steps": 10}, "best": {"steps": 50}})
    edits: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self, name: str, networks: Networks, *, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
    ) -> None:
        self.name = name
        self.rate = networks.shape.vocoder.rate
        self.shape = networks.shape
        self.device = torch.device(device)
        self.dtype = dtype
        self.unet = _placed(networks.unet, self.device, dtype)
        self.vae = _placed(networks.vae, self.device, dtype)
        self.vocoder = networks.vocoder.to(self.device)
        self.training = networks.training
        self.ears = None if networks.audio is None else ClapAudio(networks.audio.to(self.device))
        self.ranks = self.hears = self.ears is not None
        mel, factor = networks.shape.mel, networks.shape.vae.factor
        self.mel = LogMel(mel).to(self.device)
        self.grid = Grid(factor * mel.hop, self.shape.columns, factor, mel, MULTIPLE, SHORTEST)
        self.text = ClapText(networks.text.to(self.device), networks.tokenizer, tokens=networks.shape.text.tokens)

    def embedding(self, condition: Condition) -> Tensor:
        """Unit embedding (D,) of what a sound is to be like: words, or, with an audio tower, a recording."""
        return self.text.embed(condition.text) if condition.audio is None else self.listen(condition.audio)

    @property
    def readers(self) -> Mapping[str, Reader]:
        """What reads texts, by name."""
        return {"CLAP": self.text}

    def check(self, text: str, name: str) -> None:
        """Raises `BadRequest`, naming the parameter `name`, for a text of more tokens than a reader takes."""
        for called, reader in self.readers.items():
            if (count := reader.length(text)) > reader.tokens:
                raise BadRequest(name, f"{name} must be {reader.tokens} tokens of {called} or fewer, got {count}")

    def listen(self, samples: Samples) -> Tensor:
        """Unit embedding (D,) of mono samples at the native rate. Raises `ModelError` without an audio tower."""
        if self.ears is None:
            raise ModelError(f"{self.name} has no audio tower, so it cannot hear")
        peak = float(np.abs(samples).max(initial=0.0))
        loud = np.atleast_2d(samples * np.float32(LOUD / peak) if peak > 0 else samples)
        return self.ears.embed(torch.from_numpy(np.array(resample(loud, self.rate, CLAP_RATE)[0])))

    def begin(self, asked: Pass) -> LatentState:
        """Noise of the length that covers the pass for every candidate, or its source, noised; and what steers it."""
        request = asked.request
        spacing = SPACING.get(request.sampler, self.training.spacing)
        plan = plan_for(request, spacing, self.training.prediction, self.training)
        rows = self.grid.loop(asked.frames) if asked.wrap else self.shape.rows(asked.frames / self.rate)
        shape = (self.shape.unet.in_channels, rows, self.shape.columns)
        runs = runs_of(asked, plan, shape, self.grid, self.encode_samples, self.device)
        return LatentState.begun(self.name, asked, plan, runs, self.steering(asked, rows))

    def steering(self, asked: Pass, rows: int) -> Steering:
        """What steers the runs of a pass, whose latents have so many rows. Raises `BadRequest` as `check` does."""
        for text, name in ((asked.request.negative, "negative"), *((one.text, "prompt") for one in asked.wanted)):
            self.check(text, name)
        embeddings = [self.embedding(one) for one in asked.wanted]
        return steering_of(asked, embeddings, self.text.embed(asked.request.negative), rows, self.grid)

    def likeness(self, steering: Steering) -> Tensor:
        """The unit embedding (D,) that candidates are compared with."""
        return mixed(steering.conditions, steering.shares)

    def told(self, text: str) -> Any:
        """What steers towards a text."""
        return self.text.embed(text)

    @staticmethod
    def predict(unet: UNet, x: Tensor, times: Tensor, conditions: Any) -> Tensor:
        """What a U-Net of this family predicts, the conditions being a batch of what `told` gives."""
        return unet(x, times, conditions)

    @torch.inference_mode()
    def step(self, states: Sequence[LatentState]) -> list[LatentState]:
        """One step of each: one call of the U-Net for all candidates, then each run's own update."""
        return step_latents(functools.partial(self.predict, self.unet), states, self.dtype)

    @torch.inference_mode()
    def encode_samples(self, samples: Samples) -> Tensor:
        """Samples (rows * `grid.row`,) at the native rate to a latent (channels, rows, columns) as the U-Net knows it.

        Raises `BadRequest` for what is too short for the front-end.
        """
        if len(samples) <= self.grid.mel.pad:
            least = self.grid.mel.pad / self.rate
            raise BadRequest("source", f"source must be {least:.3f} s or longer, got {len(samples) / self.rate:.3f} s")
        mel = self.mel(torch.from_numpy(np.array(samples, np.float32))[None].to(self.device))
        mean, _ = self.vae.encode(mel[:, None].to(self.dtype))
        return mean[0].float() * self.shape.vae.scaling_factor

    @torch.inference_mode()
    def decode_latent(self, latent: Tensor) -> Tensor:
        """Latents (B, channels, rows, columns) as the U-Net knows them to log-mels (B, frames, bands) in nats."""
        return self.vae.decode((latent / self.shape.vae.scaling_factor).to(self.dtype))[:, 0].float()

    @torch.inference_mode()
    def vocode(self, mel: Tensor) -> Samples:
        """Log-mel (frames, bands) to samples at the native rate."""
        return np.asarray(self.vocoder(mel[None]).cpu().numpy()).reshape(-1)

    def decode(self, state: LatentState) -> Rendered:
        """Latents to log-mels to samples, of several candidates the best one."""
        return run_out(self.decoding(state))

    @torch.inference_mode()
    def decoding(self, state: LatentState) -> Decoding:
        """`decode` in pieces. Samples come early where there is one candidate; of several, all have to be heard."""
        found = []
        for run in state.runs:
            pieces = []
            for piece in self._pieces(run.x, state.asked):
                pieces += [] if piece is None else [piece]
                yield piece if len(state.runs) == 1 else None
            found.append(np.concatenate(pieces))
        if self.ears is None or state.asked.source is not None:  # of an edit's pieces there is nothing to choose
            return Rendered(found[0])
        wanted = self.likeness(state.steering)
        scores = [float(self.listen(one) @ wanted) for one in found]
        best = int(np.argmax(scores))
        return Rendered(found[best], scores[best])

    @torch.inference_mode()
    def preview(self, state: LatentState) -> Sketch:
        """The first candidate as it is estimated now."""
        pieces = []
        for piece in self._pieces(state.run.x if state.run.clean is None else state.run.clean, state.asked):
            pieces += [] if piece is None else [piece]
            yield
        return np.concatenate(pieces)

    def _pieces(self, latent: Tensor, asked: Pass) -> Iterator[Samples | None]:
        """The samples of a latent (channels, rows, columns), and None wherever something else may be done."""
        if not asked.wrap:
            mel = yield from self._mel(latent)
            yield from (piece / np.float32(asked.gain) for piece in in_windows(self.vocode, mel, self.grid.mel.hop))
            return
        edge, hop = CONTEXT * self.shape.vae.factor, self.grid.mel.hop
        mel = (yield from self._mel(around(latent, CONTEXT, CONTEXT, 1)))[edge:-edge]
        mel = stretch_loop(mel, max(1, round(asked.frames / hop)))
        samples = self.vocode(around(mel, REACH, REACH, 0))[REACH * hop :][: len(mel) * hop]
        yield resample_loop(samples, asked.frames)

    def _mel(self, latent: Tensor) -> Generator[None, None, Tensor]:
        """Log-mel (frames, bands) of one latent."""
        scaled = (latent[None] / self.shape.vae.scaling_factor).to(self.dtype)
        mel = yield from self.vae.decoding(scaled)
        return mel[0, 0].float()

    def close(self) -> None:
        """Free the networks."""
        self.unet = self.vae = self.vocoder = self.text = self.ears = None  # type: ignore[assignment]


def _placed(network: Network, device: torch.device, dtype: torch.dtype) -> Network:
    # channels_last is what convolutions are fastest in, on processors and on graphics cards; torch's stubs lack it.
    network.to(device, dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def build(shape: AudioLDMShape, tokenizer: Tokenizer) -> Networks:
    """The networks of a shape with random weights; a checkpoint's state dicts fit into them as they are."""
    return Networks(
        shape,
        UNet(shape.unet).eval(),
        VAE(shape.vae).eval(),
        build_clap_text(shape.text),
        build_hifigan(shape.vocoder),
        tokenizer,
    )


def load_random(
    shape: str = "tiny", *, heads: Heads = "trained", seed: int = 0, dtype: str = "float32", device: str = "cpu"
) -> AudioLDM:
    """AudioLDM of any shape in `SHAPES` on random weights, always the same for a `seed`; named audioldm-SHAPE-random.

    `dtype` is float32, bfloat16 or float16. Raises `BadRequest` for a shape, heads or dtype that there is not.
    """
    for name, value, known in (
        ("shape", shape, SHAPES),
        ("heads", heads, ("trained", "config")),
        ("dtype", dtype, DTYPES),
    ):
        if value not in known:
            raise BadRequest(name, f"{name} must be {' | '.join(known)}, got {value!r}")
    sizes = SHAPES[shape].with_heads(heads)
    # Forked, so that a program's own random numbers are not disturbed.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = build(sizes, byte_tokenizer(sizes.text))
    return AudioLDM(f"audioldm-{shape}-random", networks, dtype=DTYPES[dtype], device=device)


def load_tiny_random(*, dtype: str = "float32", device: str = "cpu") -> AudioLDM:
    """The tiny shape on random weights: every part of AudioLDM at a size for tests."""
    return load_random("tiny", dtype=dtype, device=device)

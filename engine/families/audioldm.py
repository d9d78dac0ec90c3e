"""AudioLDM (Liu et al. 2023): CLAP's text embedding, a latent U-Net, a VAE for mels, HiFi-GAN. 16 kHz, mono.

Its networks carry diffusers' and transformers' tensor names, so published state dicts fit as they are;
`engine.checkpoints` reads them. `load_random` builds any published shape on random weights, which sounds like noise and
says so in its name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from engine.clap_audio import ClapAudio
from engine.clap_text import ClapText, Tokenizer, build_clap_text, byte_tokenizer
from engine.errors import BadRequest
from engine.families.audioldm_shapes import SHAPES, AudioLDMShape, Heads
from engine.family import State
from engine.finish import finish
from engine.hifigan import build_hifigan
from engine.nets.unet import UNet
from engine.nets.vae import VAE
from engine.request import Request, Take
from engine.sampling import Denoising, denoise_step, plan_for, predictions, start
from engine.schedule import Training, published

Network = TypeVar("Network", bound=nn.Module)

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

SPACING = {"dpm++": "trailing"}
"""DPM-Solver++ begins at the noisiest time, which few steps need; DDIM goes as the checkpoint's own scheduler."""


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


@dataclass(frozen=True, kw_only=True, eq=False)
class AudioLDMState(State):
    """A latent (latent channels, rows, columns) on its way, and the embeddings (D,) that steer it."""

    run: Denoising
    condition: Tensor
    uncondition: Tensor


class AudioLDM:
    """The family. name: as the user chose the model; dtype: of the U-Net and the VAE (the rest stays float32)."""

    channels = 1
    tasks = ("generate",)
    ranks = False
    defaults: Mapping[str, Any] = MappingProxyType({"steps": 20, "guidance": 2.5})

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
        self.text = ClapText(networks.text.to(self.device), networks.tokenizer, tokens=networks.shape.text.tokens)

    def begin(self, request: Request) -> AudioLDMState:
        """Noise of the length that covers the request, and the embeddings of its prompts."""
        spacing = SPACING.get(request.sampler, self.training.spacing)
        plan = plan_for(request, spacing, self.training.prediction, self.training)
        shape = (self.shape.unet.in_channels, self.shape.rows(request.seconds), self.shape.columns)
        return AudioLDMState(
            request=request,
            batch_key=(self.name, shape, request.guided),
            total=plan.steps,
            run=start(plan, shape, request.seed or 0, self.device),
            condition=self.text.embed(request.prompt),
            uncondition=self.text.embed(request.negative),
        )

    @torch.inference_mode()
    def step(self, states: Sequence[AudioLDMState]) -> list[AudioLDMState]:
        """One step of each: one call of the U-Net for all, then each run's own update."""
        runs = [state.run for state in states]
        outputs = predictions(
            self.unet,
            runs,
            torch.stack([state.condition for state in states]).to(self.dtype),
            torch.stack([state.uncondition for state in states]).to(self.dtype),
            [state.request.guidance or 0.0 for state in states],
        )
        stepped = [denoise_step(run, output) for run, output in zip(runs, outputs, strict=True)]
        return [
            dataclasses.replace(state, run=run, index=run.index) for state, run in zip(states, stepped, strict=True)
        ]

    @torch.inference_mode()
    def finish(self, state: AudioLDMState) -> Take:
        """Latent to log-mel to samples, at the request's rate and of its exact length."""
        latent = (state.run.x / self.shape.vae.scaling_factor).to(self.dtype)
        mel = self.vae.decode(latent[None])[:, 0]
        samples = self.vocoder(mel.float()).cpu().numpy()
        return Take(finish(samples, self.rate, state.request), state.request)

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

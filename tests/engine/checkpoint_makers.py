"""Makes checkpoints for tests, on random weights: folders by diffusers' own save_pretrained, and files as the authors
wrote them. Diffusers is asked for the folders, so what is read is what diffusers writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.diffusers_networks import scheduler_of, unet_of, vae_of
from engine.clap_audio import ClapAudioConfig, build_clap_audio
from engine.clap_text import ClapTextConfig, build_clap_text, byte_tokenizer
from engine.families.audioldm_shapes import AudioLDMShape
from engine.hifigan import HifiGanConfig, build_hifigan
from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig
from engine.passes import fresh
from engine.request import Request
from tests.engine.authors_networks import AuthorsUNet, AuthorsVAE

SMALL = AudioLDMShape(
    unet=UNetConfig(channels=(32, 64, 96, 160), layers=1, heads=(8, 8, 8, 8), groups=32, class_dim=16),
    vae=VAEConfig(channels=(8, 16, 32), layers=1, groups=8, scaling_factor=0.9113),
    text=ClapTextConfig(vocabulary=300, width=64, layers=2, heads=1, feed_forward=64, embedding=16),
    vocoder=HifiGanConfig(width=32, block_kernels=(3,), dilations=(1,)),
)
"""AudioLDM at small width: the least where the head counts of the training differ from those of the configuration."""


@dataclass(frozen=True)
class Parts:
    """diffusers' own networks of a shape."""

    unet: Any
    vae: Any
    text: Any
    vocoder: Any


def parts(shape: AudioLDMShape, seed: int = 0) -> Parts:
    """Networks of a shape as diffusers builds them, heads as a published configuration has them: one number."""
    torch.manual_seed(seed)
    unet, vae = unet_of(shape.unet), vae_of(shape.vae)
    return Parts(unet, vae, build_clap_text(shape.text), build_hifigan(shape.vocoder))


def save_folder(
    folder: Path, shape: AudioLDMShape, networks: Parts | None = None, *, safetensors: bool = True, **scheduler: Any
) -> Parts:
    """A diffusers folder with a pipeline of this shape, and the networks in it. `scheduler` changes its fields."""
    import diffusers

    networks = networks or parts(shape)
    pipeline: Any = diffusers.AudioLDMPipeline(
        networks.vae,
        networks.text,
        byte_tokenizer(shape.text),
        networks.unet,
        scheduler_of(**scheduler),
        networks.vocoder,
    )
    pipeline.save_pretrained(folder, safe_serialization=safetensors)
    if not safetensors:  # today's transformers writes nothing else, yesterday's wrote pickles
        for part, network in (("text_encoder", networks.text), ("vocoder", networks.vocoder)):
            (folder / part / "model.safetensors").unlink()
            torch.save(network.state_dict(), folder / part / "pytorch_model.bin")
    return networks


def begun(family: Any, request: Request) -> Any:
    """A state of the family at the beginning of a resolved request."""
    return family.begin(fresh(request.resolved({**family.defaults, "model": family.name}), family.rate))


def decoded(family: Any, state: Any) -> Any:
    """The samples of a state that is done, mono, as the vocoder gives them."""
    with torch.inference_mode():
        mel = family.vae.decode((state.run.x / family.shape.vae.scaling_factor)[None])[:, 0]
        return family.vocoder(mel)[0]


@dataclass(frozen=True)
class Authors:
    """The networks of one of the authors' files: with the plain weights, and the averaged ones of the U-Net."""

    unet: AuthorsUNet
    averaged: AuthorsUNet
    vae: AuthorsVAE
    text: Any
    audio: Any


def authors(shape: AudioLDMShape, audio: ClapAudioConfig, seed: int = 0) -> Authors:
    """Random networks of a shape in the authors' arrangement."""
    torch.manual_seed(seed)
    unets = [AuthorsUNet(shape.unet).eval() for _ in range(2)]
    vae = AuthorsVAE(shape.vae, shape.vocoder).eval()
    return Authors(unets[0], unets[1], vae, build_clap_text(shape.text), build_clap_audio(audio))


def state_dict_of(networks: Authors, scale: float, *, ema: bool, clap: str = "cond_stage_model.") -> dict[str, Tensor]:
    """Everything that such a file holds: networks, averages, schedule, CLAP's own mels, the loss's networks."""
    tensors = {f"model.diffusion_model.{name}": tensor for name, tensor in networks.unet.state_dict().items()}
    if ema:
        for name, tensor in networks.averaged.state_dict().items():
            tensors[f"model_ema.diffusion_model{name.replace('.', '')}"] = tensor
        tensors |= {"model_ema.decay": torch.tensor(0.9999), "model_ema.num_updates": torch.tensor(5)}
    tensors |= {f"first_stage_model.{name}": tensor for name, tensor in networks.vae.state_dict().items()}
    tensors |= {f"{clap}model.{name}": tensor for name, tensor in clap_as_written(networks).items()}
    betas = torch.linspace(0.0015**0.5, 0.0195**0.5, 1000) ** 2
    tensors |= {
        "betas": betas,
        "alphas_cumprod": torch.cumprod(1 - betas, 0),
        "alphas_cumprod_prev": torch.ones(1000),
        "sqrt_alphas_cumprod": torch.ones(1000),
        "log_one_minus_alphas_cumprod": torch.ones(1000),
        "posterior_variance": torch.ones(1000),
        "lvlb_weights": torch.ones(1000),
        "logvar": torch.zeros(1000),
        "scale_factor": torch.tensor(scale),
        "first_stage_model.loss.logvar": torch.zeros(1),
        "first_stage_model.loss.discriminator.main.0.weight": torch.zeros(2, 1, 4, 4),
        f"{clap}model.logit_scale_a": torch.tensor(1.0),
        f"{clap}model.text_transform.sequential.0.weight": torch.zeros(2, 2),
        f"{clap}model.text_branch.embeddings.position_ids": torch.arange(514)[None],
        f"{clap}model.audio_branch.spectrogram_extractor.stft.conv_real.weight": torch.zeros(3, 1, 2),
        f"{clap}model.audio_branch.logmel_extractor.melW": torch.zeros(3, 2),
        f"{clap}model.audio_branch.tscam_conv.weight": torch.zeros(2, 2),
        f"{clap}model.audio_branch.head.weight": torch.zeros(2, 2),
        f"{clap}model.audio_branch.layers.0.blocks.1.attn_mask": torch.zeros(4, 64, 64),
        f"{clap}mel_transform.mel_scale.fb": torch.zeros(3, 2),
    }
    return tensors


def clap_as_written(networks: Authors) -> dict[str, Tensor]:
    """CLAP's tensors under the names of its authors: queries, keys and values of the audio tower in one."""
    out: dict[str, Tensor] = {}
    for name, tensor in networks.text.state_dict().items():
        written = name.replace("text_model.", "text_branch.").replace("linear1", "0").replace("linear2", "2")
        out[written] = tensor
    tower = networks.audio.state_dict()
    for name, tensor in tower.items():
        written = name.replace("audio_model.audio_encoder.", "audio_branch.").replace("batch_norm.", "bn0.")
        written = written.replace("linear1", "0").replace("linear2", "2")
        written = written.replace("layernorm_before", "norm1").replace("layernorm_after", "norm2")
        written = written.replace("attention.output.dense", "attn.proj").replace("attention.self.", "attn.")
        written = written.replace("intermediate.dense", "mlp.fc1").replace("output.dense", "mlp.fc2")
        if ".attn.query." in written:
            rows = [tower[name.replace("query", part)] for part in ("query", "key", "value")]
            out[written.replace("query", "qkv")] = torch.cat(rows)
        elif ".attn.key." not in written and ".attn.value." not in written:
            out[written] = tensor
    return out


def save_authors(path: Path, tensors: dict[str, Tensor], **more: Any) -> Path:
    """A file as PyTorch Lightning writes them, with more in it than tensors."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"epoch": 3, "global_step": 100, "state_dict": tensors, "optimizer_states": [], **more}, path)
    return path

"""Makes checkpoints for tests, on random weights: folders by diffusers' own save_pretrained, and files as the authors
wrote them. Diffusers is asked for the folders, so what is read is what diffusers writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.clap_text import ClapTextConfig, build_clap_text, byte_tokenizer
from engine.families.audioldm_shapes import AudioLDMShape
from engine.hifigan import HifiGanConfig, build_hifigan
from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig
from engine.request import Request

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
    diffusers = pytest.importorskip("diffusers")
    torch.manual_seed(seed)
    sizes, coder = shape.unet, shape.vae
    kinds = ["CrossAttn" * attends for attends in sizes.attention]
    unet = diffusers.UNet2DConditionModel(
        sample_size=128,
        in_channels=sizes.in_channels,
        out_channels=sizes.out_channels,
        block_out_channels=sizes.channels,
        layers_per_block=sizes.layers,
        norm_num_groups=sizes.groups,
        attention_head_dim=8,
        cross_attention_dim=list(sizes.channels),
        down_block_types=[f"{kind}DownBlock2D" for kind in kinds],
        up_block_types=[f"{kind}UpBlock2D" for kind in reversed(kinds)],
        class_embed_type="simple_projection",
        projection_class_embeddings_input_dim=sizes.class_dim,
        class_embeddings_concat=True,
    ).eval()
    vae = diffusers.AutoencoderKL(
        in_channels=1,
        out_channels=1,
        latent_channels=coder.latent_channels,
        block_out_channels=coder.channels,
        layers_per_block=coder.layers,
        norm_num_groups=coder.groups,
        down_block_types=["DownEncoderBlock2D"] * len(coder.channels),
        up_block_types=["UpDecoderBlock2D"] * len(coder.channels),
        scaling_factor=coder.scaling_factor,
    ).eval()
    return Parts(unet, vae, build_clap_text(shape.text), build_hifigan(shape.vocoder))


def save_folder(
    folder: Path, shape: AudioLDMShape, networks: Parts | None = None, *, safetensors: bool = True, **scheduler: Any
) -> Parts:
    """A diffusers folder with a pipeline of this shape, and the networks in it. `scheduler` changes its fields."""
    diffusers = pytest.importorskip("diffusers")
    networks = networks or parts(shape)
    noise = {
        "beta_start": 0.0015,
        "beta_end": 0.0195,
        "beta_schedule": "scaled_linear",
        "clip_sample": False,
        "set_alpha_to_one": False,
        "steps_offset": 1,
    }
    pipeline = diffusers.AudioLDMPipeline(
        networks.vae,
        networks.text,
        byte_tokenizer(shape.text),
        networks.unet,
        diffusers.DDIMScheduler(**{**noise, **scheduler}),
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
    return family.begin(request.resolved({**family.defaults, "model": family.name}))


def decoded(family: Any, state: Any) -> Any:
    """The samples of a state that is done, mono, as the vocoder gives them."""
    with torch.inference_mode():
        mel = family.vae.decode((state.run.x / family.shape.vae.scaling_factor)[None])[:, 0]
        return family.vocoder(mel)[0]

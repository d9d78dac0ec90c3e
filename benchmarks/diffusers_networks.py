"""diffusers' own networks of our shapes, on random weights: what the engine's are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig

PUBLISHED_HEADS = 8
"""What the published configurations say of every level: diffusers takes its `attention_head_dim` for a count."""


def unet_of(config: UNetConfig, heads: int | Sequence[int] = PUBLISHED_HEADS) -> Any:
    """The U-Net of AudioLDM, or of AudioLDM 2 where the shape has contexts. heads: one number, or one for each level.

    A shape without an `unshuffle` and with one transformer behind each block: diffusers knows no others.
    """
    import diffusers

    kinds = ["CrossAttn" * attends for attends in config.attention]
    common: dict[str, Any] = {
        "in_channels": config.in_channels,
        "out_channels": config.out_channels,
        "block_out_channels": config.channels,
        "layers_per_block": config.layers,
        "norm_num_groups": config.groups,
        "attention_head_dim": heads if isinstance(heads, int) else list(heads),
        "transformer_layers_per_block": config.transformer_layers,
        "down_block_types": [f"{kind}DownBlock2D" for kind in kinds],
        "up_block_types": [f"{kind}UpBlock2D" for kind in reversed(kinds)],
    }
    if config.contexts:
        widths = [list(config.contexts)] * len(config.channels)
        second: Any = diffusers.AudioLDM2UNet2DConditionModel(sample_size=256, cross_attention_dim=widths, **common)
        return second.eval()
    first: Any = diffusers.UNet2DConditionModel(
        sample_size=128,
        cross_attention_dim=list(config.channels),
        class_embed_type="simple_projection",
        projection_class_embeddings_input_dim=config.class_dim,
        class_embeddings_concat=True,
        **common,
    )
    return first.eval()


def vae_of(config: VAEConfig) -> Any:
    """The VAE, for log-mels of one channel. Of a shape without an `unshuffle`: diffusers knows no other."""
    import diffusers

    levels = len(config.channels)
    network: Any = diffusers.AutoencoderKL(
        in_channels=1,
        out_channels=1,
        latent_channels=config.latent_channels,
        block_out_channels=config.channels,
        layers_per_block=config.layers,
        norm_num_groups=config.groups,
        mid_block_add_attention=config.mid_attention,
        down_block_types=["DownEncoderBlock2D"] * levels,
        up_block_types=["UpDecoderBlock2D"] * levels,
        scaling_factor=config.scaling_factor,
    )
    return network.eval()


def scheduler_of(**changes: Any) -> Any:
    """The scheduler of the published folders; `changes` go to its fields."""
    import diffusers

    published = {
        "beta_start": 0.0015,
        "beta_end": 0.0195,
        "beta_schedule": "scaled_linear",
        "clip_sample": False,
        "set_alpha_to_one": False,
        "steps_offset": 1,
    }
    return diffusers.DDIMScheduler(**{**published, **changes})

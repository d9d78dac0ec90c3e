"""The sizes of networks in the authors' files, told from their tensors alone: there is nothing else to tell them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from engine.checkpoints.facts import trained_heads
from engine.clap_audio import ClapAudioConfig
from engine.clap_text import ClapTextConfig
from engine.hifigan import HifiGanConfig
from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig

VOCODERS = {
    (16, 16, 8, 4, 4): ((5, 4, 2, 2, 2), 16_000),
    (12, 10, 8, 4, 4): ((6, 5, 4, 2, 2), 48_000),
}
"""Upsampling kernels of the authors' two vocoders: factors and rate, which tensors do not tell."""

Tensors = Mapping[str, Tensor]


def count(tensors: Tensors, pattern: str) -> int:
    """How many different numbers the group of `pattern` takes among the names."""
    return len({found.group(1) for name in tensors if (found := re.match(pattern, name))})


def unet_config(tensors: Tensors) -> UNetConfig:
    """The U-Net's shape, heads as trained. KeyError or ValueError if the tensors are of another network."""
    halving = (re.match(r"input_blocks\.(\d+)\.0\.op\.weight", name) for name in tensors)
    samplers = [int(found.group(1)) for found in halving if found]
    if not samplers:
        raise ValueError("the U-Net has no level that halves, such as input_blocks.3.0.op")
    layers, levels = min(samplers) - 1, len(samplers) + 1
    first = [f"input_blocks.{(layers + 1) * level + 1}" for level in range(levels)]
    channels = tuple(tensors[f"{block}.0.out_layers.3.weight"].shape[0] for block in first)
    attention = tuple(f"{block}.1.proj_in.weight" in tensors for block in first)
    if True not in attention:
        raise ValueError("the U-Net has no level with attention, such as input_blocks.4.1")
    level = attention.index(True)
    contexts = contexts_of(tensors, first[level], (channels[level], channels[-1]))
    return UNetConfig(
        in_channels=tensors["input_blocks.0.0.weight"].shape[1],
        out_channels=tensors["out.2.weight"].shape[0],
        channels=channels,
        layers=layers,
        heads=trained_heads(channels),
        attention=attention,
        transformer_layers=count(tensors, r"middle_block\.1\.transformer_blocks\.(\d+)\."),
        transformers=1 if contexts else count(tensors, r"middle_block\.(\d+)\.proj_in\."),
        contexts=contexts,
        class_dim=tensors["film_emb.weight"].shape[1] if "film_emb.weight" in tensors else None,
    )


def vae_config(tensors: Tensors, everything: Tensors) -> VAEConfig:
    """The VAE's shape; its scaling factor is a tensor beside the networks."""
    levels = count(tensors, r"encoder\.down\.(\d+)\.")
    if "scale_factor" not in everything:
        raise KeyError("scale_factor")
    return VAEConfig(
        latent_channels=tensors["post_quant_conv.weight"].shape[1],
        channels=tuple(tensors[f"encoder.down.{level}.block.0.conv2.weight"].shape[0] for level in range(levels)),
        layers=count(tensors, r"encoder\.down\.0\.block\.(\d+)\."),
        mid_attention="encoder.mid.attn_1.q.weight" in tensors,
        scaling_factor=float(everything["scale_factor"]),
    )


def vocoder_config(tensors: Tensors) -> HifiGanConfig:
    """The vocoder's shape: one of the authors' two sets of upsampling factors, known by their kernels."""
    stages = count(tensors, r"ups\.(\d+)\.")
    kernels = tuple(tensors[f"ups.{stage}.weight"].shape[2] for stage in range(stages))
    if kernels not in VOCODERS:
        known = " or ".join(map(str, VOCODERS))
        raise ValueError(f"the vocoder's upsampling kernels must be {known}, found {kernels}")
    rates, rate = VOCODERS[kernels]
    width, bands = tensors["conv_pre.weight"].shape[:2]
    blocks = count(tensors, r"resblocks\.(\d+)\.") // stages
    layers = count(tensors, r"resblocks\.0\.convs1\.(\d+)\.")
    return HifiGanConfig(
        bands=bands,
        rate=rate,
        width=width,
        rates=rates,
        kernels=kernels,
        block_kernels=tuple(tensors[f"resblocks.{block}.convs1.0.weight"].shape[2] for block in range(blocks)),
        dilations=tuple(range(1, 2 * layers, 2)),  # 1, 3, 5 in both
    )


def text_config(tensors: Tensors) -> ClapTextConfig:
    """The text tower's shape; RoBERTa's heads are 64 wide."""
    words, width = tensors["text_branch.embeddings.word_embeddings.weight"].shape
    return ClapTextConfig(
        vocabulary=words,
        width=width,
        layers=count(tensors, r"text_branch\.encoder\.layer\.(\d+)\."),
        heads=max(1, width // 64),
        feed_forward=tensors["text_branch.encoder.layer.0.intermediate.dense.weight"].shape[0],
        tokens=tensors["text_branch.embeddings.position_embeddings.weight"].shape[0] - 2,
        embedding=tensors["text_projection.2.weight"].shape[0],
    )


def audio_config(tensors: Tensors) -> ClapAudioConfig:
    """The audio tower's shape: HTSAT-tiny in S and L, HTSAT-base in M and in the file for 48 kHz."""
    layers = range(count(tensors, r"audio_branch\.layers\.(\d+)\."))
    blocks = [f"audio_branch.layers.{layer}.blocks" for layer in layers]
    return ClapAudioConfig(
        patch_width=tensors["audio_branch.patch_embed.proj.weight"].shape[0],
        width=tensors["audio_branch.norm.weight"].shape[0],
        depths=tuple(count(tensors, rf"{re.escape(block)}\.(\d+)\.") for block in blocks),
        heads=tuple(tensors[f"{block}.0.attn.relative_position_bias_table"].shape[1] for block in blocks),
        embedding=tensors["audio_projection.2.weight"].shape[0],
    )


def contexts_of(unet: Tensors, block: str, channels: tuple[int, int]) -> tuple[int | None, ...]:
    """What stands behind each residual block of a U-Net; () if nothing there looks at anything but itself.

    block: the first one with attention. channels: its own, and those of the middle. A transformer that is as wide as
    its own level in both places looks at itself.
    """
    found: list[int | None] = []
    for place in range(1, 1 + count(unet, r"middle_block\.(\d+)\.proj_in\.")):
        names = (f"{one}.{place}.transformer_blocks.0.attn2.to_k.weight" for one in (block, "middle_block"))
        widths = tuple(unet[name].shape[1] for name in names)
        found.append(None if widths == channels else widths[1])
    return tuple(found) if any(found) else ()

"""The authors' files of an AudioLDM 2 that speaks, on random weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.clap_text import byte_tokenizer
from engine.families.audioldm2_shapes import AudioLDM2Shape
from engine.nets.audiomae import AudioMae, AudioMaeConfig
from engine.vits_text import build_vits_text
from tests.engine import audioldm2_makers as makers
from tests.engine.checkpoint_makers import authors, save_authors, state_dict_of

OWN = "cond_stage_models.0."
"""The conditioner with the language model; its own conditions are CLAP, the phonemes and AudioMAE."""


@dataclass(frozen=True)
class Spoken:
    """A file, and what was written into it."""

    path: Path
    shape: AudioLDM2Shape
    encoder: Any
    positions: Tensor
    teacher: AudioMae


def made(folder: Path) -> Spoken:
    """A file of the authors' with a speech model of tests' size, and its text tokenizer beside it."""
    # A file tells neither groups, which are 32, nor heads, which are 64 wide.
    small = makers.SMALL_SPEECH
    assert small.audio is not None and small.language is not None and small.projection is not None
    unet, vae = replace(small.unet, heads=(1, 2, 3, 5)), replace(small.vae, channels=(32, 64, 96), groups=32)
    shape = replace(small, unet=unet, vae=vae, language=replace(small.language, heads=1))
    networks = authors(shape, small.audio)
    encoder, positions = build_vits_text(shape.phonemes), torch.randn(1, 24, 40)  # type: ignore[arg-type]
    teacher = AudioMae(AudioMaeConfig(width=48, layers=3, heads=1))
    tensors = state_dict_of(networks, shape.vae.scaling_factor, ema=True, clap="clap.")
    tensors |= {f"{OWN}{name}": tensor for name, tensor in framing(small.projection.first, 24, 48).items()}
    tensors |= {f"{OWN}model.{name}": tensor for name, tensor in makers.language_model(shape).state_dict().items()}
    phonemes = f"{OWN}cond_stage_models.1."
    tensors |= {f"{phonemes}text_encoder.{name}": one for name, one in authors_vits(encoder.state_dict()).items()}
    tensors[f"{phonemes}learnable_positional_embedding"] = positions
    heard = f"{OWN}cond_stage_models.2.audiomae.model."
    tensors |= {f"{heard}{name}": tensor for name, tensor in teacher.state_dict().items()}
    tensors[f"{heard}decoder_pos_embed"] = torch.zeros(1, 513, 8)
    byte_tokenizer(shape.text).save_pretrained(folder / "tokenizer")  # type: ignore[attr-defined]
    return Spoken(save_authors(folder / "audioldm2-speech-small.pth", tensors), shape, encoder, positions, teacher)


def framing(first: int, second: int, width: int) -> dict[str, Tensor]:
    """Tables of 32 learned vectors, of which the first two are used, and two linear layers."""
    return {
        "start_of_sequence_tokens.weight": torch.randn(32, width),
        "end_of_sequence_tokens.weight": torch.randn(32, width),
        "input_sequence_embed_linear.0.weight": torch.randn(width, first),
        "input_sequence_embed_linear.0.bias": torch.randn(width),
        "input_sequence_embed_linear.1.weight": torch.randn(width, second),
        "input_sequence_embed_linear.1.bias": torch.randn(width),
    }


def authors_vits(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The encoder's tensors as VITS's own code calls them, whose attention consists of convolutions."""
    out = {"emb.weight": tensors["embed_tokens.weight"]}
    out |= {f"proj.{kind}": tensors[f"project.{kind}"] for kind in ("weight", "bias")}
    for index in range(2):
        layer = f"encoder.layers.{index}."
        for part, name in (("q", "q_proj"), ("k", "k_proj"), ("v", "v_proj"), ("o", "out_proj")):
            conv = f"encoder.attn_layers.{index}.conv_{part}."
            out[f"{conv}weight"] = tensors[f"{layer}attention.{name}.weight"][:, :, None].clone()
            out[f"{conv}bias"] = tensors[f"{layer}attention.{name}.bias"]
        for part in ("emb_rel_k", "emb_rel_v"):
            out[f"encoder.attn_layers.{index}.{part}"] = tensors[f"{layer}attention.{part}"]
        for number, norm in ((1, "layer_norm"), (2, "final_layer_norm")):
            out[f"encoder.norm_layers_{number}.{index}.gamma"] = tensors[f"{layer}{norm}.weight"]
            out[f"encoder.norm_layers_{number}.{index}.beta"] = tensors[f"{layer}{norm}.bias"]
        for conv in ("conv_1", "conv_2"):
            for kind in ("weight", "bias"):
                out[f"encoder.ffn_layers.{index}.{conv}.{kind}"] = tensors[f"{layer}feed_forward.{conv}.{kind}"]
    return out

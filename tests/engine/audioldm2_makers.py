"""Makes AudioLDM 2 checkpoints for tests, on random weights: small shapes, and the authors' files of them.

Folders are diffusers' own, by its save_pretrained (`benchmarks.audioldm2_folder`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from benchmarks.audioldm2_folder import language_model, pipeline_of, save_folder2
from engine.clap_audio import ClapAudioConfig
from engine.clap_text import ClapTextConfig
from engine.families.audioldm2_shapes import AudioLDM2Shape
from engine.flan_t5 import FlanT5Config, build_flan_t5
from engine.hifigan import HifiGanConfig
from engine.language import LanguageConfig
from engine.nets.projection import ProjectionConfig
from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig
from engine.vits_text import VitsTextConfig
from tests.engine.checkpoint_makers import Authors, state_dict_of

__all__ = ["language_model", "pipeline_of", "save_folder2"]

SMALL = AudioLDM2Shape(
    unet=UNetConfig(channels=(32, 64, 96, 160), layers=1, heads=(8, 8, 8, 8), contexts=(None, 48, 40), class_dim=None),
    vae=VAEConfig(channels=(8, 16, 32), layers=1, groups=8, scaling_factor=0.4375),
    text=ClapTextConfig(vocabulary=300, width=64, layers=2, heads=1, feed_forward=64, embedding=16),
    vocoder=HifiGanConfig(width=32, block_kernels=(3,), dilations=(1,)),
    words=FlanT5Config(vocabulary=128, width=40, layers=2, heads=2, head=12, feed_forward=32, tokens=60),
    language=LanguageConfig(width=48, layers=2, heads=4, positions=128),
    projection=ProjectionConfig(first=16, second=40, width=48),
    audio=ClapAudioConfig(patch_width=8, width=64, depths=(1, 1, 1, 1), heads=(2, 2, 2, 2), embedding=16),
)
"""AudioLDM 2 at small width: the least where the head counts of the training differ from those of the configuration."""
SMALL_LARGE = replace(SMALL, unet=replace(SMALL.unet, contexts=(None, 48, 40, None), transformer_layers=2))
"""The same as the large one is made."""
SMALL_T5 = replace(SMALL, unet=replace(SMALL.unet, contexts=(None, 40)), language=None, projection=None)
"""The one that knows only Flan-T5."""

SMALL_SPEECH = replace(
    SMALL,
    unet=replace(SMALL.unet, contexts=(None, 48)),
    words=None,
    phonemes=VitsTextConfig(width=24, layers=2, heads=2, feed_forward=32, flow=8),
    projection=ProjectionConfig(first=16, second=24, width=48, positions=40),
    language=LanguageConfig(width=48, layers=2, heads=4, positions=61),
    outline=16,
)
"""The one that speaks, with places for 35 vectors of the voice and the phonemes, ten for their frames, and 16."""


def state_dict2(networks: Authors, shape: AudioLDM2Shape, own: Any) -> dict[str, Tensor]:
    """Everything that one of the authors' AudioLDM 2 files holds. own: `OwnParts` of the same shape."""
    tensors = state_dict_of(networks, shape.vae.scaling_factor, ema=True, clap="clap.")
    first = "cond_stage_models.0."
    words = {f"model.{name}": tensor for name, tensor in own.words.state_dict().items()}
    if shape.language is None:
        return tensors | {f"{first}{name}": tensor for name, tensor in words.items()}
    tensors |= {f"cond_stage_models.1.{name}": tensor for name, tensor in words.items()}
    tensors |= {f"{first}model.{name}": tensor for name, tensor in own.language.state_dict().items()}
    tensors |= {f"{first}{name}": tensor for name, tensor in own.framing.items()}
    # Its own copies of the encoders, the teacher, and masks that old versions of the library wrote.
    tensors |= {f"{first}cond_stage_models.1.{name}": tensor for name, tensor in words.items()}
    twin = {name: tensor for name, tensor in tensors.items() if name.startswith("clap.")}
    tensors |= {f"{first}cond_stage_models.0.{name.removeprefix('clap.')}": tensor for name, tensor in twin.items()}
    return tensors | {
        f"{first}cond_stage_models.2.audiomae.model.mask_token": torch.zeros(1, 1, 8),
        f"{first}model.h.0.attn.bias": torch.ones(1, 1, 4, 4),
        f"{first}model.h.0.attn.masked_bias": torch.tensor(-1e4),
    }


@dataclass(frozen=True)
class OwnParts:
    """What an AudioLDM 2 has more than an AudioLDM. framing: tables of 32 learned vectors and two linear layers."""

    words: Any
    language: Any
    framing: dict[str, Tensor]


def own_parts(shape: AudioLDM2Shape) -> OwnParts:
    """Random networks of a shape in the authors' arrangement."""
    assert shape.words is not None
    words = build_flan_t5(shape.words)
    if shape.language is None or shape.projection is None:
        return OwnParts(words, None, {})
    width = shape.language.width
    framing = {
        "start_of_sequence_tokens.weight": torch.randn(32, width),
        "end_of_sequence_tokens.weight": torch.randn(32, width),
        "input_sequence_embed_linear.0.weight": torch.randn(width, shape.projection.first),
        "input_sequence_embed_linear.0.bias": torch.randn(width),
        "input_sequence_embed_linear.1.weight": torch.randn(width, shape.projection.second),
        "input_sequence_embed_linear.1.bias": torch.randn(width),
    }
    return OwnParts(words, language_model(shape), framing)


@torch.inference_mode()
def authors_outline(own: OwnParts, clap: Tensor, words: Tensor, count: int) -> Tensor:
    """The outline as the authors compute it: everything anew for every vector. clap (D,), words (L, W)."""
    frames = [own.framing[f"{name}_of_sequence_tokens.weight"] for name in ("start", "end")]
    parts = []
    for index, one in enumerate((clap[None], words)):
        linear = [own.framing[f"input_sequence_embed_linear.{index}.{part}"] for part in ("weight", "bias")]
        parts += [frames[0][index : index + 1], torch.nn.functional.linear(one, *linear), frames[1][index : index + 1]]
    sequence = torch.cat(parts)[None]
    for _ in range(count):
        output = own.language(inputs_embeds=sequence, use_cache=False).last_hidden_state
        sequence = torch.cat((sequence, output[:, -1:]), dim=1)
    return sequence[0, -count:]

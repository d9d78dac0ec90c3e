"""Makes AudioLDM 2 checkpoints for tests, on random weights: folders by diffusers' own save_pretrained."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.clap_audio import ClapAudioConfig
from engine.clap_text import ClapTextConfig, byte_tokenizer
from engine.families.audioldm2_shapes import AudioLDM2Shape
from engine.flan_t5 import FlanT5Config, build_flan_t5, character_tokenizer
from engine.hifigan import HifiGanConfig, build_hifigan
from engine.language import LanguageConfig
from engine.nets.projection import ProjectionConfig
from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig
from engine.phonemes import PAD, VOCABULARY
from engine.vits_text import VitsTextConfig
from tests.engine.checkpoint_makers import Authors, state_dict_of

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


def unet2(shape: AudioLDM2Shape) -> Any:
    """diffusers' own U-Net of a shape, heads as a published configuration has them: one number."""
    diffusers = pytest.importorskip("diffusers")
    sizes = shape.unet
    kinds = ["CrossAttn" * attends for attends in sizes.attention]
    return diffusers.AudioLDM2UNet2DConditionModel(
        sample_size=256,
        in_channels=sizes.in_channels,
        out_channels=sizes.out_channels,
        block_out_channels=sizes.channels,
        layers_per_block=sizes.layers,
        norm_num_groups=sizes.groups,
        attention_head_dim=8,
        cross_attention_dim=[list(sizes.contexts)] * len(sizes.channels),
        transformer_layers_per_block=sizes.transformer_layers,
        down_block_types=[f"{kind}DownBlock2D" for kind in kinds],
        up_block_types=[f"{kind}UpBlock2D" for kind in reversed(kinds)],
    ).eval()


def clap(shape: AudioLDM2Shape) -> Any:
    """A whole CLAP, as the published folders have it."""
    transformers = pytest.importorskip("transformers")
    text, audio = shape.text, shape.audio
    assert audio is not None
    config = transformers.ClapConfig(
        text_config={
            "vocab_size": text.vocabulary,
            "hidden_size": text.width,
            "num_hidden_layers": text.layers,
            "num_attention_heads": text.heads,
            "intermediate_size": text.feed_forward,
            "max_position_embeddings": text.tokens + 2,
            "projection_dim": text.embedding,
        },
        audio_config={
            "patch_embeds_hidden_size": audio.patch_width,
            "hidden_size": audio.width,
            "depths": list(audio.depths),
            "num_attention_heads": list(audio.heads),
            "projection_dim": audio.embedding,
            "enable_fusion": False,
        },
        projection_dim=text.embedding,
    )
    return transformers.ClapModel(config).eval()


def language_model(shape: AudioLDM2Shape, words: int = 50) -> Any:
    """The language model as the published folders have it, words included."""
    transformers = pytest.importorskip("transformers")
    sizes = shape.language
    assert sizes is not None
    config = transformers.GPT2Config(
        vocab_size=words,
        n_embd=sizes.width,
        n_layer=sizes.layers,
        n_head=sizes.heads,
        n_positions=sizes.positions,
        bos_token_id=0,
        eos_token_id=0,
    )
    config.max_new_tokens = shape.outline
    return transformers.GPT2Model(config).eval()


def vits(shape: AudioLDM2Shape) -> Any:
    """A whole VITS, as the published speech models have it, though only its text encoder is needed."""
    transformers = pytest.importorskip("transformers")
    sizes = shape.phonemes
    assert sizes is not None
    config = transformers.VitsConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.width,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        ffn_dim=sizes.feed_forward,
        flow_size=sizes.flow,
        pad_token_id=0,
        upsample_initial_channel=32,
        duration_predictor_num_flows=1,
        prior_encoder_num_flows=1,
    )
    return transformers.VitsModel(config).eval()


def phoneme_tokenizer(shape: AudioLDM2Shape) -> Any:
    """VITS's tokenizer with the authors' symbols; it has espeak read the words, as they do."""
    transformers = pytest.importorskip("transformers")
    assert shape.projection is not None
    with TemporaryDirectory() as folder:
        path = Path(folder, "vocab.json")
        path.write_text(json.dumps(dict(VOCABULARY), ensure_ascii=False), encoding="utf-8")
        return transformers.VitsTokenizer(
            str(path), pad_token=PAD, unk_token=PAD, add_blank=False, model_max_length=shape.projection.positions
        )


def save_folder2(folder: Path, shape: AudioLDM2Shape, seed: int = 0) -> None:
    """A diffusers folder with an AudioLDM 2 of this shape."""
    diffusers = pytest.importorskip("diffusers")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(seed)
    coder, projection = shape.vae, shape.projection
    assert projection is not None
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
    learned = (True, projection.positions) if projection.positions else ()
    framing = diffusers.AudioLDM2ProjectionModel(projection.first, projection.second, projection.width, *learned).eval()
    for name, parameter in framing.named_parameters():
        if "embed" in name:  # ones, as it is made, would not tell one from the other
            parameter.data.normal_()
    scheduler = diffusers.DDIMScheduler(
        beta_start=0.0015,
        beta_end=0.0195,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    pipeline = diffusers.AudioLDM2Pipeline(
        vae=vae,
        text_encoder=clap(shape),
        text_encoder_2=vits(shape) if shape.words is None else build_flan_t5(shape.words),
        projection_model=framing,
        language_model=language_model(shape),
        tokenizer=byte_tokenizer(shape.text),
        tokenizer_2=phoneme_tokenizer(shape) if shape.words is None else character_tokenizer(shape.words),
        feature_extractor=transformers.ClapFeatureExtractor(frequency_min=50),
        unet=unet2(shape),
        scheduler=scheduler,
        vocoder=build_hifigan(shape.vocoder),
    )
    pipeline.save_pretrained(folder)


def pipeline_of(folder: Path) -> Any:
    """diffusers' pipeline from a folder, with the one class that today's libraries need for it to run."""
    diffusers = pytest.importorskip("diffusers")
    transformers = pytest.importorskip("transformers")
    language = transformers.GPT2LMHeadModel.from_pretrained(folder / "language_model")
    pipeline = diffusers.AudioLDM2Pipeline.from_pretrained(folder, language_model=language)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


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

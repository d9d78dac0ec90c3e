"""What an AudioLDM 2 of diffusers has beside an AudioLDM: Flan-T5, the projection, the language model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.checkpoints.checkpoint import Conditioner
from engine.checkpoints.files import as_expected, configured, read_json, read_tensors, weights_file
from engine.errors import ModelError
from engine.families.audioldm2_shapes import AudioLDM2Shape
from engine.families.audioldm_shapes import AudioLDMShape
from engine.flan_t5 import FlanT5Config
from engine.language import LanguageConfig
from engine.nets.projection import ProjectionConfig

WORDS = {
    "feed_forward_proj": "gated-gelu",
    "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128,
    "layer_norm_epsilon": 1e-6,
}
LANGUAGE = {
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
    "n_inner": None,
}
"""What the engine's networks are, field by field; a configuration that says otherwise is refused."""
LANGUAGE_UNUSED = (".attn.bias", ".attn.masked_bias", "lm_head.weight")
"""Endings of tensors that the language model does without: masks that old versions wrote, and the way to words."""
TOKENS = 128
"""The longest prompt of Flan-T5 in the published checkpoints."""


def read_conditioner(folder: Path) -> Conditioner:
    """The tensors of a folder's Flan-T5, projection and language model. Raises `ModelError` if one is missing."""
    return Conditioner(
        words=words_tensors(read_tensors(weights_file(folder / "text_encoder_2"))),
        language=language_tensors(read_tensors(weights_file(folder / "language_model"))),
        projection=read_tensors(weights_file(folder / "projection_model")),
        tokenizer=folder / "tokenizer_2" if (folder / "tokenizer_2").is_dir() else None,
    )


def shape2(folder: Path, shape: AudioLDMShape, audio: Any) -> AudioLDM2Shape:
    """The whole shape of a folder's AudioLDM 2. shape, audio: what it has in common with AudioLDM's."""
    words = configured(folder / "text_encoder_2/config.json", words_config)
    language = configured(folder / "language_model/config.json", language_config)
    projection = configured(folder / "projection_model/config.json", projection_config)
    limit = folder / "tokenizer_2/tokenizer_config.json"
    tokens = int(read_json(limit).get("model_max_length", TOKENS)) if limit.is_file() else TOKENS
    parts = {
        "text_encoder": (projection.first, shape.text.embedding),
        "text_encoder_2": (projection.second, words.width),
    }
    parts |= {"language_model": (projection.width, language.width)}
    for part, (expected, found) in parts.items():
        if expected != found:
            raise ModelError(f"{folder / part}: its output must be {expected} wide for the projection, found {found}")
    if shape.unet.widths != (language.width, words.width):
        raise ModelError(
            f"{folder / 'unet/config.json'}: cross_attention_dim must be {language.width} and {words.width} wide, the "
            f"language model's and Flan-T5's output, found {shape.unet.widths}"
        )
    return AudioLDM2Shape(
        unet=shape.unet,
        vae=shape.vae,
        text=shape.text,
        vocoder=shape.vocoder,
        words=FlanT5Config(**{**_fields(words), "tokens": tokens}),
        language=language,
        projection=projection,
        outline=int(read_json(folder / "language_model/config.json").get("max_new_tokens", 8)),
        audio=audio,
    )


def _fields(config: FlanT5Config) -> dict[str, int]:
    return {name: getattr(config, name) for name in FlanT5Config.__slots__}


def words_config(config: Mapping[str, Any]) -> FlanT5Config:
    """The shape of Flan-T5's encoder. ValueError or KeyError for what is not understood, as in all of these."""
    as_expected(config, WORDS)
    return FlanT5Config(
        vocabulary=config["vocab_size"],
        width=config["d_model"],
        layers=config["num_layers"],
        heads=config["num_heads"],
        head=config["d_kv"],
        feed_forward=config["d_ff"],
    )


def language_config(config: Mapping[str, Any]) -> LanguageConfig:
    """The shape of the language model; transformers leaves out what is its default."""
    as_expected(config, LANGUAGE)
    return LanguageConfig(
        width=config.get("n_embd", 768),
        layers=config.get("n_layer", 12),
        heads=config.get("n_head", 12),
        positions=config.get("n_positions", 1024),
    )


def projection_config(config: Mapping[str, Any]) -> ProjectionConfig:
    """The shape of the projection. The misspelt key is diffusers' own."""
    learned = config.get("use_learned_position_embedding") is not None
    return ProjectionConfig(
        first=config["text_encoder_dim"],
        second=config["text_encoder_1_dim"],
        width=config["langauge_model_dim"],
        positions=config["max_seq_length"] if learned else 0,
    )


def words_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Flan-T5's tensors; its table of words has two names, of which files have one or both."""
    pair = ("shared.weight", "encoder.embed_tokens.weight")
    table = next((tensors[name] for name in pair if name in tensors), None)
    return dict(tensors) if table is None else {**tensors, **dict.fromkeys(pair, table)}


def language_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The language model's tensors, written as a GPT2Model or as a GPT2LMHeadModel; of the words one row is kept."""
    own = {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}
    own = {name: tensor for name, tensor in own.items() if not name.endswith(LANGUAGE_UNUSED)}
    if "wpe.weight" in own:
        own["wte.weight"] = own.get("wte.weight", torch.zeros(1, own["wpe.weight"].shape[1]))[:1]
    return own

"""What an AudioLDM 2 of diffusers has beside an AudioLDM: Flan-T5 or VITS, the projection, the language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.checkpoints.checkpoint import Conditioner
from engine.checkpoints.files import as_expected, configured, read_json, read_tensors, weights_file
from engine.checkpoints.speech import outline_of, speaks, vits_config, vits_tensors
from engine.errors import ModelError
from engine.families.audioldm2_shapes import AudioLDM2Shape
from engine.families.audioldm_shapes import AudioLDMShape
from engine.flan_t5 import FlanT5Config
from engine.language import LanguageConfig
from engine.nets.projection import ProjectionConfig
from engine.vits_text import VitsTextConfig

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
    """The tensors of a folder's second text encoder, projection and language model. Raises `ModelError` if one is
    missing."""
    second, spoken = read_tensors(weights_file(folder / "text_encoder_2")), speaks(folder)
    return Conditioner(
        words=None if spoken else words_tensors(second),
        phonemes=vits_tensors(second) if spoken else None,
        language=language_tensors(read_tensors(weights_file(folder / "language_model"))),
        projection=read_tensors(weights_file(folder / "projection_model")),
        tokenizer=folder / "tokenizer_2" if (folder / "tokenizer_2").is_dir() else None,
    )


def shape2(folder: Path, shape: AudioLDMShape, audio: Any) -> AudioLDM2Shape:
    """The whole shape of a folder's AudioLDM 2. shape, audio: what it has in common with AudioLDM's."""
    spoken = speaks(folder)
    read: Callable[[Mapping[str, Any]], FlanT5Config | VitsTextConfig] = vits_config if spoken else words_config
    second = configured(folder / "text_encoder_2/config.json", read)
    language = configured(folder / "language_model/config.json", language_config)
    projection = configured(folder / "projection_model/config.json", projection_config)
    limit = folder / "tokenizer_2/tokenizer_config.json"
    tokens = int(read_json(limit).get("model_max_length", TOKENS)) if limit.is_file() else TOKENS
    _check_widths(folder, shape, second, language, projection)
    return AudioLDM2Shape(
        unet=shape.unet,
        vae=shape.vae,
        text=shape.text,
        vocoder=shape.vocoder,
        words=replace(second, tokens=tokens) if isinstance(second, FlanT5Config) else None,
        phonemes=second if isinstance(second, VitsTextConfig) else None,
        language=language,
        projection=projection,
        outline=outline_of(language, projection)
        if spoken
        else int(read_json(folder / "language_model/config.json").get("max_new_tokens", 8)),
        audio=audio,
    )


def _check_widths(
    folder: Path, shape: AudioLDMShape, second: FlanT5Config | VitsTextConfig, language: LanguageConfig,
    projection: ProjectionConfig,
) -> None:  # fmt: skip
    """Raises `ModelError` for a part whose output has another width than the part that takes it in."""
    parts = {
        "text_encoder": (projection.first, shape.text.embedding),
        "text_encoder_2": (projection.second, second.width),
        "language_model": (projection.width, language.width),
    }
    for part, (expected, found) in parts.items():
        if expected != found:
            raise ModelError(f"{folder / part}: its output must be {expected} wide for the projection, found {found}")
    spoken = isinstance(second, VitsTextConfig)
    widths = (language.width,) if spoken else (language.width, second.width)
    if shape.unet.widths != widths:
        what = "the language model's output" if spoken else "the language model's and Flan-T5's output"
        raise ModelError(
            f"{folder / 'unet/config.json'}: cross_attention_dim must be {' and '.join(map(str, widths))} wide, "
            f"{what}, found {shape.unet.widths}"
        )


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

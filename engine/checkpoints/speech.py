"""What a checkpoint that speaks has in place of Flan-T5: the text encoder of VITS.

In the authors' files it lies among the language model's own conditions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from engine.checkpoints.files import as_expected, read_json
from engine.checkpoints.names import under
from engine.language import LanguageConfig
from engine.nets.projection import ProjectionConfig
from engine.vits_text import VitsTextConfig

VITS = {"hidden_act": "relu", "use_bias": True, "layer_norm_eps": 1e-5}
"""What the engine's encoder is, field by field; a configuration that says otherwise is refused."""
OUTLINE = 512
"""Vectors in which the speech models write 10.24 s, whatever the language model's configuration says: it keeps the 8 of
the models for effects, and diffusers has to be told."""
OWN = "cond_stage_models.1."
"""Where the encoder lies among the language model's conditions in the authors' files."""
POSITIONS = "learnable_positional_embedding"

_NAMES = (
    (r"^emb\.", "embed_tokens."),
    (r"^proj\.", "project."),
    (r"^encoder\.attn_layers\.(\d+)\.conv_([qkv])\.", r"encoder.layers.\1.attention.\2_proj."),
    (r"^encoder\.attn_layers\.(\d+)\.conv_o\.", r"encoder.layers.\1.attention.out_proj."),
    (r"^encoder\.attn_layers\.(\d+)\.(emb_rel_[kv])$", r"encoder.layers.\1.attention.\2"),
    (r"^encoder\.norm_layers_1\.(\d+)\.", r"encoder.layers.\1.layer_norm."),
    (r"^encoder\.norm_layers_2\.(\d+)\.", r"encoder.layers.\1.final_layer_norm."),
    (r"^encoder\.ffn_layers\.(\d+)\.", r"encoder.layers.\1.feed_forward."),
    (r"norm\.gamma$", "norm.weight"),
    (r"norm\.beta$", "norm.bias"),
)


def speaks(folder: Path) -> bool:
    """Whether a diffusers folder's second text encoder is VITS's."""
    return "VitsModel" in (read_json(folder / "model_index.json").get("text_encoder_2") or ())


def vits_config(config: Mapping[str, Any]) -> VitsTextConfig:
    """The encoder's shape in the configuration of a VitsModel; transformers leaves out what is its default."""
    as_expected(config, VITS)
    return VitsTextConfig(
        vocabulary=config["vocab_size"],
        width=config.get("hidden_size", 192),
        layers=config.get("num_hidden_layers", 6),
        heads=config.get("num_attention_heads", 2),
        feed_forward=config.get("ffn_dim", 768),
        kernel=config.get("ffn_kernel_size", 3),
        window=config.get("window_size", 4),
        flow=config.get("flow_size", 192),
    )


def vits_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The encoder's tensors among those of a whole VitsModel, whose voice is not needed."""
    return under(tensors, "text_encoder.")


def outline_of(language: LanguageConfig, projection: ProjectionConfig) -> int:
    """How many vectors the language model writes of speech: `OUTLINE`, or as many as it has positions for."""
    return min(OUTLINE, language.positions - projection.positions - 5)


def authors_vits(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The encoder under transformers' names, from the language model's part of an authors' file; empty without one.

    Its attention's 1x1 convolutions are linear layers there.
    """
    out = {}
    for name, tensor in under(tensors, f"{OWN}text_encoder.").items():
        for pattern, there in _NAMES:
            name = re.sub(pattern, there, name)
        out[name] = tensor[:, :, 0] if name.endswith("_proj.weight") and tensor.ndim == 3 else tensor
    return out


def authors_vits_config(tensors: Mapping[str, Tensor]) -> VitsTextConfig:
    """The encoder's shape from its tensors under transformers' names. KeyError if one that tells it is missing."""
    vocabulary, width = tensors["embed_tokens.weight"].shape
    feed_forward, _, kernel = tensors["encoder.layers.0.feed_forward.conv_1.weight"].shape
    _, window, head = tensors["encoder.layers.0.attention.emb_rel_k"].shape
    return VitsTextConfig(
        vocabulary=vocabulary,
        width=width,
        layers=len({name.split(".")[2] for name in tensors if name.startswith("encoder.layers.")}),
        heads=width // head,
        feed_forward=feed_forward,
        kernel=kernel,
        window=window // 2,
        flow=tensors["project.weight"].shape[0] // 2,
    )

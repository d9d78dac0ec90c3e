"""The authors' tensor names, and what diffusers and transformers call the same tensors. Pure functions over names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from torch import Tensor

RESNET = {
    "in_layers.0.": "norm1.",
    "in_layers.2.": "conv1.",
    "emb_layers.1.": "time_emb_proj.",
    "out_layers.0.": "norm2.",
    "out_layers.3.": "conv2.",
    "skip_connection.": "conv_shortcut.",
}
UNET_ENDS = {
    "time_embed.0.": "time_embedding.linear_1.",
    "time_embed.2.": "time_embedding.linear_2.",
    "film_emb.": "class_embedding.",
    "input_blocks.0.0.": "conv_in.",
    "out.0.": "conv_norm_out.",
    "out.2.": "conv_out.",
}
VAE_MIDDLE = {
    ".mid.block_1.": ".mid_block.resnets.0.",
    ".mid.block_2.": ".mid_block.resnets.1.",
    ".mid.attn_1.norm.": ".mid_block.attentions.0.group_norm.",
    ".mid.attn_1.q.": ".mid_block.attentions.0.to_q.",
    ".mid.attn_1.k.": ".mid_block.attentions.0.to_k.",
    ".mid.attn_1.v.": ".mid_block.attentions.0.to_v.",
    ".mid.attn_1.proj_out.": ".mid_block.attentions.0.to_out.0.",
    ".nin_shortcut.": ".conv_shortcut.",
    "coder.norm_out.": "coder.conv_norm_out.",
}
AUDIO = (
    ("attn.", "attention.self."),
    ("self.proj.", "output.dense."),
    ("mlp.fc1.", "intermediate.dense."),
    ("mlp.fc2.", "output.dense."),
    ("norm1.", "layernorm_before."),
    ("norm2.", "layernorm_after."),
    ("bn0.", "batch_norm."),
)
"""In the audio tower, in this order."""
AUDIO_DROPPED = ("spectrogram_extractor", "logmel_extractor", "tscam_conv", "head.", "attn_mask")
"""Parts of the audio tower for its training and its mels; a mel's filters are computed here."""

LEFTOVERS = re.compile(
    r"betas|alphas_cumprod\w*|sqrt_\w+|log_one_minus_\w+|posterior_\w+|lvlb_weights|logvar|scale_factor"
    r"|model_ema\..+|first_stage_model\.loss\..+"
    r"|(cond_stage_model|cond_stage_models\.0|clap)\.("
    r"(mel|audio|text)_transform\..+|model\.(text_transform|audio_transform)\..+|model\.logit_scale_[at]"
    r"|model\.text_branch\.embeddings\.(position_ids|token_type_ids)"
    r"|model\.audio_branch\.(spectrogram_extractor|logmel_extractor|tscam_conv|head|.*attn_mask).*)"
    r"|clap\.model\..+"
    r"|cond_stage_models\.0\.(model\.h\.\d+\.attn\.(bias|masked_bias)|cond_stage_models\.("
    r"0\.(model|mel_transform)\..+|1\.model\..+|2\.audiomae\..+))"
)
"""Names in the authors' files that nothing here needs: noise schedule, averages, losses, CLAP's mels and its twin; of
AudioLDM 2 the masks of its language model, that one's own CLAP and Flan-T5, and AudioMAE, which was its teacher."""


def under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix`, without it."""
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def averaged(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors under `prefix` ("model."), each replaced by its moving average where the file has one.

    An average is called `model_ema.` and the name without `model.` and without any dots. ValueError if two tensors
    would have the same average.
    """
    wanted = under(tensors, prefix)
    flat = {name.replace(".", ""): name for name in wanted}
    if len(flat) != len(wanted):
        raise ValueError("two tensors have the same name without dots, so their averages cannot be told apart")
    return {name: tensors.get(f"model_ema.{name.replace('.', '')}", tensor) for name, tensor in wanted.items()}


def renamed(tensors: Mapping[str, Tensor], rule: Callable[[str], str]) -> dict[str, Tensor]:
    """The tensors under the names that `rule` makes. ValueError if two get the same one."""
    out = {rule(name): tensor for name, tensor in tensors.items()}
    if len(out) != len(tensors):
        raise ValueError("two tensors would get the same name")
    return out


def _replaced(name: str, table: Iterable[tuple[str, str]]) -> str:
    for old, new in table:
        name = name.replace(old, new)
    return name


def unet_name(name: str, layers: int, transformers: int) -> str:
    """The U-Net: `layers` residual blocks a level on the way down, `transformers` behind each where it attends."""
    for old, new in UNET_ENDS.items():
        if name.startswith(old):
            return new + name[len(old) :]
    found = re.fullmatch(r"(input_blocks|middle_block|output_blocks)\.(\d+)\.(.+)", name)
    if found is None:
        return name
    side, index, rest = found.group(1), int(found.group(2)), found.group(3)
    if side == "middle_block":
        last = transformers + 1
        where = f"attentions.{index - 1}" if 0 < index < last else f"resnets.{int(index == last)}"
        return f"mid_block.{where}.{_inner(rest)}"
    position, _, inner = rest.partition(".")
    down = side == "input_blocks"
    level, block = divmod(index - 1 if down else index, layers + 1)
    blocks = f"{'down' if down else 'up'}_blocks.{level}"
    if inner.startswith("op."):
        return f"{blocks}.downsamplers.0.conv.{inner[3:]}"
    if inner.startswith("conv."):
        return f"{blocks}.upsamplers.0.conv.{inner[5:]}"
    if position == "0":
        return f"{blocks}.resnets.{block}.{_inner(inner)}"
    return f"{blocks}.attentions.{block * transformers + int(position) - 1}.{inner}"


def _inner(name: str) -> str:
    for old, new in RESNET.items():
        if name.startswith(old):
            return new + name[len(old) :]
    return name


def vae_name(name: str, levels: int) -> str:
    """The VAE, with as many levels; its decoder counts them from the other end."""
    name = _replaced(name, VAE_MIDDLE.items())
    name = re.sub(r"^encoder\.down\.(\d+)\.block\.", r"encoder.down_blocks.\1.resnets.", name)
    name = re.sub(r"^encoder\.down\.(\d+)\.downsample\.", r"encoder.down_blocks.\1.downsamplers.0.", name)
    found = re.fullmatch(r"decoder\.up\.(\d+)\.(block|upsample)\.(.+)", name)
    if found is None:
        return name
    kind = "resnets." if found.group(2) == "block" else "upsamplers.0."
    return f"decoder.up_blocks.{levels - 1 - int(found.group(1))}.{kind}{found.group(3)}"


def vocoder_name(name: str) -> str:
    """The vocoder."""
    return re.sub(r"^ups\.", "upsampler.", name)


def text_name(name: str) -> str:
    """The text half of CLAP: the tower and its projection."""
    name = re.sub(r"^text_branch\.", "text_model.", name)
    return re.sub(r"^text_projection\.([02])\.", lambda m: f"text_projection.linear{1 + int(m[1]) // 2}.", name)


def audio_name(name: str) -> str:
    """The audio half of CLAP."""
    projection = re.match(r"audio_projection\.([02])\.", name)
    if projection is not None:
        return f"audio_projection.linear{1 + int(projection[1]) // 2}.{name[projection.end() :]}"
    return _replaced(re.sub(r"^audio_branch\.", "audio_model.audio_encoder.", name), AUDIO)

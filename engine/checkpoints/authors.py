"""The authors' `.ckpt` files: one pickle of tensors with every network in it, sizes told from the tensors alone."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.checkpoints import names
from engine.checkpoints.checkpoint import Checkpoint
from engine.checkpoints.facts import LICENCE, SCALES, UNKNOWN, Facts, shape_name, trained_heads
from engine.checkpoints.files import read_pickle, tensors_only
from engine.clap_audio import ClapAudioConfig
from engine.clap_text import ClapTextConfig
from engine.errors import BadRequest, ModelError
from engine.families.audioldm_shapes import AudioLDMShape
from engine.hifigan import HifiGanConfig
from engine.nets.unet import UNetConfig
from engine.nets.vae import VAEConfig
from engine.schedule import Training, published

UNET, VAE, VOCODER = "model.diffusion_model.", "first_stage_model.", "first_stage_model.vocoder."
CLAPS = ("cond_stage_model.model.", "cond_stage_models.0.model.", "clap.model.")
"""Where CLAP lies: in the files for 16 kHz, in those for 48 kHz, and the copy that ranks."""

VOCODERS = {
    (16, 16, 8, 4, 4): ((5, 4, 2, 2, 2), 16_000),
    (12, 10, 8, 4, 4): ((6, 5, 4, 2, 2), 48_000),
}
"""Upsampling kernels of the authors' two vocoders: factors and rate, which tensors do not tell."""

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """The tensors of a file under the authors' names, by part."""

    all: Tensors
    unet: Tensors
    vae: Tensors
    vocoder: Tensors
    clap: Tensors
    prefix: str


def read_authors(path: Path, ema: bool | None = None) -> Checkpoint:
    """An AudioLDM in one file. ema: whether to take the averaged weights, as the authors do; None takes them if there.

    Raises `ModelError` if the file is damaged or holds something else, and `BadRequest` if `ema` asks for averages
    that are not there.
    """
    found = contents(path)
    has_ema = any(name.startswith("model_ema.") for name in found.all)
    if ema and not has_ema:
        raise BadRequest("ema", f"ema must be off for {path.name}: it holds no averaged weights")
    averages = has_ema if ema is None else ema
    try:
        unet = names.under(names.averaged(found.all, "model."), "diffusion_model.") if averages else found.unet
        return _checkpoint(path, found, unet, averages)
    except (KeyError, ValueError) as error:
        raise ModelError(f"{path} is not one of the authors' AudioLDM files: {_said(error)}") from error


def contents(path: Path) -> Contents:
    """The tensors of a file, sorted by part. Raises `ModelError`, saying what was expected and what was found."""
    found = read_pickle(path)
    inner = found.get("state_dict", found)
    tensors = tensors_only(inner) if isinstance(inner, Mapping) else {}
    prefix = next((one for one in CLAPS if any(name.startswith(f"{one}text_branch.") for name in tensors)), CLAPS[0])
    parts = {one: names.under(tensors, one) for one in (UNET, VAE, VOCODER, prefix)}
    for one, part in parts.items():
        if not part:
            heads = sorted({".".join(name.split(".")[:2]) for name in tensors}) or sorted(map(str, found))
            shown = ", ".join(heads[:6]) or "nothing"
            raise ModelError(
                f"{path} is not one of the authors' AudioLDM files: expected tensors named {one}..., found {shown}"
            )
    if "film_emb.weight" not in parts[UNET]:
        raise ModelError(f"{path} is not an AudioLDM: expected {UNET}film_emb, found a U-Net without (AudioLDM 2?)")
    vae = {name: t for name, t in parts[VAE].items() if not name.startswith(("vocoder.", "loss."))}
    return Contents(tensors, parts[UNET], vae, parts[VOCODER], parts[prefix], prefix)


def leftovers(found: Contents) -> list[str]:
    """Names in the file that no network takes and that are not known to be superfluous."""
    clap = (f"{found.prefix}{side}_{part}." for side in ("text", "audio") for part in ("branch", "projection"))
    parts = (UNET, VAE, *clap)
    return [name for name in found.all if not name.startswith(parts) and not names.LEFTOVERS.fullmatch(name)]


def facts_of(path: Path) -> Facts:
    """Facts of one of the authors' files. Raises `ModelError` as `read_authors` does."""
    one = read_authors(path)
    channels, rate, scale = one.shape.unet.channels, one.shape.vocoder.rate, one.shape.vae.scaling_factor
    shape = shape_name(channels, scale, rate)
    known = shape in SCALES.values()
    return Facts(
        path=path,
        format="ckpt",
        shape=shape,
        rate=rate,
        size=path.stat().st_size,
        licence=LICENCE if known else UNKNOWN,
        commercial=False if known else None,
        ema=one.ema,
        audio_tower=one.audio is not None,
        tokenizer=one.tokenizer is not None,
        scaling_factor=scale,
        channels=channels,
        heads=trained_heads(channels),
        config_heads=None,
        prediction=one.training.prediction,
    )


def _checkpoint(path: Path, found: Contents, unet: Tensors, averages: bool) -> Checkpoint:
    vocoder, (text, audio) = plain_weights(found.vocoder), halves(found.clap)
    shape = AudioLDMShape(
        unet=unet_config(unet),
        vae=vae_config(found.vae, found.all),
        text=text_config(text),
        vocoder=vocoder_config(vocoder),
    )
    layers, transformers, levels = shape.unet.layers, shape.unet.transformers, len(shape.vae.channels)
    bands = shape.vocoder.bands
    strange = leftovers(found)
    if strange:
        logging.getLogger(__name__).warning("%s: %d tensors are not used, such as %s", path, len(strange), strange[0])
    mean = {"mean": torch.zeros(bands), "scale": torch.ones(bands)}  # transformers' vocoder can normalise, this did not
    return Checkpoint(
        path=path,
        shape=shape,
        training=training_of(found.all),
        unet=names.renamed(unet, lambda name: names.unet_name(name, layers, transformers)),
        vae=flat_attention(names.renamed(found.vae, lambda name: names.vae_name(name, levels))),
        text=names.renamed(text, names.text_name),
        vocoder={**names.renamed(vocoder, names.vocoder_name), **mean},
        audio=names.renamed(split_attention(audio), names.audio_name) if audio else None,
        audio_shape=audio_config(audio) if audio else None,
        tokenizer=tokenizer_beside(path),
        ema=averages,
    )


def halves(clap: Tensors) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """CLAP's text and audio tensors, without those that only its training and its mels need."""
    text = {name: t for name, t in clap.items() if name.startswith(("text_branch.", "text_projection."))}
    audio = {name: t for name, t in clap.items() if name.startswith(("audio_branch.", "audio_projection."))}
    return text, {name: t for name, t in audio.items() if not any(part in name for part in names.AUDIO_DROPPED)}


def _said(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


def _count(tensors: Tensors, pattern: str) -> int:
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
    return UNetConfig(
        in_channels=tensors["input_blocks.0.0.weight"].shape[1],
        out_channels=tensors["out.2.weight"].shape[0],
        channels=channels,
        layers=layers,
        heads=trained_heads(channels),
        attention=attention,
        transformer_layers=_count(tensors, r"middle_block\.1\.transformer_blocks\.(\d+)\."),
        transformers=_count(tensors, r"middle_block\.(\d+)\.proj_in\."),
        class_dim=tensors["film_emb.weight"].shape[1],
    )


def vae_config(tensors: Tensors, everything: Tensors) -> VAEConfig:
    """The VAE's shape; its scaling factor is a tensor beside the networks."""
    levels = _count(tensors, r"encoder\.down\.(\d+)\.")
    if "scale_factor" not in everything:
        raise KeyError("scale_factor")
    return VAEConfig(
        latent_channels=tensors["post_quant_conv.weight"].shape[1],
        channels=tuple(tensors[f"encoder.down.{level}.block.0.conv2.weight"].shape[0] for level in range(levels)),
        layers=_count(tensors, r"encoder\.down\.0\.block\.(\d+)\."),
        mid_attention="encoder.mid.attn_1.q.weight" in tensors,
        scaling_factor=float(everything["scale_factor"]),
    )


def vocoder_config(tensors: Tensors) -> HifiGanConfig:
    """The vocoder's shape: one of the authors' two sets of upsampling factors, known by their kernels."""
    stages = _count(tensors, r"ups\.(\d+)\.")
    kernels = tuple(tensors[f"ups.{stage}.weight"].shape[2] for stage in range(stages))
    if kernels not in VOCODERS:
        known = " or ".join(map(str, VOCODERS))
        raise ValueError(f"the vocoder's upsampling kernels must be {known}, found {kernels}")
    rates, rate = VOCODERS[kernels]
    width, bands = tensors["conv_pre.weight"].shape[:2]
    blocks = _count(tensors, r"resblocks\.(\d+)\.") // stages
    layers = _count(tensors, r"resblocks\.0\.convs1\.(\d+)\.")
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
        layers=_count(tensors, r"text_branch\.encoder\.layer\.(\d+)\."),
        heads=max(1, width // 64),
        feed_forward=tensors["text_branch.encoder.layer.0.intermediate.dense.weight"].shape[0],
        tokens=tensors["text_branch.embeddings.position_embeddings.weight"].shape[0] - 2,
        embedding=tensors["text_projection.2.weight"].shape[0],
    )


def audio_config(tensors: Tensors) -> ClapAudioConfig:
    """The audio tower's shape: HTSAT-tiny in S and L, HTSAT-base in M and in the file for 48 kHz."""
    layers = range(_count(tensors, r"audio_branch\.layers\.(\d+)\."))
    blocks = [f"audio_branch.layers.{layer}.blocks" for layer in layers]
    return ClapAudioConfig(
        patch_width=tensors["audio_branch.patch_embed.proj.weight"].shape[0],
        width=tensors["audio_branch.norm.weight"].shape[0],
        depths=tuple(_count(tensors, rf"{re.escape(block)}\.(\d+)\.") for block in blocks),
        heads=tuple(tensors[f"{block}.0.attn.relative_position_bias_table"].shape[1] for block in blocks),
        embedding=tensors["audio_projection.2.weight"].shape[0],
    )


def training_of(tensors: Tensors) -> Training:
    """The noise of training, from the file's own schedule. The authors' networks all predict the noise."""
    if "alphas_cumprod" not in tensors:
        return published()
    return Training(tuple(tensors["alphas_cumprod"].float().tolist()))


def plain_weights(tensors: Tensors) -> dict[str, Tensor]:
    """Weights of convolutions that were kept as direction and length (weight norm), multiplied out; the rest as it is.

    The length is over all but the first axis, torch's default.
    """
    out = {name: tensor for name, tensor in tensors.items() if not name.endswith(("weight_g", "weight_v"))}
    for name, direction in tensors.items():
        if name.endswith("weight_v"):
            length = direction.flatten(1).norm(dim=1).reshape(-1, *[1] * (direction.ndim - 1))
            out[name.removesuffix("_v")] = direction * (tensors[name.removesuffix("v") + "g"] / length)
    return out


def flat_attention(tensors: Tensors) -> dict[str, Tensor]:
    """The VAE's attention, whose 1x1 convolutions are linear layers here."""
    return {n: t[:, :, 0, 0] if ".attentions." in n and t.ndim == 4 else t for n, t in tensors.items()}


def split_attention(tensors: Tensors) -> dict[str, Tensor]:
    """Queries, keys and values of the audio tower as tensors of their own; the authors keep them one over the other."""
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if ".attn.qkv." not in name:
            out[name] = tensor
            continue
        for part, rows in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
            out[name.replace(".qkv.", f".{part}.")] = rows
    return out


def tokenizer_beside(path: Path) -> Path | None:
    """The folder with the tokenizer's files, which a `.ckpt` does not hold: beside it, or in `tokenizer` there."""
    for folder in (path.parent / "tokenizer", path.parent):
        if any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
            return folder
    return None

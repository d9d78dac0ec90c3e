"""The authors' `.ckpt` files: one pickle of tensors with every network in it, sizes told from the tensors alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.checkpoints import names
from engine.checkpoints.authors2 import FIRST, LANGUAGE, PREFIXES, read_second
from engine.checkpoints.authors_shapes import (
    Tensors,
    audio_config,
    text_config,
    unet_config,
    vae_config,
    vocoder_config,
)
from engine.checkpoints.checkpoint import Checkpoint
from engine.checkpoints.facts import (
    LICENCE,
    UNKNOWN,
    Facts,
    is_published,
    shape_name,
    shape_name2,
    trained_heads,
)
from engine.checkpoints.files import read_pickle, tensors_only
from engine.errors import BadRequest, ModelError
from engine.families.audioldm2_shapes import AudioLDM2Shape
from engine.families.audioldm_shapes import AudioLDMShape
from engine.schedule import Training, published

UNET, VAE, VOCODER = "model.diffusion_model.", "first_stage_model.", "first_stage_model.vocoder."
CLAPS = ("cond_stage_model.model.", "cond_stage_models.0.model.", "clap.model.", f"{FIRST}cond_stage_models.0.model.")
"""Where CLAP lies: in the files for 16 kHz, in those for 48 kHz, the copy that ranks, and the language model's copy."""


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
    """An AudioLDM or AudioLDM 2 in one file.

    ema: whether to take the averaged weights; None does as the authors do, who take AudioLDM's if there are some, and
    never AudioLDM 2's.

    Raises `ModelError` if the file is damaged or holds something else, and `BadRequest` if `ema` asks for averages
    that are not there.
    """
    found = contents(path)
    has_ema = any(name.startswith("model_ema.") for name in found.all)
    if ema and not has_ema:
        raise BadRequest("ema", f"ema must be off for {path.name}: it holds no averaged weights")
    averages = has_ema and "film_emb.weight" in found.unet if ema is None else ema
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
    vae = {name: t for name, t in parts[VAE].items() if not name.startswith(("vocoder.", "loss."))}
    return Contents(tensors, parts[UNET], vae, parts[VOCODER], parts[prefix], prefix)


def leftovers(found: Contents) -> list[str]:
    """Names in the file that no network takes and that are not known to be superfluous."""
    clap = (f"{found.prefix}{side}_{part}." for side in ("text", "audio") for part in ("branch", "projection"))
    second = PREFIXES if "film_emb.weight" not in found.unet else ()
    parts = (UNET, VAE, *clap, *second)
    return [name for name in found.all if not name.startswith(parts) and not names.LEFTOVERS.fullmatch(name)]


def facts_of(path: Path) -> Facts:
    """Facts of one of the authors' files. Raises `ModelError` as `read_authors` does."""
    one = read_authors(path)
    channels, rate, scale = one.shape.unet.channels, one.shape.vocoder.rate, one.shape.vae.scaling_factor
    if second := isinstance(one.shape, AudioLDM2Shape):
        unet, language = one.shape.unet, one.shape.language is not None
        speech = one.shape.phonemes is not None
        shape = shape_name2(unet.contexts, unet.transformer_layers, speech=speech, language=language)
    else:
        shape = shape_name(channels, scale, rate)
    known = is_published(shape, scale)
    return Facts(
        path=path,
        format="ckpt",
        family="audioldm2" if second else "audioldm",
        shape=shape,
        rate=rate,
        size=path.stat().st_size,
        licence=LICENCE if known else UNKNOWN,
        commercial=False if known else None,
        ema=one.ema,
        audio_tower=one.audio is not None,
        tokenizer=one.tokenizer is not None and (one.conditioner is None or one.conditioner.reads),
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
    second = None if shape.unet.class_dim is not None else read_second(path, found.all)
    if shape.unet.class_dim is None and second is None:
        raise ModelError(f"{path} is not an AudioLDM: expected {UNET}film_emb or {LANGUAGE}wpe, found neither")
    audio_shape = audio_config(audio) if audio else None
    layers, transformers, levels = shape.unet.layers, len(shape.unet.stack), len(shape.vae.channels)
    bands = shape.vocoder.bands
    strange = leftovers(found)
    if strange:
        logging.getLogger(__name__).warning("%s: %d tensors are not used, such as %s", path, len(strange), strange[0])
    mean = {"mean": torch.zeros(bands), "scale": torch.ones(bands)}  # transformers' vocoder can normalise, this did not
    return Checkpoint(
        path=path,
        shape=shape if second is None else second.shape(shape, audio_shape),
        training=training_of(found.all),
        unet=names.renamed(unet, lambda name: names.unet_name(name, layers, transformers)),
        vae=flat_attention(names.renamed(found.vae, lambda name: names.vae_name(name, levels))),
        text=names.renamed(text, names.text_name),
        vocoder={**names.renamed(vocoder, names.vocoder_name), **mean},
        audio=names.renamed(split_attention(audio), names.audio_name) if audio else None,
        audio_shape=audio_shape,
        conditioner=None if second is None else second.conditioner,
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

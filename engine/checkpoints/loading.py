"""A checkpoint's tensors into networks, and those into a family.

Networks are made without memory of their own and take the mapped tensors as they are, so loading touches only what has
to be laid out or rounded anew for the device.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from engine.checkpoints import existing
from engine.checkpoints.audiomae import encoder_of, read_audiomae
from engine.checkpoints.authors import read_authors
from engine.checkpoints.checkpoint import Checkpoint, HeadCounts
from engine.checkpoints.files import fitted
from engine.checkpoints.folders import BUFFERS, read_folder
from engine.clap_audio import build_clap_audio
from engine.clap_text import Tokenizer, build_clap_text, cached_tokenizer, read_tokenizer
from engine.devices import chosen_device, chosen_dtype
from engine.errors import BadRequest, ModelError
from engine.families.audioldm import AudioLDM, Networks
from engine.families.audioldm2 import UNCONDITIONAL, Networks2
from engine.families.audioldm2_shapes import AudioLDM2Shape, Unconditional
from engine.families.audioldm2_speech import family_of as family2_of
from engine.flan_t5 import FlanT5Config, build_flan_t5, cached_t5_tokenizer, read_t5_tokenizer
from engine.hifigan import build_hifigan
from engine.language import build_language
from engine.nets.projection import Projection, ProjectionConfig
from engine.nets.unet import UNet
from engine.nets.vae import VAE
from engine.phonemes import Symbols, read_symbols
from engine.vits_text import VitsTextConfig, build_vits_text

Network = TypeVar("Network", bound=nn.Module)


def load(
    path: str | Path = "",
    *,
    name: str | None = None,
    heads: HeadCounts = "trained",
    ema: bool | None = None,
    dtype: str | None = None,
    device: str | None = None,
    tokenizer: str | Path | None = None,
    words_tokenizer: str | Path | None = None,
    unconditional: Unconditional | None = None,
    audiomae: str | Path | None = None,
) -> AudioLDM:
    """The checkpoint at `path` as a family.

    name: in requests, by default the folder's or the file's. heads: "trained", the head counts of the
    authors' training (the default, see docs/checkpoints.md); "config", those that the configuration names, which is
    what diffusers computes; or a count for each level. ema: averaged weights of a `.ckpt`; by default where there are
    some. dtype and device: see `engine.devices`. tokenizer: folder with the files of the text tokenizer, by default the
    one with the checkpoint; words_tokenizer: the same of an AudioLDM 2's Flan-T5. unconditional: of an AudioLDM 2,
    see there; by default "zeros", as its authors have it. audiomae: file with AudioMAE, for an AudioLDM 2 without it,
    as all diffusers folders are. Raises `ModelError` and `BadRequest`.
    """
    if not str(path):
        raise BadRequest("path", "path must be given: an AudioLDM is loaded from the folder or file with its weights")
    if unconditional not in (None, *UNCONDITIONAL):
        raise BadRequest("unconditional", f"unconditional must be {' | '.join(UNCONDITIONAL)}, got {unconditional!r}")
    path = existing(path)
    place = chosen_device(device)
    checkpoint = read(path, ema).with_heads(heads)
    folders = [Path(one).expanduser() if one else None for one in (tokenizer, words_tokenizer)]
    networks = networks_of(checkpoint, *folders)
    if audiomae:
        networks = with_audiomae(networks, audiomae, path)
    called = name or (path.resolve().name if path.is_dir() else path.stem)
    return family_of(called, networks, chosen_dtype(dtype, place), place, unconditional)


def family_of(
    name: str,
    networks: Networks,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    unconditional: Unconditional | None = None,
) -> AudioLDM:
    """The family of these networks. Raises `BadRequest` for an option that it has not."""
    if isinstance(networks, Networks2):
        return family2_of(name, networks, dtype=dtype, device=device, unconditional=unconditional or "zeros")
    if unconditional is not None:
        raise BadRequest("unconditional", f"unconditional is for AudioLDM 2: {name} is an AudioLDM")
    return AudioLDM(name, networks, dtype=dtype, device=device)


def read(path: Path, ema: bool | None = None) -> Checkpoint:
    """The checkpoint at `path`, whichever format it has."""
    if ema not in (None, True, False):
        raise BadRequest("ema", f"ema must be true or false, got {ema!r}")
    if path.is_file():
        return read_authors(path, ema)
    if ema:
        raise BadRequest("ema", f"ema must be off for {path}: a diffusers folder holds no averaged weights")
    return read_folder(path)


def networks_of(checkpoint: Checkpoint, tokenizer: Path | None = None, words_tokenizer: Path | None = None) -> Networks:
    """The checkpoint's networks, in eval mode, on the CPU and in the precision of its files."""
    shape, where = checkpoint.shape, str(checkpoint.path)
    audio, audio_shape = checkpoint.audio, checkpoint.audio_shape
    common = Networks(
        shape,
        unet_of(checkpoint),
        filled(lambda: VAE(shape.vae), checkpoint.vae, f"{where}, VAE"),
        filled(lambda: build_clap_text(shape.text), checkpoint.text, f"{where}, CLAP's text tower").float(),
        filled(lambda: build_hifigan(shape.vocoder), checkpoint.vocoder, f"{where}, vocoder").float(),
        _tokenizer(checkpoint, tokenizer),
        audio=None
        if audio is None or audio_shape is None
        else filled(lambda: build_clap_audio(audio_shape), audio, f"{where}, CLAP's audio tower").float(),
        training=checkpoint.training,
    )
    return common if checkpoint.conditioner is None else with_conditioner(common, checkpoint, words_tokenizer)


def with_conditioner(common: Networks, checkpoint: Checkpoint, tokenizer: Path | None) -> Networks2:
    """An AudioLDM 2's networks: those that it shares with AudioLDM, and its own."""
    shape, own, where = checkpoint.shape, checkpoint.conditioner, checkpoint.path
    if own is None or not isinstance(shape, AudioLDM2Shape):
        raise TypeError("the checkpoint is not an AudioLDM 2")
    words, language, projection, phonemes = shape.words, shape.language, shape.projection, shape.phonemes
    return Networks2(
        **{field.name: getattr(common, field.name) for field in dataclasses.fields(Networks)},
        words=None if words is None else _optional(lambda: build_flan_t5(words), own.words, f"{where}, Flan-T5"),
        words_tokenizer=None if words is None else _words_tokenizer(checkpoint.path, tokenizer or own.tokenizer, words),
        language=None
        if language is None
        else _optional(lambda: build_language(language), own.language, f"{where}, language model"),
        projection=None
        if projection is None
        else _optional(lambda: Projection(projection), own.projection, f"{where}, projection"),
        phonemes=None
        if phonemes is None
        else _optional(lambda: build_vits_text(phonemes), own.phonemes, f"{where}, VITS's text encoder"),
        symbols=None if phonemes is None or projection is None else _symbols(own.tokenizer, phonemes, projection),
        audiomae=None if own.audiomae is None else encoder_of(own.audiomae, str(where)),
    )


def with_audiomae(networks: Networks, file: str | Path, path: Path) -> Networks2:
    """An AudioLDM 2's networks, and AudioMAE from a file. Raises `BadRequest` for those of another model."""
    if not isinstance(networks, Networks2) or networks.language is None:
        raise BadRequest("audiomae", f"audiomae is for an AudioLDM 2 with a language model: {path.name} is none")
    encoder, width = read_audiomae(file), networks.shape.unet.widths[0]
    if encoder.config.width != width:
        text = f"audiomae must be {width} wide, as the outlines of {path.name} are, got {encoder.config.width}"
        raise BadRequest("audiomae", text)
    return dataclasses.replace(networks, audiomae=encoder)


def _symbols(folder: Path | None, phonemes: VitsTextConfig, projection: ProjectionConfig) -> Symbols:
    """The phonemes that a model knows: of the folder with its tokenizer, or those of the authors."""
    if folder is None or not (folder / "vocab.json").is_file():
        return Symbols(length=projection.positions)
    return read_symbols(folder, phonemes.vocabulary, projection.positions)


def _optional(make: Callable[[], Network], tensors: Mapping[str, Tensor] | None, where: str) -> Network:
    """A network of the shape's; `ModelError` if the checkpoint has nothing for it."""
    if tensors is None:
        raise ModelError(f"{where} is missing")
    return filled(make, tensors, where).float()


def unet_of(checkpoint: Checkpoint) -> UNet:
    """The checkpoint's U-Net alone."""
    return filled(lambda: UNet(checkpoint.shape.unet), checkpoint.unet, f"{checkpoint.path}, U-Net")


def filled(make: Callable[[], Network], tensors: Mapping[str, Tensor], where: str) -> Network:
    """The network that `make` builds, with these tensors for weights, none copied. `ModelError` if they do not fit."""
    with torch.device("meta"):
        network = make()
    network.load_state_dict(fitted(tensors, network.state_dict(), where, BUFFERS), strict=False, assign=True)
    for name, buffer in list(network.named_buffers()):
        if buffer.is_meta:
            owner, _, own = name.rpartition(".")
            setattr(network.get_submodule(owner), own, _constant(own, buffer))
    return network.eval().requires_grad_(False)


def _constant(name: str, buffer: Tensor) -> Tensor:
    """What transformers fills a buffer with that it does not save."""
    if name == "position_ids":
        return torch.arange(buffer.shape[1], device="cpu")[None]
    return torch.zeros(buffer.shape, dtype=buffer.dtype, device="cpu")


def _tokenizer(checkpoint: Checkpoint, given: Path | None) -> Tokenizer:
    folder = given or checkpoint.tokenizer or (cached_tokenizer() if checkpoint.path.is_file() else None)
    if folder is None:
        raise ModelError(
            f"{checkpoint.path} has no text tokenizer: put vocab.json and merges.txt of roberta-base (as in the "
            "tokenizer folder of every diffusers AudioLDM) beside it, or name their folder with the option tokenizer"
        )
    return read_tokenizer(folder, checkpoint.shape.text)


def _words_tokenizer(path: Path, given: Path | None, config: FlanT5Config) -> Tokenizer:
    folder = given or (cached_t5_tokenizer() if path.is_file() else None)
    if folder is None:
        raise ModelError(
            f"{path} has no tokenizer for Flan-T5: put tokenizer.json or spiece.model of flan-t5-large (as in the "
            "folder tokenizer_2 of every diffusers AudioLDM 2) into a folder tokenizer_2 beside it, or name their "
            "folder with the option words_tokenizer"
        )
    return read_t5_tokenizer(folder, config)

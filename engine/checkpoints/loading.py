"""A checkpoint's tensors into networks, and those into a family.

Networks are made without memory of their own and take the mapped tensors as they are, so loading touches only what has
to be laid out or rounded anew for the device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from engine.checkpoints import existing
from engine.checkpoints.authors import read_authors
from engine.checkpoints.checkpoint import Checkpoint, HeadCounts
from engine.checkpoints.files import fitted
from engine.checkpoints.folders import BUFFERS, read_folder
from engine.clap_audio import build_clap_audio
from engine.clap_text import Tokenizer, build_clap_text, cached_tokenizer, read_tokenizer
from engine.devices import chosen_device, chosen_dtype
from engine.errors import BadRequest, ModelError
from engine.families.audioldm import AudioLDM, Networks
from engine.hifigan import build_hifigan
from engine.nets.unet import UNet
from engine.nets.vae import VAE

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
) -> AudioLDM:
    """The checkpoint at `path` as a family.

    name: in requests, by default the folder's or the file's. heads: "trained", the head counts of the
    authors' training (the default, see docs/checkpoints.md); "config", those that the configuration names, which is
    what diffusers computes; or a count for each level. ema: averaged weights of a `.ckpt`; by default where there are
    some. dtype and device: see `engine.devices`. tokenizer: folder with the files of the text tokenizer, where the
    checkpoint has none with it. Raises `ModelError` and `BadRequest`.
    """
    if not str(path):
        raise BadRequest("path", "path must be given: an AudioLDM is loaded from the folder or file with its weights")
    path = existing(path)
    place = chosen_device(device)
    checkpoint = read(path, ema).with_heads(heads)
    networks = networks_of(checkpoint, Path(tokenizer).expanduser() if tokenizer else None)
    called = name or (path.resolve().name if path.is_dir() else path.stem)
    return AudioLDM(called, networks, dtype=chosen_dtype(dtype, place), device=place)


def read(path: Path, ema: bool | None = None) -> Checkpoint:
    """The checkpoint at `path`, whichever format it has."""
    if ema not in (None, True, False):
        raise BadRequest("ema", f"ema must be true or false, got {ema!r}")
    if path.is_file():
        return read_authors(path, ema)
    if ema:
        raise BadRequest("ema", f"ema must be off for {path}: a diffusers folder holds no averaged weights")
    return read_folder(path)


def networks_of(checkpoint: Checkpoint, tokenizer: Path | None = None) -> Networks:
    """The checkpoint's networks, in eval mode, on the CPU and in the precision of its files."""
    shape, where = checkpoint.shape, str(checkpoint.path)
    audio, audio_shape = checkpoint.audio, checkpoint.audio_shape
    return Networks(
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

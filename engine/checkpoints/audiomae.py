"""AudioMAE's encoder out of the files in which it is published: its own, or an AudioLDM 2 in the authors' format.

diffusers' folders have none: its tensors were left out when they were made.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from engine.checkpoints import existing
from engine.checkpoints.files import read_pickle, read_tensors, tensors_only
from engine.errors import ModelError
from engine.nets.audiomae import AudioMae, AudioMaeConfig

ANCHOR = "cls_token"
"""A tensor that only this encoder has: CLAP has patches, too. What stands before its name stands before all others'."""
DECODER = ("decoder_", "mask_token")
"""How the names begin of tensors that only AudioMAE's own training needs."""


def read_audiomae(path: str | Path) -> AudioMae:
    """The encoder in a file. Raises `ModelError` if that is missing, damaged or holds none."""
    path = existing(path)
    tensors = encoder_tensors(_all_tensors(path))
    if not tensors:
        raise ModelError(f"{path} holds no AudioMAE: expected tensors such as {ANCHOR} or audiomae.model.{ANCHOR}")
    return encoder_of(tensors, str(path))


def encoder_of(tensors: Mapping[str, Tensor], where: str) -> AudioMae:
    """The encoder with these tensors, float32, in eval mode. Raises `ModelError` if they are not all of its."""
    from engine.checkpoints.loading import filled  # which reads the authors' files, and those stand on this one

    config = config_of(tensors, where)
    return filled(lambda: AudioMae(config), tensors, f"{where}, AudioMAE").float()


def encoder_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The encoder's tensors among others, under its own names; empty if there are none."""
    prefix = next((name.removesuffix(ANCHOR) for name in tensors if name.endswith(ANCHOR)), None)
    if prefix is None:
        return {}
    own = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    return {name: tensor for name, tensor in own.items() if not name.startswith(DECODER)}


def config_of(tensors: Mapping[str, Tensor], where: str) -> AudioMaeConfig:
    """The shape of the encoder that has these tensors. Raises `ModelError` if one that tells it is missing."""
    try:
        _, places, width = tensors["pos_embed"].shape
        patch = tensors["patch_embed.proj.weight"].shape[2]
    except (KeyError, IndexError, ValueError) as error:
        raise ModelError(f"{where}, AudioMAE: a tensor that tells its shape is missing: {error}") from error
    usual = AudioMaeConfig()
    layers = len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})
    across = max(1, usual.bands // patch)
    return AudioMaeConfig(
        width=width,
        layers=layers,
        heads=max(1, width // (usual.width // usual.heads)),
        frames=(places - 1) // across * patch,
        patch=patch,
    )


def _all_tensors(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return read_tensors(path)
    found = read_pickle(path)
    for key in ("model", "state_dict"):  # AudioMAE's own files, and AudioLDM 2's
        if isinstance(found.get(key), Mapping):
            return tensors_only(found[key])
    return tensors_only(found)

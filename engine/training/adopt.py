"""Going on from weights that ship: `--start FOLDER` stands in for the checkpoints of stages that were not run here."""

from __future__ import annotations

import shutil
from pathlib import Path

from torch import Tensor, nn

from engine.weights import read, unpacked

FILES = {"vae": "vae", "clap": "audio", "classifier": "judge", "unet": "unet", "vocoder": "vocoder", "text": "text"}
"""Stage → name of its file among the weights that ship."""


def copy(folder: Path, work: Path) -> None:
    """Copies a folder of packed weights into the work folder. FileNotFoundError if it holds none."""
    if not (folder / "config.json").is_file():
        raise FileNotFoundError(f"--start must name a folder of packed weights with a config.json, got {folder}")
    shutil.copytree(folder, work / "start", dirs_exist_ok=True)


def found(work: Path, stage: str) -> dict[str, Tensor] | None:
    """The stage's adopted weights, float32, or None."""
    path = work / "start" / f"{FILES.get(stage, stage)}.safetensors"
    return unpacked(read(path)) if path.is_file() else None


def into(network: nn.Module, work: Path, stage: str) -> None:
    """Puts the stage's adopted weights into a new network, if there are any."""
    weights = found(work, stage)
    if weights is not None:
        network.load_state_dict(weights)
        print(f"{stage}: starts from packed weights", flush=True)

"""Published and own AudioLDM checkpoints: what a path holds, a family made of it, and which head counts fit it.

Two formats are read: folders as diffusers writes them, and the authors' `.ckpt` files. Importing this imports no torch,
and `inspect_checkpoint` of a folder needs none.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.checkpoints.facts import Facts
from engine.checkpoints.head_check import HeadCheck
from engine.errors import ModelError

if TYPE_CHECKING:
    from engine.families.audioldm import AudioLDM
    from engine.request import Clip

__all__ = ["Facts", "HeadCheck", "inspect_checkpoint", "is_checkpoint", "load", "verify_checkpoint"]

SUFFIXES = (".ckpt", ".pth", ".pt", ".bin")
"""How single files of the authors' format may end."""


def is_checkpoint(path: str | Path) -> bool:
    """True if `path` looks like one of the two formats, by its name and its `model_index.json` alone."""
    path = Path(path).expanduser()
    return (path / "model_index.json").is_file() or (path.suffix in SUFFIXES and path.is_file())


def inspect_checkpoint(path: str | Path) -> Facts:
    """What the checkpoint at `path` is, from its configurations and tensor names; no tensor is read.

    Raises `ModelError` for what is not an AudioLDM checkpoint or is damaged, saying what was expected and found.
    """
    path = existing(path)
    if path.is_dir():
        from engine.checkpoints.facts import of_folder

        return of_folder(path)
    from engine.checkpoints.authors import facts_of

    return facts_of(path)


def load(path: str | Path, **options: Any) -> AudioLDM:
    """The checkpoint at `path`, ready to render; see `engine.checkpoints.loading.load` for the options.

    Raises `ModelError` for what cannot be read and `BadRequest` for an option's value.
    """
    from engine.checkpoints.loading import load as load_family

    return load_family(path, **options)


def verify_checkpoint(path: str | Path, clip: Clip, *, prompt: str = "", **options: Any) -> HeadCheck:
    """Which head counts the weights at `path` were trained with, measured on a real recording.

    See `engine.checkpoints.verification.verify`. `prompt`, which may be empty, says what is heard in `clip`.
    """
    from engine.checkpoints.verification import verify

    return verify(existing(path), clip, prompt=prompt, **options)


def existing(path: str | Path) -> Path:
    """The path with `~` written out. Raises `ModelError` if nothing is there, or nothing of a known kind."""
    path = Path(path).expanduser()
    if not path.exists():
        raise ModelError(f"no checkpoint at {path}: there is no such file or folder")
    if path.is_file() and path.suffix not in SUFFIXES:
        text = f"{path} is not a checkpoint: expected a diffusers folder or a file ending in {', '.join(SUFFIXES)}"
        raise ModelError(text)
    return path

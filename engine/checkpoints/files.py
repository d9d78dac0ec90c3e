"""Reading the files of a checkpoint: JSON, safetensors, and pickles of which nothing but tensors is ever taken.

Tensors stay on disk, memory-mapped, until something computes with them. What is wrong with a file is said by its name.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

Value = TypeVar("Value")

NAMES = (
    "diffusion_pytorch_model.safetensors",
    "model.safetensors",
    "diffusion_pytorch_model.bin",
    "pytorch_model.bin",
    "diffusion_pytorch_model.fp16.safetensors",
    "model.fp16.safetensors",
    "diffusion_pytorch_model.fp16.bin",
    "pytorch_model.fp16.bin",
)
"""Names under which a component's tensors lie, best first: float32 before float16, safetensors before pickles."""

BYSTANDERS = ("pytorch_lightning", "lightning", "omegaconf", "numpy", "argparse", "audioldm", "audioldm2", "typing")
"""Packages whose objects lie in the authors' files beside the tensors: read as blanks, their code never runs."""


class Blank:
    """What stands in for an object of a package in `BYSTANDERS`: takes any arguments and state and keeps none."""

    def __new__(cls, *args: object, **options: object) -> Blank:
        """A blank, whatever it is asked to be made of."""
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Forgets the state."""


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises `ModelError` if the file is missing, is not JSON or holds something else."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ModelError(f"the checkpoint is not complete: {path} is missing") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} must hold a JSON object, found {type(found).__name__}")
    return found


def configured(path: Path, make: Callable[[Mapping[str, Any]], Value]) -> Value:
    """What `make` makes of a JSON file. Raises `ModelError` with the file's name for what it cannot make."""
    try:
        return make(read_json(path))
    except KeyError as error:
        raise ModelError(f"{path}: {error.args[0]} is missing") from error
    except (TypeError, ValueError) as error:
        raise ModelError(f"{path}: {error}") from error


def as_expected(config: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """ValueError naming the first field of a configuration that is there and not as expected."""
    for name, value in expected.items():
        found = config.get(name, value)
        if found != value:
            raise ValueError(f"{name} must be {value!r}, found {found!r}")


def weights_file(folder: Path) -> Path:
    """The file with a component's tensors. Raises `ModelError` if the folder has none of the known names."""
    for name in NAMES:
        if (folder / name).is_file():
            return folder / name
    found = ", ".join(sorted(entry.name for entry in folder.iterdir())) if folder.is_dir() else "no such folder"
    raise ModelError(f"the checkpoint is not complete: {folder} must hold one of {', '.join(NAMES[:4])}; found {found}")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a file by name, memory-mapped where its format allows. Raises `ModelError` if it is damaged."""
    if path.suffix == ".safetensors":
        return _safetensors(path)
    found = read_pickle(path)
    return tensors_only(found.get("state_dict", found))


def tensors_only(found: Mapping[Any, Any]) -> dict[str, Tensor]:
    """The entries of a mapping that are tensors with a name."""
    import torch

    return {name: value for name, value in found.items() if isinstance(name, str) and isinstance(value, torch.Tensor)}


def _safetensors(path: Path) -> dict[str, Tensor]:
    from engine.weights import read

    try:
        return read(path)
    except Exception as error:  # the library's own exceptions have no common base
        raise ModelError(
            f"{path} is truncated, damaged or not a safetensors file ({path.stat().st_size} bytes): {error}"
        ) from error


def read_pickle(path: Path) -> Mapping[Any, Any]:
    """What a file of `torch.save` holds, tensors memory-mapped. No code from the file runs: `weights_only` is on.

    Raises `ModelError` if the file is damaged, or holds anything that is neither a tensor, a plain value nor a
    bystander.
    """
    import torch

    mapped = zipfile.is_zipfile(path)
    try:
        if not mapped:
            _refuse_unless_pickle(path)
        with torch.serialization.safe_globals(_blanks(path) if mapped else []):
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except ModelError:
        raise
    except Exception as error:  # zip, pickle and torch each have their own
        first = str(error).strip().split("\n")[0][:200]
        raise ModelError(f"{path} is truncated, damaged or not a file of tensors: {first}") from error
    if not isinstance(found, Mapping):
        raise ModelError(f"{path} must hold tensors by name, found {type(found).__name__}")
    return found


def _refuse_unless_pickle(path: Path) -> None:
    """Files of torch before 1.6 are bare pickles, and begin as such; what is cut off a zip begins as a zip."""
    size = path.stat().st_size
    with path.open("rb") as file:
        begin = file.read(4)
    if begin[:2] == b"PK":
        raise ModelError(f"{path} is truncated: it begins as a zip archive and does not end as one ({size} bytes)")
    if begin[:1] != b"\x80":
        raise ModelError(f"{path} is not a file of tensors: expected a zip archive, found {begin!r} ({size} bytes)")


def _blanks(path: Path) -> list[Any]:
    """Stand-ins for the bystanders of a file. Raises `ModelError` naming what is neither that nor a tensor."""
    import torch

    names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    strangers = sorted(name for name in names if name.split(".")[0] not in BYSTANDERS)
    if strangers:
        raise ModelError(f"{path} holds more than tensors and is refused: found {', '.join(strangers[:5])}")
    return [(Blank, name) for name in names]


def fitted(
    tensors: Mapping[str, Tensor], expected: Mapping[str, Tensor], where: str, ignored: Iterable[str] = ()
) -> dict[str, Tensor]:
    """The tensors that a network expects, and no others. `ignored` names endings of such as may be left over.

    Raises `ModelError` if one is missing, left over or of another shape: it names the first, and how many there are.
    """
    endings = tuple(ignored)
    missing = [name for name in expected if name not in tensors and not name.endswith(endings or ("\0",))]
    if missing:
        raise ModelError(f"{where}: {len(missing)} of {len(expected)} tensors are missing, such as {missing[0]}")
    extra = [name for name in tensors if name not in expected and not name.endswith(endings or ("\0",))]
    if extra:
        raise ModelError(f"{where}: {len(extra)} tensors have no place in this network, such as {extra[0]}")
    for name, tensor in expected.items():
        if name in tensors and tensors[name].shape != tensor.shape:
            raise ModelError(
                f"{where}: {name} must have the shape {tuple(tensor.shape)}, found {tuple(tensors[name].shape)}"
            )
    return {name: tensors[name] for name in expected if name in tensors}

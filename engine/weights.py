"""Weights on disk: 8-bit rows with a scale each for the large matrices, 16-bit floats for the rest, as safetensors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

FOLDER = Path(__file__).parent / "pocket_model"
"""Where the pocket's weights lie in the package."""

SMALL = 4096
SCALE = "#scale"


def fingerprint(folder: Path) -> str:
    """Sixteen hexadecimal digits that stand for the weights in a folder, and for their configuration."""
    state = hashlib.sha256()
    for path in sorted([*folder.glob("*.safetensors"), folder / "config.json"]):
        state.update(path.name.encode() + path.read_bytes())
    return state.hexdigest()[:16]


def packed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors ready for a file: matrices and kernels of 4096 values or more as int8 rows and float32 `name#scale`.

    A row (first index) is scaled so that its largest value is 127; the error is below 0.4 % of that value.
    """
    import torch  # here, as reading arrays needs none

    out: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if weight.ndim < 2 or weight.numel() < SMALL:
            out[name] = weight.half().contiguous() if weight.is_floating_point() else weight.contiguous()
            continue
        rows = weight.float().flatten(1)
        scale = (rows.abs().amax(dim=1) / 127).clamp_min(1e-7)
        out[name] = (rows / scale[:, None]).round().to(torch.int8).reshape(weight.shape).contiguous()
        out[name + SCALE] = scale.float()
    return out


def unpacked(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of `packed`, float32."""
    out = {}
    for name, tensor in stored.items():
        if name.endswith(SCALE):
            continue
        scale = stored.get(name + SCALE)
        if scale is not None:
            out[name] = tensor.float() * scale.reshape(-1, *[1] * (tensor.ndim - 1))
        else:
            out[name] = tensor.float() if tensor.is_floating_point() else tensor
    return out


def read(path: Path) -> dict[str, Tensor]:
    """Tensors of a safetensors file, memory-mapped."""
    from safetensors.torch import load_file

    return load_file(path)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a safetensors file, without torch."""
    from safetensors.numpy import load_file

    return load_file(path)

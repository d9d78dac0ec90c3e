"""Where a model runs and in which precision, if nobody says."""

from __future__ import annotations

import json
import os
import sys

import torch

from engine.errors import BadRequest

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def chosen_device(name: str | None = None) -> torch.device:
    """The device called `name`, such as "cpu" or "cuda:1"; without a name CUDA, Apple's Metal or the CPU, whichever is
    there first. Raises `BadRequest` for one that is not there."""
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        first = str(error).split("\n")[0]
        raise BadRequest("device", f"device must be one of this machine's, got {name!r}: {first}") from error
    return device


def chosen_dtype(name: str | None, device: torch.device) -> torch.dtype:
    """The precision called `name`; without a name the fastest that a device computes well in. Raises `BadRequest`.

    float16 on CUDA, which the authors sampled in too; bfloat16 on a processor that multiplies it in hardware; else
    float32.
    """
    if name is not None:
        if name not in DTYPES:
            raise BadRequest("dtype", f"dtype must be {' | '.join(DTYPES)}, got {name!r}")
        return DTYPES[name]
    if device.type == "cuda":
        return torch.float16
    return torch.bfloat16 if device.type == "cpu" and bfloat16_in_hardware() else torch.float32


def bfloat16_in_hardware() -> bool:
    """Whether this processor multiplies bfloat16 without going through float32."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _facts() -> dict[str, object]:
    """What a model is loaded with here if nobody says otherwise, for people."""
    device = chosen_device()
    dtype = str(chosen_dtype(None, device)).removeprefix("torch.")
    return {
        "torch": torch.__version__, "device": str(device), "dtype": dtype, "threads": torch.get_num_threads(),
        "cpus": os.cpu_count(),
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_facts()) + "\n")

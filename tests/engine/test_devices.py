"""Where a model runs and in which precision, if nobody says."""

from __future__ import annotations

import pytest
import torch

from engine.devices import chosen_device, chosen_dtype
from engine.errors import BadRequest


def test_a_device_that_is_there_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_device("cpu").type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert chosen_device().type == "cpu"


@pytest.mark.parametrize("name", ["toaster", "cuda:99", "mps:0:1", ""])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(BadRequest, match="device must be one of this machine's"):
        chosen_device(name)


@pytest.mark.parametrize(
    ("device", "hardware", "want"),
    [
        ("cpu", True, torch.bfloat16),
        ("cpu", False, torch.float32),
        ("cuda", True, torch.float16),
        ("mps", True, torch.float32),
    ],
)
def test_precision_by_device(
    device: str, hardware: bool, want: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.devices.bfloat16_in_hardware", lambda: hardware)
    assert chosen_dtype(None, torch.device(device)) is want
    assert chosen_dtype("float32", torch.device(device)) is torch.float32


def test_other_precisions_are_refused() -> None:
    with pytest.raises(BadRequest, match=r"float32 \| bfloat16 \| float16, got 'int8'"):
        chosen_dtype("int8", torch.device("cpu"))

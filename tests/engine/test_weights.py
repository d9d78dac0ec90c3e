"""Weights on disk: small, close to what they were, and the same shapes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from engine.nets.audio_tower import AudioTower, AudioTowerConfig
from engine.weights import FOLDER, SCALE, SMALL, packed, read, unpacked


def tensors() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        "matrix": torch.randn(96, 128) * torch.logspace(-4, 3, 96)[:, None],
        "kernel": torch.randn(64, 16, 3, 3),
        "small": torch.randn(4, 4),
        "bias": torch.randn(5000),
        "count": torch.tensor(12),
    }


def test_large_matrices_become_bytes_and_the_rest_halves() -> None:
    stored = packed(tensors())
    assert {name: t.dtype for name, t in stored.items()} == {
        "matrix": torch.int8, "matrix" + SCALE: torch.float32,
        "kernel": torch.int8, "kernel" + SCALE: torch.float32,
        "small": torch.float16, "bias": torch.float16, "count": torch.int64,
    }  # fmt: skip
    assert stored["kernel" + SCALE].shape == (64,)


def test_what_comes_back_has_its_shapes_and_is_close() -> None:
    """Half a step of 127 at most, in every row by itself, however its size differs from the others'."""
    before = tensors()
    after = unpacked(packed(before))
    assert {name: t.shape for name, t in after.items()} == {name: t.shape for name, t in before.items()}
    for name in ("matrix", "kernel"):
        rows, found = before[name].flatten(1), after[name].flatten(1)
        worst = (rows - found).abs().amax(dim=1) / rows.abs().amax(dim=1)
        assert worst.max() < 0.0040
        assert after[name].dtype == torch.float32
    assert torch.allclose(after["bias"], before["bias"], rtol=1e-3, atol=1e-6)
    assert after["count"] == 12


@given(rows=st.integers(1, 8), low=st.floats(-30, 4), spread=st.floats(0.1, 4))
@settings(max_examples=40, deadline=None)
def test_any_scale_survives(rows: int, low: float, spread: float) -> None:
    generator = torch.Generator().manual_seed(rows)
    weight = torch.randn(rows, SMALL, generator=generator) * 10 ** (low / 10)
    weight = weight * spread ** torch.arange(rows)[:, None]
    found = unpacked(packed({"w": weight}))["w"]
    assert ((found - weight).abs().amax(1) <= weight.abs().amax(1) / 250 + 1e-7).all()


def test_a_row_of_zeros_stays_zero() -> None:
    found = unpacked(packed({"w": torch.zeros(2, SMALL)}))["w"]
    assert torch.equal(found, torch.zeros(2, SMALL))


def test_packing_twice_changes_nothing_more() -> None:
    once = unpacked(packed(tensors()))
    twice = unpacked(packed(once))
    assert all(torch.allclose(once[name].float(), twice[name].float(), rtol=1e-6) for name in once)


def test_a_network_survives_its_file(tmp_path: Path) -> None:
    """Batch norms' running figures and counters are part of it; a quarter of the size, nearly the same answers."""
    torch.manual_seed(1)
    config = AudioTowerConfig(channels=(24, 32), dim=64)
    tower = AudioTower(config)
    tower(torch.randn(8, 1, 64, 128))  # moves the running figures off their start
    path = tmp_path / "tower.safetensors"
    save_file(packed(tower.eval().state_dict()), path)
    assert path.stat().st_size < 0.3 * sum(4 * p.numel() for p in tower.parameters())
    again = AudioTower(config)
    again.load_state_dict(unpacked(read(path)))
    mel = torch.randn(2, 1, 64, 128)
    with torch.inference_mode():
        a, b = tower(mel), again.eval()(mel)
    assert torch.nn.functional.cosine_similarity(a, b).min() > 0.999


def test_the_shipped_folder_is_inside_the_package() -> None:
    assert FOLDER.parent.name == "engine"
    assert FOLDER.name == "pocket_model"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        read(tmp_path / "nothing.safetensors")

"""What a checkpoint is called, and whose heads and licence it has."""

from __future__ import annotations

import numpy as np
import pytest

from engine.checkpoints import is_checkpoint
from engine.checkpoints.facts import SCALES, config_heads, licence_of, shape_name, trained_heads
from engine.families.audioldm_shapes import SHAPES


@pytest.mark.parametrize("name", ["s-full", "s-full-v2", "m-full", "l-full"])
def test_published_shapes_are_known_by_their_scaling_factor(name: str) -> None:
    shape = SHAPES[name]
    assert SCALES[shape.vae.scaling_factor] == name
    stored = float(np.float32(shape.vae.scaling_factor))  # as the authors' files hold it
    assert shape_name(shape.unet.channels, stored, 16_000) == name
    assert trained_heads(shape.unet.channels) == shape.unet.heads


def test_other_shapes_are_called_by_their_size() -> None:
    s = SHAPES["s-full"].unet.channels
    assert shape_name(s, 0.5, 16_000) == "s"
    assert shape_name(s, SHAPES["m-full"].vae.scaling_factor, 16_000) == "s"
    assert shape_name(s, 0.5, 48_000) == "48k"
    assert shape_name((32, 64), 0.5, 16_000) == "32x64"


def test_heads_of_a_configuration() -> None:
    sizes = {"block_out_channels": [128, 256, 384, 640]}
    assert config_heads({**sizes, "attention_head_dim": 8}) == (8, 8, 8, 8)
    assert config_heads({**sizes, "attention_head_dim": [4, 8, 12, 20]}) == (4, 8, 12, 20)
    assert config_heads({**sizes, "attention_head_dim": 32, "num_attention_heads": 5}) == (5, 5, 5, 5)


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: cc-by-nc-sa-4.0\n---\ntext", ("CC-BY-NC-SA-4.0", False)),
        ("---\ntags:\n- audio\nlicense: mit\n---\n", ("mit", True)),
        ("---\ntags: []\n---\nlicense: mit", ("unknown", None)),
        ("# A model\nlicense: mit", ("unknown", None)),
        ("", ("unknown", None)),
    ],
)
def test_licence_is_what_the_model_card_says(card: str, licence: tuple[str, bool | None]) -> None:
    assert licence_of(card) == licence


def test_only_paths_that_look_like_one_are_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("models")
    assert not is_checkpoint(folder) and not is_checkpoint(folder / "none.ckpt")
    (folder / "model_index.json").write_text("{}")
    (folder / "a.ckpt").write_bytes(b"")
    (folder / "a.txt").write_bytes(b"")
    assert is_checkpoint(folder) and is_checkpoint(str(folder / "a.ckpt")) and not is_checkpoint(folder / "a.txt")

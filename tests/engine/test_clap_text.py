"""The text tower, on random weights."""

from __future__ import annotations

import pytest
import torch

from engine.clap_text import ClapText, ClapTextConfig, build_clap_text, byte_tokenizer

TINY = ClapTextConfig(vocabulary=300, width=32, layers=2, heads=2, feed_forward=48, embedding=16)


@pytest.fixture(scope="module")
def clap() -> ClapText:
    torch.manual_seed(0)
    return ClapText(build_clap_text(TINY), byte_tokenizer(TINY))


def test_embedding_has_length_one_and_tells_texts_apart(clap: ClapText) -> None:
    door, rain = clap.embed("a door slams"), clap.embed("rain")
    assert door.shape == (16,)
    assert door.norm().item() == pytest.approx(1.0, abs=1e-6)
    assert (door - rain).norm() > 1e-3
    assert torch.isfinite(clap.embed("")).all()


def test_unpadded_equals_padded_with_mask(clap: ClapText) -> None:
    padded = clap.tokenizer("a door slams", padding="max_length", max_length=512, return_tensors="pt")
    with torch.no_grad():
        want = clap.tower(**padded).text_embeds[0]
    torch.testing.assert_close(clap.embed("a door slams"), want / want.norm(), rtol=0, atol=1e-6)


def test_texts_are_remembered(clap: ClapText) -> None:
    assert clap.embed("thunder") is clap.embed("thunder")


def test_any_text_can_be_encoded(clap: ClapText) -> None:
    for text in ("öä — 雨 🌧", "x" * 1000):
        assert torch.isfinite(clap.embed(text)).all()


def test_true_shape_has_the_published_tensors() -> None:
    with torch.device("meta"):
        tower = build_clap_text(ClapTextConfig())
    assert sum(parameter.numel() for parameter in tower.parameters()) == pytest.approx(125.30e6, rel=1e-3)
    assert tower.state_dict()["text_projection.linear1.weight"].shape == (512, 768)
    assert tower.state_dict()["text_model.embeddings.position_embeddings.weight"].shape == (514, 768)


def test_small_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="261 tokens or more, got 100"):
        byte_tokenizer(ClapTextConfig(vocabulary=100))

"""The phonemes' encoder computes what diffusers' pipeline has VITS compute, under the published tensor names."""

from __future__ import annotations

import pytest
import torch

from engine.errors import BadRequest
from engine.phonemes import Symbols
from engine.vits_text import VitsText, VitsTextConfig, build_vits_text

SMALL = VitsTextConfig(width=32, layers=2, heads=2, feed_forward=48, flow=16)


def small() -> VitsText:
    torch.manual_seed(3)
    return VitsText(build_vits_text(SMALL), Symbols(length=40))


def test_vectors_are_those_of_diffusers_way_with_it() -> None:
    """Padded to the full length, the first padding replaced by the end, both masks from the phonemes."""
    import transformers

    text = small()
    model = transformers.VitsModel(
        transformers.VitsConfig(
            vocab_size=183, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, ffn_dim=48, flow_size=16,
            pad_token_id=0, upsample_initial_channel=32, duration_predictor_num_flows=1, prior_encoder_num_flows=1,
        )
    ).eval()  # fmt: skip
    model.text_encoder.load_state_dict(text.encoder.state_dict())
    ids = torch.zeros(1, 40, dtype=torch.long)
    ids[0, :5] = torch.tensor(text.symbols.ids("həlˈo")[:5])
    mask = (ids != 0).long()
    ids[0, 5], mask[0, 5] = 182, 1
    with torch.no_grad():
        theirs = model.text_encoder(ids, attention_mask=mask, padding_mask=mask.unsqueeze(-1))[0][0]
    ours, seen = text.encode("həlˈo")
    assert ours.shape == (40, 32) and seen.sum() == 6
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)


def test_the_published_shape_by_names_and_shapes() -> None:
    with torch.device("meta"):
        found = {name: tuple(tensor.shape) for name, tensor in build_vits_text(VitsTextConfig()).named_parameters()}
    expected = {"embed_tokens.weight": (183, 192), "project.weight": (384, 192, 1), "project.bias": (384,)}
    for layer in (f"encoder.layers.{index}" for index in range(6)):
        for part in "qkv":
            expected[f"{layer}.attention.{part}_proj.weight"] = (192, 192)
            expected[f"{layer}.attention.{part}_proj.bias"] = (192,)
        expected |= {
            f"{layer}.attention.out_proj.weight": (192, 192),
            f"{layer}.attention.out_proj.bias": (192,),
            f"{layer}.attention.emb_rel_k": (1, 9, 96),
            f"{layer}.attention.emb_rel_v": (1, 9, 96),
            f"{layer}.feed_forward.conv_1.weight": (768, 192, 3),
            f"{layer}.feed_forward.conv_1.bias": (768,),
            f"{layer}.feed_forward.conv_2.weight": (192, 768, 3),
            f"{layer}.feed_forward.conv_2.bias": (192,),
        }
        for norm in ("layer_norm", "final_layer_norm"):
            expected |= {f"{layer}.{norm}.weight": (192,), f"{layer}.{norm}.bias": (192,)}
    assert found == expected


def test_random_weights_are_whole_and_follow_the_seed() -> None:
    one, other = small().encoder.state_dict(), small().encoder.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert all(tensor.isfinite().all() and tensor.abs().max() < 10 for tensor in one.values())


def test_too_many_phonemes_are_refused() -> None:
    with pytest.raises(BadRequest, match="1 to 39 phonemes"):
        small().encode("a" * 40)

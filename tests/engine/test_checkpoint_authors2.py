"""The authors' AudioLDM 2 files: every tensor is read, and computes what it does in the authors' arrangement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from engine.checkpoints import authors, inspect_checkpoint, load, names
from engine.checkpoints.authors_shapes import unet_config
from engine.checkpoints.loading import networks_of, read
from engine.clap_text import byte_tokenizer
from engine.errors import BadRequest, ModelError
from engine.families.audioldm2 import AudioLDM2, Networks2
from engine.families.audioldm2_shapes import SHAPES, AudioLDM2Shape
from engine.flan_t5 import character_tokenizer
from engine.model import Model
from engine.nets.unet import UNet
from engine.request import Request
from tests.engine import audioldm2_makers as makers
from tests.engine.authors_networks import AuthorsUNet
from tests.engine.checkpoint_makers import Authors, save_authors
from tests.engine.checkpoint_makers import authors as authors_of

HEADS = (1, 2, 3, 5)


@dataclass(frozen=True)
class Made:
    """A file, and the networks that were written into it."""

    path: Path
    shape: AudioLDM2Shape
    networks: Authors
    own: makers.OwnParts


def made(folder: Path, shape: AudioLDM2Shape) -> Made:
    # A file tells neither groups, which are 32, nor heads, which are 64 wide, nor the longest prompt, which is 128.
    assert shape.audio is not None and shape.words is not None
    language = None if shape.language is None else replace(shape.language, heads=1)
    words = replace(shape.words, tokens=128)
    unet, vae = replace(shape.unet, heads=HEADS), replace(shape.vae, channels=(32, 64, 96), groups=32)
    shape = replace(shape, unet=unet, vae=vae, language=language, words=words)
    networks = authors_of(shape, shape.audio)
    own = makers.own_parts(shape)
    byte_tokenizer(shape.text).save_pretrained(folder / "tokenizer")  # type: ignore[attr-defined]
    character_tokenizer(words).save_pretrained(folder / "tokenizer_2")  # type: ignore[attr-defined]
    path = save_authors(folder / "audioldm2-small.pth", makers.state_dict2(networks, shape, own))
    return Made(path, shape, networks, own)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("authors2"), makers.SMALL)


@pytest.fixture(scope="module")
def only_words(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("t5"), makers.SMALL_T5)


def close(got: torch.Tensor, want: torch.Tensor) -> bool:
    return bool((got - want).norm() < 1e-5 * want.norm())


@torch.inference_mode()
def assert_computes(one: Made) -> AudioLDM2:
    """Loads the file, and compares its U-Net with the authors' on the same contexts."""
    networks = networks_of(read(one.path).with_heads("trained"))
    assert isinstance(networks, Networks2) and networks.shape == one.shape
    noise = torch.Generator().manual_seed(1)
    x, times = torch.randn(2, 8, 16, 16, generator=noise), torch.tensor([901, 7])
    contexts = [torch.randn(2, count, width) for count, width in zip((8, 5), one.shape.unet.widths, strict=False)]
    want = one.networks.unet(x, times, None, contexts)
    assert close(networks.unet(x, times, None, networks.unet.crossings(*contexts)), want)
    family = load(one.path, dtype="float32", device="cpu")
    assert isinstance(family, AudioLDM2)
    return family


@torch.inference_mode()
def test_computes_what_the_authors_networks_compute(file: Made) -> None:
    family = assert_computes(file)
    words, clap = family.read("a dog barks"), family.text.embed("a dog barks")
    assert words is not None
    tokens = torch.tensor([family.words.tokenizer("a dog barks")["input_ids"]])  # type: ignore[union-attr]
    assert close(words, file.own.words(input_ids=tokens).last_hidden_state[0])
    assert close(family.outline(clap, words), makers.authors_outline(file.own, clap, words, 8))
    begun = makers.authors_outline(file.own, clap, words, 3)
    rest = family.outline(clap, words, given=begun, count=5)  # gone on from, it comes to the same
    assert close(torch.cat((begun, rest)), makers.authors_outline(file.own, clap, words, 8))


def test_the_one_that_knows_only_flan_t5(only_words: Made) -> None:
    family = assert_computes(only_words)
    assert family.language is None and not family.hears and family.ranks
    assert inspect_checkpoint(only_words.path).shape == "t5"
    (take,) = Model(family).render(Request(prompt="rain", seconds=0.3, seed=1, steps=2))
    assert take.clip.frames == 14_400


def test_every_tensor_is_used_or_known_to_be_superfluous(file: Made, only_words: Made) -> None:
    for one in (file, only_words):
        found, checkpoint = authors.contents(one.path), read(one.path)
        assert authors.leftovers(found) == []
        assert len(checkpoint.unet) == len(one.networks.unet.state_dict())
        assert checkpoint.conditioner is not None and checkpoint.conditioner.words is not None
        assert set(checkpoint.conditioner.words) == set(one.own.words.state_dict())
    language = read(file.path).conditioner.language  # type: ignore[union-attr]
    assert language is not None and set(language) == set(file.own.language.state_dict())
    strange = {**makers.state_dict2(file.networks, file.shape, file.own), "cond_stage_models.0.model2.x": torch.ones(1)}
    found = authors.contents(save_authors(file.path.parent / "strange.pth", strange))
    assert authors.leftovers(found) == ["cond_stage_models.0.model2.x"]


def test_plain_weights_are_taken_as_the_authors_do(file: Made) -> None:
    assert not read(file.path).ema
    one = networks_of(read(file.path, ema=True)).unet.conv_in.weight
    assert torch.equal(one, file.networks.averaged.state_dict()["input_blocks.0.0.weight"])


def test_facts(file: Made) -> None:
    facts = inspect_checkpoint(file.path)
    assert (facts.family, facts.shape, facts.heads, facts.audio_tower) == ("audioldm2", "base", HEADS, True)
    assert facts.summary == "AudioLDM 2 base, the authors' file, 16 kHz, hears recordings" and facts.tokenizer


@pytest.mark.parametrize(
    ("gone", "text"),
    [
        ("cond_stage_models.1.", r"expected Flan-T5 in tensors named cond_stage_models\.1\.model"),
        ("cond_stage_models.0.start_of", r"start_of_sequence_tokens\.weight is missing"),
        ("cond_stage_models.0.model.h.0.ln_1.bias", r"language model: 1 of 28 tensors are missing, such as h\.0\.ln_1"),
        ("cond_stage_models.0.model.wpe", r"expected .*film_emb or cond_stage_models\.0\.model\.wpe, found neither"),
    ],
)
def test_a_missing_component_is_named(file: Made, gone: str, text: str, tmp_path: Path) -> None:
    tensors = makers.state_dict2(file.networks, file.shape, file.own)
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(gone)}
    path = save_authors(tmp_path / "audioldm2-part.pth", kept)
    with pytest.raises(ModelError, match=text):
        networks_of(read(path), file.path.parent / "tokenizer", file.path.parent / "tokenizer_2")


def test_the_language_models_clap_will_do(file: Made, tmp_path: Path) -> None:
    tensors = makers.state_dict2(file.networks, file.shape, file.own)
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith("clap.")}
    found = read(save_authors(tmp_path / "audioldm2-part.pth", kept)).text
    assert found.keys() == read(file.path).text.keys()


def test_tokenizers_are_asked_for_by_name(file: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.checkpoints.loading.cached_t5_tokenizer", lambda: None)
    path = tmp_path / file.path.name
    path.symlink_to(file.path)
    beside = file.path.parent
    with pytest.raises(ModelError, match="no tokenizer for Flan-T5: put tokenizer"):
        load(path, tokenizer=beside / "tokenizer")
    family = load(path, tokenizer=beside / "tokenizer", words_tokenizer=beside / "tokenizer_2")
    assert isinstance(family, AudioLDM2)
    with pytest.raises(ModelError, match=f"no tokenizer in {tmp_path}"):
        load(file.path, words_tokenizer=tmp_path)  # one that is named goes before what lies beside
    with pytest.raises(BadRequest, match=r"unconditional must be zeros \| empty, got 'none'"):
        load(path, unconditional="none")


@pytest.mark.parametrize("name", ["base", "large", "speech", "t5"])
def test_true_shapes_are_known_by_their_tensors(name: str) -> None:
    """Names and sizes of the authors' networks lead to the shape, and renamed fit ours; no memory is taken."""
    want = SHAPES[name].unet
    with torch.device("meta"):
        theirs, ours = AuthorsUNet(want).state_dict(), UNet(want).state_dict()
    assert unet_config(theirs) == want
    renamed = names.renamed(theirs, lambda one: names.unet_name(one, 2, len(want.stack)))
    assert {one: t.shape for one, t in renamed.items()} == {one: t.shape for one, t in ours.items()}

"""The text tower on a small hand-made world: three kinds, one-hot audio embeddings, a random encoder."""

from __future__ import annotations

import string

import numpy as np
import pytest
import torch

from engine.text.encoder import LIMIT, Encoder
from engine.text.reading import Attributes, parts, without_negated
from engine.text.tower import TextTower, blob, kernel_logits, unblob
from engine.text.wordpiece import WordPieces
from engine.training import lexicon
from engine.training.distil import SentenceEncoder, principal_directions
from engine.training.distil import train as distil_train
from engine.training.sentences import compose
from engine.training.text import Wording, build

WORDS = [
    "dog", "barking", "thunder", "rain", "falling", "loud", "storm", "bark", "steel", "drum", "heavy", "distant",
    "large", "hall", "in", "cat",
]
PIECES = [*string.ascii_lowercase, *string.digits, *(f"##{c}" for c in string.ascii_lowercase + string.digits), *WORDS]


def encoder_tensors(width: int = 64) -> dict[str, np.ndarray]:
    torch.manual_seed(0)
    vectors = np.random.default_rng(0).standard_normal((len(PIECES), width)).astype(np.float32)
    return SentenceEncoder(vectors).tensors()


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    rows, embeddings = [], []
    for kind, axis in (("dog bark", 0), ("rain", 1), ("thunder", 2)):
        for n in range(20):
            attributes = {"distance": "distant"} if n % 2 else {"intensity": "heavy"}
            vector = np.eye(8)[axis] + 0.5 * np.eye(8)[5 if n % 2 else 6] + 0.01 * rng.standard_normal(8)
            words = " ".join(attributes.values())
            rows.append({"kind": kind, "caption": f"{words} {kind}", "attributes": attributes, "second": None})
            embeddings.append(vector / np.linalg.norm(vector))
    texts = [Wording("dog bark", "dog barking"), Wording("rain", "rain falling"), Wording("thunder", "thunder storm")]
    return build(texts, rows, np.array(embeddings), encoder_tensors(), WordPieces(PIECES))


@pytest.fixture(scope="module")
def tower(tensors: dict[str, np.ndarray]) -> TextTower:
    return TextTower(tensors)


def test_word_pieces_take_the_longest_match_and_lower_case() -> None:
    splitter = WordPieces(PIECES)
    names = [splitter.pieces[n] for n in splitter.encode("Dogs BARKING, é!")]
    assert names == ["dog", "##s", "barking", "e"]
    assert splitter.encode("") == splitter.encode("犬 !?") == []
    assert len(splitter.encode("dog " * 500)) == 64


@pytest.mark.parametrize("typo", ["thunder", "thundr", "thudner", "thunderr", "tunder", "thonder"])
def test_one_typing_error_is_corrected(typo: str) -> None:
    assert WordPieces(PIECES, ["thunder", "dog"]).corrected(typo) == "thunder"


def test_a_word_that_is_known_or_short_is_left_alone() -> None:
    splitter = WordPieces(PIECES, ["bark", "cart"])
    assert splitter.corrected("drum") == "drum"
    assert splitter.corrected("bar") == "bar"
    assert splitter.corrected("zzzzzz") == "zzzzzz"


@pytest.mark.parametrize(("text", "kept"), [
    ("rain without thunder", "rain"), ("rain without any thunder", "rain"),
    ("not too loud dog barking", "dog barking"), ("no background music just ocean waves", "just ocean waves"),
    ("dog barking no reverb", "dog barking"), ("no", "no"), ("without music", "without music"),
])
def test_what_a_prompt_excludes_is_taken_out(text: str, kept: str) -> None:
    assert " ".join(without_negated(text.split())) == kept


def test_two_sounds_are_found_with_their_order() -> None:
    first, *_ = parts(["a", "dog", "barking", "followed", "by", "thunder"])
    assert (first.first, first.second, first.together) == (("a", "dog", "barking"), ("thunder",), False)
    (background,) = parts(["dog", "barking", "with", "rain", "in", "the", "background"])
    assert (background.second, background.together) == (("rain",), True)
    assert parts(["dog"]) == []


def test_attributes_are_read_longest_first_and_places_removed() -> None:
    meanings = {"in a large hall": ["in a large hall"], "large": ["big"], "heavy": ["heavy"]}
    found, rest = Attributes(meanings, ["in a large hall"]).read(["heavy", "rain", "in", "a", "large", "hall"])
    assert found == [("heavy",), ("in a large hall",)]
    assert rest == ["heavy", "rain"]


def test_blob_keeps_words() -> None:
    assert unblob(blob({"kinds": ["a", "ü"]})) == {"kinds": ["a", "ü"]}


def test_kernel_logits_prefer_the_nearest_kind() -> None:
    logits = kernel_logits(np.array([[0.9, 0.2, 0.3]]), np.array([2, 0, 0]), 3, 20.0)
    assert int(logits.argmax()) == 2
    assert np.isfinite(logits).all()


@pytest.mark.parametrize(("prompt", "kind"), [
    ("dog barking", "dog bark"), ("a dog bark", "dog bark"), ("the rain falling", "rain"),
    ("Thunder storm!", "thunder"),
    ("thundr storm", "thunder"), ("rain falling without thunder", "rain"),
])
def test_prompts_are_recognised(tower: TextTower, prompt: str, kind: str) -> None:
    reading = tower.read(prompt)
    assert reading.kind == kind
    assert np.linalg.norm(reading.embedding) == pytest.approx(1.0, abs=1e-5)
    assert reading.confidence > 0.5


def test_attributes_move_the_embedding_their_way(tower: TextTower) -> None:
    plain, far, heavy = (tower(p) for p in ("dog barking", "distant dog barking", "heavy dog barking"))
    assert far[5] > plain[5] + 0.1
    assert far[6] < plain[6]
    assert heavy[6] > plain[6] + 0.1
    assert tower.read("dog barking in the distance").attributes == ("distant",)


def test_two_sounds_give_a_blend(tower: TextTower) -> None:
    reading = tower.read("dog barking followed by thunder storm")
    assert (reading.kind, reading.second) == ("dog bark", "thunder")
    assert min(reading.embedding[0], reading.embedding[2]) > 0.3


@pytest.mark.parametrize("prompt", ["", "   ", "!!!", "犬"])
def test_a_prompt_without_words_is_refused(tower: TextTower, prompt: str) -> None:
    with pytest.raises(ValueError, match="at least one word"):
        tower.read(prompt)


def test_numpy_encoder_equals_the_trained_one() -> None:
    torch.manual_seed(3)
    network = SentenceEncoder(np.random.default_rng(3).standard_normal((len(PIECES), 64)).astype(np.float32))
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    encoder = Encoder(network.tensors())
    for numbers in ([3], [5, 80, 2, 7], list(range(LIMIT + 9))):
        cut = torch.tensor([numbers[:LIMIT]])
        assert float(network(cut)[0].detach() @ torch.from_numpy(encoder(numbers))) > 0.999
    assert not encoder([]).any()


def test_distilling_comes_closer_to_the_teacher() -> None:
    splitter = WordPieces(PIECES)
    sentences = compose(["dog barking", "rain falling"], WORDS, 300, seed=0)
    rng = np.random.default_rng(0)
    secret = rng.standard_normal((len(PIECES), 16)).astype(np.float32)
    targets = np.stack([secret[splitter.encode(s, LIMIT)].sum(0) for s in sentences])
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    start = rng.standard_normal((len(PIECES), 16)).astype(np.float32)

    def closeness(steps: int) -> float:
        encoder = Encoder(distil_train(sentences, targets, start, splitter, minutes=1, steps=steps).tensors())
        return float(np.mean([encoder(splitter.encode(s)) @ t for s, t in zip(sentences, targets, strict=True)]))

    assert closeness(25) > closeness(1) + 0.15


def test_principal_directions_keep_what_varies() -> None:
    rng = np.random.default_rng(2)
    plane = rng.standard_normal((200, 4)) @ rng.standard_normal((4, 30)) + 5.0
    kept = principal_directions(plane, 4)
    centred = plane - plane.mean(0)
    assert np.linalg.norm(centred @ kept.axes) == pytest.approx(np.linalg.norm(centred), rel=1e-4)


def test_sentences_are_different_and_repeatable() -> None:
    sentences = compose(["door slam"], ["wood", "metal"], 100, seed=4)
    assert len(set(sentences)) == 100
    assert sentences == compose(["door slam"], ["wood", "metal"], 100, seed=4)


def test_the_lexicon_split_is_fixed_and_disjoint() -> None:
    assert lexicon.held_out("rain", "pouring") == (__import__("zlib").crc32(b"rainpouring") % 5 == 0)
    learnt, held = lexicon.split()
    assert not {phrase for _, phrase in learnt} & {phrase for _, phrase in held}
    assert not any(lexicon.held_out(*pair) for pair in learnt)
    assert all(lexicon.held_out(*pair) for pair in held)

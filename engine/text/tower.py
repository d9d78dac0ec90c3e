"""The text tower: a prompt to a unit vector among the audio embeddings, by remembered wordings. numpy only.

A *kernel memory*: every remembered wording belongs to a kind of sound; the prompt's similarity to them, sharpened by a
softmax, and a linear judge over the same vector give the probability of each kind; the embedding is the mean of the
kinds' own audio embeddings, moved by what the prompt's attributes did to that kind's clips. It stays inside the cloud
of audio embeddings that the diffusion was trained on, so there is no gap between text and audio.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.text.encoder import Encoder
from engine.text.reading import Attributes, Parts, parts, without_negated
from engine.text.wordpiece import WordPieces

__all__ = ["Reading", "TextTower", "blob", "unblob"]

Array = np.ndarray
ARTICLES = frozenset({"a", "an", "the", "some"})


@dataclass(frozen=True)
class Reading:
    """What the tower made of a prompt.

    embedding: unit float32 (D,) among the audio embeddings; kind: the likeliest kind, of probability `probability`;
    second: the other kind of a prompt for two sounds, or None; attributes: those that moved the embedding;
    confidence: largest similarity to a remembered wording, about 1 known, below 0.5 a guess.
    """

    embedding: Array
    kind: str
    probability: float
    second: str | None
    attributes: tuple[str, ...]
    confidence: float


def blob(value: object) -> Array:
    """A JSON-able value as a uint8 tensor, so that everything fits one safetensors file."""
    return np.frombuffer(json.dumps(value, separators=(",", ":")).encode(), np.uint8).copy()


def unblob(tensor: Array) -> object:
    """The inverse of `blob`."""
    return json.loads(np.asarray(tensor, np.uint8).tobytes())


class TextTower:
    """Reads prompts. Built from the tensors that `engine.training.text` makes; immutable after that.

    tensors: `words` (blob: pieces, known, kinds, attributes, meanings, places, settings), `encoder.*`,
    `keys` int8 (P, E) with `key_scales` (P,) and `owners` int16 (P,), `judge` (K, E) and `judge_bias` (K,), `values`
    (K, D), `shifts` int8 (S, D) with `shift_scales` (S,), `shift_kinds` and `shift_attributes` int16 (S,).
    """

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        words: dict = unblob(tensors["words"])  # type: ignore[assignment]
        self.kinds: tuple[str, ...] = tuple(words["kinds"])
        self._settings: dict[str, float] = words["settings"]
        self._splitter = WordPieces(words["pieces"], words["known"])
        self._attributes = Attributes(words["meanings"], words["places"])
        self._encoder = Encoder({n.removeprefix("encoder."): t for n, t in tensors.items() if n.startswith("encoder.")})
        self._keys = _scaled(tensors["keys"], tensors["key_scales"])
        self._owners = np.asarray(tensors["owners"], np.int64)
        self._judge = np.asarray(tensors["judge"], np.float32)
        self._judge_bias = np.asarray(tensors["judge_bias"], np.float32)
        self._values = np.asarray(tensors["values"], np.float32)
        self._shifts = _scaled(tensors["shifts"], tensors["shift_scales"])
        pairs = zip(tensors["shift_kinds"], tensors["shift_attributes"], strict=True)
        self._shift_rows = {(int(k), words["attributes"][int(a)]): row for row, (k, a) in enumerate(pairs)}

    @property
    def dim(self) -> int:
        """Size of the embeddings."""
        return int(self._values.shape[1])

    def __call__(self, prompt: str) -> Array:
        """The prompt's embedding, unit float32 (D,)."""
        return self.read(prompt).embedding

    def meaning(self, text: str) -> Array:
        """What a text means, sound or not: unit float32 (E,) of the sentence encoder; zeros for no word."""
        return self._encoder(self._splitter.encode(text))

    def read(self, prompt: str) -> Reading:
        """All the tower makes of a prompt. ValueError if it holds no letter or digit a to z, 0 to 9."""
        words = [self._splitter.corrected(word) for word in self._splitter.words(prompt)]
        if not words:
            raise ValueError(f"a prompt for the pocket needs at least one word in Latin letters, got {prompt[:40]!r}")
        words = without_negated(words)
        whole = self._one(words)
        pair = self._pair(words, whole)
        if pair is None:
            return whole
        split, first, second = pair
        lead = self._settings["together" if split.together else "followed"]
        return Reading(
            _unit(lead * first.embedding + (1 - lead) * second.embedding), first.kind, first.probability, second.kind,
            first.attributes + second.attributes, min(first.confidence, second.confidence),
        )

    def probabilities(self, words: Sequence[str]) -> tuple[Array, float]:
        """(probability of each kind (K,), largest similarity to a remembered wording) of a prompt's words."""
        vector = self._encoder(self._splitter.encode(" ".join(w for w in words if w not in ARTICLES) or words[0]))
        similarity = self._keys @ vector
        logits = kernel_logits(similarity[None], self._owners, len(self.kinds), self._settings["beta"])[0]
        logits = logits + self._settings["judge"] * (self._judge @ vector + self._judge_bias)
        weights = np.exp(logits - logits.max())
        return weights / weights.sum(), float(similarity.max())

    def _one(self, words: Sequence[str]) -> Reading:
        """The words read as one sound."""
        found, rest = self._attributes.read(words)
        probabilities, confidence = self.probabilities(rest)
        embedding, applied = np.zeros(self.dim, np.float32), dict[str, None]()
        best = int(np.argmax(probabilities))
        for kind in np.flatnonzero(probabilities > 0.01):
            value = self._values[kind].copy()
            for meanings in found:
                name = next((m for m in meanings if (int(kind), m) in self._shift_rows), None)
                if name is not None:
                    value += self._settings["strength"] * self._shifts[self._shift_rows[int(kind), name]]
                    if kind == best:
                        applied[name] = None
            embedding += probabilities[kind] * value
        return Reading(
            _unit(embedding), self.kinds[best], float(probabilities[best]), None, tuple(applied), confidence
        )

    def _pair(self, words: Sequence[str], whole: Reading) -> tuple[Parts, Reading, Reading] | None:
        """The reading as two different sounds, if that explains the words better than one sound does."""
        for split in parts(words):
            first, second = self._one(split.first), self._one(split.second)
            known = min(first.confidence, second.confidence)
            sure = min(first.probability, second.probability) > 0.5
            if first.kind != second.kind and sure and known > max(whole.confidence, self._settings["known"]):
                return split, first, second
        return None


def kernel_logits(similarity: Array, owners: Array, kinds: int, beta: float) -> Array:
    """Log of each kind's summed exp(beta * similarity): (N, P) similarities to (N, kinds)."""
    weights = np.exp(beta * (similarity - 1.0))
    sums = np.zeros((len(similarity), kinds), np.float64)
    np.add.at(sums.T, owners, weights.T)
    return np.log(sums + 1e-12)


def _scaled(rows: Array, scales: Array) -> Array:
    return np.asarray(rows, np.float32) * np.asarray(scales, np.float32)[:, None]


def _unit(vector: Array) -> Array:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)

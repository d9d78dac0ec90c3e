"""Trains the sentence encoder to give the teacher's answers: word-piece vectors and a small transformer.

The target of a sentence is the teacher's embedding on its 128 principal directions. The word-piece vectors start as
the teacher's embeddings of the pieces alone, so that an untrained encoder is already a mean of sensible vectors.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.text.encoder import HEADS, LIMIT
from engine.text.wordpiece import WordPieces
from engine.training import teacher
from engine.training.loop import rate_factor
from engine.training.sentences import compose

__all__ = ["SentenceEncoder", "encoder", "train", "vocabulary"]

WIDTH, HIDDEN, LAYERS = 128, 384, 2
BATCH = 256
COMPOSED = 40_000
LATIN = re.compile(r"(##)?[a-z0-9]+")


def vocabulary() -> list[str]:
    """The teacher's word pieces made of Latin letters and digits, in its order (about 27 500 of 30 522)."""
    lines = (teacher.folder() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if LATIN.fullmatch(line)]


def encoder(
    folder: Path, phrases: Sequence[str], captions: Sequence[str], minutes: float, composed: int = COMPOSED
) -> tuple[dict[str, np.ndarray], WordPieces]:
    """The sentence encoder's tensors and its word pieces: taught for `minutes`, or read from `text-encoder.npz`.

    phrases: wordings about sounds, none of them held out; captions: the corpus'. The teacher's answers are kept in
    `text-teacher.npz`, so a run that was cut off does not ask again.
    """
    pieces = vocabulary()
    splitter = WordPieces(pieces)
    path = folder / "text-encoder.npz"
    if path.exists():
        with np.load(path) as found:
            return dict(found), splitter
    alone, sentences, answers = _lessons(folder / "text-teacher.npz", pieces, phrases, captions, composed)
    directions = principal_directions(answers)
    vectors = directions(alone)
    vectors *= _rarity(splitter, [*phrases, *sentences])[:, None]
    network = train(sentences, directions(answers), vectors, splitter, minutes=minutes)
    tensors = network.tensors()
    np.savez(path, **tensors)  # type: ignore[arg-type]
    return tensors, splitter


def _lessons(
    path: Path, pieces: Sequence[str], phrases: Sequence[str], captions: Sequence[str], composed: int
) -> tuple[np.ndarray, list[str], np.ndarray]:
    """(the teacher's vectors of the pieces alone, sentences in random order, their vectors)."""
    if path.exists():
        with np.load(path) as found:
            return found["alone"], found["sentences"].tolist(), found["answers"]
    print(f"text: asking the teacher about {len(pieces)} word pieces and {composed} sentences", flush=True)
    alone = teacher.sentence_vectors([piece.removeprefix("##") for piece in pieces])
    whole = [n for n, piece in enumerate(pieces) if piece.isalpha() and len(piece) > 2]
    nearness = np.sort(alone[whole] @ teacher.sentence_vectors(list(phrases)).T, axis=1)[:, -5:].mean(1)
    words = [pieces[whole[n]] for n in np.argsort(-nearness)]
    rng = np.random.default_rng(0)
    few = [captions[n] for n in rng.permutation(len(captions))[: composed // 8]]
    sentences = list(dict.fromkeys([*phrases, *few, *words, *compose(phrases, words, composed, seed=1)]))
    sentences = [sentences[n] for n in rng.permutation(len(sentences))]
    answers = teacher.sentence_vectors(sentences).astype(np.float16)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, alone=alone, sentences=np.array(sentences), answers=answers)
    return alone, sentences, answers


def _rarity(splitter: WordPieces, sentences: Sequence[str]) -> np.ndarray:
    """Starting weight of each piece, 0.1 to 1: a / (a + frequency), smooth inverse frequency (Arora et al. 2017)."""
    counts = np.zeros(len(splitter.pieces))
    for sentence in sentences:
        np.add.at(counts, splitter.encode(sentence), 1)
    return np.maximum(0.1, 3e-3 / (3e-3 + counts / max(1.0, counts.sum()))).astype(np.float32)


@dataclass(frozen=True)
class Directions:
    """The plane the teacher's embeddings are projected on: (384,) mean and (384, 128) orthonormal columns."""

    mean: np.ndarray
    axes: np.ndarray

    def __call__(self, embeddings: np.ndarray) -> np.ndarray:
        """Teacher embeddings (N, 384) to unit targets (N, 128)."""
        flat = (embeddings.astype(np.float32) - self.mean) @ self.axes
        return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)


def principal_directions(embeddings: np.ndarray, width: int = WIDTH) -> Directions:
    """The `width` directions of largest variance of (N, 384) embeddings."""
    mean = embeddings.astype(np.float64).mean(0)
    _, vectors = np.linalg.eigh(np.cov(embeddings.astype(np.float64), rowvar=False))
    return Directions(mean.astype(np.float32), vectors[:, ::-1][:, :width].astype(np.float32).copy())


class _Layer(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.Parameter(torch.ones(width)), nn.Parameter(torch.ones(width))
        self.qkv = nn.Parameter(torch.randn(3 * width, width) / math.sqrt(width))
        self.mix = nn.Parameter(torch.zeros(width, width))
        self.up = nn.Parameter(torch.randn(hidden, width) / math.sqrt(width))
        self.up_bias = nn.Parameter(torch.zeros(hidden))
        self.down = nn.Parameter(torch.zeros(width, hidden))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, width = x.shape
        parts = F.linear(F.rms_norm(x, (width,), self.norm1, 1e-6), self.qkv)
        query, key, value = parts.view(batch, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None])
        x = x + F.linear(seen.transpose(1, 2).reshape(batch, length, width), self.mix)
        hidden = F.relu(F.linear(F.rms_norm(x, (width,), self.norm2, 1e-6), self.up, self.up_bias))
        return x + F.linear(hidden, self.down)


class SentenceEncoder(nn.Module):
    """The trainable twin of `engine.text.encoder.Encoder`; `tensors` gives what that one reads."""

    def __init__(self, vectors: np.ndarray) -> None:
        """vectors: starting word-piece vectors (V, D)."""
        super().__init__()
        width = vectors.shape[1]
        self.pieces = nn.Embedding.from_pretrained(torch.from_numpy(vectors), freeze=False, sparse=True)
        self.places = nn.Parameter(torch.zeros(LIMIT, width))
        self.score = nn.Parameter(torch.zeros(width))
        self.out = nn.Parameter(torch.eye(width))
        self.layers = nn.ModuleList(_Layer(width, HIDDEN) for _ in range(LAYERS))

    def forward(self, ids: Tensor) -> Tensor:
        """Piece numbers (B, L), -1 where a text has ended, to unit vectors (B, D)."""
        mask = ids >= 0
        mask[:, 0] = True  # an empty text would leave the softmax nothing
        x = self.pieces(ids.clamp_min(0)) + self.places[: ids.shape[1]]
        for layer in self.layers:
            x = layer(x, mask)
        weights = (x @ self.score).masked_fill(~mask, -math.inf).softmax(1)
        return F.normalize((weights[..., None] * x).sum(1) @ self.out.T, dim=1)

    def tensors(self) -> dict[str, np.ndarray]:
        """Word-piece vectors as int8 with a scale a row, everything else float16, by `Encoder`'s names."""
        vectors = self.pieces.weight.detach().numpy()
        scales = np.abs(vectors).max(1) / 127.0
        found = {"pieces.rows": np.round(vectors / np.maximum(scales, 1e-9)[:, None]).astype(np.int8)}
        found["pieces.scales"] = scales.astype(np.float16)
        for name, value in self.named_parameters():
            if name != "pieces.weight":
                found[name.removeprefix("layers.")] = value.detach().numpy().astype(np.float16)
        return found


def train(
    sentences: Sequence[str], targets: np.ndarray, vectors: np.ndarray, splitter: WordPieces, *,
    minutes: float, steps: int | None = None, seed: int = 0,
) -> SentenceEncoder:
    """Distils for `minutes`, or for `steps` steps if that is given.

    targets: unit vectors (len(sentences), D); vectors: starting word-piece vectors (V, D). Prints the mean cosine to
    the teacher on the last 2 % of the sentences, which are not trained on.
    """
    torch.manual_seed(seed)
    model = SentenceEncoder(vectors)
    ids = _padded([splitter.encode(s, LIMIT) for s in sentences])
    wanted = torch.from_numpy(targets.astype(np.float32))
    kept = len(ids) - max(1, len(ids) // 50)
    dense = torch.optim.AdamW([p for n, p in model.named_parameters() if n != "pieces.weight"], 1e-3, weight_decay=0.01)
    sparse = torch.optim.SparseAdam([model.pieces.weight], 1e-3)
    generator = torch.Generator().manual_seed(seed)
    began, step = time.monotonic(), 0
    while (used := step / steps if steps else (time.monotonic() - began) / (60 * minutes)) < 1:
        for optimiser, rate in ((dense, 2e-3), (sparse, 1e-3)):
            optimiser.param_groups[0]["lr"] = rate * min(1, (step + 1) / 100) * rate_factor(used)
        rows = torch.randint(kept, (BATCH,), generator=generator)
        loss = _loss(model(_cut(ids[rows])), wanted[rows])
        dense.zero_grad(), sparse.zero_grad()
        loss.backward()
        dense.step(), sparse.step()
        if step % 250 == 0:
            progress = f"{100 * used:.0f} %, loss {loss:.4f}, {_report(model, ids, wanted, kept)}"
            print(f"text: step {step}, {progress}", flush=True)
        step += 1
    print(f"text: {step} steps, {_report(model, ids, wanted, kept)}", flush=True)
    return model.eval()


def _loss(found: Tensor, wanted: Tensor) -> Tensor:
    """Distance to the teacher's vector, and of the batch's similarities to the teacher's (Park et al. 2019)."""
    direct = (1 - (found * wanted).sum(1)).mean()
    return direct + 4.0 * F.mse_loss(found @ found.T, wanted @ wanted.T)


def _report(model: SentenceEncoder, ids: Tensor, wanted: Tensor, kept: int) -> str:
    with torch.no_grad():
        cosine = (model(_cut(ids[kept : kept + 1000])) * wanted[kept : kept + 1000]).sum(1).mean()
    return f"cosine to the teacher {cosine:.4f}"


def _padded(lists: Sequence[Sequence[int]]) -> Tensor:
    out = torch.full((len(lists), LIMIT), -1, dtype=torch.long)
    for row, numbers in enumerate(lists):
        out[row, : len(numbers)] = torch.tensor(numbers, dtype=torch.long)
    return out


def _cut(ids: Tensor) -> Tensor:
    """Columns that some text of the batch reaches."""
    return ids[:, : max(1, int((ids >= 0).sum(1).max()))]

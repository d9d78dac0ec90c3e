"""Stage `text`: the pocket's text tower from the lexicon, the captions and the audio embeddings of the corpus.

First the sentence encoder (`engine.training.distil`), then the kernel memory of `engine.text.tower`. Settings are
chosen on a sixth of the training wordings that the memory is built without; the held-out fifth only gives the figure.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.text.encoder import Encoder
from engine.text.reading import Attributes, without_negated
from engine.text.tower import ARTICLES, TextTower, blob, kernel_logits
from engine.text.wordpiece import WordPieces
from engine.training import distil, lexicon
from engine.training.corpus.draw import Kind, all_kinds
from engine.training.data import load_corpus

__all__ = ["accuracy", "build", "train", "wordings"]

Array = NDArray[np.floating]
Rows = Sequence[Mapping[str, object]]
DEFAULTS = {"beta": 16.0, "judge": 0.5, "strength": 1.0, "known": 0.6}
CAPTIONS_A_KIND = 10
BETAS = (8.0, 12.0, 16.0, 24.0, 32.0, 48.0)
JUDGES = (0.0, 0.25, 0.5, 1.0, 2.0)
PLACES = ("distance", "space")
SHRINK = 8.0  # clips' worth of trust in an attribute's mean shift over all kinds


@dataclass(frozen=True)
class Wording:
    """A text and the kind it belongs to."""

    kind: str
    text: str


def wordings(kinds: Mapping[str, Kind], pairs: Sequence[tuple[str, str]]) -> list[Wording]:
    """What the memory knows by heart: names and phrases of the kinds, and lexicon pairs of those kinds."""
    held = {phrase for _, phrase in lexicon.split()[1]}
    own = [Wording(k.name, text) for k in kinds.values() for text in dict.fromkeys((k.name, *k.phrases))]
    found = [w for w in own if w.text not in held] + [Wording(k, text) for k, text in pairs if k in kinds]
    return list(dict.fromkeys(found))


def train(work: Path, minutes: float = 8.0) -> TextTower:
    """Builds `stages/text.safetensors`, its figures in `text.json`, and the captions' embeddings in `train-text.npy`.

    minutes: for teaching the encoder, which is kept and not taught twice (remove `text-encoder.npz` to start over).
    """
    from safetensors.numpy import save_file

    kinds = all_kinds()
    learnt, held = lexicon.split()
    corpus = load_corpus(work, "train")
    every = np.load(work / "stages" / "train-embeddings.npy")
    embeddings = every[:, 0] + every[:, -1]
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    phrases, captions = [w.text for w in wordings(kinds, learnt)], [str(row["caption"]) for row in corpus.rows]
    encoder, splitter = distil.encoder(work / "stages", phrases, captions, minutes)
    inner = [p for p in learnt if not lexicon.inner_validation(*p)]
    checked = [p for p in learnt if lexicon.inner_validation(*p)]
    trial = build(wordings(kinds, inner), corpus.rows, embeddings, encoder, splitter)
    settings = _settings(trial, checked)
    tensors = build(wordings(kinds, learnt), corpus.rows, embeddings, encoder, splitter, settings)
    tower = TextTower(tensors)
    figures = {
        "settings": settings,
        "validation": accuracy(TextTower({**trial, "words": _with_settings(trial["words"], settings)}), checked),
        "held_out": accuracy(tower, held),
        "wordings": len(learnt), "held_out_wordings": len(held),
        "megabytes": round(sum(t.nbytes for t in tensors.values()) / 1e6, 2),
    }
    print(f"text: {json.dumps(figures)}", flush=True)
    (work / "stages" / "text.json").write_text(json.dumps(figures, indent=1))
    save_file(tensors, work / "stages" / "text.safetensors")
    known = {caption: tower(caption) for caption in dict.fromkeys(captions)}
    np.save(work / "stages" / "train-text.npy", np.stack([known[caption] for caption in captions]))
    return tower


def accuracy(tower: TextTower, pairs: Sequence[tuple[str, str]]) -> float:
    """Share of (kind, phrase) pairs whose phrase reads as the kind; kinds that the tower lacks are left out."""
    known = [(kind, phrase) for kind, phrase in pairs if kind in tower.kinds]
    return float(np.mean([tower.read(phrase).kind == kind for kind, phrase in known])) if known else float("nan")


def build(
    texts: Sequence[Wording], rows: Rows, embeddings: Array, encoder: Mapping[str, np.ndarray], splitter: WordPieces,
    settings: Mapping[str, float] | None = None,
) -> dict[str, np.ndarray]:
    """The tower's tensors, from wordings, the corpus' rows with their unit audio embeddings (clips, D), an encoder."""
    kinds = sorted({str(row["kind"]) for row in rows})
    index = {kind: k for k, kind in enumerate(kinds)}
    single = [i for i, row in enumerate(rows) if not row["second"]]
    values = np.stack([embeddings[[i for i in single if rows[i]["kind"] == kind]].mean(0) for kind in kinds])
    shifts, shift_kinds, names, shift_names = _shifts(rows, single, embeddings, values, index)
    meanings, places = _meanings(names), _places(rows)
    encode = _Encoding(Encoder(encoder), splitter, Attributes(meanings, places))
    texts = [t for t in texts if t.kind in index]
    vectors, owners = encode([t.text for t in texts]), np.array([index[t.kind] for t in texts])
    captions = _caption_keys(rows, single, index, encode)
    keys, key_owners = np.concatenate([vectors, captions[0]]), np.concatenate([owners, captions[1]])
    judge, bias = _judge(keys, key_owners, len(kinds))
    words = {
        "pieces": splitter.pieces, "known": sorted(_vocabulary(texts, rows, splitter)), "kinds": kinds,
        "attributes": names, "meanings": meanings, "places": places,
        "settings": dict(settings or DEFAULTS) | _blend(rows, embeddings, values, index),
    }
    tensors = {f"encoder.{name}": tensor for name, tensor in encoder.items()}
    tensors |= _quantised("keys", "key_scales", keys) | _quantised("shifts", "shift_scales", shifts)
    return tensors | {
        "words": blob(words), "owners": key_owners.astype(np.int16), "judge": judge, "judge_bias": bias,
        "values": values.astype(np.float16), "shift_kinds": shift_kinds, "shift_attributes": shift_names,
    }


class _Encoding:
    """Texts to unit vectors as the tower sees them at run time: without negated words, places of hearing, articles."""

    def __init__(self, encoder: Encoder, splitter: WordPieces, attributes: Attributes) -> None:
        self.encoder, self.splitter, self.attributes = encoder, splitter, attributes

    def __call__(self, texts: Sequence[str]) -> Array:
        return np.stack([self._one(text) for text in texts])

    def _one(self, text: str) -> Array:
        words = self.attributes.read(without_negated(self.splitter.words(text)))[1]
        return self.encoder(self.splitter.encode(" ".join(w for w in words if w not in ARTICLES) or words[0]))


def _caption_keys(
    rows: Rows, single: Sequence[int], index: Mapping[str, int], encode: _Encoding
) -> tuple[Array, Array]:
    """The captions of each kind that lie farthest from each other (Gonzalez 1985), as keys and their kinds."""
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    for i in single:
        texts[str(rows[i]["kind"])][str(rows[i]["caption"])] = None
    keys, owners = [], []
    for kind, captions in texts.items():
        vectors = encode(list(captions))
        chosen = [0]
        while len(chosen) < min(CAPTIONS_A_KIND, len(vectors)):
            chosen.append(int(np.argmin((vectors @ vectors[chosen].T).max(1))))
        keys.append(vectors[chosen])
        owners += [index[kind]] * len(chosen)
    return np.concatenate(keys), np.array(owners)


def _judge(vectors: Array, owners: NDArray[np.int64], kinds: int, steps: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial logistic regression of the kind on the vector: weights (K, E) and bias (K,), float16."""
    x, y = torch.from_numpy(vectors.astype(np.float32)), torch.from_numpy(owners)
    weight = torch.zeros(kinds, x.shape[1], requires_grad=True)
    bias = torch.zeros(kinds, requires_grad=True)
    optimizer = torch.optim.Adam([weight, bias], 0.3)
    generator = torch.Generator().manual_seed(0)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.3 * (1 - step / steps)
        noisy = F.normalize(x + 0.05 * torch.randn(x.shape, generator=generator), dim=1)
        loss = F.cross_entropy(noisy @ weight.T + bias, y, label_smoothing=0.05) + 2e-5 * weight.square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return weight.detach().numpy().astype(np.float16), bias.detach().numpy().astype(np.float16)


def _shifts(
    rows: Rows, single: Sequence[int], embeddings: Array, values: Array, index: Mapping[str, int]
) -> tuple[Array, np.ndarray, list[str], np.ndarray]:
    """How an attribute moves a kind's mean embedding, trusted by its count of clips, else its mean over kinds."""
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i in single:
        for word in dict(rows[i]["attributes"]).values():  # type: ignore[call-overload]
            members[str(rows[i]["kind"]), word].append(i)
    own = {key: embeddings[clips].mean(0) - values[index[key[0]]] for key, clips in members.items()}
    common: dict[str, Array] = {}
    for word in {w for _, w in own}:
        common[word] = np.mean([shift for (_, w), shift in own.items() if w == word], axis=0)
    names = sorted(common)
    shifts, kinds, numbers = [], [], []
    for (kind, word), shift in sorted(own.items()):
        trust = len(members[kind, word]) / (len(members[kind, word]) + SHRINK)
        shifts.append(trust * shift + (1 - trust) * common[word])
        kinds.append(index[kind])
        numbers.append(names.index(word))
    return np.stack(shifts), np.array(kinds, np.int16), names, np.array(numbers, np.int16)


def _meanings(names: Sequence[str]) -> dict[str, list[str]]:
    """Wording → attributes it may stand for, its own word first; wordings as the tower splits them (no hyphens)."""
    table = tomllib.loads(resources.files("engine.training").joinpath("attributes.toml").read_text("utf-8"))["wordings"]
    plain = WordPieces(())
    out: dict[str, list[str]] = {" ".join(plain.words(name)): [name] for name in names}
    for name in names:
        for wording in table.get(name, ()):
            meant = out.setdefault(" ".join(plain.words(wording)), [])
            if name not in meant:
                meant.append(name)
    return out


def _places(rows: Rows) -> list[str]:
    return sorted({w for row in rows for a, w in dict(row["attributes"]).items() if a in PLACES})  # type: ignore[call-overload]


def _vocabulary(texts: Sequence[Wording], rows: Rows, splitter: WordPieces) -> set[str]:
    """Words that typing errors are corrected to."""
    sentences = [t.text for t in texts] + [str(row["caption"]) for row in rows[:4000]]
    table = tomllib.loads(resources.files("engine.training").joinpath("attributes.toml").read_text("utf-8"))["wordings"]
    sentences += [wording for wordings in table.values() for wording in wordings]
    return {word for s in sentences for word in splitter.words(s) if word.isalpha()}


def _blend(rows: Rows, embeddings: Array, values: Array, index: Mapping[str, int]) -> dict[str, float]:
    """The first sound's weight in the embedding of two, by least squares over the clips with two events."""
    out = {}
    for name, together in (("followed", False), ("together", True)):
        a, b, target = [], [], []
        for i, row in enumerate(rows):
            text = str(row["caption"])
            if row["second"] and together != (" followed by " in text or " then " in text):
                a.append(values[index[str(row["kind"])]])
                b.append(values[index[str(row["second"])]])
                target.append(embeddings[i])
        if len(a) < 10:
            out[name] = 0.5
            continue
        solution = np.linalg.lstsq(np.stack([np.ravel(a), np.ravel(b)], 1), np.ravel(target), rcond=None)[0]
        out[name] = float(np.clip(solution[0] / max(solution.sum(), 1e-6), 0.3, 0.8))
    return out


def _quantised(name: str, scales: str, rows: Array) -> dict[str, np.ndarray]:
    """Rows as int8 with a float16 scale each."""
    scale = np.maximum(np.abs(rows).max(1), 1e-6).astype(np.float16)
    return {name: np.round(rows / scale.astype(np.float32)[:, None] * 127).clip(-127, 127).astype(np.int8),
            scales: scale.astype(np.float32) / 127}


def _with_settings(words: np.ndarray, settings: Mapping[str, float]) -> np.ndarray:
    from engine.text.tower import unblob

    table: dict = unblob(words)  # type: ignore[assignment]
    return blob({**table, "settings": {**table["settings"], **settings}})


def _settings(tensors: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]]) -> dict[str, float]:
    """The sharpness and the judge's share with the highest log-likelihood of the checked wordings' kinds."""
    tower = TextTower(tensors)
    known = [(tower.kinds.index(kind), phrase) for kind, phrase in pairs if kind in tower.kinds]
    if not known:
        return dict(DEFAULTS)
    labels = np.array([k for k, _ in known])
    vectors = _Encoding(tower._encoder, tower._splitter, tower._attributes)([phrase for _, phrase in known])
    best: tuple[float, float, float] | None = None
    for beta in BETAS:
        kernel = kernel_logits(vectors @ tower._keys.T, tower._owners, len(tower.kinds), beta)
        for share in JUDGES:
            logits = kernel + share * (vectors @ tower._judge.T + tower._judge_bias)
            top = logits.max(1, keepdims=True)
            chance = logits - top - np.log(np.exp(logits - top).sum(1, keepdims=True))
            score = float(chance[np.arange(len(labels)), labels].mean())
            right = float(np.mean(logits.argmax(1) == labels))
            print(f"text: beta {beta:.0f}, judge {share}: likelihood {score:.3f}, top-1 {right:.3f}", flush=True)
            if best is None or right + 0.05 * score > best[0]:
                best = (right + 0.05 * score, beta, share)
    assert best is not None
    return {**DEFAULTS, "beta": best[1], "judge": best[2]}

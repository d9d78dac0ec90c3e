"""Sentence encoder of the pocket: word-piece vectors and a small transformer, numpy only.

Trained by `engine.training.distil` to agree with a large sentence model about which texts mean the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["Encoder"]

Array = np.ndarray
LIMIT = 48
HEADS = 4


class Encoder:
    """Word-piece numbers to a unit vector. Holds float32 copies of the tensors it is given.

    tensors: `pieces.rows` int8 (V, D) with `pieces.scales` (V,), `places` (48, D), `out` (D, D), `score` (D,), and for
    each layer l `l.qkv` (3D, D), `l.mix` (D, D), `l.up` (F, D), `l.up_bias` (F,), `l.down` (D, F), `l.norm1` and
    `l.norm2` (D,). Matrices are (out, in). KeyError for a tensor that is missing.
    """

    def __init__(self, tensors: Mapping[str, Array]) -> None:
        self._rows, self._scales = tensors["pieces.rows"], np.asarray(tensors["pieces.scales"], np.float32)
        self._t = {name: np.asarray(t, np.float32) for name, t in tensors.items() if not name.startswith("pieces.")}
        self.layers = len({name.split(".")[0] for name in self._t if name.endswith(".qkv")})
        self.width = self._rows.shape[1]

    def __call__(self, numbers: Sequence[int]) -> Array:
        """Unit vector float32 (D,) of a text's pieces (the first 48); zeros for none."""
        ids = np.asarray(numbers[:LIMIT], np.int64)
        if not len(ids):
            return np.zeros(self.width, np.float32)
        t = self._t
        x = self._rows[ids].astype(np.float32) * self._scales[ids, None] + t["places"][: len(ids)]
        for layer in range(self.layers):
            x = x + self._attend(_norm(x, t[f"{layer}.norm1"]), layer)
            hidden = np.maximum(_norm(x, t[f"{layer}.norm2"]) @ t[f"{layer}.up"].T + t[f"{layer}.up_bias"], 0.0)
            x = x + hidden @ t[f"{layer}.down"].T
        pooled = _softmax(x @ t["score"]) @ x
        vector = t["out"] @ pooled
        return vector / max(float(np.linalg.norm(vector)), 1e-9)

    def _attend(self, x: Array, layer: int) -> Array:
        length, width = x.shape
        query, key, value = (x @ self._t[f"{layer}.qkv"].T).reshape(length, 3, HEADS, -1).transpose(1, 2, 0, 3)
        weights = _softmax(query @ key.transpose(0, 2, 1) / math.sqrt(width // HEADS))
        return (weights @ value).transpose(1, 0, 2).reshape(length, width) @ self._t[f"{layer}.mix"].T


def _norm(x: Array, gain: Array) -> Array:
    """Root-mean-square normalisation (Zhang and Sennrich 2019)."""
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + 1e-6) * gain


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)

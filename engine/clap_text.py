"""Text to AudioLDM's condition: CLAP's text tower (Wu et al. 2023), through transformers, imported where needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.errors import ModelError

REMEMBERED = 64
"""Embeddings that are kept, so that a prompt that is played again and again is encoded once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClapTextConfig:
    """Shape of the text tower (a RoBERTa with a projection); the defaults are those of every published AudioLDM."""

    vocabulary: int = 50_265
    width: int = 768
    layers: int = 12
    heads: int = 12
    feed_forward: int = 3072
    tokens: int = 512
    embedding: int = 512


Tokenizer = Callable[..., Any]
"""A tokenizer of transformers: called with a text, it returns token numbers under "input_ids"."""


def build_clap_text(config: ClapTextConfig) -> nn.Module:
    """The text tower with random weights, in eval mode, under the tensor names of ClapTextModelWithProjection."""
    import transformers

    # RoBERTa numbers its positions from 2 on, hence two more of them than tokens.
    shape = transformers.ClapTextConfig(
        vocab_size=config.vocabulary,
        hidden_size=config.width,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        intermediate_size=config.feed_forward,
        max_position_embeddings=config.tokens + 2,
        projection_dim=config.embedding,
    )
    return transformers.ClapTextModelWithProjection(shape).eval()


def byte_tokenizer(config: ClapTextConfig) -> Tokenizer:
    """A tokenizer that needs no files, for random weights: RoBERTa's special tokens and one token for each byte."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import RobertaTokenizer

    words = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet()), "<mask>"]
    if len(words) > config.vocabulary:
        raise ValueError(f"the vocabulary must hold {len(words)} tokens or more, got {config.vocabulary}")
    return RobertaTokenizer(
        vocab={word: index for index, word in enumerate(words)}, merges=[], model_max_length=config.tokens
    )


def read_tokenizer(folder: Path, config: ClapTextConfig) -> Tokenizer:
    """The tokenizer whose files (vocab.json and merges.txt, or tokenizer.json) lie in `folder`. Nothing is fetched.

    Raises `ModelError` if they are missing, damaged or hold more words than the tower knows.
    """
    from transformers import RobertaTokenizerFast

    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
        raise ModelError(f"no tokenizer in {folder}: expected vocab.json and merges.txt, or tokenizer.json")
    try:
        tokenizer: Tokenizer = RobertaTokenizerFast.from_pretrained(folder, local_files_only=True)
        words = len(tokenizer)  # type: ignore[arg-type]
    except Exception as error:  # the libraries raise whatever their parsers do
        raise ModelError(f"the tokenizer in {folder} cannot be read: {type(error).__name__}: {error}") from error
    if words > config.vocabulary:
        text = f"the tokenizer in {folder} has {words} words: the text tower knows {config.vocabulary}"
        raise ModelError(text)
    return tokenizer


def cached_tokenizer(cache: Path | None = None) -> Path | None:
    """The folder with roberta-base's tokenizer in Hugging Face's cache, where the authors' own code has put it; None if
    it is not there. Nothing is fetched."""
    return cached(("roberta-base", "FacebookAI/roberta-base"), ("vocab.json", "merges.txt"), cache)


def cached(repositories: Sequence[str], names: Sequence[str], cache: Path | None = None) -> Path | None:
    """The folder of Hugging Face's cache that has all files of these names, of the first repository that has them."""
    from transformers.utils.hub import cached_file

    for repository in repositories:
        found = [
            cached_file(
                repository,
                name,
                cache_dir=cache,
                local_files_only=True,
                _raise_exceptions_for_gated_repo=False,
                _raise_exceptions_for_missing_entries=False,
                _raise_exceptions_for_connection_errors=False,
            )
            for name in names
        ]
        if all(found):
            return Path(str(found[0])).parent
    return None


class ClapText:
    """A text tower and its tokenizer. `embed` remembers the last texts."""

    def __init__(self, tower: nn.Module, tokenizer: Tokenizer, *, tokens: int = 512) -> None:
        """`tokens` is the longest text the tower takes; longer ones are cut."""
        self.tower = tower
        self.tokenizer = tokenizer
        self.tokens = tokens
        self.embed = lru_cache(maxsize=REMEMBERED)(self._embed)

    def length(self, text: str) -> int:
        """How many tokens `text` is, the two at its ends included."""
        return len(self.tokenizer(text, verbose=False)["input_ids"])

    @torch.no_grad()
    def _embed(self, text: str) -> Tensor:
        """The embedding of `text`, float32 (D,) of length 1. The empty text gives the null condition of guidance.

        Each text is encoded alone and unpadded: 35 times less work than AudioLDM's padding to 512 tokens, the same
        result to 1e-7, and independent of what else is rendered.
        """
        ids = self.tokenizer(text, truncation=True, max_length=self.tokens, return_tensors="pt")["input_ids"]
        device = next(self.tower.parameters()).device
        embedding = self.tower(input_ids=ids.to(device), attention_mask=torch.ones_like(ids, device=device)).text_embeds
        return F.normalize(embedding[0].float(), dim=0)

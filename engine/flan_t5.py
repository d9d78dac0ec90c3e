"""Text to a sequence of vectors, one for each token: Flan-T5's encoder (Chung et al. 2022), through transformers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.clap_text import REMEMBERED, Tokenizer, cached
from engine.errors import ModelError


@dataclass(frozen=True, slots=True, kw_only=True)
class FlanT5Config:
    """Shape of the encoder; the defaults are those of flan-t5-large.

    head: channels of one head. tokens: the longest text that AudioLDM 2 was trained with.
    """

    vocabulary: int = 32_128
    width: int = 1024
    layers: int = 24
    heads: int = 16
    head: int = 64
    feed_forward: int = 2816
    tokens: int = 128


def build_flan_t5(config: FlanT5Config) -> nn.Module:
    """The encoder with random weights, in eval mode, under the tensor names of T5EncoderModel."""
    import transformers

    shape = transformers.T5Config(
        vocab_size=config.vocabulary,
        d_model=config.width,
        d_kv=config.head,
        d_ff=config.feed_forward,
        num_layers=config.layers,
        num_heads=config.heads,
        feed_forward_proj="gated-gelu",
    )
    return transformers.T5EncoderModel(shape).eval()


def character_tokenizer(config: FlanT5Config) -> Tokenizer:
    """A tokenizer that needs no files, for random weights: one token for each printable character of ASCII."""
    from transformers import T5Tokenizer

    words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    words += [(chr(code), -3.0) for code in range(33, 127)]
    if len(words) > config.vocabulary:
        raise ValueError(f"the vocabulary must hold {len(words)} tokens or more, got {config.vocabulary}")
    return T5Tokenizer(vocab=words, extra_ids=0, model_max_length=config.tokens)


def read_t5_tokenizer(folder: Path, config: FlanT5Config) -> Tokenizer:
    """The tokenizer whose files (tokenizer.json or spiece.model) lie in `folder`. Nothing is fetched.

    Raises `ModelError` if they are missing, damaged or hold more words than the encoder knows.
    """
    from transformers import T5Tokenizer

    if not any((folder / name).is_file() for name in ("tokenizer.json", "spiece.model")):
        raise ModelError(f"no tokenizer in {folder}: expected tokenizer.json or spiece.model of flan-t5-large")
    try:
        tokenizer: Tokenizer = T5Tokenizer.from_pretrained(folder, local_files_only=True)
        words = len(tokenizer)  # type: ignore[arg-type]
    except Exception as error:  # the libraries raise whatever their parsers do
        raise ModelError(f"the tokenizer in {folder} cannot be read: {type(error).__name__}: {error}") from error
    if words > config.vocabulary:
        raise ModelError(f"the tokenizer in {folder} has {words} words: the encoder knows {config.vocabulary}")
    return tokenizer


def cached_t5_tokenizer(cache: Path | None = None) -> Path | None:
    """The folder with flan-t5-large's tokenizer in Hugging Face's cache, where the authors' own code has put it.

    None if it is not there. Nothing is fetched.
    """
    return cached(("google/flan-t5-large",), ("tokenizer.json",), cache)


class FlanT5:
    """An encoder and its tokenizer. `encode` remembers the last texts."""

    def __init__(self, encoder: nn.Module, tokenizer: Tokenizer, *, tokens: int = 128) -> None:
        """tokens: the longest text it should be given, its end included."""
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.tokens = tokens
        self.encode = lru_cache(maxsize=REMEMBERED)(self._encode)

    def length(self, text: str) -> int:
        """How many tokens `text` is, its end included; `encode` would read them all, but was trained with `tokens`."""
        return len(self.tokenizer(text, verbose=False)["input_ids"])

    @torch.no_grad()
    def _encode(self, text: str) -> Tensor:
        """One vector for each token of `text` and one for its end, float32 (L, width), L at least 1.

        Each text is encoded alone and unpadded.
        """
        ids = self.tokenizer(text, verbose=False, return_tensors="pt")["input_ids"]
        device = next(self.encoder.parameters()).device
        seen = torch.ones_like(ids, device=device)
        return self.encoder(input_ids=ids.to(device), attention_mask=seen).last_hidden_state[0].float()

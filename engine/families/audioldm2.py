"""AudioLDM 2 (Liu et al. 2023): a language model outlines the sound, a U-Net with cross-attention paints it.

CLAP and Flan-T5 read the prompt; what they say is projected, framed and put before a GPT-2, which goes on with an
outline of 8 vectors, the "language of audio". The U-Net looks at the outline and at Flan-T5's vectors. VAE, mel,
vocoder and everything that is done with latents are AudioLDM's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.clap_text import REMEMBERED, Tokenizer
from engine.families.audioldm import AudioLDM, Networks, Reader
from engine.families.audioldm2_shapes import AudioLDM2Shape, Unconditional
from engine.families.latent import steering_of
from engine.families.outliner import Outliner
from engine.flan_t5 import FlanT5
from engine.language import generate
from engine.nets.attention import Crossing
from engine.nets.audiomae import AudioMae
from engine.nets.projection import Projection
from engine.nets.unet import UNet
from engine.passes import Condition, Pass
from engine.phonemes import Symbols
from engine.steering import Steering, mixed

UNCONDITIONAL = ("zeros", "empty")


@dataclass(frozen=True, slots=True, eq=False)
class Networks2(Networks):
    """The networks of an AudioLDM 2; those that its shape has none of are None."""

    shape: AudioLDM2Shape
    words: nn.Module | None = None
    words_tokenizer: Tokenizer | None = None
    language: nn.Module | None = None
    projection: Projection | None = None
    phonemes: nn.Module | None = None
    symbols: Symbols | None = None
    audiomae: AudioMae | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """What steers the U-Net: keys and values of everything that it looks at, computed once for all steps.

    crossings: as `UNet.crossings` gives them, (B, M, C). clap: CLAP's unit embedding (D,) of the same; None in a batch.
    """

    crossings: tuple[Crossing, ...]
    clap: Tensor | None = None

    @property
    def dtype(self) -> torch.dtype:
        """Of the keys and values."""
        return self.crossings[0].pairs[0][0].dtype

    def to(self, dtype: torch.dtype) -> Guide:
        """The same in another precision."""
        if dtype == self.dtype:
            return self
        pairs = [tuple((k.to(dtype), v.to(dtype)) for k, v in one.pairs) for one in self.crossings]
        changed = [dataclasses.replace(one, pairs=made) for one, made in zip(self.crossings, pairs, strict=True)]
        return dataclasses.replace(self, crossings=tuple(changed))

    @staticmethod
    def joined(guides: Sequence[Guide]) -> Guide:
        """One batch of several guides without masks, each padded to the longest and masked where they differ."""
        masks: dict[tuple[int, ...], Tensor | None] = {}
        return Guide(tuple(_joined(column, masks) for column in zip(*(one.crossings for one in guides), strict=True)))


def _joined(column: Sequence[Crossing], masks: dict[tuple[int, ...], Tensor | None]) -> Crossing:
    """The crossings of one transformer put together. masks: those that were made for the same lengths."""
    lengths = tuple(one.pairs[0][0].shape[1] for one in column)
    longest = max(lengths)
    if lengths not in masks:
        device = column[0].pairs[0][0].device
        counts = torch.tensor(lengths, device=device)[:, None]
        masks[lengths] = None if min(lengths) == longest else torch.arange(longest, device=device) < counts
    blocks = []
    for block in zip(*(one.pairs for one in column), strict=True):
        keys, values = (
            torch.cat([F.pad(one, (0, 0, 0, longest - one.shape[1])) for one in part])
            for part in zip(*block, strict=True)
        )
        blocks.append((keys, values))
    return Crossing(tuple(blocks), masks[lengths])


class AudioLDM2(AudioLDM):
    """The family. dtype: of the U-Net and the VAE (the rest stays float32). unconditional: see `Unconditional`."""

    defaults: Mapping[str, Any] = MappingProxyType({"steps": 20, "guidance": 3.5})

    shape: AudioLDM2Shape

    def __init__(
        self,
        name: str,
        networks: Networks2,
        *,
        dtype: torch.dtype = torch.float32,
        device: torch.device | str = "cpu",
        unconditional: Unconditional = "zeros",
    ) -> None:
        super().__init__(name, networks, dtype=dtype, device=device)
        shape = networks.shape
        self.unconditional = unconditional
        self.words = None
        if networks.words is not None and networks.words_tokenizer is not None and shape.words is not None:
            tokens = shape.words.tokens
            self.words = FlanT5(networks.words.to(self.device), networks.words_tokenizer, tokens=tokens)
        self.language = None if networks.language is None else networks.language.to(self.device)
        self.projection = None if networks.projection is None else networks.projection.to(self.device)
        # Without a language model nothing that CLAP hears gets to the U-Net: it only chooses among takes.
        self.hears = self.ears is not None and self.language is not None
        listener = None if networks.audiomae is None else networks.audiomae.to(self.device)
        self.outliner = None if listener is None else Outliner(listener, self.rate)
        self.outlines = self.outliner is not None
        self.written = lru_cache(maxsize=REMEMBERED)(self._written)

    def steering(self, asked: Pass, rows: int) -> Steering:
        """What steers the runs of a pass: a guide for each condition, and one for the negative prompt."""
        given = None if self.outliner is None else self.outliner.beginning(asked, self.shape.outline)
        guides = [self.guide(one, given) for one in asked.wanted]
        longest = max(self.words.length(one.text) for one in asked.wanted) if self.words else 0
        return steering_of(asked, guides, self.away(asked.request.negative, longest), rows, self.grid, mean=False)

    def likeness(self, steering: Steering) -> Tensor:
        """The unit embedding (D,) that candidates are compared with."""
        return mixed([one.clap for one in steering.conditions], steering.shares)

    def told(self, text: str) -> Guide:
        """What steers towards a text."""
        return self.guide(Condition(text))

    @staticmethod
    def predict(unet: UNet, x: Tensor, times: Tensor, conditions: Guide) -> Tensor:
        """What the U-Net predicts, steered by a batch of guides."""
        return unet(x, times, None, conditions.crossings)

    def guide(self, condition: Condition, given: Tensor | None = None) -> Guide:
        """What steers towards a condition. Raises `BadRequest` for words that are too long to be read whole.

        A recording is heard by CLAP in place of the words, and Flan-T5 reads the condition's text beside it; or, with a
        looseness, its outline is heard. given: the beginning of the outline, (K, width), to be gone on from.
        """
        self.check(condition.text, "prompt")
        second = self.read(condition.text)
        if condition.looseness and condition.audio is not None and self.outliner is not None:
            heard = self.outliner.outline(condition.audio, condition.looseness)
            return self.guide_of(heard, second, None if self.ears is None else self.embedding(condition))
        clap = self.embedding(condition)
        if condition.audio is None and given is None:
            return self.guide_of(self.written(condition.text), second, clap)
        if second is None or self.shape.language is None:
            return self.guide_of(None, second, clap)
        begun = second.new_zeros(0, self.shape.language.width) if given is None else given
        more = self.outline(clap, second, given=begun, count=self.shape.outline - len(begun))
        return self.guide_of(torch.cat((begun, more)), second, clap)

    def away(self, negative: str, longest: int = 0) -> Guide:
        """What steers away from the negative prompt, or from nothing in particular; see `Unconditional`.

        longest: tokens of the prompt; diffusers pads the negative one to as many, and the language model counts them.
        """
        self.check(negative, "negative")
        words = self.read(negative)
        padding = 0 if words is None or self.unconditional == "zeros" else max(0, longest - words.shape[0])
        if self.shape.language is not None and self.unconditional == "zeros" and not negative:
            outline = torch.zeros(self.shape.outline, self.shape.language.width, device=self.device)
            return self.guide_of(outline, words)
        return self.guide_of(self.written(negative, padding), words)

    @property
    def readers(self) -> Mapping[str, Reader]:
        """What reads texts, by name."""
        return super().readers if self.words is None else {**super().readers, "Flan-T5": self.words}

    def read(self, text: str) -> Tensor | None:
        """Flan-T5's vectors (L, width) for a text; None without it."""
        return None if self.words is None else self.words.encode(text)

    @torch.no_grad()
    def _written(self, text: str, padding: int = 0) -> Tensor | None:
        second = self.read(text)
        if self.language is None or second is None:
            return None
        return self.outline(self.text.embed(text), second, padding)

    @torch.no_grad()
    def prefix(self, clap: Tensor, second: Tensor, padding: int = 0) -> tuple[Tensor, Tensor]:
        """What the language model goes on from, (1, N, width), and its mask (1, N).

        clap: unit embedding (D,). second: the second encoder's vectors (L, width), `padding` more of which are left
        blank. ValueError without a language model.
        """
        if self.projection is None:
            raise ValueError(f"{self.name} has no language model")
        mask = F.pad(torch.ones(1, second.shape[0], dtype=torch.bool, device=second.device), (0, padding))
        return self.projection(clap[None, None], F.pad(second, (0, 0, 0, padding))[None], mask)

    @torch.no_grad()
    def outline(
        self, clap: Tensor, second: Tensor, padding: int = 0, *, given: Tensor | None = None, count: int | None = None
    ) -> Tensor:
        """The language of audio (count, width) for what two encoders say; see `prefix` for them.

        given: vectors (K, width) that it begins with, to be gone on from. count: by default as many as the U-Net was
        trained with.
        """
        if self.language is None:
            raise ValueError(f"{self.name} has no language model")
        before = None if given is None else given[None]
        prefix, mask = self.prefix(clap, second, padding)
        return generate(self.language, prefix, mask, self.shape.outline if count is None else count, before)[0]

    @torch.no_grad()
    def guide_of(self, outline: Tensor | None, words: Tensor | None, clap: Tensor | None = None) -> Guide:
        """The guide for an outline (N, width) and words (L, width), those that the U-Net looks at."""
        contexts = [one[None].to(self.dtype) for one in (outline, words) if one is not None]
        return Guide(self.unet.crossings(*contexts), clap)

    def close(self) -> None:
        """Free the networks."""
        super().close()
        self.words = self.language = self.projection = self.outliner = None
        self.written.cache_clear()

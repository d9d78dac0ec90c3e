"""The AudioLDM 2 that speaks: CLAP reads what the voice is like, VITS's text encoder what it says.

The language model writes the outline of the whole 10.24 s, 512 vectors, from which alone the U-Net paints.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from engine.clap_text import REMEMBERED
from engine.errors import BadRequest
from engine.families.audioldm2 import AudioLDM2, Guide, Networks2
from engine.families.latent import steering_of
from engine.language import generate
from engine.params import TASKS
from engine.passes import Condition, Pass
from engine.phonemes import phonemes_of
from engine.request import Request
from engine.steering import Steering
from engine.vits_text import VitsText


class SpeakingAudioLDM2(AudioLDM2):
    """The family. It does every task, and says the request's transcript in each."""

    tasks: tuple[str, ...] = TASKS

    def __init__(self, name: str, networks: Networks2, **options: Any) -> None:
        super().__init__(name, networks, **options)
        if networks.phonemes is None or networks.symbols is None:
            raise ValueError(f"{name} has no encoder for phonemes")
        self.phonemes = VitsText(networks.phonemes.to(self.device), networks.symbols)
        self.spoken = lru_cache(maxsize=REMEMBERED)(self._spoken)

    def steering(self, asked: Pass, rows: int) -> Steering:
        """What steers the runs of a pass: a guide for each voice, and one for the negative prompt."""
        phonemes = self.read_aloud(asked.request)
        given = None if self.outliner is None else self.outliner.beginning(asked, self.shape.outline)
        guides = [self.voiced(one, phonemes, given) for one in asked.wanted]
        return steering_of(asked, guides, self.away(asked.request.negative), rows, self.grid, mean=False)

    def read_aloud(self, request: Request) -> str:
        """The phonemes of the request's transcript. Raises `BadRequest` if there is none, and as `phonemes_of` does."""
        if not request.transcript:
            text = f"transcript must say what {self.name} is to speak, got none: it renders speech only"
            raise BadRequest("transcript", text)
        phonemes = request.transcript if request.spelling == "phonemes" else phonemes_of(request.transcript)
        self.phonemes.symbols.ids(phonemes)
        return phonemes

    def voiced(self, voice: Condition, phonemes: str, given: Tensor | None = None) -> Guide:
        """What steers towards a voice, in words or as a recording of it, that says the phonemes.

        given: the beginning of the outline, (K, width), where it is known. A condition with a looseness is an outline.
        """
        self.check(voice.text, "prompt")
        if voice.looseness:
            return self.guide(voice)
        if voice.audio is None and given is None:
            return self.guide_of(self.spoken(voice.text, phonemes), None, self.embedding(voice))
        clap = self.embedding(voice)
        return self.guide_of(self.speech(clap, *self.phonemes.encode(phonemes), given), None, clap)

    def away(self, negative: str, longest: int = 0) -> Guide:
        """What steers away from a voice, or from nothing in particular; see `Unconditional`. Nobody says anything."""
        self.check(negative, "negative")
        if self.unconditional == "zeros" and not negative:
            return super().away(negative)
        return self.told(negative)

    def told(self, text: str) -> Guide:
        """What steers towards a voice that says nothing."""
        return self.guide_of(self.spoken(text, ""), None, self.text.embed(text))

    @torch.no_grad()
    def _spoken(self, voice: str, phonemes: str) -> Tensor:
        """The outline of a voice in words that says phonemes; none is the blank of diffusers' negative prompts."""
        clap = self.text.embed(voice)
        if phonemes:
            return self.speech(clap, *self.phonemes.encode(phonemes))
        length = self.phonemes.symbols.length
        blank = torch.zeros(length, self.phonemes.width, device=self.device)
        return self.speech(clap, blank, torch.zeros(length, dtype=torch.bool, device=self.device))

    @torch.no_grad()
    def speech(self, clap: Tensor, vectors: Tensor, seen: Tensor, given: Tensor | None = None) -> Tensor:
        """The outline (tokens, width) for a voice (D,), and the phonemes' vectors (L, width) and mask (L,)."""
        if self.language is None or self.projection is None:
            raise ValueError(f"{self.name} has no language model")
        prefix, mask = self.projection(clap[None, None], vectors[None], seen[None])
        begun = prefix[:, :0] if given is None else given[None].to(prefix)
        more = generate(self.language, prefix, mask, self.shape.outline - begun.shape[1], begun)
        return torch.cat((begun, more), dim=1)[0]

    def close(self) -> None:
        """Free the networks."""
        super().close()
        self.phonemes = None  # type: ignore[assignment]
        self.spoken.cache_clear()


def family_of(name: str, networks: Networks2, **options: Any) -> AudioLDM2:
    """The family of these networks: the one that speaks, if they can."""
    kind = AudioLDM2 if networks.phonemes is None else SpeakingAudioLDM2
    return kind(name, networks, **options)

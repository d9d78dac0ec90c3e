"""The AudioLDM 2 that speaks: CLAP reads what the voice is like, VITS's text encoder what it says.

The language model writes the outline of the whole 10.24 s, 512 vectors, from which alone the U-Net paints. Written at
once, they would hold up everything else for seconds, so a run begins with steps that write some of them each.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from engine.clap_text import REMEMBERED
from engine.decoding import Sketch
from engine.errors import BadRequest
from engine.families.audioldm2 import AudioLDM2, Guide, Networks2
from engine.families.latent import LatentState, steering_of
from engine.family import State
from engine.language import Writing, generate, write_on
from engine.params import TASKS
from engine.passes import Condition, Pass
from engine.phonemes import phonemes_of
from engine.request import Request
from engine.steering import Steering
from engine.vits_text import VitsText

VECTORS = 32
"""Vectors of an outline that are one step's work."""

Saying = tuple[str, str]
"""A voice in words, and the phonemes that it says."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WritingState(State):
    """Speech before its U-Net runs. left: what has to be outlined still; writing: the first of it, as far as it is."""

    left: tuple[Saying, ...]
    writing: Writing | None = None


class SpeakingAudioLDM2(AudioLDM2):
    """The family. It does every task, and says the request's transcript in each."""

    tasks: tuple[str, ...] = TASKS

    def __init__(self, name: str, networks: Networks2, **options: Any) -> None:
        super().__init__(name, networks, **options)
        if networks.phonemes is None or networks.symbols is None:
            raise ValueError(f"{name} has no encoder for phonemes")
        self.phonemes = VitsText(networks.phonemes.to(self.device), networks.symbols)
        self.sayings: OrderedDict[Saying, Tensor] = OrderedDict()

    def begin(self, asked: Pass) -> LatentState | WritingState:  # type: ignore[override]
        """The start of a run: its outlines, as far as they are not known, and then what every AudioLDM 2 does."""
        left = tuple(one for one in self.wanted_sayings(asked) if one not in self.sayings)
        if not left:
            return super().begin(asked)
        steps = -(-self.shape.outline // VECTORS) * len(left)
        total = steps + (asked.request.steps or 1)
        return WritingState(asked=asked, batch_key=(self.name, "writing"), total=total, left=left)

    def wanted_sayings(self, asked: Pass) -> list[Saying]:
        """What has to be outlined for a pass, each once; not what follows a recording. Raises `BadRequest`."""
        phonemes = self.read_aloud(asked.request)
        followed = self.outliner is not None and self.outliner.held(asked, self.shape.outline)[1] > 0
        voices = [one.text for one in asked.wanted if one.audio is None and not followed]
        negative = asked.request.negative
        for text, name in ((negative, "negative"), *((one, "prompt") for one in voices)):
            self.check(text, name)
        silent = [(negative, "")] if negative or self.unconditional == "empty" else []
        return list(dict.fromkeys([*((one, phonemes) for one in voices), *silent]))

    def step(self, states: Sequence[Any]) -> list[Any]:
        """One step of each: of outlines some vectors, each outline once; of latents as ever."""
        if not isinstance(states[0], WritingState):
            return super().step(states)
        done: dict[tuple[Saying, int], Writing] = {}
        return [self._written_on(one, done) for one in states]

    @torch.inference_mode()
    def _written_on(self, state: WritingState, done: dict[tuple[Saying, int], Writing]) -> State:
        """A step of a state that writes. done: what this call has written for others that are as far."""
        saying, *rest = state.left
        if saying not in self.sayings:
            writing = state.writing or self.beginning_of(saying)
            place = (saying, writing.made.shape[1])
            if place not in done:
                done[place] = write_on(self._writer, writing, VECTORS)
            if not done[place].done:
                return replace(state, writing=done[place], index=state.index + 1)
            self.remember(saying, done[place].made[0])
        if rest:
            return replace(state, left=tuple(rest), writing=None, index=state.index + 1)
        begun = super().begin(state.asked)
        steps = state.index + 1
        return replace(begun, total=steps + begun.total, index=steps + begun.index)

    def preview(self, state: Any) -> Sketch | None:  # type: ignore[override]
        """The first candidate as it is estimated now; None before there is one."""
        return None if isinstance(state, WritingState) else super().preview(state)

    def remember(self, saying: Saying, outline: Tensor) -> None:
        """Keep an outline, so that what is said again and again is outlined once."""
        self.sayings[saying] = outline
        while len(self.sayings) > REMEMBERED:
            self.sayings.popitem(last=False)

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
    def spoken(self, voice: str, phonemes: str) -> Tensor:
        """The outline (tokens, width) of a voice in words that says phonemes; without any it says nothing."""
        if (voice, phonemes) not in self.sayings:
            writing = self.beginning_of((voice, phonemes))
            self.remember((voice, phonemes), write_on(self._writer, writing, writing.count).made[0])
        return self.sayings[voice, phonemes]

    @torch.no_grad()
    def beginning_of(self, saying: Saying) -> Writing:
        """The outline of a saying, nothing of which is written yet."""
        voice, phonemes = saying
        if phonemes:
            vectors, seen = self.phonemes.encode(phonemes)
        else:  # the blank of diffusers' negative prompts
            length = self.phonemes.symbols.length
            vectors = torch.zeros(length, self.phonemes.width, device=self.device)
            seen = torch.zeros(length, dtype=torch.bool, device=self.device)
        prefix, mask = self.spoken_prefix(self.text.embed(voice), vectors, seen)
        return Writing(prefix, mask, self.shape.outline)

    def spoken_prefix(self, clap: Tensor, vectors: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """What is written on from, (1, N, width), and its mask, for a voice (D,) and phonemes (L, width), (L,)."""
        if self.projection is None:
            raise ValueError(f"{self.name} has no language model")
        found: tuple[Tensor, Tensor] = self.projection(clap[None, None], vectors[None], seen[None])
        return found

    @property
    def _writer(self) -> torch.nn.Module:
        if self.language is None:
            raise ValueError(f"{self.name} has no language model")
        return self.language

    @torch.no_grad()
    def speech(self, clap: Tensor, vectors: Tensor, seen: Tensor, given: Tensor | None = None) -> Tensor:
        """The outline (tokens, width) for a recording of a voice (D,), or one that goes on from `given` (K, width)."""
        prefix, mask = self.spoken_prefix(clap, vectors, seen)
        begun = prefix[:, :0] if given is None else given[None].to(prefix)
        more = generate(self._writer, prefix, mask, self.shape.outline - begun.shape[1], begun)
        return torch.cat((begun, more), dim=1)[0]

    def close(self) -> None:
        """Free the networks."""
        super().close()
        self.phonemes = None  # type: ignore[assignment]
        self.sayings.clear()


def family_of(name: str, networks: Networks2, **options: Any) -> AudioLDM2:
    """The family of these networks: the one that speaks, if they can."""
    kind = AudioLDM2 if networks.phonemes is None else SpeakingAudioLDM2
    return kind(name, networks, **options)

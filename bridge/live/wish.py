"""What the stream is wished to be: prompts in slots, and its parameters. A frozen value, and the requests it makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bridge.live.rows import LIVE, MAX_PROMPT, SLOTS
from engine import BadRequest, Clip, Request, unknown_key
from presets.playing import PlayingError, check_field

Mixture = tuple[tuple[str, float], ...]
"""Prompts with weights that add up to 1, the heaviest first."""

_LEAST = 0.0005
"""A weight below it is none: a mixture is written down with three decimals."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Wish:
    """texts: the prompts of the slots, empty where there is none. settings: those of `LIVE` that were given."""

    texts: tuple[str, ...] = ("",) * SLOTS
    settings: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    def __getitem__(self, name: str) -> Any:
        """The value of a parameter of the stream."""
        return self.settings.get(name, LIVE[name].default)

    def with_prompt(self, slot: int, text: str, weight: float = 1.0) -> Wish:
        """The same with another prompt in slot 1 to `SLOTS`; an empty one clears it. Raises BadRequest."""
        text = text.strip()
        if not text.isprintable() or len(text) > MAX_PROMPT or "|" in text:
            wanted = f"up to {MAX_PROMPT} characters of printable text without |, which divides prompts"
            raise BadRequest("text", f"text must be {wanted}, got {text[:60]!r}")
        texts = (*self.texts[: slot - 1], text, *self.texts[slot:])
        return dataclasses.replace(self, texts=texts).with_settings({f"weight{slot}": weight})

    def with_settings(self, given: Mapping[str, Any]) -> Wish:
        """The same with other parameters. Raises BadRequest, for an unknown key with the nearest known one."""
        settings = dict(self.settings)
        for name, value in given.items():
            if name not in LIVE:
                raise unknown_key(name, LIVE)
            try:
                settings[name] = check_field(LIVE[name], value)
            except PlayingError as error:
                raise BadRequest(name, str(error)) from None
        return dataclasses.replace(self, settings=MappingProxyType(settings))

    @property
    def mixture(self) -> Mixture:
        """What is to be heard; nothing where no slot has a prompt with a weight."""
        weighted = [
            (text, self[f"weight{slot}"]) for slot, text in enumerate(self.texts, 1)
            if text and self[f"weight{slot}"] >= _LEAST
        ]  # fmt: skip
        total = sum(weight for _, weight in weighted)
        shares = ((text, weight / total) for text, weight in weighted)
        return tuple(sorted((one for one in shares if one[1] >= _LEAST), key=lambda one: -one[1]))

    def request(
        self, mixture: Mixture, seed: int, seconds: float, rate: int, model: str, context: Clip | None,
        moving: bool = False,
    ) -> Request:  # fmt: skip
        """The request of a window of so many seconds that goes on from ``context``, or of the first one. moving: it is
        to go over into another sound, and not to keep the colour of the one before. ``seed`` is 0 to
        SEED_LIMIT - 1. Raises BadRequest."""
        common: dict[str, Any] = {
            "seed": seed, "seconds": seconds, "model": model, "negative": self["negative"], "quality": self["quality"],
            "steps": self["steps"] or None, "guidance": self["guidance"] or None, "fade": 0.0,
        }  # fmt: skip
        if context is not None:
            motion = "moving" if moving else "fixed"
            return Request(task="extend", source=context, prompts=written(mixture), motion=motion, **common)
        if len(mixture) == 1:
            return Request(prompt=mixture[0][0], rate=rate, **common)
        return Request(task="morph", prompts=written(mixture), rate=rate, **common)


def written(mixture: Mixture) -> str:
    """A mixture as text, as the key prompts has it: "rain : 0.7 | thunder : 0.3"."""
    return " | ".join(f"{text} : {weight:.3f}".rstrip("0").rstrip(".") for text, weight in mixture)

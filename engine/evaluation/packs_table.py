"""What was heard of the presets, as a document. Pure, and without torch: a test makes it again and compares."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presets import EFFECTS, Pack, Preset

CLOSE = 0.5
"""Cosine of prompt and sound from which a mixture of sounds, which has no one kind, counts as recognised."""

EXAMPLE = """    [pack]
    title = "Mine"

    [attic-steps]
    why = "Somebody is up there."
    tags = ["steps", "horror"]
    prompt = "{pace} footsteps on a wooden floor"
    variables = { pace = ["slow", "running"] }
    seconds = 6.0
    mode = "gate"
    release = 0.4
    effects = "lowpass frequency 1500 | reverb room 0.3 mix 0.25"
"""
"""A pack that the reader of packs takes."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The first take of a preset. digest: of what was rendered. expects: the kind that it should be, empty for a
    mixture. heard: what the judge took it for. share: the judge's probability of the expected kind. score: cosine of
    prompt and sound. more: further takes that were rendered, as the first was not recognised; right: how many of those
    were."""

    digest: str
    expects: str
    heard: str
    share: float
    score: float
    more: int = 0
    right: int = 0

    @property
    def recognised(self) -> bool:
        """True if the judge hears what is expected, or a mixture is close to one of its prompts."""
        return self.heard == self.expects if self.expects else self.score >= CLOSE

    @property
    def mostly(self) -> bool:
        """True if that holds for the first take, or for most of all of them."""
        return self.recognised or 2 * self.right > self.more + 1

    def as_dict(self) -> dict[str, Any]:
        """Plain values, without those that say nothing."""
        values = dataclasses.asdict(self)
        return values if self.more else {name: values[name] for name in values if name not in ("more", "right")}


Results = dict[str, Heard]


def digest(preset: Preset) -> str:
    """Stands for what a rendering of the preset and its verdict depend on."""
    return hashlib.sha256(json.dumps([preset.asked(), preset.expects], sort_keys=True).encode()).hexdigest()[:12]


def document(packs: Sequence[Pack], results: Mapping[str, Heard], weights: str) -> str:
    """The presets with what was heard of them, pack by pack, as Markdown."""
    heard = [one for one in results.values() if one.expects]
    right, mostly = sum(one.recognised for one in heard), sum(one.mostly for one in heard)
    every = sum(len(pack.presets) for pack in packs)
    larger = every - sum(preset.suits("pocket") for pack in packs for preset in pack.presets.values())
    head = f"""# Presets

{every} presets in {len(packs)} packs. {every - larger} are for every model, the built-in one included; {larger} need
one of the larger models and say so. `bridge presets` lists, shows, searches, plays, saves, imports and exports them,
`/render/preset` renders them, and a pack is a TOML file like those in `presets/`.

Made by

    python -m engine.evaluation presets

which renders every preset for the built-in model once, at its own settings and with its variables' defaults, and asks
the judge what it hears; of what it does not recognise, four more takes. It does again only what has changed since (the
weights are {weights}). The judge is a classifier that was trained apart from the model but on the same
corpus, so it flatters. *Heard as* is its first choice for the first take, *share* its probability of the kind that the
name promises, *score* the cosine of prompt and sound in the model's own space.

**{right} of {len(heard)} presets with one kind of sound are heard as what they are called in their first take,
{mostly} in most of their takes.** Mixtures have no kind."""
    return "\n\n".join([head, *(_pack(pack, results) for pack in packs), _writing()]) + "\n"


def _writing() -> str:
    """How a pack is written: an example, and the effects with their ranges."""
    rows = [
        f"| `{name}` | " + ", ".join(f"`{one.name}` {one.range} ({one.default:g})" for one in settings.values()) + " |"
        for name, settings in EFFECTS.items()
    ]
    table = "\n".join(["| effect | settings, their ranges and defaults |", "|---|---|", *rows])
    return f"""## Writing a pack

A pack is a TOML file, a preset a table in it. `why` and `prompt` are needed, every other key is optional: the keys of
a request and those of playing, which `bridge commands` lists, and `tags`, `variables` (the first choice is the
default), `models` and `expects`. A key that no preset has is an error that names the nearest one.

{EXAMPLE}
`effects` is a chain, each effect with those settings that differ from its own:

{table}"""


def _pack(pack: Pack, results: Mapping[str, Heard]) -> str:
    lines = ["| preset | prompt | played | heard as | share | score |", "|---|---|---|---|---:|---:|"]
    lines += [_row(preset, results.get(preset.full_name)) for preset in pack.presets.values()]
    return f"## {pack.title or pack.name}\n\n`{pack.name}`: {pack.about}\n\n" + "\n".join(lines)


def _row(preset: Preset, heard: Heard | None) -> str:
    prompt = preset.prompt.replace("|", "\\|")
    if heard is None:
        models = ", ".join(preset.models) or "not measured"
        return f"| {preset.name} | {prompt} | {preset.playing.mode} | for {models} | | |"
    name = heard.heard if heard.recognised else f"**{heard.heard}**"
    if heard.more:
        name += f"; {heard.right} of {heard.more} more are right"
    share = f"{heard.share:.2f}" if heard.expects else "–"
    return f"| {preset.name} | {prompt} | {preset.playing.mode} | {name} | {share} | {heard.score:.2f} |"

"""Do the presets sound like their names? Each is rendered once on the pocket model and heard by the judge, and what the
judge does not recognise four times more: takes differ, and one in twenty is something else.

The judge is the classifier that no stage of the model's training asked; beside it stands the model's own score, the
cosine of prompt and sound. What was measured is remembered with what it depends on, so only what changed is done again.
"""

from __future__ import annotations

import dataclasses
import json
import time
import zlib
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.evaluation.classifier import Judge, judge_mels
from engine.evaluation.packs_table import Heard, Results, digest
from engine.evaluation.samples import as_mels
from engine.model import Model
from engine.params import SEED_LIMIT
from engine.request import Request
from presets import Preset

RATE = 48000
WINDOW = 245760
"""Samples that the judge hears at once, 5.12 s: the length of the clips that it learnt from."""

MORE = 4
"""Further takes of a preset whose first one was not recognised."""

Audio = NDArray[np.float32]


def measure(
    model: Model, judge: Judge, presets: Sequence[Preset], file: Path, weights: str, only: Collection[str] = ()
) -> Results:
    """Render and judge the presets that `file` does not have yet, writing it after each; forget those that are gone.

    only: names of the packs that may be rendered; empty for all.
    """
    known = read(file, weights)
    results: Results = {}
    for number, preset in enumerate(presets, 1):
        found = known.get(preset.full_name)
        if found is None or found.digest != digest(preset) or not (found.mostly or found.more or fixed(preset)):
            if only and preset.pack not in only:
                continue
            begun = time.perf_counter()
            found = hear(model, judge, preset)
            mark = "" if found.recognised else f"   <- {found.heard}"
            print(f"{number}/{len(presets)} {preset.full_name} {time.perf_counter() - begun:.1f} s{mark}", flush=True)
            known[preset.full_name] = found
            write(file, known, weights)
        results[preset.full_name] = found
    write(file, results, weights)
    return results


def hear(model: Model, judge: Judge, preset: Preset) -> Heard:
    """Render a take of a preset and say what it sounds like; if it is not what it should be, `MORE` takes."""
    request = request_of(preset)
    first = hear_one(model, judge, preset, request)
    if first.recognised or fixed(preset):
        return first
    more = [request.replace(seed=((request.seed or 0) + number) % SEED_LIMIT) for number in range(1, MORE + 1)]
    right = sum(hear_one(model, judge, preset, one).recognised for one in more)
    return dataclasses.replace(first, more=MORE, right=right)


def hear_one(model: Model, judge: Judge, preset: Preset, request: Request) -> Heard:
    """Render one take and say what it sounds like."""
    take = model.render(request)[0]
    audio = take.clip.samples[0]
    posterior = judge_mels(judge, as_mels(windows(audio, preset.request.get("task") == "loop"))).posteriors.mean(axis=0)
    family: Any = model.family
    kinds: tuple[str, ...] = family.kinds
    with torch.inference_mode():
        wanted = [family.embed(text) for text in preset.prompt.split("|")]
        sound = family.listen(audio)
        score = max(float(sound @ one) for one in wanted)
    share = float(posterior[kinds.index(preset.expects)]) if preset.expects in kinds else 0.0
    return Heard(digest(preset), preset.expects, kinds[int(posterior.argmax())], round(share, 3), round(score, 3))


def fixed(preset: Preset) -> bool:
    """Whether a preset is for one take, whose seed it names."""
    return "seed" in preset.request


def request_of(preset: Preset) -> Request:
    """What is rendered: a take of the preset with a seed of its own, or the one that it is for."""
    seed = zlib.crc32(preset.full_name.encode()) & 0x7FFFFFFF
    return Request.from_dict({"seed": seed, **preset.asked(), "takes": 1, "rate": RATE, "level": "peak"})


def windows(audio: Audio, loop: bool) -> list[Audio]:
    """Samples (N,) as pieces of 5.12 s: a loop goes round, anything else ends in silence; a short rest is left out."""
    if loop:
        audio = np.tile(audio, -(-WINDOW // len(audio)))[: max(WINDOW, len(audio))]
    pieces = [audio[start : start + WINDOW] for start in range(0, len(audio), WINDOW)]
    kept = [one for one in pieces if len(one) >= WINDOW // 2] or pieces[:1]
    return [np.pad(one, (0, WINDOW - len(one))) for one in kept]


def read(file: Path, weights: str) -> Results:
    """What was measured with these weights; nothing where there is no such file."""
    if not file.exists():
        return {}
    found = json.loads(file.read_text(encoding="utf-8"))
    return {name: Heard(**row) for name, row in found["presets"].items()} if found["weights"] == weights else {}


def write(file: Path, results: Results, weights: str) -> None:
    """Never leaves the file half written."""
    rows = {name: heard.as_dict() for name, heard in sorted(results.items())}
    new = file.with_suffix(".part")
    new.parent.mkdir(parents=True, exist_ok=True)
    new.write_text(json.dumps({"weights": weights, "presets": rows}, indent=1) + "\n", encoding="utf-8")
    new.replace(file)


def chosen(presets: Iterable[Preset]) -> list[Preset]:
    """Those that the pocket model is meant to do."""
    return [preset for preset in presets if preset.suits("pocket")]

"""Recordings as outlines: variations that follow one more or less closely, extensions that go on from one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from engine.families.audioldm2 import AudioLDM2
from engine.families.audioldm2_random import load_random
from engine.language import generate
from engine.model import Model
from engine.passes import Condition, Pass, Samples
from engine.request import Clip, Request

RATE = 16_000
SOUND = (0.3 * np.random.default_rng(3).normal(size=4 * RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def family() -> Iterator[AudioLDM2]:
    found = load_random("tiny-hearing")
    yield found
    found.close()


def extending(task: str = "extend", hold: tuple[tuple[int, int], ...] = ((0, 3 * RATE),), **more: Any) -> Pass:
    """A pass of 10.24 s that holds the first seconds of a recording."""
    source = np.pad(SOUND, (0, 163_840 - len(SOUND)))
    region = {"regions": "3-4"} if task == "inpaint" else {}
    request = Request(task=task, source=Clip(SOUND, RATE), prompt="rain", seed=1, steps=2, guidance=2.0, **region)
    return Pass(request=request, frames=163_840, seed=1, **{"source": source, "hold": hold, **more})


def seen(family: AudioLDM2, condition: Condition) -> int:
    """How many vectors of an outline the U-Net looks at."""
    return int(family.guide(condition).crossings[0].pairs[0][0].shape[1])


@pytest.mark.parametrize(("looseness", "tokens"), [(1, 512), (2, 128), (4, 32), (8, 8)])
def test_the_unet_looks_at_so_many_vectors_of_a_recording(family: AudioLDM2, looseness: int, tokens: int) -> None:
    assert seen(family, Condition("rain", audio=SOUND, looseness=looseness)) == tokens
    assert seen(family, Condition("rain", audio=SOUND)) == 8, "what CLAP hears goes through the language model"


def test_an_outline_at_8_is_one_at_1_with_less_in_it(family: AudioLDM2) -> None:
    assert family.outliner is not None
    fine, coarse = (family.outliner.outline(SOUND, one) for one in (1, 8))
    square = fine.reshape(64, 8, 32)[8:16].flatten(0, 1)
    torch.testing.assert_close(coarse[1], (square.mean(0) + square.amax(0)) / 2)


def test_an_extension_goes_on_from_the_outline_of_what_it_holds(family: AudioLDM2) -> None:
    """Of 3 s the first two of eight vectors, of 1.28 s each, are heard whole; the language model writes the others."""
    assert family.outliner is not None and family.language is not None
    asked = extending()
    given = family.outliner.beginning(asked, 8)
    assert given is not None and given.shape == (2, 32)
    torch.testing.assert_close(given, family.outliner.outline(SOUND[: 3 * RATE], 8)[:2])
    clap, words = family.text.embed("rain"), family.read("rain")
    assert words is not None
    prefix, mask = family.prefix(clap, words)
    with torch.no_grad():
        rest = generate(family.language, prefix, mask, 6, given[None])[0]
    expected = family.guide_of(torch.cat((given, rest)), words).crossings
    found = family.begin(asked).steering.conditions[0].crossings
    for one, other in zip(found, expected, strict=True):
        for pair, wanted in zip(one.pairs, other.pairs, strict=True):
            torch.testing.assert_close(pair, wanted)


@pytest.mark.parametrize(
    "asked",
    [
        extending("inpaint"),
        extending(hold=((RATE, 3 * RATE),)),
        extending(hold=((0, RATE),)),
        extending(hold=()),
        extending(source=None, hold=()),
    ],
)
def test_nothing_else_has_a_beginning(family: AudioLDM2, asked: Pass) -> None:
    assert family.outliner is not None and family.outliner.beginning(asked, 8) is None


def test_an_outline_that_is_held_whole_leaves_one_vector_to_write(family: AudioLDM2) -> None:
    assert family.outliner is not None
    given = family.outliner.beginning(extending(hold=((0, 163_840),)), 8)
    assert given is not None and given.shape == (7, 32)


def test_what_comes_after_the_held_part_is_not_heard(family: AudioLDM2) -> None:
    assert family.outliner is not None
    asked, other = extending(), extending()
    later: Samples = np.concatenate((other.source[: 3 * RATE], other.source[3 * RATE :] + 0.5))  # type: ignore[index]
    other = extending(source=later)
    assert torch.equal(family.outliner.beginning(asked, 8), family.outliner.beginning(other, 8))  # type: ignore[arg-type]


def test_variations_and_extensions_end_to_end(family: AudioLDM2, monkeypatch: pytest.MonkeyPatch) -> None:
    model, clip = Model(family), Clip(SOUND, RATE)
    short = {"source": clip, "seed": 4, "steps": 2}
    varied = [
        model.render(Request(task="vary", seconds=0.5, looseness=one, prompt="rain", **short))[0].clip.samples
        for one in (0, 1, 8)
    ]
    assert all(one.shape == (1, RATE // 2) for one in varied)
    assert not np.allclose(varied[1], varied[2]) and not np.allclose(varied[0], varied[1])
    assert family.outliner is not None
    given, beginning = [], family.outliner.beginning
    monkeypatch.setattr(family.outliner, "beginning", lambda *of: given.append(beginning(*of)) or given[-1])
    (take,) = model.render(Request(task="extend", seconds=0.5, prompt="rain", **short))
    assert [one.shape for one in given if one is not None] == [(2, 32)], "3.5 s are held, of which 2.56 s are outlined"
    assert take.clip.frames == 4 * RATE + RATE // 2
    assert np.array_equal(take.clip.samples[0, : len(SOUND)], SOUND)

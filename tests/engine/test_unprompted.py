"""What steers a gap for which nobody gave a prompt."""

from __future__ import annotations

import numpy as np
import pytest

from engine import Clip, Request
from engine.passes import Pass, Work
from engine.tasks import plan

SOUND = Clip(np.random.default_rng(0).normal(0, 0.1, (1, 48000)).astype(np.float32), 48000)


def first(task: str, prompt: str, hears: bool) -> Pass:
    request = Request(task=task, source=SOUND, prompt=prompt, regions="0.4-0.6", seconds=1, seed=1, steps=2)
    defaults = {"guidance": 1.0, "candidates": 1, "rate": 48000, "model": "x"}
    return next(plan(Work(request=request.resolved(defaults), source=SOUND, rate=48000, window=10.24, hears=hears)))[0]


@pytest.mark.parametrize("task", ["inpaint", "extend"])
def test_without_a_prompt_it_is_the_sound_around_it_where_the_model_can_hear(task: str) -> None:
    asked = first(task, "", hears=True)
    (wanted,) = asked.wanted
    assert wanted.audio is not None
    assert np.array_equal(wanted.audio, asked.source)
    assert first(task, "", hears=False).wanted[0].audio is None
    assert first(task, "rain", hears=True).wanted[0].text == "rain"

"""Rendering: repeatable, take by take, with progress that can stop it; and loading by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import engine
from engine import BadRequest, Model, ModelError, Progress, RenderCancelled, Request, UnknownKey
from engine.families.tone import Tone, ToneState
from engine.model import step_together
from engine.passes import fresh

SHORT = Request(prompt="A4", seconds=0.1, seed=5)


@pytest.fixture
def model() -> Model:
    return engine.load("tone")


def test_the_same_request_gives_the_same_samples(model: Model) -> None:
    one, two = (model.render(SHORT)[0] for _ in range(2))
    assert one.clip.samples.tobytes() == two.clip.samples.tobytes()
    assert one.request == two.request


def test_a_takes_own_request_renders_it_again(model: Model) -> None:
    takes = model.render(SHORT.replace(takes=3, seed=2**31 - 2))
    assert [take.index for take in takes] == [0, 1, 2]
    assert [take.request.seed for take in takes] == [2**31 - 2, 2**31 - 1, 0]
    assert len({take.clip.samples.tobytes() for take in takes}) == 3
    for take in takes:
        again = model.render(take.request)[0]
        assert again.clip.samples.tobytes() == take.clip.samples.tobytes()


def test_a_drawn_seed_is_in_the_take(model: Model) -> None:
    take = model.render(SHORT.replace(seed=None))[0]
    assert take.request.seed is not None
    assert model.render(take.request)[0].clip.samples.tobytes() == take.clip.samples.tobytes()


def test_progress_counts_every_step(model: Model) -> None:
    seen: list[Progress] = []
    model.render(SHORT.replace(steps=4, takes=2), seen.append)
    assert seen == [Progress(index, 4) for index in (1, 2, 3, 4)]


def test_the_callback_can_stop_it(model: Model) -> None:
    def stop(progress: Progress) -> None:
        if progress.index == 2:
            raise RenderCancelled("enough")

    with pytest.raises(RenderCancelled):
        model.render(SHORT, stop)


def test_another_model_or_task_is_refused(model: Model) -> None:
    with pytest.raises(BadRequest, match="model must be tone, the one that is loaded, got 'pocket'"):
        model.render(SHORT.replace(model="pocket"))
    model.family.tasks = ("speak",)
    with pytest.raises(BadRequest, match="task must be speak with tone, got 'generate'"):
        model.render(SHORT)


def test_candidates_need_a_model_that_can_rank_them(model: Model) -> None:
    with pytest.raises(BadRequest, match="candidates must be 1 with tone, which cannot rank them, got 3"):
        model.render(SHORT.replace(candidates=3))
    assert model.resolve(SHORT).candidates == 1


def test_states_step_with_those_that_fit() -> None:
    class Recorder(Tone):
        def step(self, states: Sequence[ToneState]) -> list[ToneState]:
            calls.append([state.batch_key for state in states])
            return super().step(states)

    calls: list[list[Any]] = []
    request = SHORT.resolved({"steps": 1, "guidance": 1, "model": "tone"})
    fields = {"asked": fresh(request, 48000), "frequency": 1.0, "phase": 0.0}
    states = [
        ToneState(batch_key=key, total=total, **fields) for key, total in (("a", 2), ("b", 1), ("a", 3), ("b", 0))
    ]
    after = step_together(Recorder(), states)
    assert calls == [["a", "a"], ["b"]]
    assert [state.index for state in after] == [1, 1, 1, 0]
    assert [state.batch_key for state in after] == ["a", "b", "a", "b"]
    assert [state.index for state in states] == [0, 0, 0, 0]


def test_warming_up_leaves_no_trace(model: Model) -> None:
    before = model.render(SHORT)[0].clip.samples
    model.warm_up()
    np.testing.assert_array_equal(model.render(SHORT)[0].clip.samples, before)


@pytest.mark.parametrize(
    ("name", "options", "error", "text"),
    [
        ("nothing", {}, ModelError, "unknown model 'nothing': known are pocket, "),
        ("tone", {"step_second": 1}, UnknownKey, "unknown key 'step_second': did you mean step_seconds?"),
        ("tone", {"threads": 0}, BadRequest, "threads must be 1 or more, got 0"),
    ],
)
def test_loading_says_what_is_wrong(name: str, options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text.replace("?", r"\?")):
        engine.load(name, **options)


def test_a_family_that_breaks_while_loading_is_a_model_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "engine.family.FAMILIES", {"odd": "json:loads", "gone": "engine.nowhere:load", "no": "json:nope"}
    )
    with pytest.raises(ModelError, match="the model odd cannot be loaded: TypeError"):
        engine.load("odd")
    for name in ("gone", "no"):
        with pytest.raises(ModelError, match=f"the model {name} is not part of this installation"):
            engine.load(name)

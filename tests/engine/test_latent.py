"""How latents lie over samples, and what a family's passes keep of a source."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import engine
from engine.families.latent import Grid, LatentState, candidate_seeds, covering
from engine.mel import POCKET
from engine.passes import Pass, fresh
from engine.request import Request

GRID = Grid(1920, 16, 8, POCKET, 8, 64)


@pytest.fixture(scope="module", params=["pocket", "audioldm-tiny-random", "audioldm2-tiny-random"])
def family(request: pytest.FixtureRequest) -> Iterator[Any]:
    with engine.load(request.param, dtype="float32") as model:
        yield model.family


def test_a_grid_counts_rows_of_loops_and_columns_below_a_frequency() -> None:
    assert [GRID.loop(frames) for frames in (1, 1920, 4799, 4801)] == [1, 1, 2, 3]
    below = [GRID.below(hertz) for hertz in (0, 500, 1000, 2000, 4000, 8000, 16000, 24000)]
    assert below == [0, 1, 3, 6, 9, 11, 14, 16]


def test_a_source_is_cut_or_followed_by_silence() -> None:
    source = np.arange(5, dtype=np.float32)
    assert covering(source, 3).tolist() == [0, 1, 2]
    assert covering(source, 7).tolist() == [0, 1, 2, 3, 4, 0, 0]


def test_candidates_have_seeds_of_their_own() -> None:
    request = Request(prompt="x", seed=3, candidates=4)
    seeds = candidate_seeds(fresh(request, 48000))
    assert seeds[0] == 3
    assert len(set(seeds)) == 4
    assert not set(seeds) & set(candidate_seeds(fresh(request.replace(seed=4), 48000)))


def asked(family: Any, seconds: float = 3.0, **values: Any) -> Pass:
    defaults = {**family.defaults, "model": family.name, "steps": 3}
    request = Request(prompt="rain", seed=1).resolved(defaults)
    frames = round(seconds * family.rate)
    noise = np.random.default_rng(2).normal(size=frames) * np.linspace(0.01, 0.1, frames)
    source = noise.astype(np.float32)
    return Pass(**{"request": request, "frames": frames, "seed": 1, "source": source} | values)


def run(family: Any, one: Pass) -> LatentState:
    state: LatentState = family.begin(one)
    while not state.done:
        (state,) = family.step([state])
    return state


def test_a_source_is_encoded_as_long_as_the_noise_would_be(family: Any) -> None:
    edit = asked(family)
    plain = family.begin(dataclasses.replace(edit, source=None))
    for strength, steps in ((1.0, 3), (0.34, 1), (0.0, 0)):
        state = family.begin(dataclasses.replace(edit, strength=strength))
        assert state.run.x.shape == plain.run.x.shape
        assert state.total - state.index == steps
    assert torch.equal(family.begin(edit).run.x, plain.run.x)  # full strength owes nothing to the source


@pytest.mark.parametrize("sampler", ["dpm++", "ddim"])
def test_what_is_held_is_the_source_in_the_end(family: Any, sampler: str) -> None:
    edit = asked(family)
    edit = dataclasses.replace(edit, request=edit.request.replace(sampler=sampler))
    clean = family.begin(dataclasses.replace(edit, strength=0.0)).run.x
    half = edit.frames // 2
    found = run(family, dataclasses.replace(edit, hold=((0, half),))).run.x
    rows = half // family.grid.row - 1
    noise = 0.1 if sampler == "ddim" else 1e-4  # DDIM ends at the noise of its last time
    assert float((found[:, :rows] - clean[:, :rows]).abs().mean()) < noise
    assert float((found[:, rows + 2 :] - clean[:, rows + 2 :]).abs().mean()) > 0.2


def test_bands_below_a_frequency_are_held_all_along(family: Any) -> None:
    edit = asked(family)
    clean = family.begin(dataclasses.replace(edit, strength=0.0)).run.x
    edge = family.rate / 6
    found = run(family, dataclasses.replace(edit, hold_below=edge)).run.x
    columns = family.grid.below(edge)
    assert 0 < columns < found.shape[2]
    rows = edit.frames // family.grid.row
    torch.testing.assert_close(found[:, :rows, : columns - 1], clean[:, :rows, : columns - 1], atol=1e-3, rtol=0)
    assert float((found[:, :rows, columns:] - clean[:, :rows, columns:]).abs().mean()) > 0.2


def test_results_cover_the_pass_and_loops_are_exact(family: Any) -> None:
    for frames in (1000, 30_001):
        plain = asked(family, source=None, frames=frames)
        assert len(family.decode(run(family, plain)).samples) >= frames
        assert len(family.decode(run(family, dataclasses.replace(plain, wrap=True))).samples) == frames


def test_a_quiet_source_comes_back_as_quiet(family: Any) -> None:
    """It is shown to the networks as loud as what they know, and what they make of it is turned down again."""
    edit = asked(family, strength=0.0)
    assert edit.source is not None
    quiet = dataclasses.replace(edit, source=edit.source * np.float32(0.05))
    loud, soft = (family.decode(family.begin(one)).samples for one in (edit, quiet))
    np.testing.assert_allclose(soft, loud * 0.05, atol=1e-3 * float(np.abs(loud).max()))

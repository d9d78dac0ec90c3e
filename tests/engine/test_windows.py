"""Windows: every frame of a region is made, none outside, no window is longer than the model's, contexts are there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.windows import along, around
from engine.wording import merged

WINDOW, CONTEXT, OVERLAP = 1000, 200, 25


@st.composite
def cases(draw: st.DrawFn):
    edges = sorted(draw(st.sets(st.integers(0, 9000), min_size=2, max_size=12)))
    edges = edges[: len(edges) // 2 * 2]
    return tuple(zip(edges[::2], edges[1::2], strict=True)), edges[-1] + draw(st.integers(0, 500))


@given(cases())
def test_regions_are_made_and_nothing_else(case) -> None:
    spans, frames = case
    wanted, made = np.zeros(frames, bool), np.zeros(frames, int)
    for a, b in spans:
        wanted[a:b] = True
    for chain in around(spans, frames, WINDOW, CONTEXT, OVERLAP):
        for piece in chain:
            assert 0 <= piece.start < piece.end <= frames and piece.end - piece.start <= WINDOW
            for index, (a, b) in enumerate(piece.made):
                assert piece.start <= a < b <= piece.end
                made[a + (piece.overlap if index == 0 else 0) : b] += 1
            assert piece.start == max(0, piece.made[0][0] - CONTEXT)
        assert chain[-1].end == min(frames, chain[-1].made[-1][1] + CONTEXT)
    assert (made == wanted).all()


@given(st.integers(1, 9000), st.integers(0, 800))
def test_backwards_is_the_mirror_of_forwards(length: int, rest: int) -> None:
    frames = length + rest
    forwards = along(rest, frames, frames, WINDOW, CONTEXT, OVERLAP)
    backwards = along(0, length, frames, WINDOW, CONTEXT, OVERLAP, backwards=True)
    assert [(frames - p.end, frames - p.start) for p in backwards] == [(p.start, p.end) for p in forwards]
    assert all(piece.backwards for piece in backwards) and backwards[0].made[0][1] == length


def test_near_regions_share_a_window_and_far_ones_do_not() -> None:
    chains = around(((1000, 1100), (1200, 1250), (5000, 5100)), 9000, WINDOW, CONTEXT, OVERLAP)
    assert [len(chain[0].made) for chain in chains] == [2, 1]


def test_what_pieces_leave_open_is_what_the_chain_has_yet_to_make() -> None:
    chain = along(100, 3000, 3100, WINDOW, CONTEXT, OVERLAP)
    assert len(chain) > 3 and [piece.last for piece in chain] == [False] * (len(chain) - 1) + [True]
    assert merged(span for piece in chain for span in piece.open) == ((100, 3000),)
    second = chain[1].made[0][0]
    assert merged(span for piece in chain[1:] for span in piece.open) == ((second + OVERLAP // 2, 3000),)


def test_a_window_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        along(0, 100, 100, 300, 150, 50)

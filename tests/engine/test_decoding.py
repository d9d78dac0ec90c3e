"""Decoding in pieces gives what decoding at once gives, and the first samples come before the last are computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import engine
from engine import Request
from engine.decoding import decoding, run_out, sketch
from engine.families.tone import Tone
from engine.hifigan import in_windows
from engine.passes import fresh


def finished(family: Any, **more: Any) -> Any:
    """A state of the family that is done."""
    request = Request(prompt="A4 rain", seed=1, steps=1, **more)
    state = family.begin(fresh(engine.Model(family).resolve(request), family.rate))
    while not state.done:
        (state,) = family.step([state])
    return state


@pytest.mark.parametrize("name", ["tone", "audioldm-tiny-random", "audioldm2-tiny-random"])
def test_the_pieces_are_the_whole(name: str) -> None:
    with engine.load(name) as model:
        state = finished(model.family, seconds=3.0)
        pieces, seen = [], decoding(model.family, state)
        while True:
            try:
                piece = next(seen)
            except StopIteration as end:
                rendered = end.value
                break
            pieces += [] if piece is None else [piece]
        assert len(pieces) > 1
        np.testing.assert_array_equal(np.concatenate(pieces), rendered.samples)
        np.testing.assert_array_equal(model.family.decode(state).samples, rendered.samples)


def test_a_vocoder_in_windows_is_the_vocoder() -> None:
    """A stand-in that looks as far as ours may: 32 frames to either side."""
    kernel = torch.hann_window(65)

    def vocode(mel: torch.Tensor) -> Any:
        wide = torch.nn.functional.conv1d(mel.mean(1)[None, None], kernel[None, None], padding=32)[0, 0]
        return wide.repeat_interleave(4).numpy()

    mel = torch.randn(300, 8, generator=torch.Generator().manual_seed(0))
    pieces = list(in_windows(vocode, mel, 4))
    assert [len(piece) for piece in pieces] == [512, 512, 176]
    np.testing.assert_allclose(np.concatenate(pieces), vocode(mel), atol=1e-4)


def test_a_family_that_knows_no_pieces_decodes_at_once() -> None:
    class Plain:
        def decode(self, state: Any) -> str:
            return f"decoded {state}"

    assert run_out(decoding(Plain(), 3)) == "decoded 3"  # type: ignore[arg-type]
    assert sketch(Plain(), 3) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["tone", "audioldm-tiny-random"])
def test_a_preview_is_as_long_as_the_take_and_changes_nothing(name: str) -> None:
    with engine.load(name) as model:
        state = finished(model.family, seconds=1.0)
        before = model.family.decode(state).samples
        shown = run_out(sketch(model.family, state))  # type: ignore[arg-type]
        assert abs(len(shown) - len(before)) < 32
        np.testing.assert_array_equal(model.family.decode(state).samples, before)


def test_a_tone_takes_its_time_for_pieces() -> None:
    family = Tone()
    assert len(list(decoding(family, finished(family, seconds=1.0)))) == 4

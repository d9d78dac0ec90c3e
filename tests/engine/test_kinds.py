"""Every kind that is computed keeps the rules of a kind: it begins at once, fits, is centred, and repeats."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training.corpus.draw import FRAMES, RATE, Draw, all_kinds

KINDS = all_kinds()
COMPUTED = [name for name, kind in KINDS.items() if kind.group not in ("instruments", "voices")]


@pytest.mark.parametrize("frames", [FRAMES, FRAMES // 2])
@pytest.mark.parametrize("name", COMPUTED)
def test_a_kind_renders_a_sound_that_fits_and_repeats(name: str, frames: int) -> None:
    kind = KINDS[name]
    clip, again = (np.asarray(kind.render(Draw(np.random.default_rng(3), frames))) for _ in range(2))
    assert clip.ndim == 1
    assert 0 < clip.size <= frames
    assert np.isfinite(clip).all()
    peak = np.abs(clip).max()
    assert peak > 1e-6
    assert abs(clip.mean()) < 0.02 * peak
    assert clip.size == frames if kind.sustained else np.abs(clip[: RATE // 50]).max() > 0.001 * peak
    assert np.array_equal(clip, again)

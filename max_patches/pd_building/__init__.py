"""What the Pd abstractions are made by: ``python -m max_patches.pd_building`` writes them and their help patches anew.

By code, because objects in a .pd file are known by their numbers alone: with one object more, the cords of a patch that
was written by hand are elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from max_patches.pd_building import helps, jobs, sound, stream, words

__all__ = ["FOLDER", "built"]

FOLDER = Path(__file__).parents[1] / "pd"


def built() -> Mapping[str, str]:
    """File name → content, of every patch that is made by code."""
    return {**words.patches(), **jobs.patches(), **sound.patches(), **helps.patches(), **stream.patches()}

"""Texts that are alike, by sound and by meaning, without torch."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from engine import meaning_vectors, sound_vectors


def test_what_sounds_alike_is_near_and_what_does_not_is_far() -> None:
    storm, thunder, piano = sound_vectors(["a thunderstorm", "thunder", "a piano"])
    assert storm @ thunder > 0.8
    assert storm @ piano < 0.5


def test_what_means_alike_is_near() -> None:
    ghost, spooky, kitchen = meaning_vectors(["a ghost", "spooky", "a kitchen drawer"])
    assert ghost @ spooky > ghost @ kitchen


def test_vectors_are_unit_or_zero_and_there_may_be_none() -> None:
    for vectors in (sound_vectors(["rain", "雨"]), meaning_vectors(["rain", "雨"])):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1.0, 0.0], atol=1e-4)
    assert sound_vectors([]).shape == (0, 256)


def test_asking_needs_no_torch() -> None:
    code = (
        "import sys, engine; engine.sound_vectors(['rain']); engine.meaning_vectors(['rain'])\n"
        "assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0

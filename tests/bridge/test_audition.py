"""A take is heard as its preset plays it, and the command line says so where nothing can be heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.audio.output import Output
from bridge.audio.players.null import offline
from bridge.audition import audition
from engine import Clip, Request, Take, write_wav
from presets import Playing


@pytest.fixture
def take(tmp_path: Path) -> Path:
    samples = np.sin(2 * np.pi * 440 * np.arange(4800) / 48000).astype(np.float32)
    request = Request(prompt="a", seconds=0.1, seed=1, steps=1, guidance=1.0, candidates=1, rate=48000, model="tone")
    write_wav(tmp_path / "take.wav", Take(Clip(0.5 * samples, 48000), request))
    return tmp_path / "take.wav"


def heard(take: Path, playing: Playing) -> tuple[np.ndarray, float]:
    """What a mixer makes of it, mixed while the audition waits."""
    output, parts = Output(), []

    def wait(seconds: float) -> None:
        parts.append(offline(output.mixer, round(seconds * 48000 / 256) * 256))

    held = audition(take, playing, True, output, wait)
    return np.concatenate(parts)[:, 0], held


def test_a_take_is_heard_once_and_a_loop_twice(take: Path) -> None:
    once, held = heard(take, Playing())
    assert held == pytest.approx(0.1)
    assert np.abs(once[:4800]).max() == pytest.approx(0.5, abs=0.02)
    assert np.abs(once[6000:]).max() < 1e-4
    twice, held = heard(take, Playing(mode="loop"))
    assert held == pytest.approx(0.2)
    assert np.abs(twice[6000:9000]).max() > 0.4
    assert np.abs(twice[-512:]).max() < 1e-3


def test_gain_and_tune_are_the_presets(take: Path) -> None:
    quiet, _ = heard(take, Playing(gain=-20.0))
    assert np.abs(quiet).max() == pytest.approx(0.05, abs=0.005)
    _, held = heard(take, Playing(tune=-12.0))
    assert held == pytest.approx(0.2, abs=0.002)


def test_the_command_line_renders_a_preset_and_goes_on_without_a_device(run_bridge: Any, tmp_path: Path) -> None:
    done = run_bridge(
        "presets", "play", "kick", "character=boomy", "seconds=0.2", "--model", "tone", "--local", "-o", str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    (path,) = done.stdout.split()
    assert Path(path).is_file()
    wrong = run_bridge("presets", "play", "kick", "character=bommy", "--model", "tone", "--local", "--silent")
    assert wrong.returncode != 0
    assert "character must be punchy | boomy | soft | hard" in wrong.stderr

"""tone gives the pitch that is asked for, exactly and always."""

from __future__ import annotations

import time

import numpy as np
import pytest

import engine
from engine.families.tone import phase_of, pitch, sine, strongest


@pytest.mark.parametrize(
    ("prompt", "hertz"),
    [
        ("440 Hz", 440.0),
        ("a tone at 1.5kHz please", 1500.0),
        ("A4", 440.0),
        ("a soft C4 note", 261.6256),
        ("F#3", 184.9972),
        ("Bb2", 116.5409),
        ("A-1", 13.75),
        ("A4 and 100 Hz", 100.0),
    ],
)
def test_pitch_is_read_from_the_prompt(prompt: str, hertz: float) -> None:
    assert pitch(prompt) == pytest.approx(hertz, rel=1e-6)


def test_other_prompts_have_a_pitch_of_their_own() -> None:
    pitches = {pitch(f"door {index}") for index in range(100)}
    assert len(pitches) == 100
    assert all(110 <= one <= 1760 for one in pitches)
    assert pitch("rain") == pitch("rain")
    assert pitch("MA45 rifle") == pytest.approx(pitch("MA45 rifle"))


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 96000])
def test_the_samples_are_the_sine(rate: int) -> None:
    request = engine.Request(prompt="1000 Hz", seed=5, seconds=0.5, rate=rate, level="none", fade=0)
    with engine.load("tone") as model:
        (take,) = model.render(request)
    samples = take.clip.samples[0]
    assert len(samples) == rate // 2
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(rate // 2) / rate + phase_of(5))
    skipped = round(0.001 * rate)  # its phase is not 0, so it is faded in
    np.testing.assert_allclose(samples[skipped:], expected[skipped:], atol=1e-6)


def test_a_pitch_beyond_the_rate_is_silent() -> None:
    assert not sine(5000, 1.0, 100, 8000).any()


def test_steps_take_the_time_that_was_asked_for() -> None:
    with engine.load("tone", step_seconds=0.01) as model:
        begin = time.perf_counter()
        model.render(engine.Request(prompt="x", seconds=0.05, steps=5))
    assert time.perf_counter() - begin >= 0.05


@pytest.mark.parametrize("value", [-1, 61, "fast", True])
def test_a_wrong_option_is_refused(value: object) -> None:
    with pytest.raises(engine.BadRequest, match="step_seconds must be 0 to 60 s"):
        engine.load("tone", step_seconds=value)


def test_a_recording_is_heard_by_its_strongest_frequency() -> None:
    heard = strongest(sine(1234.0, 0.3, 48000, 48000)[0], 48000)
    assert heard == pytest.approx(1234.0, abs=2)
    assert strongest(np.zeros(1000, np.float32), 48000) == 440.0
    source = engine.Clip(sine(1234.0, 0.3, 24000, 48000), 48000)
    with engine.load("tone") as model:
        (take,) = model.render(engine.Request(task="vary", source=source, seed=1, seconds=0.5))
    assert strongest(take.clip.samples[0], 48000) == pytest.approx(1234.0, abs=5)

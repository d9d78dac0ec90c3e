"""The edits through whole models: files of every kind in, exact lengths out, the source untouched outside the edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

import engine
from engine.model import Model, Progress
from engine.request import Clip, Request
from engine.splice import click, level, level_change

EDITS = {
    "restyle": {"strength": 0.6},
    "inpaint": {"regions": "0.4-0.9"},
    "extend": {"seconds": 0.7, "side": "both"},
    "upsample": {"cutoff": 3000.0},
}
FILES = {  # name: rate, channels, subtype
    "mono8k.wav": (8000, 1, "FLOAT"),
    "stereo44k.flac": (44100, 2, "PCM_16"),
    "studio96k.wav": (96000, 2, "PCM_24"),
    "surround.aiff": (48000, 8, "PCM_24"),
    "high192k.wav": (192000, 1, "DOUBLE"),
}


@pytest.fixture(scope="module", params=["tone", "audioldm-tiny-random"])
def model(request: pytest.FixtureRequest) -> Iterator[Model]:
    with engine.load(request.param) as loaded:
        yield loaded


def sound(rate: int, channels: int, seconds: float = 1.3) -> np.ndarray:
    frames = round(seconds * rate)
    tone = 0.2 * np.sin(2 * np.pi * 330 / rate * np.arange(frames))
    noise = 0.05 * np.random.default_rng(3).standard_normal((channels, frames))
    return (tone + noise).astype(np.float32)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("task", EDITS)
def test_files_of_every_kind_keep_rate_channels_and_length(model: Model, tmp_path: Path, task: str, name: str) -> None:
    rate, channels, subtype = FILES[name]
    path = tmp_path / name
    soundfile.write(path, sound(rate, channels).T, rate, subtype=subtype)
    source = soundfile.read(path, dtype="float32", always_2d=True)[0].T
    request = Request(task=task, prompt="rain", source=str(path), seed=5, steps=2, **EDITS[task])
    (take,) = model.render(request)
    clip, frames = take.clip, source.shape[1]
    expected = {"extend": (rate, frames + 2 * round(0.7 * rate)), "upsample": (48000, round(frames * 48000 / rate))}
    if task == "upsample" and rate > 48000:
        assert clip.rate in (48000, rate) and clip.frames == round(frames * clip.rate / rate)
    else:
        assert (clip.rate, clip.frames) == expected.get(task, (rate, frames))
    assert clip.channels == channels and np.isfinite(clip.samples).all()
    if task == "inpaint":
        start, end = round(0.4 * rate), round(0.9 * rate)
        assert np.array_equal(clip.samples[:, :start], source[:, :start])
        assert np.array_equal(clip.samples[:, end:], source[:, end:])
        for seam in (start, end):
            assert click(clip.samples, seam, rate) <= 1.1
            assert abs(level_change(clip.samples, seam, rate)) < 1.0
    if task == "extend":
        start = round(0.7 * rate)
        assert np.array_equal(clip.samples[:, start : start + frames], source)


@pytest.mark.parametrize("task", EDITS)
def test_the_same_edit_is_the_same_sound(model: Model, task: str) -> None:
    request = Request(
        task=task, prompt="rain", source=Clip(sound(44100, 2), 44100), seed=5, steps=2, **EDITS[task]
    )
    first, again = (model.render(request)[0].clip.samples for _ in range(2))
    assert np.array_equal(first, again)
    other = model.render(request.replace(seed=6))[0].clip.samples
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("task", EDITS)
def test_an_edit_can_be_left_after_every_step(model: Model, task: str) -> None:
    """Progress comes after each step, so that who drops the rendering waits for one step at most."""
    request = Request(
        task=task, prompt="rain", source=Clip(sound(44100, 1), 44100), seed=5, steps=5, **EDITS[task]
    )
    steps, calls = [], 0
    step = model.family.step

    def counted(states):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        return step(states)

    model.family.step = counted  # type: ignore[method-assign]
    try:
        rendering = model.rendering(request)
        for _ in range(2):
            steps.append(next(rendering))
        rendering.close()  # type: ignore[attr-defined]
    finally:
        model.family.step = step  # type: ignore[method-assign]
    assert all(isinstance(one, Progress) for one in steps) and calls == 2


def test_strength_nothing_gives_a_file_back_bit_for_bit(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    soundfile.write(path, sound(96000, 2).T, 96000, subtype="PCM_24")
    (take,) = model.render(Request(task="restyle", prompt="rain", source=str(path), strength=0.0))
    assert np.array_equal(take.clip.samples, soundfile.read(path, dtype="float32", always_2d=True)[0].T)


@pytest.fixture(scope="module")
def pocket() -> Iterator[Model]:
    with engine.load("pocket") as loaded:
        yield loaded


def test_the_pocket_fills_a_gap_in_stereo(pocket: Model) -> None:
    source = Clip(sound(44100, 2, 3.0), 44100)
    spans = ((44100, 66150),)
    (take,) = pocket.render(
        Request(task="inpaint", prompt="rain", source=source, regions="44100-66150 samples", seed=1, steps=4)
    )
    samples = take.clip.samples
    ((start, end),) = spans
    assert np.array_equal(samples[:, :start], source.samples[:, :start])
    assert np.array_equal(samples[:, end:], source.samples[:, end:])
    for seam in (start, end):
        assert click(samples, seam, 44100) <= 1.1 and abs(level_change(samples, seam, 44100)) < 1.0
    assert level(samples[:, start:end]) > 0.02


def test_the_pocket_restyles_more_with_more_strength(pocket: Model) -> None:
    """The stronger, the farther from the source; a little strength keeps its envelope."""
    burst = sound(48000, 1, 2.56) * (np.arange(122880) // 24000 % 2)
    distances = []
    for strength in (0.1, 0.5, 1.0):
        request = Request(task="restyle", prompt="a dog barks", source=Clip(burst, 48000), strength=strength, seed=2)
        (take,) = pocket.render(request)
        hulls = [
            np.sqrt(np.mean(one[0, :120000].reshape(250, 480) ** 2, axis=1)) for one in (take.clip.samples, burst)
        ]
        distances.append(float(np.corrcoef(*hulls)[0, 1]))
    assert distances[0] > 0.9 and distances[0] > distances[1] > distances[2]

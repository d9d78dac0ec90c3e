"""The edits through whole models: files of every kind in, exact lengths out, the source untouched outside the edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

import engine
from engine.bands import crossover, long_spectrum
from engine.finish import fit, resample
from engine.model import Model, Progress
from engine.request import Clip, Request
from engine.splice import click, complement, decibels, level, level_change
from tests.engine.recordings import RECORDINGS, recording, three_minutes

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


def noise(frames: int, rate: int) -> Clip:
    return Clip((0.1 * np.random.default_rng(0).standard_normal((1, frames))).astype(np.float32), rate)


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
    above = max(48000, rate)
    expected = {"extend": (rate, frames + 2 * round(0.7 * rate)), "upsample": (above, round(frames * above / rate))}
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


def flaws(pocket: Model, source: Clip | str, clip: Clip, seconds: tuple[tuple[float, float], ...]) -> list[str]:
    """Inpaint with the model that ships, and say what is wrong with the length, a sample outside, or a seam."""
    regions = ", ".join(f"{a:.3f}-{b:.3f}" for a, b in seconds)
    request = Request(task="inpaint", prompt="a door slams", source=source, regions=regions, seed=3, steps=4)
    (take,) = pocket.render(request)
    spans, made, rate = request.spans(clip.rate, clip.frames), take.clip.samples, clip.rate
    if take.clip.rate != rate or made.shape != clip.samples.shape:
        return [f"{made.shape} at {take.clip.rate} Hz instead of {clip.samples.shape} at {rate} Hz"]
    found = [
        f"frames {start} to {end} have changed"
        for start, end in complement(spans, clip.frames)
        if not np.array_equal(made[:, start:end], clip.samples[:, start:end])
    ]
    for seam in {edge for span in spans for edge in span} - {0, clip.frames}:
        if not (loud := click(made, seam, rate)) <= 1.1:
            found.append(f"a click of {loud:.2f} at frame {seam}")
        for measured in (0.01, 0.02, 0.05):
            if not abs(step := level_change(made, seam, rate, measured)) < 1.0:
                found.append(f"a step of {step:.2f} dB within {measured} s at frame {seam}")
    return found


@pytest.mark.peers
@pytest.mark.parametrize("name", RECORDINGS)
def test_the_pocket_inpaints_recordings(pocket: Model, name: str) -> None:
    clip = recording(name)
    whole = clip.seconds
    assert flaws(pocket, clip, clip, ((0.2 * whole, 0.4 * whole), (0.6 * whole, 0.75 * whole))) == []


@pytest.mark.peers
def test_the_pocket_inpaints_a_file_of_96_khz_and_24_bits(pocket: Model, tmp_path: Path) -> None:
    path = tmp_path / "shutter.wav"
    clip = recording("freedesktop/stereo/camera-shutter.oga")
    soundfile.write(path, clip.samples.T, clip.rate, subtype="PCM_24")
    stored = Clip(soundfile.read(path, dtype="float32", always_2d=True)[0].T, clip.rate)
    assert flaws(pocket, str(path), stored, ((0.3, 0.5),)) == []


@pytest.mark.peers
@pytest.mark.timeout(300)
def test_the_pocket_inpaints_three_minutes(pocket: Model) -> None:
    clip = three_minutes()
    assert flaws(pocket, clip, clip, ((12.3, 13.1), (14.0, 14.2), (120.0, 132.0), (179.0, 180.0))) == []


@pytest.mark.timeout(300)
def test_the_pocket_goes_on_without_fading_away(pocket: Model) -> None:
    """Noise for half a minute more: no stretch of it, nor its upper band, is far from the source."""
    rate = 44100
    source = noise(4 * rate, rate)
    request = Request(task="extend", prompt="white noise", source=source, seconds=30.0, seed=1, steps=4)
    samples = pocket.render(request)[0].clip.samples
    parts = np.array_split(samples[:, 4 * rate : -rate], 5, axis=1)
    assert max(abs(decibels(level(part) / 0.1)) for part in parts) < 4.0
    tops = [decibels(level(crossover(part, 5000.0, rate)[1]) / level(part)) for part in parts]
    assert max(tops) - min(tops) < 6.0


@pytest.mark.peers
def test_the_pocket_upsamples_speech(pocket: Model) -> None:
    """Speech cut off at 4 kHz gets a band above that, and is the same below."""
    whole = recording("alsa/Front_Center.wav")
    narrow = Clip(resample(whole.samples, 48000, 8000), 8000)
    (take,) = pocket.render(Request(task="upsample", source=narrow, seed=1, steps=4))
    base = fit(resample(narrow.samples, 8000, 48000), take.clip.frames)
    changes, had = (long_spectrum(one) for one in (take.clip.samples - base, base))
    assert take.clip.rate == 48000 and take.clip.frames == round(narrow.frames * 6)
    low, high = slice(0, 280), slice(400, 1700)
    assert 10 * np.log10(changes[low].sum() / had[low].sum()) < -50
    assert changes[high].sum() > 100 * had[high].sum()


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

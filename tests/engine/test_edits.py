"""Edits of recordings: what is outside stays bit for bit, seams are neither heard nor measured, lengths are exact.

The renderer here is a stand-in that makes noise of its own and gives what is held back at half its level, so that a
seam which only happens to fit would show; `test_edits_rendered.py` goes through whole models.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
import pytest

from engine.bands import crossover, cutoff_of, long_spectrum
from engine.errors import BadRequest
from engine.finish import resample
from engine.passes import Pass, Work
from engine.request import Clip, Request
from engine.splice import click, complement, decibels, level, level_change
from engine.tasks import extend, inpaint, restyle, upsample
from tests.engine.recordings import RECORDINGS, recording, three_minutes


def noise(frames: int, rate: int, channels: int = 1, seed: int = 0) -> Clip:
    return Clip((0.1 * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32), rate)


def stand_in(one: Pass) -> np.ndarray:
    made = (0.03 * np.random.default_rng(one.seed).standard_normal(one.frames)).astype(np.float32)
    for start, end in one.hold:
        made[start:end] = 0.5 * one.source[start:end]
    return made


def driven(
    run: Callable[[Work], Generator[list[Pass], list[np.ndarray], Clip]],
    source: Clip,
    render: Callable[[Pass], np.ndarray] = stand_in,
    **fields: object,
) -> tuple[Clip, list[Pass]]:
    task = run.__module__.rpartition(".")[2]
    request = Request(**{"prompt": "rain", "seed": 7, "task": task, "source": source, **fields})  # type: ignore[arg-type]
    request = request.resolved({**DEFAULTS, "rate": 48000 if task == "upsample" else source.rate})
    lists: list[int] = []
    plan = run(Work(request=request, source=source, rate=48000, window=10.24, expect=lists.append))
    seen, count = [], 0
    try:
        passes = next(plan)
        while True:
            seen, count = seen + passes, count + 1
            passes = plan.send([render(one) for one in passes])
    except StopIteration as end:
        assert lists == ([count] if count else [])
        return end.value, seen


DEFAULTS = {"steps": 4, "guidance": 2.0, "model": "stand-in"}


def in_samples(spans: tuple[tuple[int, int], ...]) -> str:
    return ", ".join(f"{start}-{end} samples" for start, end in spans)


def check_inpainted(source: Clip, result: Clip, spans) -> None:
    assert result.rate == source.rate and result.samples.shape == source.samples.shape
    for start, end in complement(spans, source.frames):
        assert np.array_equal(result.samples[:, start:end], source.samples[:, start:end])
    for start, end in spans:
        assert not np.array_equal(result.samples[:, start:end], source.samples[:, start:end])
        for seam in (start, end):
            if 0 < seam < source.frames:
                assert click(result.samples, seam, source.rate) <= 1.1
                for measured in (0.01, 0.02, 0.05):
                    assert abs(level_change(result.samples, seam, source.rate, measured)) < 1.0


@pytest.mark.peers
@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_are_inpainted(name: str) -> None:
    source = recording(name)
    n = source.frames
    spans = ((n // 5, n // 5 + n // 6), (n // 2, n // 2 + n // 4))
    check_inpainted(source, driven(inpaint.run, source, regions=in_samples(spans))[0], spans)


@pytest.mark.peers
def test_three_minutes_are_inpainted_in_windows_about_the_regions() -> None:
    source, rate = three_minutes(), 44100
    seconds = ((12.3, 13.1), (14.0, 14.2), (90.0, 112.5), (175.0, 180.0))
    spans = tuple((round(a * rate), round(b * rate)) for a, b in seconds)
    result, passes = driven(inpaint.run, source, regions=", ".join(f"{a}-{b}" for a, b in seconds))
    check_inpainted(source, result, spans)
    assert max(one.frames for one in passes) <= 10.24 * 48000 + 1
    assert sum(one.frames for one in passes) < 2 * 65 * 48000  # two channels of far less than three minutes


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (11025, 2), (48000, 8), (96000, 2), (192000, 1)])
def test_any_rate_and_channel_count_keeps_its_length(rate: int, channels: int) -> None:
    source = noise(2 * rate + 17, rate, channels)
    span = (rate // 2, rate + 3)
    inpainted = driven(inpaint.run, source, regions=f"{span[0]}-{span[1]} samples")[0]
    check_inpainted(source, inpainted, (span,))
    assert driven(restyle.run, source, strength=0.6)[0].samples.shape == source.samples.shape
    extended = driven(extend.run, source, seconds=1.111, side="both")[0]
    assert extended.samples.shape == (channels, source.frames + 2 * round(1.111 * rate))


@pytest.mark.parametrize("rate", [8000, 192000])
@pytest.mark.parametrize("frames", [1, 10, 1000])
def test_clips_of_next_to_nothing(rate: int, frames: int) -> None:
    source = noise(frames, rate, 2)
    assert driven(restyle.run, source)[0].frames == frames
    assert driven(inpaint.run, source, regions="0-1 samples")[0].frames == frames
    assert driven(extend.run, source, seconds=0.05)[0].frames == frames + rate // 20
    assert driven(upsample.run, source, cutoff=2000.0)[0].frames == max(1, round(frames * 48000 / rate))


def test_a_region_of_a_few_samples_and_one_at_each_end() -> None:
    source = noise(96000, 48000)
    for spans in (((0, 4800),), ((91200, 96000),), ((40000, 40007),), ((0, 96000),)):
        result = driven(inpaint.run, source, regions=in_samples(spans))[0].samples
        for start, end in complement(spans, 96000):
            assert np.array_equal(result[:, start:end], source.samples[:, start:end])


def test_what_is_replaced_is_not_shown_to_the_model() -> None:
    samples = noise(96000, 48000).samples.copy()
    samples[:, 30000:50000] = 0.9
    _, (one,) = driven(inpaint.run, Clip(samples, 48000), regions="30000-50000 samples")
    assert np.abs(one.source).max() < 0.7 and one.strength == 1.0
    assert one.hold == ((0, 30000), (50000, 96000))


def test_channels_that_are_alike_are_rendered_once() -> None:
    source = Clip(np.repeat(noise(48000, 48000).samples, 2, axis=0), 48000)
    result, passes = driven(inpaint.run, source, regions="0.3-0.6")
    assert len(passes) == 1 and np.array_equal(result.samples[0], result.samples[1])
    unlike = driven(inpaint.run, noise(48000, 48000, 2), regions="0.3-0.6")[1]
    assert len(unlike) == 2 and unlike[0].seed == unlike[1].seed


def test_no_region_is_an_error() -> None:
    with pytest.raises(BadRequest, match="regions"):
        driven(inpaint.run, noise(48000, 48000))


def test_strength_nothing_is_the_source_itself() -> None:
    source = noise(50001, 44100, 2)
    result, passes = driven(restyle.run, source, strength=0.0)
    assert np.array_equal(result.samples, source.samples) and result.rate == 44100 and not passes


def test_restyled_stereo_stays_stereo_and_as_loud() -> None:
    samples = noise(30 * 44100, 44100, 2).samples * np.array([[1.0], [0.25]], np.float32)
    result, passes = driven(restyle.run, Clip(samples, 44100), strength=0.7)
    assert {one.strength for one in passes} == {0.7} and len(passes) > 4
    assert max(one.frames for one in passes) <= 10.24 * 48000 + 1
    for made, own in zip(result.samples, samples, strict=True):
        assert abs(decibels(level(made) / level(own))) < 1.0
    # Each window but the first holds the end of the one before, and is free after that.
    assert [bool(one.hold) for one in passes] == [False] * 2 + [True] * (len(passes) - 2)


def test_explicit_rates_are_kept() -> None:
    result = driven(restyle.run, noise(44100, 44100), strength=0.5, rate=96000)[0]
    assert (result.rate, result.frames) == (96000, 96000)


@pytest.mark.peers
@pytest.mark.parametrize("side", ["after", "before", "both"])
@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_are_extended(name: str, side: str) -> None:
    source = recording(name)
    more = round(2.5 * source.rate)
    result = driven(extend.run, source, seconds=2.5, side=side)[0]
    start = 0 if side == "after" else more
    assert result.frames == source.frames + more * (2 if side == "both" else 1)
    assert np.array_equal(result.samples[:, start : start + source.frames], source.samples)
    for seam in {start, start + source.frames} - {0, result.frames}:
        assert click(result.samples, seam, source.rate) <= 1.1
        assert abs(level_change(result.samples, seam, source.rate)) < 1.0


def dulling(one: Pass) -> np.ndarray:
    """A model that makes noise like what it holds, each time 3 dB quieter and duller: an extension would die away."""
    made = (0.1 * np.random.default_rng(one.seed).standard_normal(one.frames)).astype(np.float32)
    held = np.concatenate([one.source[a:b] for a, b in one.hold])
    tops = [level(crossover(sound[None], 6000.0, 48000)[1]) / level(sound) for sound in (made, held)]
    below, above = crossover(made[None], 6000.0, 48000)
    made = (below + 0.8 * tops[1] / tops[0] * above)[0]
    return 0.7 * level(held) / level(made) * made


def test_two_minutes_of_extension_keep_level_and_spectrum() -> None:
    rate = 44100
    result = driven(extend.run, noise(5 * rate, rate), dulling, seconds=60.0)[0]
    result = driven(extend.run, result, dulling, seconds=60.0)[0]
    assert result.frames == 125 * rate
    parts = np.split(result.samples[:, 15 * rate :], 11, axis=1)
    for band in (None, 8000.0):
        levels = [level(part if band is None else crossover(part, band, rate)[1]) for part in parts]
        assert abs(decibels(levels[0] / levels[4])) < 0.5  # within one extension nothing moves
        assert abs(decibels(levels[0] / levels[-1])) < 6.0


def test_what_has_died_away_begins_anew_and_is_as_loud() -> None:
    samples = noise(2 * 44100, 44100, 2).samples.copy()
    samples[:, 60000:] *= 1e-4
    result, passes = driven(extend.run, Clip(samples, 44100), seconds=12.0)
    first, later = passes[0], passes[1:]
    assert first.source is None and not first.hold and all(one.source is not None for one in later)
    assert np.array_equal(result.samples[:, : 2 * 44100], samples)
    assert abs(decibels(level(result.samples[:, 100000:]) / 0.1)) < 1.0
    before = driven(extend.run, Clip(samples[:, ::-1], 44100), seconds=12.0, side="before")[0]
    assert np.array_equal(before.samples[:, -2 * 44100 :], samples[:, ::-1])
    assert abs(decibels(level(before.samples[:, :-100000]) / 0.1)) < 1.0


@pytest.mark.parametrize(("rate", "cutoff"), [(8000, 0.0), (16000, 0.0), (44100, 5000.0)])
def test_upsampling_keeps_the_source_below_and_adds_what_is_above(rate: int, cutoff: float) -> None:
    source = noise(12 * rate, rate, 2)
    result, passes = driven(upsample.run, source, cutoff=cutoff)
    assert result.rate == 48000 and result.frames == 12 * 48000
    below = min(cutoff or cutoff_of(source.samples, rate), rate / 2)
    assert all(one.hold_below == pytest.approx(below) for one in passes)
    base, spectrum = resample(source.samples, rate, 48000), long_spectrum(result.samples)
    hertz = np.arange(len(spectrum)) * 48000 / 4096
    low, high = hertz < 0.93 * below, (hertz > 1.07 * below) & (hertz < 22000)
    change = long_spectrum(result.samples - base)
    assert 10 * np.log10(change[low].sum() / spectrum[low].sum()) < -60
    assert abs(10 * np.log10(spectrum[high].mean() / spectrum[low].mean())) < 6


def test_upsampling_what_is_full_already_says_so() -> None:
    with pytest.raises(BadRequest, match="cutoff must be 0 to"):
        driven(upsample.run, noise(48000, 48000))


def test_an_extension_that_goes_over_into_prompts_has_a_colour_of_its_own() -> None:
    """Steered by the mixture, from all of a short source in one window, as loud; the seam is as good as any."""
    rate, source = 48000, noise(2 * 48000, 48000)
    fields: dict[str, object] = {"prompt": "", "prompts": "thunder : 3 | wind : 1", "motion": "moving",
                                "seconds": 6.0, "fade": 0.0}

    def dull(one: Pass) -> np.ndarray:
        made = np.convolve(np.random.default_rng(one.seed).standard_normal(one.frames), np.ones(24) / 60, "same")
        for start, end in one.hold:
            made[start:end] = one.source[start:end]
        return made.astype(np.float32)

    result, passes = driven(extend.run, source, dull, **fields)
    assert len(passes) == 1
    wanted = [("thunder", 0.75), ("wind", 0.25)]
    assert [(one.text, one.weight) for one in passes[0].conditions] == wanted
    assert np.array_equal(result.samples[:, : source.frames], source.samples)
    last = result.samples[:, -rate:]
    assert abs(decibels(level(last) / 0.1)) < 0.5
    assert level(np.diff(last)) < 0.5 * level(last)  # white noise has 1.4 of it
    same = driven(extend.run, source, dull, **{**fields, "motion": "fixed"})[0].samples[:, -rate:]
    assert level(np.diff(same)) > 1.2 * level(np.diff(last)) and abs(decibels(level(same) / 0.1)) < 0.5
    assert click(result.samples, source.frames, rate) <= 1.1
    assert abs(level_change(result.samples, source.frames, rate, 0.02)) < 1.0

    silent = Clip(np.where(np.arange(2 * rate) < rate, source.samples, 0.0).astype(np.float32), rate)
    _, (afresh,) = driven(extend.run, silent, dull, **fields)
    assert afresh.source is None
    assert [(one.text, one.weight) for one in afresh.conditions] == wanted

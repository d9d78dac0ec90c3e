"""Requests are frozen, valid and complete; clips are float32 and read-only."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from engine import PARAMS, BadRequest, Clip, ModelError, Request, UnknownKey

DEFAULTS = {"steps": 8, "guidance": 2.5, "model": "tone"}


def test_the_fields_are_the_table() -> None:
    assert [field.name for field in dataclasses.fields(Request)] == list(PARAMS)
    assert {field.name: field.default for field in dataclasses.fields(Request)} == {
        name: param.default for name, param in PARAMS.items()
    }


def test_a_request_cannot_be_changed() -> None:
    request = Request(prompt="rain")
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.seconds = 1.0  # type: ignore[misc]
    assert request.replace(seconds=1).seconds == 1.0
    assert request.seconds == 5.12


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"prompt": ""}, "prompt must be 1 to 1000 characters long, got 0"),
        ({"prompt": "  "}, "prompt must be 1 to 1000"),
        ({"seconds": float("nan")}, "seconds must be 0.05 to 60 s, got nan"),
        ({"seconds": "long"}, "seconds must be 0.05 to 60 s, got 'long'"),
        ({"takes": True}, "takes must be 1 to 16, got True"),
        ({"eta": 0.5}, "eta must be 0 unless the sampler is ddim"),
        ({"task": "sing"}, "task must be generate | restyle | .* | takes, got 'sing'"),
        ({"task": "restyle"}, "source must be the clip to restyle, got none"),
        ({"task": "loop", "prompt": ""}, "prompt must be 1 to 1000"),
        ({"task": "loop", "bars": 4}, "bpm must be 20 to 400 for a loop of bars, got 0"),
        ({"task": "loop", "bars": 64, "bpm": 20}, "bars must make a loop of 0.05 to 60 s, got one of 768 s"),
        ({"task": "morph"}, "prompts must be two or more"),
        ({"task": "morph", "prompts": "rain | : 2"}, "each of the prompts must be 1 to 1000 characters long"),
        ({"task": "morph", "prompts": "rain | wind : -2"}, "a prompt's weight must be 0 to 1000000, got '-2'"),
        ({"task": "morph", "prompts": "rain : 0 | wind : 0"}, "prompts must have a weight above 0"),
        ({"task": "inpaint", "source": "a"}, "regions must name a region"),
        ({"task": "inpaint", "source": "a", "regions": "1-2, soon"}, "regions must be like .* got 'soon'"),
        ({"task": "inpaint", "source": "a", "regions": "2-1"}, "regions must end after they start, got '2-1'"),
        ({"guidance_from": 0.8, "guidance_to": 0.2}, "guidance_from must be 0 to guidance_to, 0.2, got 0.8"),
        ({"format": None}, "format must be text, got None"),
    ],
)
def test_wrong_values_are_refused(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(BadRequest, match=text):
        Request.from_dict({"prompt": "x", **fields})


def test_unknown_keys_are_refused_by_name() -> None:
    for make in (Request.from_dict, lambda fields: Request(prompt="x").replace(**fields)):
        with pytest.raises(UnknownKey, match="unknown key 'promt': did you mean prompt"):
            make({"promt": "x"})
    with pytest.raises(BadRequest, match="a request must be a table of keys and values, got list"):
        Request.from_dict([])  # type: ignore[arg-type]
    with pytest.raises(UnknownKey):
        Request.from_dict({1: 2})  # type: ignore[dict-item]


def test_json_and_back() -> None:
    request = Request(prompt="łódź 雨 \n\"q\"", seed=7, steps=3, guidance=1, sampler="ddim", eta=0.5)
    assert Request.from_dict(json.loads(json.dumps(request.to_dict()))) == request


@pytest.mark.parametrize(
    ("seconds", "rate", "frames"),
    [(5.12, 48000, 245760), (1.23456, 44100, 54444), (0.05, 8000, 400), (60, 192000, 11520000)],
)
def test_the_length_is_exact(seconds: float, rate: int, frames: int) -> None:
    assert Request(prompt="x", seconds=seconds, rate=rate).frames == frames


def test_a_loop_of_bars_is_exactly_as_long_as_they_are() -> None:
    loop = Request(task="loop", prompt="x", bars=4, bpm=127, rate=44100)
    assert loop.frames == round(16 * 60 / 127 * 44100) == 333354
    assert loop.replace(beats=3).frames == round(12 * 60 / 127 * 44100)
    assert loop.replace(bars=0, bpm=0).frames == round(5.12 * 44100)


def test_regions_are_seconds_or_samples() -> None:
    request = Request(task="inpaint", source="a", regions="4 - 4.5; 1.5-2.25 s, 2 to 3, 10-20 samples")
    assert request.spans(1000, 5000) == ((10, 20), (1500, 3000), (4000, 4500))
    assert request.spans(1000, 4495)[-1] == (4000, 4495)  # lengths are shown rounded
    with pytest.raises(BadRequest, match=r"regions must lie in 0 to 4\.2 s, got 4-4\.5"):
        request.spans(1000, 4200)
    with pytest.raises(BadRequest, match=r"regions must be a sample or longer, got 1-1\.00001 s at 8000 Hz"):
        request.replace(regions="1-1.00001").spans(8000, 10000)


def test_prompts_have_weights_that_add_up_to_one() -> None:
    request = Request(task="morph", prompts="rain : 3 | clock: tick | bell:0")
    assert request.weighted_prompts == (("rain", 0.75), ("clock: tick", 0.25), ("bell", 0.0))


def test_a_clip_may_be_the_source_and_is_told_in_words() -> None:
    clip = Clip(np.zeros((2, 100)), 44100)  # type: ignore[arg-type]
    request = Request(task="upsample", source=clip)
    assert request.source is clip
    assert request.replace(cutoff=8000).source is clip
    assert json.loads(json.dumps(request.to_dict()))["source"] == "a clip of 2 x 100 frames at 44100 Hz"


def test_resolving_fills_every_gap_and_only_those() -> None:
    resolved = Request(prompt="x", guidance=1.0).resolved(DEFAULTS)
    assert None not in resolved.to_dict().values()
    assert (resolved.steps, resolved.guidance, resolved.model) == (8, 1.0, "tone")
    assert not resolved.guided
    assert Request(prompt="x").resolved(DEFAULTS).guided
    assert resolved.resolved({**DEFAULTS, "steps": 3}) == resolved
    with pytest.raises(ModelError, match="no default for steps, guidance, model"):
        Request(prompt="x").resolved({})


def test_seeds_are_drawn_apart() -> None:
    seeds = {Request(prompt="x").resolved(DEFAULTS).seed for _ in range(20)}
    assert len(seeds) == 20


def test_takes_have_seeds_of_their_own_that_wrap_around() -> None:
    request = Request(prompt="x", seed=2**31 - 1, takes=3)
    assert [request.for_take(index).seed for index in range(3)] == [2**31 - 1, 0, 1]
    assert request.for_take(2).takes == 1
    with pytest.raises(BadRequest, match="resolved"):
        Request(prompt="x").for_take(0)


def test_a_clip_is_float32_two_dimensional_and_read_only() -> None:
    source = np.ones(480)
    clip = Clip(source, 48000)  # type: ignore[arg-type]
    assert (clip.samples.dtype, clip.samples.shape) == (np.float32, (1, 480))
    assert (clip.channels, clip.frames, clip.seconds) == (1, 480, 0.01)
    with pytest.raises(ValueError, match="read-only"):
        clip.samples[0, 0] = 2
    source[0] = 3  # the caller's own array stays the caller's
    with pytest.raises(BadRequest, match=r"shape \(channels, frames\)"):
        Clip(np.ones((1, 2, 3), np.float32), 48000)

"""Speech from words by a small model on random weights: every task says something, and what cannot be said is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import engine
from engine.errors import BadRequest
from engine.families import audioldm2_speech
from engine.families.audioldm2_random import load_random
from engine.families.audioldm2_speech import SpeakingAudioLDM2, WritingState
from engine.families.latent import LatentState
from engine.families.tone import Tone
from engine.language import write_on
from engine.memory import what_fits
from engine.model import Model
from engine.passes import Rendered, Work, fresh
from engine.request import Clip, Request
from engine.tasks import plan

SAID = {"transcript": "ɡˈʊd nˈaɪt", "spelling": "phonemes"}
SOUND = Clip((0.3 * np.random.default_rng(3).normal(size=16_000)).astype(np.float32), 16_000)


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with engine.load("audioldm2-tiny-speech-random") as found:
        assert found.name == "audioldm2-tiny-speech-random"
        yield found


@pytest.fixture(scope="module")
def family(model: Model) -> SpeakingAudioLDM2:
    assert isinstance(model.family, SpeakingAudioLDM2)
    return model.family


def test_the_voice_and_the_words_are_both_heard(family: SpeakingAudioLDM2) -> None:
    outline = family.spoken("a man whispers", "nˈaɪt")
    assert outline.shape == (16, 32)
    assert not torch.allclose(outline, family.spoken("a child shouts", "nˈaɪt"), atol=1e-4)
    assert not torch.allclose(outline, family.spoken("a man whispers", "dˈeɪ"), atol=1e-4)
    assert not torch.allclose(outline, family.spoken("a man whispers", ""), atol=1e-4)


@pytest.mark.peers
def test_words_are_spoken(model: Model, peer) -> None:
    """The take of words is the take of the phonemes that espeak-ng reads them as."""
    peer("espeak-ng")
    asked = Request(task="speak", transcript="Good night", prompt="a man whispers", seed=1, steps=2, rate=16_000)
    words = model.render(asked)[0]
    phonemes = model.render(asked.replace(**SAID))[0]
    assert np.array_equal(words.clip.samples, phonemes.clip.samples)
    assert 0.15 < words.clip.seconds <= 10.24


@pytest.mark.parametrize("task", ["generate", "loop", "restyle", "inpaint", "extend", "morph"])
def test_every_task_says_the_transcript(model: Model, task: str) -> None:
    own = {"morph": {"prompts": "a man | a child"}, "inpaint": {"regions": "0.2-0.4"}}.get(task, {"prompt": "a man"})
    source = {"source": SOUND} if task in ("restyle", "inpaint", "extend") else {}
    asked = Request(task=task, seconds=0.5, seed=1, steps=2, **SAID, **source, **own)  # type: ignore[arg-type]
    one, other = (model.render(asked.replace(transcript=said))[0].clip.samples for said in (SAID["transcript"], "oʊ"))
    assert one.shape == other.shape and not np.array_equal(one, other)


@pytest.mark.parametrize("task", ["generate", "loop"])
def test_without_a_transcript_nothing_is_rendered(model: Model, task: str) -> None:
    with pytest.raises(BadRequest, match="transcript must say what audioldm2-tiny-speech-random is to speak, got none"):
        model.render(Request(task=task, prompt="a man", seconds=0.5, steps=2))
    with pytest.raises(BadRequest, match="transcript must be 1 to 1000 characters to speak, got none"):
        Request(task="speak", prompt="a man")


@pytest.mark.parametrize(("said", "complaint"), [("ə" * 40, "1 to 39 phonemes with this model, got 40"), ("雨", "IPA")])
def test_what_cannot_be_said_is_named(model: Model, said: str, complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        model.render(Request(task="speak", transcript=said, spelling="phonemes", steps=2))


@pytest.mark.parametrize("unconditional", ["zeros", "empty"])
def test_what_is_led_away_from(unconditional: str) -> None:
    """Zeros, or the outline of a voice that says nothing; of a negative prompt always the latter."""
    found = load_random("tiny-speech", unconditional=unconditional)  # type: ignore[arg-type]
    assert isinstance(found, SpeakingAudioLDM2)
    nothing, noise = found.away(""), found.away("noise")
    zeros = found.guide_of(torch.zeros(16, 32), None)
    silent = found.guide_of(found.spoken("", ""), None)
    wanted = zeros if unconditional == "zeros" else silent
    for pair, same in zip(nothing.crossings[0].pairs, wanted.crossings[0].pairs, strict=True):
        torch.testing.assert_close(pair, same)
    assert not torch.allclose(noise.crossings[0].pairs[0][0], nothing.crossings[0].pairs[0][0])


def test_an_outline_is_written_in_steps_and_once_for_all_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is told from the first vectors on, and a job can be left after any of them."""
    monkeypatch.setattr(audioldm2_speech, "VECTORS", 5)
    calls = []
    monkeypatch.setattr(audioldm2_speech, "write_on", lambda *of: calls.append(of[2]) or write_on(*of))
    found = Model(load_random("tiny-speech", unconditional="empty"))
    asked = Request(task="speak", prompt="a man", seed=1, steps=3, takes=2, negative="noise", **SAID)
    results = list(found.rendering(asked))
    steps = [one for one in results if isinstance(one, engine.Progress)]
    takes = [one for one in results if isinstance(one, engine.Take)]
    assert [one.index for one in steps][: 4 + 4 + 3] == list(range(1, 12)) and {one.total for one in steps} == {11}
    assert calls == [5] * 8, "16 vectors in fives, for the voice and for the noise"
    calls.clear()
    again = found.render(asked)
    assert calls == [], "what was said once is not written again"
    other = load_random("tiny-speech", unconditional="empty")
    for voice, phonemes in (("a man", SAID["transcript"]), ("noise", "")):
        other.spoken(voice, phonemes)  # type: ignore[attr-defined]
    at_once = Model(other).render(asked)
    for one, two, three in zip(takes, again, at_once, strict=True):
        assert np.array_equal(one.clip.samples, two.clip.samples)
        assert np.allclose(one.clip.samples, three.clip.samples, atol=1e-5)


@torch.no_grad()
def test_a_step_of_writing_changes_nothing_that_was(family: SpeakingAudioLDM2) -> None:
    """Stepped twice, a state gives the same; its preview is nothing."""
    request = Request(task="speak", prompt="a robot", seed=1, steps=2, guidance=2.0, rate=16_000, **SAID)
    one = family.begin(fresh(request, family.rate))
    assert isinstance(one, WritingState) and family.preview(one) is None
    writing = family.beginning_of(("a robot", SAID["transcript"]))
    first = write_on(family.language, writing, 4)  # type: ignore[arg-type]
    twice = [write_on(family.language, first, 4).made for _ in range(2)]  # type: ignore[arg-type]
    assert torch.equal(*twice) and first.made.shape == (1, 4, 32)


def test_what_would_fit_is_tried_to_its_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of speech, which writes before there is anything to decode."""
    monkeypatch.setattr(audioldm2_speech, "VECTORS", 5)
    found = load_random("tiny-speech")
    decode, decoded = found.decode, []

    def small(state: Any) -> Rendered:
        decoded.append((state.asked.frames, isinstance(state, LatentState)))
        if state.asked.frames > 20_000:
            raise MemoryError
        return decode(state)

    monkeypatch.setattr(found, "decode", small)
    request = Request(prompt="a man", seconds=4.0, seed=1, steps=2, rate=16_000, **SAID)  # type: ignore[arg-type]
    text = what_fits(found, fresh(Model(found).resolve(request), found.rate))
    assert text == "out of memory: 4 s do not fit, 1 s would"
    assert decoded == [(32_000, True), (16_000, True)]


def test_speech_is_as_long_as_something_is_said() -> None:
    """A second of sound in the model's window of 10.24 s; what is silent after it is cut off, with a breath left."""
    rate, asked = 48_000, Request(task="speak", transcript="A4", seed=7, steps=1, seconds=30.0)

    class Brief(Tone):
        def decode(self, state: Any) -> Rendered:
            samples = super().decode(state).samples.copy()
            assert len(samples) == round(10.24 * rate)
            samples[rate:] *= 1e-3
            return Rendered(samples)

    clip = Model(Brief()).render(asked)[0].clip
    assert rate < clip.frames <= 1.2 * rate
    whole = Model(Tone()).render(asked)[0].clip
    assert whole.frames == round(10.24 * rate)


def test_speech_has_a_voice_also_where_none_is_described() -> None:
    asked = Request(task="speak", transcript="A4").resolved({"steps": 1, "guidance": 1.0, "model": "m"})
    (first,) = next(plan(Work(request=asked, source=None, rate=16_000, window=10.24)))
    assert first.wanted[0].text == "a person is speaking clearly"
    assert first.frames == 163_840


def test_it_is_warmed_up_with_a_word(
    model: Model, family: SpeakingAudioLDM2, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    spoken, begin = [], family.begin

    def begun(asked):  # type: ignore[no-untyped-def]
        spoken.append((asked.request.transcript, asked.request.spelling))
        return begin(asked)

    monkeypatch.setattr(family, "begin", begun)
    model.warm_up()
    assert spoken == [("wɔ", "phonemes")]

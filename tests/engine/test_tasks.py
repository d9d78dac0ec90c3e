"""What tasks do beyond editing: loops, mixtures, variations and the best of several; and every one can be left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine import BadRequest, Clip, ModelError, Progress, Request, Take
from engine.families.tone import Tone
from engine.model import Model
from engine.params import EDITS, TASKS
from engine.passes import Condition, Pass, Rendered, fresh
from engine.splice import click

BEEP = Clip(0.3 * np.sin(np.arange(2 * 22050 * 2).reshape(2, -1) * 0.05), 22050)  # type: ignore[arg-type]
OWN: dict[str, dict[str, Any]] = {
    "restyle": {"strength": 0.75},
    "inpaint": {"regions": "0.5-0.75"},
    "morph": {"prompts": "A4 | A5"},
    "loop": {"bars": 1, "bpm": 127},
    "takes": {"takes": 3},
    "speak": {"transcript": "A4"},
}


def ask(task: str, **values: Any) -> Request:
    """A request of any task, short and small."""
    source = {"source": BEEP} if task in EDITS else {}
    short = {"task": task, "prompt": "A4", "seconds": 0.5, "seed": 7, "steps": 4}
    return Request(**short | source | OWN.get(task, {}) | values)


@pytest.fixture
def tone() -> Model:
    return engine.load("tone")


@pytest.fixture(scope="module")
def pocket() -> Iterator[Model]:
    with engine.load("pocket", dtype="float32") as model:
        yield model


class Hearing(Tone):
    """A tone that can hear, a little: its score is how near the seed's last digit is to 5."""

    ranks = hears = True

    def begin(self, asked: Pass) -> Any:
        words = tuple(Condition("A3" if one.audio is not None else one.text, weight=one.weight) for one in asked.wanted)
        return super().begin(Pass(request=asked.request, frames=asked.frames, seed=asked.seed, conditions=words))

    def decode(self, state: Any) -> Rendered:
        return Rendered(super().decode(state).samples, -abs(state.asked.seed % 10 - 5))


def test_progress_of_every_task_counts_to_its_end(tone: Model) -> None:
    for task in TASKS:
        if task == "vary":
            continue
        seen: list[Progress] = []
        tone.render(ask(task), seen.append)
        assert [one.index for one in seen] == sorted(one.index for one in seen), task
        assert seen[-1].index == seen[-1].total, task
        assert len({one.total for one in seen}) == 1, task


@pytest.mark.parametrize("task", TASKS)
def test_every_task_can_be_left_after_every_step(task: str) -> None:
    """The caller has its turn after each step of each pass, and what is left then is done with."""
    model, steps = Model(Hearing()), 0
    length = len([one for one in model.rendering(ask(task)) if isinstance(one, Progress)])
    assert length >= 3
    for steps in range(1, length + 1):
        rendering = model.rendering(ask(task))
        counted = count_steps(model)
        for _ in range(steps):
            assert isinstance(next(rendering), Progress)
        rendering.close()  # type: ignore[attr-defined]
        assert next(counted) <= steps


def count_steps(model: Model) -> Iterator[int]:
    """How often the family has been asked to step since this was called."""
    calls, step = [0], type(model.family).step

    def counting(states: Any) -> Any:
        calls[0] += 1
        return step(model.family, states)

    model.family.step = counting  # type: ignore[method-assign]
    return iter(lambda: calls[0], None)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize(("bars", "bpm", "beats"), [(4, 127, 4), (1, 90.5, 3), (0.25, 174, 4)])
def test_a_loop_has_exactly_the_frames_of_its_bars(tone: Model, rate: int, bars: float, bpm: float, beats: int) -> None:
    clip = tone.render(ask("loop", bars=bars, bpm=bpm, beats=beats, rate=rate))[0].clip
    assert (clip.rate, clip.frames) == (rate, round(bars * beats * 60 / bpm * rate))
    assert seam(clip) <= 1.0


def seam(clip: Clip) -> float:
    """The click measure at the wrap of a loop that is played twice."""
    return click(np.concatenate((clip.samples, clip.samples), axis=1), clip.frames, clip.rate)


@pytest.mark.parametrize("prompt", ["techno drum beat", "heavy rain", "church bell"])
def test_four_bars_at_127_loop_without_a_click(pocket: Model, prompt: str) -> None:
    request = Request(task="loop", prompt=prompt, bars=4, bpm=127, rate=44100, seed=7)
    take = pocket.render(request)[0]
    assert take.clip.frames == 333354
    samples = take.clip.samples[0].astype(np.float64)
    assert abs(samples[0] - samples[-1]) <= np.abs(np.diff(samples)).max()
    assert seam(take.clip) <= 1.0
    # It does not die away towards the wrap, as a take with an end would.
    assert np.abs(samples).max() == pytest.approx(10 ** (-1 / 20), abs=1e-3)
    assert pocket.render(request)[0].clip.samples.tobytes() == take.clip.samples.tobytes()


@pytest.mark.parametrize(("seconds", "rate"), [(0.05, 48000), (0.3, 44100), (1.0, 8000), (12.0, 22050)])
def test_loops_of_any_length_are_exact_and_sound(pocket: Model, seconds: float, rate: int) -> None:
    clip = pocket.render(Request(task="loop", prompt="heavy rain", seconds=seconds, rate=rate, seed=1, steps=2))[0].clip
    assert clip.samples.shape == (1, round(seconds * rate))
    assert clip.samples.std() > 0.01
    assert seam(clip) <= 1.0


def test_loops_of_random_weights_have_no_seam_either() -> None:
    """AudioLDM's way: its VAE has attention, its vocoder draws nothing."""
    with engine.load("audioldm-tiny-random") as model:
        clip = model.render(Request(task="loop", prompt="x", bars=1, bpm=127, rate=44100, seed=1, steps=2))[0].clip
    assert clip.frames == round(4 * 60 / 127 * 44100)
    assert seam(clip) <= 1.0


def test_the_best_take_comes_first_with_its_own_seed() -> None:
    model = Model(Hearing())
    takes = model.render(ask("takes", takes=6, seed=2))
    assert [take.index for take in takes] == list(range(6))
    assert [take.request.seed for take in takes] == [5, 4, 6, 3, 7, 2]
    assert [take.score for take in takes] == [0, -1, -1, -2, -2, -3]
    again = model.render(takes[0].request)
    assert len(again) == 1
    assert again[0].clip.samples.tobytes() == takes[0].clip.samples.tobytes()


def test_without_ears_takes_keep_their_order(tone: Model) -> None:
    assert [take.request.seed for take in tone.render(ask("takes", takes=3, seed=2))] == [2, 3, 4]


def test_the_pockets_takes_are_those_of_generate_in_another_order(pocket: Model) -> None:
    request = Request(prompt="dog bark", takes=4, seconds=1, steps=4, seed=3)
    plain, best = pocket.render(request), pocket.render(request.replace(task="takes"))
    assert [take.score for take in best] == sorted((take.score for take in plain), reverse=True)
    for take in best:
        (same,) = [one for one in plain if one.request.seed == take.request.seed]
        assert same.clip.samples.tobytes() == take.clip.samples.tobytes()
    assert best[0].score > best[-1].score


def test_a_fixed_morph_lies_between_and_a_moving_one_goes_there(tone: Model) -> None:
    fixed = tone.render(ask("morph", prompts="100 Hz | 400 Hz", seconds=1.0))[0]
    moving = tone.render(ask("morph", prompts="100 Hz | 400 Hz", seconds=1.0, motion="moving"))[0]
    assert crossings(fixed.clip.samples[0]) == pytest.approx(400, abs=5)  # 200 Hz
    assert crossings(moving.clip.samples[0, :4800]) == pytest.approx(21, abs=3)
    assert crossings(moving.clip.samples[0, -4800:]) == pytest.approx(75, abs=6)


def crossings(samples: np.ndarray) -> int:
    return int(np.count_nonzero(np.diff(np.signbit(samples))))


def test_the_pocket_morphs_from_one_sound_to_another(pocket: Model) -> None:
    """Heard by its own ears: the first half is nearer to the first prompt, the second half to the second."""
    family: Any = pocket.family
    prompts = ["heavy rain", "siren"]
    request = Request(task="morph", prompts=" | ".join(prompts), motion="moving", seconds=8, seed=2)
    samples = pocket.render(request)[0].clip.samples[0]
    halves = [family.listen(np.array(half)) for half in (samples[: 3 * 48000], samples[-3 * 48000 :])]
    leaning = [float(half @ (family.embed(prompts[0]) - family.embed(prompts[1]))) for half in halves]
    assert leaning[0] > leaning[1] + 0.2
    alone = pocket.render(request.replace(prompts="heavy rain : 1 | siren : 0", motion="fixed"))[0]
    plain = pocket.render(Request(prompt="heavy rain", seconds=8, seed=2))[0]
    assert alone.clip.samples.tobytes() == plain.clip.samples.tobytes()


def test_a_variation_is_like_the_clip_and_with_a_prompt_like_that_too(pocket: Model) -> None:
    family: Any = pocket.family
    bell = pocket.render(Request(prompt="church bell", seconds=3, seed=5))[0].clip
    heard = family.listen(np.array(bell.samples[0]))

    def near(take: Take) -> tuple[float, float]:
        found = family.listen(np.array(take.clip.samples[0]))
        return float(found @ heard), float(found @ family.embed("heavy rain"))

    vary = Request(task="vary", source=bell, seconds=3, seed=1)
    like, other = near(pocket.render(vary)[0]), near(pocket.render(Request(prompt="heavy rain", seconds=3, seed=1))[0])
    assert like[0] > 0.5 > other[0] + 0.2
    mostly_rain = near(pocket.render(vary.replace(prompt="heavy rain", audio_weight=0.1))[0])
    assert mostly_rain[1] > like[1] + 0.2


@pytest.mark.parametrize("prompt", ["dog bark", "laser"])
def test_an_event_can_be_put_into_the_middle_of_another_sound(pocket: Model, prompt: str) -> None:
    """Not only where the model's training clips have their events, at the beginning."""
    family: Any = pocket.family
    siren = pocket.render(Request(prompt="siren", seconds=6, seed=2))[0].clip
    inpaint = Request(task="inpaint", source=siren, prompt=prompt, regions="2-3.5", seed=0, takes=4)
    heard = [np.array(take.clip.samples[0, 100_000:164_000]) for take in pocket.render(inpaint)]
    near = [float(family.listen(one) @ family.embed(prompt)) for one in heard]
    assert sorted(near)[1] > 0.15
    assert min(one.std() for one in heard) > 1e-3


def test_a_variation_has_the_clips_rate_and_its_own_length() -> None:
    take = Model(Hearing()).render(ask("vary", prompt="", seconds=0.3))[0]
    assert (take.clip.rate, take.clip.frames) == (22050, round(0.3 * 22050))
    assert crossings(take.clip.samples[0]) == pytest.approx(0.3 * 440, abs=2)  # A3, which it heard


def test_a_model_without_ears_says_what_it_lacks() -> None:
    complaint = "audioldm-tiny-random cannot vary a clip: it has no audio tower"
    with engine.load("audioldm-tiny-random") as model, pytest.raises(ModelError, match=complaint):
        model.render(ask("vary"))


def test_a_model_without_audiomae_says_what_it_lacks(tone: Model) -> None:
    with pytest.raises(ModelError, match="tone cannot vary a clip by looseness 2: it has no AudioMAE"):
        tone.render(ask("vary", looseness=2))


def test_a_model_that_cannot_speak_names_those_that_can(pocket: Model) -> None:
    with pytest.raises(BadRequest, match=r"task must be generate .* with pocket, got 'speak'; .*audioldm2_ljspeech"):
        pocket.resolve(ask("speak"))
    with pytest.raises(BadRequest, match="transcript must be empty with pocket, which cannot speak"):
        pocket.resolve(ask("generate", transcript="hello"))


def test_quality_stands_for_the_models_own_steps(tone: Model, pocket: Model) -> None:
    steps = [tone.resolve(Request(prompt="x", quality=quality)).steps for quality in ("draft", "normal", "best")]
    assert steps == sorted(set(steps))  # type: ignore[type-var]
    assert tone.resolve(Request(prompt="x", quality="best", steps=3)).steps == 3
    assert pocket.resolve(Request(prompt="x", quality="best")).candidates == 8
    assert pocket.resolve(ask("restyle", quality="best")).candidates == 1


def test_the_rate_is_the_sources_unless_given(tone: Model) -> None:
    rates = {task: tone.resolve(ask(task)).rate for task in TASKS}
    assert rates == {task: 22050 if task in EDITS and task != "upsample" else 48000 for task in TASKS}
    assert {tone.resolve(ask(task, rate=32000)).rate for task in TASKS} == {32000}


def test_a_take_too_large_for_the_bridge_is_refused_in_time(tone: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.rendering.MAX_PAYLOAD", 1000)
    with pytest.raises(ModelError, match="a take must have at most 250 samples, and this one has 1 x 24000 frames"):
        tone.render(ask("generate"))


def test_a_source_is_read_by_its_path(tone: Model, tmp_path: Path) -> None:
    path = tmp_path / "beep.wav"
    engine.write_wav(path, Take(BEEP, Request(prompt="x", format="float32")))
    there, here = (tone.render(ask("restyle", source=one))[0].clip.samples for one in (str(path), BEEP))
    assert np.array_equal(there, here)
    with pytest.raises(engine.FileError, match=r"none\.wav"):
        tone.render(ask("restyle", source=str(tmp_path / "none.wav")))


def test_passes_say_what_is_wanted_and_how_loud_it_has_to_be_shown() -> None:
    request = Request(prompt="x", seed=1)
    assert [one.text for one in fresh(request, 48000).wanted] == ["x"]
    two = (Condition("a", weight=0.0), Condition("b"))
    quiet = np.full(10, 0.01, np.float32)
    asked = Pass(request=request, frames=10, seed=1, conditions=two, source=quiet)
    assert [one.text for one in asked.wanted] == ["b"]
    assert asked.gain == pytest.approx(89, rel=1e-3)
    assert fresh(request, 48000).gain == 1.0
    assert Pass(request=request, frames=1, seed=1, source=np.zeros(1, np.float32)).gain == 1.0


def test_prompts_without_letters_are_refused_wherever_they_are(pocket: Model) -> None:
    for values in ({"task": "morph", "prompts": "rain | 雨"}, {"task": "loop", "prompt": "雨"}):
        with pytest.raises(BadRequest, match="Latin letters"):
            pocket.render(Request(**values))  # type: ignore[arg-type]

"""The live stream in simulated time: an engine that takes as long as it is told to, a mixer that nobody hears."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

import engine
from bridge.audio.mixer import Mixer
from bridge.audio.players.null import offline
from bridge.audio.recorder import Played
from bridge.child import Lost
from bridge.live.join import Tail, joined
from bridge.live.plan import CONTEXT, SPARE, TICK
from bridge.live.stream import Stream
from bridge.live.values import Window
from bridge.live.wish import Wish, written
from engine import Done, Failed, Handling, Ready, Request, TakeReady
from engine.splice import click, level_change

RATE = 48000
TONE = engine.load("tone")


class Simulation:
    """A stream whose time is the mixer's. ``took(number)``: seconds that the window of this number takes, from 0."""

    def __init__(self, took: Callable[[int], float] = lambda number: 0.5) -> None:
        self.mixer = Mixer(RATE, 480, 2)
        self.took = took
        self.now = 0.0
        self.asked: list[tuple[float, Request, Handling]] = []
        self.due: list[tuple[float, str, Request]] = []
        self.told: list[tuple[float, str, tuple[object, ...]]] = []
        self.windows: list[tuple[float, Window]] = []
        self.cues: list[Played] = []
        self.heard: list[np.ndarray] = []
        self.refuse = False
        self.stream = Stream(self, self.mixer, self, self.aside, lambda: self.now)
        self.stream.use_model("tone")
        self.stream.on_event("tone", Ready("tone", RATE, "1", ("extend",)))

    @staticmethod
    def aside(work: Callable[[], object], then: Callable[[], None]) -> None:
        work()
        then()

    # the engines

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        self.due.append((self.now + self.took(len(self.asked)), key, request))
        self.asked.append((self.now, request, handling))

    def cancel(self, model: str, key: str) -> None:
        self.due = [one for one in self.due if one[1] != key]

    # the audience

    def began(self, window: Window) -> None:
        self.windows.append((self.now, window))

    def behind(self, shortfalls: int, short: float) -> None:
        self.told.append((self.now, "behind", (shortfalls, short)))

    def failed(self, code: str, text: str) -> None:
        self.told.append((self.now, "failed", (code, text)))

    def triggered(self, played: Played) -> None:
        self.cues.append(played)

    # time

    def run(self, seconds: float) -> None:
        """Go on for so long, a tick after the other."""
        for _ in range(round(seconds / TICK)):
            self.heard.append(offline(self.mixer, round(TICK * RATE)))
            self.now += TICK
            for one in [one for one in self.due if one[0] <= self.now]:
                self.due.remove(one)
                self._answer(*one[1:])
            self.stream.tick()

    def _answer(self, key: str, request: Request) -> None:
        if self.refuse:
            self.stream.on_event("tone", Failed(key, "model", "no"))
            return
        (take,) = TONE.render(request.replace(model="tone"))
        self.stream.on_event("tone", TakeReady(key, take))
        self.stream.on_event("tone", Done(key, 1))

    @property
    def sound(self) -> np.ndarray:
        """All that was heard: (2, frames)."""
        return np.concatenate(self.heard).T


def wish(*prompts: str, **settings: object) -> Wish:
    made = Wish()
    for slot, prompt in enumerate(prompts, 1):
        made = made.with_prompt(slot, prompt)
    return made.with_settings({"seed": 3, **settings})


def levels(sound: np.ndarray, seconds: float = 0.05) -> np.ndarray:
    """Root mean squares of stretches, in dB."""
    size = round(seconds * RATE)
    blocks = sound[0, : sound.shape[1] // size * size].reshape(-1, size)
    return 20 * np.log10(np.sqrt(np.mean(blocks.astype(np.float64) ** 2, axis=1)) + 1e-9)


def pitches(sound: np.ndarray, seconds: float = 0.25) -> np.ndarray:
    """The strongest frequency of stretches, in Hz."""
    size = round(seconds * RATE)
    blocks = sound[0, : sound.shape[1] // size * size].reshape(-1, size) * np.hanning(size)
    return np.abs(np.fft.rfft(blocks)).argmax(axis=1) * RATE / size


def test_a_minute_has_no_gap_no_click_and_one_level() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(61.0)
    now = one.stream.status()
    assert (now.state, now.shortfalls, now.short, now.why) == ("playing", 0, 0.0, "")
    assert now.windows >= 15 and now.realtime > 4.0 and now.playing == "440 Hz : 1"
    begin = round(one.windows[0][0] * RATE) + round(0.1 * RATE)
    sound = one.sound[:, begin:]
    measured = levels(sound)
    assert measured.min() > -21.5 and measured.max() < -18.5  # -20 dBFS, and no seam is louder than its surroundings
    assert len(one.windows) == len(one.cues) >= 14
    for cue in one.cues[1:]:
        assert click(one.sound, cue.frame, RATE) <= 1.1
        assert abs(level_change(one.sound, cue.frame, RATE)) < 1.0
    seeds = [request.seed for _, request, _ in one.asked]
    assert seeds == list(range(3, 3 + len(seeds)))
    assert {handling.priority for _, _, handling in one.asked} == {"live"}
    assert [request.task for _, request, _ in one.asked[:2]] == ["generate", "extend"]


def test_windows_begin_where_the_cue_sheet_says() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz", window=2.0))
    one.run(20.0)
    frames = [cue.frame for cue in one.cues]
    assert {b - a for a, b in itertools.pairwise(frames)} == {2 * RATE}
    first = np.flatnonzero(one.sound[0])[0]
    assert 0 <= first - frames[0] <= 2
    assert [cue.prompt for cue in one.cues] == ["440 Hz : 1"] * len(frames)


@pytest.mark.parametrize("at", [7.0, 8.3, 9.7, 11.1])
def test_a_change_is_heard_within_the_stated_delay(at: float) -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz", "1760 Hz", weight2=0.0))
    one.run(at)
    assert one.stream.status().playing == "440 Hz : 1"
    delay = one.stream.status(beyond=2 * 480 / RATE).delay
    assert delay < 4.0 + 0.5 * 1.25 + 0.5 + 0.2
    one.stream.change(one.stream.wish.with_settings({"weight1": 0.0, "weight2": 1.0}))
    one.run(delay + 0.5)
    one.run(3.0)
    changed = next(time for time, window in one.windows if window.mixture[0][0] == "1760 Hz")
    assert changed - at <= delay + TICK
    heard = pitches(one.sound)
    assert np.abs(heard[int((at + delay + 0.5) * 4) : -1] - 1760).max() < 8  # of the sound itself
    assert np.abs(heard[4 : int(at * 4)] - 440).max() < 8


def test_a_mixture_is_asked_for_with_its_weights() -> None:
    one = Simulation()
    one.stream.start(wish("rain", "thunder", "wind", weight1=0.7, weight2=0.3, weight3=0.0, guidance=3.0, steps=5))
    one.run(6.0)
    first, second = (request for _, request, _ in one.asked[:2])
    assert (first.task, first.prompts, first.guidance, first.steps) == ("morph", "rain : 0.7 | thunder : 0.3", 3.0, 5)
    assert (second.task, second.prompts) == ("extend", "rain : 0.7 | thunder : 0.3")
    assert second.source.frames == 2 * RATE
    one.stream.change(one.stream.wish.with_settings({f"weight{slot}": 0.0 for slot in range(1, 9)}))
    one.run(6.0)
    assert one.asked[-1][1].prompts == "rain : 0.7 | thunder : 0.3"  # with all knobs down, the last mixture stays


@pytest.mark.parametrize("prompt", ["440 Hz", "noise"])
def test_who_falls_behind_repeats_the_last_window_without_silence(prompt: str) -> None:
    """Windows that take twice their own length: a third of the time is repetition, and all of it is sound."""
    one = Simulation(lambda number: 0.2 if number < 2 else 8.0)
    if prompt == "noise":
        one._answer = lambda key, request: one.stream.on_event("tone", TakeReady(key, noise(request)))  # type: ignore[method-assign]
    one.stream.start(wish(prompt))
    one.run(60.0)
    now = one.stream.status()
    assert now.shortfalls >= 3 and 20.0 < now.short < 45.0
    behind = [args for _, what, args in one.told if what == "behind"]
    assert [count for count, _ in behind] == list(range(1, now.shortfalls + 1))
    begin = round((one.windows[0][0] + 0.2) * RATE)
    measured = levels(one.sound[:, begin:], 0.1)
    assert measured.min() > -22.5 and measured.max() < -17.5
    steps = np.abs(np.diff(one.sound[0, begin:]))
    usual = np.percentile(steps, 99.99)
    assert steps.max() < 1.5 * usual  # no seam of a cycle, or of a late window, jumps
    if prompt == "440 Hz":
        assert np.abs(pitches(one.sound[:, begin:]) - 440).max() < 8


def noise(request: Request) -> engine.Take:
    context = request.source.samples if isinstance(request.source, engine.Clip) else np.zeros((1, 0), np.float32)
    frames = round(request.seconds * RATE)
    new = (0.1 * np.random.default_rng(request.seed).standard_normal((1, frames))).astype(np.float32)
    return engine.Take(engine.Clip(np.concatenate((context, new), axis=1), RATE), request)


def test_quiet_windows_are_led_to_the_level_slowly() -> None:
    one = Simulation()

    def answer(key: str, request: Request) -> None:
        take = noise(request)
        scaled = take.clip.samples.copy()
        context = scaled.shape[1] - round(request.seconds * RATE)
        scaled[:, context:] *= [0.05, 0.5, 3.0][len(one.asked) % 3]
        one.stream.on_event("tone", TakeReady(key, engine.Take(engine.Clip(scaled, RATE), request)))

    one._answer = answer  # type: ignore[method-assign]
    one.stream.start(wish("rain"))
    one.run(40.0)
    steady = one.windows[3:]
    for before, after in itertools.pairwise(steady):
        start, end = (round(window.start + one.cues[0].frame) for window in (before[1], after[1]))
        inside = levels(one.sound[:, start:end], 0.5)
        assert np.abs(np.diff(inside)).max() < 3.0  # half a second of 3 dB a second, and what noise itself varies


@pytest.mark.parametrize("moving", [True, False])
def test_another_sound_has_its_level_at_once_and_the_old_one_is_faded_into_it(moving: bool) -> None:
    draw = np.random.default_rng(1)
    context, new = (
        (level * draw.standard_normal((1, round(seconds * RATE)))).astype(np.float32)
        for level, seconds in ((0.1, CONTEXT), (0.01, 2.0 + SPARE))
    )
    spare = (0.1 * np.sin(2 * np.pi * 440 * np.arange(round(SPARE * RATE)) / RATE))[None].astype(np.float32)
    clip = engine.Clip(np.concatenate((context, new), axis=1), RATE)
    made = joined(clip, RATE, 1, Tail(context, spare), 0.1, moving)
    assert made.window.shape == (1, 2 * RATE) and made.spare.shape == spare.shape
    assert np.array_equal(made.tail.context, made.window[:, -round(CONTEXT * RATE) :])
    begin, after, end = (levels(made.window)[n] for n in (0, round(SPARE / 0.05), -1))
    if moving:
        assert np.abs(made.window - spare[:, :1])[0, :2].max() < 0.01  # it begins with what was heard
        assert begin == pytest.approx(-23.0, abs=1.0) and [after, end] == pytest.approx([-20.0, -20.0], abs=1.0)
    else:
        assert begin == pytest.approx(-40.0, abs=1.0) and end == pytest.approx(-34.0, abs=1.0)


def test_another_sound_is_heard_though_the_one_before_it_died_away() -> None:
    frames = round((CONTEXT + 2.0 + SPARE) * RATE)
    quiet = (1e-3 * np.random.default_rng(1).standard_normal((1, frames))).astype(np.float32)
    before = Tail(0.1 * quiet[:, : round(CONTEXT * RATE)], 0.1 * quiet[:, : round(SPARE * RATE)])
    after = {moving: levels(joined(engine.Clip(quiet, RATE), RATE, 1, before, 0.1, moving).window) for moving in (0, 1)}
    assert after[1][-1] == pytest.approx(-20.0, abs=1.0)
    assert after[0][-1] == pytest.approx(-60.0 + 24.0, abs=1.0)  # the tail of the same sound is not to roar


def test_a_failure_is_told_and_tried_again_while_the_last_window_goes_on() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(5.0)
    one.refuse = True
    one.run(15.0)
    failures = [time for time, what, args in one.told if what == "failed" and args == ("model", "no")]
    assert 2 <= len(failures) <= 6  # with pauses that grow
    assert one.stream.status().why == "no" and one.stream.status().state == "behind"
    one.refuse = False
    one.run(20.0)
    now = one.stream.status()
    assert (now.state, now.why) == ("playing", "")
    assert levels(one.sound[:, 2 * RATE :]).min() > -22.0


def test_a_lost_engine_costs_no_silence() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(6.0)
    one.due.clear()
    one.stream.on_event("tone", Lost("the engine is gone", True, 1))
    one.run(10.0)
    assert one.stream.status().state == "behind"
    one.stream.on_event("tone", Ready("tone", RATE, "1", ("extend",)))
    one.run(6.0)
    assert one.stream.status().state == "playing"
    assert one.asked[-1][2].alone is False
    assert levels(one.sound[:, 2 * RATE :]).min() > -22.0


def test_another_model_takes_over_when_it_is_ready() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(6.0)
    one.stream.use_model("other")
    one.run(6.0)
    assert {request.model for _, request, _ in one.asked} == {"tone"}
    one.stream.on_event("other", Ready("other", RATE, "1", ("extend",)))
    one.run(6.0)
    assert one.asked[-1][1].model == "other"
    assert one.stream.status().shortfalls == 0


def test_the_level_changes_at_once_and_without_a_click() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(6.0)
    one.stream.change(one.stream.wish.with_settings({"level": -20.0}))
    one.run(1.0)
    sound = one.sound
    assert levels(sound[:, -RATE // 2 :]).max() == pytest.approx(-40.0, abs=1.0)
    assert np.abs(np.diff(sound[0, 5 * RATE :])).max() < 2 * np.pi * 440 / RATE * 0.16


def test_stopping_fades_out_and_starting_begins_anew() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(6.0)
    one.stream.stop()
    at = one.sound.shape[1]
    one.run(2.0)
    assert one.stream.status().state == "stopped" and not one.due
    assert not one.sound[:, at + RATE :].any()
    assert np.abs(np.diff(one.sound[0, at:])).max() < 2 * np.pi * 440 / RATE * 0.16
    one.stream.start(wish("880 Hz"))
    one.run(4.0)
    assert pitches(one.sound)[-2] == pytest.approx(880, abs=8)
    assert one.asked[-2][1].task == "generate" or one.asked[-1][1].task == "generate"


def test_a_player_with_another_rate_goes_on_at_it() -> None:
    one = Simulation()
    one.stream.start(wish("440 Hz"))
    one.run(6.0)
    one.mixer.reshape(44100, 441, 2)
    heard = [offline(one.mixer, 2205)]
    for _ in range(200):
        one.now += TICK
        for due in [due for due in one.due if due[0] <= one.now]:
            one.due.remove(due)
            one._answer(*due[1:])
        one.stream.tick()
        heard.append(offline(one.mixer, 2205))
    sound = np.concatenate(heard[10:]).T
    size = 11025
    blocks = sound[0, : sound.shape[1] // size * size].reshape(-1, size) * np.hanning(size)
    assert np.abs(np.abs(np.fft.rfft(blocks)).argmax(axis=1) * 4 - 440).max() <= 4
    assert one.stream.status().shortfalls == 0
    assert one.asked[-1][1].source.rate == 44100


def test_wishes_are_checked() -> None:
    for given, text in [
        ({"guidance": 21.0}, "guidance must be 0 to 20, got 21.0"),
        ({"window": 0.5}, "window must be 1 to 8 s, got 0.5"),
        ({"weight9": 1.0}, "unknown key 'weight9': did you mean weight"),
        ({"weight1": float("nan")}, "weight1 must be 0 to 1"),
        ({"quality": "good"}, "quality must be draft | normal | best"),
    ]:
        with pytest.raises(engine.BadRequest) as caught:
            Wish().with_settings(given)
        assert text in str(caught.value)
    with pytest.raises(engine.BadRequest, match=r"without \|"):
        Wish().with_prompt(1, "rain | thunder")
    assert written(Wish().with_prompt(8, " a: 3 ", 0.5).mixture) == "a: 3 : 1"
    mixture = wish("a", "b", "c", weight1=0.1, weight2=0.0001, weight3=0.3).mixture
    assert written(mixture) == "c : 0.75 | a : 0.25"
    asked = wish("a: 3", "b").request(wish("a: 3", "b").mixture, 1, 4.0, RATE, "tone", None)
    assert asked.weighted_prompts == (("a: 3", 0.5), ("b", 0.5))

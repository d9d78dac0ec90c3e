"""The live stream in simulated time: an engine that takes as long as it is told to, a mixer that nobody hears."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import engine
from bridge.audio.mixer import Mixer
from bridge.audio.players.null import offline
from bridge.audio.recorder import Played
from bridge.live.plan import TICK
from bridge.live.stream import Stream
from bridge.live.values import Window
from bridge.live.wish import Wish
from engine import Done, Failed, Handling, Ready, Request, TakeReady

RATE = 48000
TONE = engine.load("tone")


class Simulation:
    """A stream whose time is the mixer's. ``took(number)``: seconds that the window of this number takes, from 0.

    ``render`` makes a request's take, ``refuse`` lets it fail.
    """

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
        self.render = tone
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
            self.heard.append(offline(self.mixer, round(TICK * self.mixer.rate)))
            self.now += TICK
            for one in [one for one in self.due if one[0] <= self.now]:
                self.due.remove(one)
                self._answer(*one[1:])
            self.stream.tick()

    def _answer(self, key: str, request: Request) -> None:
        if self.refuse:
            self.stream.on_event("tone", Failed(key, "model", "no"))
            return
        self.stream.on_event("tone", TakeReady(key, self.render(request)))
        self.stream.on_event("tone", Done(key, 1))

    @property
    def sound(self) -> np.ndarray:
        """All that was heard: (2, frames)."""
        return np.concatenate(self.heard).T


def tone(request: Request) -> engine.Take:
    """The request's sine wave, whatever its model."""
    (take,) = TONE.render(request.replace(model="tone"))
    return take


def noise(request: Request) -> engine.Take:
    """White noise of -20 dB after what the request goes on from."""
    context = request.source.samples if isinstance(request.source, engine.Clip) else np.zeros((1, 0), np.float32)
    frames = round(request.seconds * RATE)
    new = (0.1 * np.random.default_rng(request.seed).standard_normal((1, frames))).astype(np.float32)
    return engine.Take(engine.Clip(np.concatenate((context, new), axis=1), RATE), request)


def wish(*prompts: str, **settings: object) -> Wish:
    """Prompts in the slots from 1 on, and settings."""
    made = Wish()
    for slot, prompt in enumerate(prompts, 1):
        made = made.with_prompt(slot, prompt)
    return made.with_settings({"seed": 3, **settings})


def levels(sound: np.ndarray, seconds: float = 0.05) -> np.ndarray:
    """Root mean squares of stretches, in dB."""
    size = round(seconds * RATE)
    blocks = sound[0, : sound.shape[1] // size * size].reshape(-1, size)
    return 20 * np.log10(np.sqrt(np.mean(blocks.astype(np.float64) ** 2, axis=1)) + 1e-9)


def pitches(sound: np.ndarray, rate: int = RATE, seconds: float = 0.25) -> np.ndarray:
    """The strongest frequency of stretches, in Hz."""
    size = round(seconds * rate)
    blocks = sound[0, : sound.shape[1] // size * size].reshape(-1, size) * np.hanning(size)
    return np.abs(np.fft.rfft(blocks)).argmax(axis=1) * rate / size

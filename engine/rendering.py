"""A request on its way through a model: what can be done next, one unit at a time, and what has come of it.

A unit is a step of states that fit together, or one piece of everything else: beginning a pass, decoding for a moment,
handing samples to the task. Whoever holds renderings chooses whose unit is next, and may leave one between any two.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.ahead import Ahead
from engine.decoding import Decoding, Sketch, decoding, sketch
from engine.errors import ModelError
from engine.family import Family, State
from engine.finish import finish
from engine.model import Progress, begins_with_source
from engine.passes import Pass, Plan, Rendered, Samples, Work
from engine.request import Clip, Request, Take
from engine.tasks import plan
from engine.wire import MAX_PAYLOAD

AT_ONCE, AT_ONCE_ON_A_CARD = 1024.0, 16384.0
"""Sizes (`State.size`) up to which a job's own states are stepped in one call, on a processor and on a graphics card: 8
latents of 5 s, and 128. They depend on nothing that is measured, so a job alone gives the same samples each time."""

EARLY = ("generate", "takes", "vary", "morph")
"""Tasks of one pass that is finished and no more: what is decoded of it can be given at once."""


class TakeRun:
    """One take on its way: the task that makes it, and the states of the passes that it waits for.

    request: resolved, one take. early: whether its samples are wanted before it is over; they come in `pieces`, each
    (1, frames), where its level is "ahead".
    """

    def __init__(self, family: Family, request: Request, source: Clip | None, early: bool = False) -> None:
        self.family, self.request = family, request
        self.states: list[State] = []
        self.clip: Clip | None = None
        self.pieces: list[Samples] = []
        self.decoded = 0  # passes of this list whose samples are there
        self.asked: Pass | None = None  # the pass that was worked on last
        self.divided: dict[int, list[State]] = {}  # states of which some parts are a step ahead of the others
        self._scores: list[float] = []
        self._lists, self._expected = 0, 1  # of passes: how many there were, and will have been in the end
        self._before = self._length = 0  # steps of the lists that are done, and of this one
        edit = begins_with_source(request)
        self.rate = family.rate if edit or not family.any_rate else request.rate or family.rate
        self._plan: Plan = plan(
            Work(
                request=request,
                source=source,
                rate=self.rate,
                window=family.window,
                model=family.name,
                hears=family.hears,
                outlines=family.outlines,
                expect=self._expect,
            )
        )
        self._ahead = Ahead(self.rate, request) if early and request.level == "ahead" else None
        self._course = self._go()

    @property
    def over(self) -> bool:
        """True once the clip is there."""
        return self.clip is not None

    @property
    def stepping(self) -> bool:
        """True while its next unit is a step."""
        return any(not state.done for state in self.states)

    @property
    def progress(self) -> Progress:
        """Steps done, and to be done as far as that is known."""
        left = max((state.total - state.index for state in self.states), default=0)
        total = self._before + self._length * (1 + max(0, self._expected - self._lists))
        return Progress(self._before + self._length - left, total)

    @property
    def slots(self) -> list[Slot]:
        """The places of the states, or parts of states, that a step can take."""
        return [
            slot
            for number, state in enumerate(self.states)
            if not state.done
            for slot in self._slots(number, state)
        ]

    def _slots(self, number: int, state: State) -> list[Slot]:
        if (parts := self.divided.get(number)) is None:
            return [Slot(self, number)]
        return [Slot(self, number, place) for place, part in enumerate(parts) if part.index == state.index]

    def advance(self) -> None:
        """Do one piece of what is not a step. Of a take that is over, nothing is left."""
        next(self._course, None)

    def take(self, index: int) -> Take:
        """The take, once it is there. Its score is the mean of its passes'."""
        if self.clip is None:
            raise RuntimeError("the take is not there yet")
        if self.clip.samples.nbytes > MAX_PAYLOAD:
            size = f"{self.clip.channels} x {self.clip.frames} frames"
            raise ModelError(f"a take must have at most {MAX_PAYLOAD // 4} samples, and this one has {size}")
        return Take(self.clip, self.request, index, sum(self._scores) / max(1, len(self._scores)))

    def _expect(self, lists: int) -> None:
        self._expected = lists

    def _go(self) -> Iterator[None]:
        """Everything but the steps: stops where the caller should have its turn, and where steps are to be done."""
        decoded: list[Samples] | None = None
        while (passes := self._asked(decoded)) is not None:
            self._before, self._length, begun = self._before + self._length, 0, []
            for number, one in enumerate(passes):
                if number:
                    yield
                self.asked = one
                begun.append(self.family.begin(one))
            self.states, self.decoded, self._lists = begun, 0, self._lists + 1
            self._length = max((state.total - state.index for state in begun), default=0)
            yield
            decoded = []
            for number in range(len(passes)):
                if number:
                    yield
                self.asked = passes[number]
                decoded.append((yield from self._samples(decoding(self.family, self.states[number]))))
                self.decoded += 1

    def _asked(self, decoded: list[Samples] | None) -> list[Pass] | None:
        """The passes that the task asks for next; None when it has given its clip."""
        try:
            return next(self._plan) if decoded is None else self._plan.send(decoded)
        except StopIteration as end:
            self.states, self.clip = [], end.value
            return None

    def _samples(self, work: Decoding) -> Generator[None, None, Samples]:
        while True:
            try:
                piece = next(work)
            except StopIteration as end:
                rendered: Rendered = end.value
                self._scores.append(rendered.score)
                return rendered.samples
            if piece is not None and self._ahead is not None:
                finished = self._ahead.feed(piece)
                self.pieces += [finished] if finished.shape[1] else []
            yield


@dataclass(frozen=True, slots=True)
class Slot:
    """A state in its place: number `number` of a take's, or a part of that one. It stays valid until it is stepped."""

    run: TakeRun
    number: int
    part: int | None = None

    @property
    def state(self) -> State:
        """The state, or the part, as it is now."""
        return self.run.states[self.number] if self.part is None else self.run.divided[self.number][self.part]

    def put(self, state: State) -> None:
        """Put the state in that follows. When all parts have been stepped, they are one again."""
        states, divided = self.run.states, self.run.divided
        if self.part is None:
            states[self.number] = state
            return
        parts = divided[self.number]
        parts[self.part] = state
        if all(part.index > states[self.number].index for part in parts):
            states[self.number] = states[self.number].whole(divided.pop(self.number))

    def divide(self) -> list[Slot]:
        """The slots of its parts, for one step; only itself where it has none."""
        parts = [] if self.part is not None else list(self.state.parts)
        if len(parts) < 2:
            return [self]
        self.run.divided[self.number] = parts
        return [Slot(self.run, self.number, part) for part in range(len(parts))]


class Rendering:
    """All takes of one request. resolved: the request without anything open; stream: as in `engine.Handling`."""

    def __init__(self, family: Family, resolved: Request, source: Clip | None, stream: bool = False) -> None:
        self.family, self.request = family, resolved
        self._ranks = resolved.task == "takes" and family.ranks  # then which one is the first is known at the end
        early = stream and resolved.task in EARLY and not self._ranks
        self.runs = [TakeRun(family, resolved.for_take(index), source, early) for index in range(resolved.takes)]
        card = getattr(getattr(family, "device", None), "type", "cpu") != "cpu"
        self._at_once = AT_ONCE_ON_A_CARD if card else AT_ONCE
        self._given: set[int] = set()

    @property
    def over(self) -> bool:
        """True when every take is there."""
        return all(run.over for run in self.runs)

    @property
    def progress(self) -> Progress:
        """The mean of the takes', rounded down."""
        each = [run.progress for run in self.runs]
        return Progress(sum(one.index for one in each) // len(each), max(one.total for one in each))

    @property
    def current(self) -> TakeRun | None:
        """The first take that is not over."""
        return next((run for run in self.runs if not run.over), None)

    def slots(self) -> list[Slot]:
        """The states that a step of this job takes, all of one batch key, those of the current take first; empty where
        its next unit is another."""
        if not self.steps_next:
            return []
        waiting = [slot for run in self.runs for slot in run.slots]
        lead = max((one for one in waiting if one.run is waiting[0].run), key=lambda one: _left(one.state)).state
        fitting = [one for one in waiting if one.state.batch_key == lead.batch_key]
        sizes = itertools.accumulate(one.state.size for one in fitting)
        return [one for one, size in zip(fitting, sizes, strict=True) if size <= max(self._at_once, lead.size)]

    def advance(self) -> bool:
        """Do one piece of what is not a step. Returns whether a pass was decoded by it, and another one is next."""
        # Before the takes that wait for steps: so those that were begun join them, and those that are done are told.
        run = next((run for run in self.runs if not run.over and not run.stepping), None)
        if run is None:
            return False
        before = run.decoded
        run.advance()
        return before < run.decoded < len(run.states)

    @property
    def steps_next(self) -> bool:
        """True where the next unit is a step."""
        return all(run.over or run.stepping for run in self.runs) and not self.over

    def ready(self) -> list[Take]:
        """The takes that have become ready since the last call: each as it comes, or all at the end, the best first."""
        if self._ranks and not self.over:
            return []
        found = [run.take(n) for n, run in enumerate(self.runs) if run.over and n not in self._given]
        self._given |= {take.index for take in found}
        if self._ranks:
            found = [replace(take, index=n) for n, take in enumerate(sorted(found, key=lambda take: -take.score))]
        return found

    @property
    def asked(self) -> Pass | None:
        """The pass that is worked on, as far as that is known."""
        run = self.current
        return None if run is None else run.asked

    def preview(self) -> Iterator[Clip | None] | None:
        """The current take as it is estimated now: None for every piece of work that it takes, then the clip. None
        where nothing can be told."""
        run = self.current
        if run is None or not run.states or run.states[0].done:
            return None
        work = sketch(self.family, run.states[0])
        return None if work is None else _shown(work, run)


def _shown(work: Sketch, run: TakeRun) -> Iterator[Clip | None]:
    samples = yield from work
    edit = begins_with_source(run.request)
    yield Clip(samples, run.rate) if edit else finish(samples, run.rate, run.request)


def _left(state: State) -> int:
    return state.total - state.index


def step_slots(family: Family, slots: Sequence[Slot]) -> None:
    """One step of slots that share a batch key, in one call."""
    stepped = family.step([slot.state for slot in slots])
    for slot, state in zip(slots, stepped, strict=True):
        slot.put(state)

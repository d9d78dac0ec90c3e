"""All running jobs of a model together. A tick does one unit of the most urgent one, with what fits beside it.

Which job that is says `engine.scheduler`; how much is done in one go says `engine.pace`. Between two units nothing is
held: jobs come and go there, and a unit is at most one step of the model. A unit of jobs that are all to end is left
where it is.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager

from engine.batching import Chosen, Work, chosen, joining, sizes, smaller
from engine.errors import EngineError
from engine.events import Done, Event, Failed, Piece, Preview, Started, Step, TakeReady, Turn
from engine.handling import Handling
from engine.leaving import Abandoned, leaving
from engine.memory import free_memory, is_memory, what_fits
from engine.model import Model
from engine.pace import LATENCY, Pace
from engine.request import Clip, Request
from engine.scheduler import Scheduler

HEARTBEAT = 0.5
"""Seconds after which it is told again whose turn it is, so that silence means that the engine hangs."""

Tell = Callable[[Event], None]


class Workload:
    """The jobs and the model that they share; for one thread. latency: see `engine.pace.Pace`.

    tell: gets the events, among them each job's last one, after which the job is gone. stopped: whether a job is to
    end; interrupted: whether something new wants to be looked at. Both are asked between the pieces of a tick.
    """

    def __init__(
        self,
        model: Model,
        tell: Tell,
        *,
        latency: float = LATENCY,
        stopped: Callable[[str], bool] = lambda id: False,
        interrupted: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.model = model
        self.pace = Pace(latency)
        self.scheduler = Scheduler()
        self._tell = tell
        self._stopped, self._interrupted, self._clock = stopped, interrupted, clock
        self._works: dict[str, Work] = {}
        self._turn: tuple[str, ...] = ()
        self._turn_told = float("-inf")

    def __len__(self) -> int:
        return len(self._works)

    def add(self, id: str, request: Request, handling: Handling) -> None:
        """Take a job in."""
        self._works[id] = Work(id, request, handling)
        self.scheduler.join(id, handling.client, handling.priority, self._clock())

    def remove(self, id: str) -> bool:
        """Let a job go, as it is; False if it is not here."""
        if self._works.pop(id, None) is None:
            return False
        self.scheduler.leave(id, self._clock())
        return True

    def tick(self) -> None:
        """Do one unit. With no jobs nothing happens."""
        now = self._clock()
        order = [self._works[id] for id in self.scheduler.order(self._works, now)]
        if not order:
            return
        lead, others = order[0], order[1:]
        hurry = self.scheduler.lively(now)
        slots = [] if self._shows(lead) else chosen(lead, others, self.pace, hurry)
        if (joins := joining(lead, others, slots, self.pace, hurry)) is not None:
            lead, slots = joins, []
        ids = tuple(dict.fromkeys((lead.id, *(id for id, _ in slots))))
        self._take_turn(ids, now)
        shares = sizes(slots) or {lead.id: 1.0}
        if slots:
            self._step(slots)
        else:
            self._attempt(lead, lambda: self._work_on(lead, hurry, now))
        each = (self._clock() - now) / sum(shares.values())
        self.scheduler.served({id: each * share for id, share in shares.items()}, lead.id, self._clock())

    def _step(self, slots: Chosen) -> None:
        """Step the states in one call; where that fails, in parts, until it is known whose failure it is."""
        from engine.rendering import step_slots

        key = slots[0][1].state.batch_key
        size = sum(slot.state.size for _, slot in slots)
        begin = self._clock()
        try:
            with self._leaving({id for id, _ in slots}):
                step_slots(self.model.family, [slot for _, slot in slots])
        except Abandoned:
            return
        except Exception as error:
            failure: Exception | None = error
        else:
            failure = None
        if failure is None:
            self.pace.learn(key, size, self._clock() - begin)
            for id in dict.fromkeys(id for id, _ in slots):
                self._stepped(self._works[id])
        elif is_memory(failure) and len(less := smaller(slots)) > 1:
            free_memory(failure)
            self.pace.too_large(key, size)
            middle = len(less) // 2
            self._step_rest(less[:middle])
            self._step_rest(less[middle:])
        elif len({id for id, _ in slots}) > 1:
            for id in dict.fromkeys(id for id, _ in slots):
                self._step_rest([one for one in slots if one[0] == id])
        else:
            self._fail(self._works[slots[0][0]], failure)

    def _step_rest(self, slots: Chosen) -> None:
        """Step a part, without the jobs that are over or are to end."""
        left = [one for one in slots if one[0] in self._works and not self._stopped(one[0])]
        if left:
            self._step(left)

    def _stepped(self, work: Work) -> None:
        """Tell how far a job is, and see whether a preview is due."""
        assert work.rendering is not None
        progress = work.rendering.progress
        if progress != work.told:
            work.told = progress
            if progress.index:  # of a step in parts the first ones change nothing yet
                self._tell(Step(work.id, progress.index, progress.total))
        every = work.handling.preview
        if every and progress.index - work.sketched >= every and progress.index < progress.total:
            work.sketched = progress.index
            work.sketch = work.rendering.preview()

    def _shows(self, work: Work) -> bool:
        """Whether a job's next unit is a piece of a preview: those wait while another job is live."""
        return work.sketch is not None and not any(other.live for other in self._works.values() if other is not work)

    def _work_on(self, work: Work, hurry: bool, begin: float) -> None:
        """Pieces of what is no step, for as long as a step may take."""
        while True:
            if work.rendering is None:
                self._begin(work)
            elif self._shows(work):
                self._sketch(work)
            else:
                work.rendering.advance()
                self._give(work)
            if work.id not in self._works or self._stopped(work.id) or self._interrupted():
                return
            if self._clock() - begin >= self.pace.budget(hurry) or work.rendering is None or work.rendering.steps_next:
                return

    def _begin(self, work: Work) -> None:
        self._tell(Started(work.id))
        work.rendering = self.model.begin(work.request, stream=bool(work.handling.stream))

    def _sketch(self, work: Work) -> None:
        """One piece of a preview; a preview that fails is none."""
        assert work.sketch is not None
        try:
            clip = next(work.sketch)
        except Exception as error:
            traceback.print_exception(error)
            work.sketch = None
            return
        if clip is not None:
            work.sketch = None
            self._tell(Preview(work.id, work.sketched, clip))

    def _give(self, work: Work) -> None:
        """Tell what has come of a job: pieces, takes, and its end."""
        from engine.wav import stored

        assert work.rendering is not None
        for index, run in enumerate(work.rendering.runs):
            for samples in run.pieces:
                first = work.given.get(index, 0)
                work.given[index] = first + samples.shape[1]
                clip = Clip(stored(samples, run.request, first, run.request.frames), run.request.rate or 0)
                self._tell(Piece(work.id, index, first, run.request.frames, clip))
            run.pieces.clear()
        for take in work.rendering.ready():
            work.takes += 1
            self._tell(TakeReady(work.id, take))
        if work.rendering.over:
            self._end(work, Done(work.id, work.takes))

    def _leaving(self, ids: Collection[str]) -> AbstractContextManager[None]:
        """For a unit that is for these jobs: it is left when all of them are to end."""
        return leaving(lambda: all(map(self._stopped, ids)))

    def _attempt(self, work: Work, unit: Callable[[], None]) -> None:
        try:
            with self._leaving({work.id}):
                unit()
        except Abandoned:
            return
        except Exception as error:
            failure = error
        else:
            return
        self._fail(work, failure)

    def _fail(self, work: Work, error: Exception) -> None:
        """End a job with the reason. Where memory did not suffice, with what would fit."""
        if not is_memory(error):
            self._end(work, Failed(work.id, *explained(error)))
            return
        asked = work.rendering.asked if work.rendering is not None else None
        work.rendering = work.sketch = None
        free_memory(error)
        self._end(work, Failed(work.id, "memory", what_fits(self.model.family, asked)))

    def _end(self, work: Work, last: Event) -> None:
        if self.remove(work.id):
            self._tell(last)

    def _take_turn(self, ids: tuple[str, ...], now: float) -> None:
        if ids != self._turn or now - self._turn_told > HEARTBEAT:
            self._turn, self._turn_told = ids, now
            self._tell(Turn(ids))


def explained(error: Exception) -> tuple[str, str]:
    """Code and text for an error, whatever it is. An unexpected one is also written to stderr in full."""
    if isinstance(error, EngineError):
        return error.code, error.text
    traceback.print_exception(error)
    if is_memory(error):
        return "memory", "out of memory: ask for fewer candidates or fewer seconds"
    return "render", f"the model failed: {type(error).__name__}: {error}"

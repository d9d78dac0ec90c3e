"""A loaded model for use in the same process, and the one loop that renders a request."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from engine.errors import BadRequest, ModelError
from engine.family import Family, State, load_family
from engine.params import EDITS
from engine.request import DEFAULT_RATE, Clip, Request, Take
from engine.tasks import plan

if TYPE_CHECKING:
    from engine.passes import Plan, Samples

LARGEST = 1 << 29
"""Bytes of samples that a take may have: what a frame between the processes holds."""
SPEAKERS = "AudioLDM 2's speech checkpoints can: audioldm2_gigaspeech, audioldm2_ljspeech, audioldm2-speech-gigaspeech, ..."
"""What is said to who wants to hear a model speak that cannot."""


NEGATIVE_GUIDANCE = 2.0
"""Guidance, at least, of a request with a negative prompt that names none."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`index` of `total` denoising steps are done, for all takes of the request."""

    index: int
    total: int


class Model:
    """A family with its weights, ready to render. Use it from one thread at a time, and close it or use `with`."""

    def __init__(self, family: Family) -> None:
        self.family = family

    @property
    def name(self) -> str:
        """The name of the family, as requests carry it."""
        return self.family.name

    def resolve(self, request: Request) -> Request:
        """The request with nothing left open. Raises `BadRequest` if it asks for another model or an unknown task, and
        `FileError` if its source cannot be read."""
        return self._resolved(request, self._source(request))

    def _resolved(self, request: Request, source: Clip | None) -> Request:
        if request.model not in (None, self.name):
            raise BadRequest("model", f"model must be {self.name}, the one that is loaded, got {request.model!r}")
        if request.task not in self.family.tasks:
            text = f"task must be {' | '.join(self.family.tasks)} with {self.name}, got {request.task!r}"
            raise BadRequest("task", f"{text}; {SPEAKERS}" if request.task == "speak" else text)
        if request.transcript and "speak" not in self.family.tasks:
            raise BadRequest("transcript", f"transcript must be empty with {self.name}, which cannot speak; {SPEAKERS}")
        if (request.candidates or 1) > 1 and not self.family.ranks:
            text = f"candidates must be 1 with {self.name}, which cannot rank them, got {request.candidates}"
            raise BadRequest("candidates", text)
        # Of an edit there is one version only; upsampling is what raises a rate, and never lowers it.
        edit = begins_with_source(request)
        own = dict(self.family.edits) if edit else {}
        if request.negative:  # it works by guidance alone
            own["guidance"] = max(NEGATIVE_GUIDANCE, self.family.defaults["guidance"])
        rate = DEFAULT_RATE if source is None else source.rate
        rate = max(rate, DEFAULT_RATE) if request.task == "upsample" else rate
        defaults = {**self.family.defaults, **own, **self.family.qualities.get(request.quality, {})}
        if edit:
            defaults["candidates"] = 1
        return request.resolved({**defaults, "rate": rate, "model": self.name})

    def _source(self, request: Request) -> Clip | None:
        """The clip that the request's task begins with; None for a task that begins with none."""
        if request.task not in EDITS:
            return None
        if isinstance(request.source, Clip):
            return request.source
        from engine.sources import read_source  # here, as a program that merely waits for jobs needs no numpy

        return read_source(request.source)

    def rendering(self, request: Request) -> Iterator[Progress | Take]:
        """Render `request` lazily: a `Progress` after each step, then each `Take`. All takes step in one batch.

        Dropping the iterator cancels the rendering. Raises `BadRequest`, `FileError` or `ModelError`, and whatever the
        family does.
        """
        source = self._source(request)
        request = self._resolved(request, source)
        jobs = [Job(self.family, request.for_take(index), source) for index in range(request.takes)]
        ranked: list[Take] = []
        # What has nothing to render, as a restyling of strength 0, is over before the first step.
        yield from (job.take(index) for index, job in enumerate(jobs) if job.over)
        while not all(job.over for job in jobs):
            yield from _stepped(self.family, jobs)
            for index, job in enumerate(jobs):
                # To decode one pass after another can take as long as a step does: the caller gets its turn in between.
                for _ in job.advance():
                    yield _progress(jobs)
                if job.over and not (request.task == "takes" and self.family.ranks):
                    yield job.take(index)
                elif job.over:
                    ranked.append(job.take(0))
        ranked.sort(key=lambda take: -take.score)
        yield from (replace(take, index=index) for index, take in enumerate(ranked))

    def render(self, request: Request, on_step: Callable[[Progress], object] | None = None) -> list[Take]:
        """All takes of `request`. `on_step` is called after each step; an exception from it ends the rendering."""
        takes = []
        for result in self.rendering(request):
            if isinstance(result, Take):
                takes.append(result)
            elif on_step is not None:
                on_step(result)
        return takes

    def warm_up(self) -> None:
        """Render a little and throw it away, so that the first real request finds everything loaded and compiled."""
        # Another rate and a loudness make the finish import its libraries too. Those take a second, which only a
        # family that does without torch (tone) would feel, and that one is there to answer at once.
        rate = 44100 if self.family.rate != 44100 else 48000
        level = "loudness" if "torch" in sys.modules else "peak"
        # A syllable for models that speak, in phonemes, as those need nobody to read them.
        said = {"transcript": "wɔ", "spelling": "phonemes"} if "speak" in self.family.tasks else {}
        self.render(Request(prompt="warm up", seconds=0.5, seed=0, steps=2, rate=rate, level=level, **said))

    def close(self) -> None:
        """Free the model."""
        self.family.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def load(name: str = "pocket", /, *, threads: int | None = None, **options: Any) -> Model:
    """Load a model by its family's name, or by the path of a checkpoint.

    threads: CPU threads for torch, 1 or more; None leaves torch's own choice.
    `options` go to the family, for example `dtype="bfloat16"`. Raises `ModelError` or `BadRequest`.
    """
    if threads is not None and threads < 1:
        raise BadRequest("threads", f"threads must be 1 or more, got {threads}")
    family = load_family(name, **options)
    # A family that did without torch (tone) must not pay for importing it.
    if threads is not None and "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    return Model(family)


def begins_with_source(request: Request) -> bool:
    """Whether the task's passes begin with samples of the source. A variation only listens to it."""
    return request.task in EDITS and request.task != "vary"


class Job:
    """One take on its way: the task that makes it, and the states of the passes that it waits for."""

    def __init__(self, family: Family, request: Request, source: Clip | None) -> None:
        from engine.passes import Work

        self.family, self.request = family, request
        self.states: list[State] = []
        self.clip: Clip | None = None
        self._scores: list[float] = []
        self._lists, self._expected = 0, 1  # of passes: how many there were, and will have been in the end
        self._before = self._length = 0  # steps of the lists that are done, and of this one
        self._plan: Plan = plan(
            Work(
                request=request,
                source=source,
                rate=family.rate if begins_with_source(request) or not family.any_rate else request.rate or family.rate,
                window=family.window,
                model=family.name,
                hears=family.hears,
                expect=self._expect,
            )
        )
        self._next(None)

    @property
    def over(self) -> bool:
        """True once the clip is there."""
        return self.clip is not None

    @property
    def progress(self) -> Progress:
        """Steps done, and to be done as far as that is known."""
        left = max((state.total - state.index for state in self.states), default=0)
        total = self._before + self._length * (1 + max(0, self._expected - self._lists))
        return Progress(self._before + self._length - left, total)

    def advance(self) -> Iterator[None]:
        """Give the task its samples and begin what it asks for next. Stops between the decoding of two passes."""
        decoded = []
        for number, state in enumerate(self.states):
            if number:
                yield
            rendered = self.family.decode(state)
            self._scores.append(rendered.score)
            decoded.append(rendered.samples)
        self._next(decoded)

    def take(self, index: int) -> Take:
        """The take, once it is there. Its score is the mean of its passes'."""
        if self.clip is None:
            raise RuntimeError("the take is not there yet")
        if self.clip.samples.nbytes > LARGEST:
            size = f"{self.clip.channels} x {self.clip.frames} frames"
            raise ModelError(f"a take must have at most {LARGEST // 4} samples, and this one has {size}")
        return Take(self.clip, self.request, index, sum(self._scores) / max(1, len(self._scores)))

    def _expect(self, lists: int) -> None:
        self._expected = lists

    def _next(self, decoded: list[Samples] | None) -> None:
        self._before += self._length
        self._length = 0
        try:
            passes = next(self._plan) if decoded is None else self._plan.send(decoded)
        except StopIteration as end:
            self.states, self.clip = [], end.value
            return
        self._lists += 1
        self.states = [self.family.begin(one) for one in passes]
        self._length = max((state.total - state.index for state in self.states), default=0)


def _stepped(family: Family, jobs: Sequence[Job]) -> Iterator[Progress]:
    """Step the states of all jobs together until they are done."""
    while not all(state.done for job in jobs for state in job.states):
        states = iter(step_together(family, [state for job in jobs for state in job.states]))
        for job in jobs:
            job.states = [next(states) for _ in job.states]
        yield _progress(jobs)


def _progress(jobs: Sequence[Job]) -> Progress:
    """That of the job that is farthest."""
    each = [job.progress for job in jobs]
    return Progress(max(one.index for one in each), max(one.total for one in each))


def step_together(family: Family, states: Sequence[State]) -> list[State]:
    """One step of every state that is not done, those with equal batch keys in one call; the order is kept."""
    result = list(states)
    groups: dict[Any, list[int]] = {}
    for position, state in enumerate(states):
        if not state.done:
            groups.setdefault(state.batch_key, []).append(position)
    for positions in groups.values():
        stepped = family.step([states[position] for position in positions])
        for position, state in zip(positions, stepped, strict=True):
            result[position] = state
    return result

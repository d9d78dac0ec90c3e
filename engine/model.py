"""A loaded model for use in the same process, and the one loop that renders a request."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from engine.errors import BadRequest
from engine.family import Family, State, load_family
from engine.params import EDITS
from engine.request import DEFAULT_RATE, Clip, Request, Take

if TYPE_CHECKING:
    from engine.rendering import Rendering

SPEAKERS = "AudioLDM 2's speech checkpoints can: audioldm2_gigaspeech, audioldm2_ljspeech, audioldm2-speech-ljspeech"
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

    def __init__(self, family: Family, links: bool = True) -> None:
        self.family = family
        self._links = links

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

        return read_source(request.source, self._links)

    def begin(self, request: Request, *, stream: bool = False) -> Rendering:
        """`request` ready to be rendered, unit by unit. stream: as in `engine.Handling`.

        Raises `BadRequest` or `FileError`.
        """
        from engine.rendering import Rendering  # here, as a program that merely waits for jobs needs no numpy

        source = self._source(request)
        return Rendering(self.family, self._resolved(request, source), source, stream)

    def rendering(self, request: Request) -> Iterator[Progress | Take]:
        """Render `request` lazily: a `Progress` after each step, then each `Take`.

        Dropping the iterator cancels the rendering. Raises `BadRequest`, `FileError` or `ModelError`, and whatever the
        family does.
        """
        from engine.rendering import step_slots

        work = self.begin(request)
        while not work.over:
            if slots := work.slots():
                step_slots(self.family, slots)
                yield work.progress
            elif work.advance():
                # To decode one pass after another can take as long as a step: the caller gets its turn in between.
                yield work.progress
            yield from work.ready()

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
        request = Request(prompt="warm up", seconds=0.5, seed=0, steps=2, rate=rate, level=level)
        self.render(request.replace(transcript="wɔ", spelling="phonemes") if "speak" in self.family.tasks else request)

    def close(self) -> None:
        """Free the model."""
        self.family.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def load(name: str = "pocket", /, *, threads: int | None = None, links: bool = True, **options: Any) -> Model:
    """Load a model by its family's name, or by the path of a checkpoint.

    threads: CPU threads for torch, 1 or more; None leaves torch's own choice.
    links: whether sources may be named by paths that lead through symbolic links, as in `engine.sources.read_source`.
    `options` go to the family, for example `dtype="bfloat16"`. Raises `ModelError` or `BadRequest`.
    """
    if threads is not None and threads < 1:
        raise BadRequest("threads", f"threads must be 1 or more, got {threads}")
    family = load_family(name, **options)
    # A family that did without torch (tone) must not pay for importing it.
    if threads is not None and "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    return Model(family, links)


def begins_with_source(request: Request) -> bool:
    """Whether the task's passes begin with samples of the source. A variation only listens to it."""
    return request.task in EDITS and request.task != "vary"


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

"""A loaded model for use in the same process, and the one loop that renders a request."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from engine.errors import BadRequest
from engine.family import Family, State, load_family
from engine.request import Request, Take


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
        """The request with nothing left open. Raises `BadRequest` if it asks for another model or an unknown task."""
        if request.model not in (None, self.name):
            raise BadRequest("model", f"model must be {self.name}, the one that is loaded, got {request.model!r}")
        if request.task not in self.family.tasks:
            raise BadRequest(
                "task", f"task must be {' | '.join(self.family.tasks)} with {self.name}, got {request.task!r}"
            )
        if (request.candidates or 1) > 1 and not self.family.ranks:
            text = f"candidates must be 1 with {self.name}, which cannot rank them, got {request.candidates}"
            raise BadRequest("candidates", text)
        return request.resolved({**self.family.defaults, "model": self.name})

    def rendering(self, request: Request) -> Iterator[Progress | Take]:
        """Render `request` lazily: a `Progress` after each step, then each `Take`. All takes step in one batch.

        Dropping the iterator cancels the rendering. Raises `BadRequest` or `ModelError`, and whatever the family does.
        """
        request = self.resolve(request)
        states = [self.family.begin(request.for_take(index)) for index in range(request.takes)]
        total = max(state.total for state in states)
        while not all(state.done for state in states):
            states = step_together(self.family, states)
            yield Progress(max(state.index for state in states), total)
        for index, state in enumerate(states):
            yield replace(self.family.finish(state), index=index)

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
        self.render(Request(prompt="warm up", seconds=0.5, seed=0, steps=2, rate=rate, level=level))

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

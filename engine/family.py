"""What a model family has to offer, and the names under which families are found.

A denoising run is a value: `begin` makes one from a pass, `step` takes several that fit together one step further,
`decode` turns one into samples. The caller owns the loop, so progress, cancelling and batching need nothing from the
family, and what becomes of the samples is the task's affair.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from engine.errors import EngineError, ModelError
from engine.params import unknown_key
from engine.request import Request

if TYPE_CHECKING:  # it needs numpy, and a program that only asks which families there are does not
    from engine.passes import Pass, Rendered

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "pocket": "engine.families.pocket:load",
        "audioldm": "engine.checkpoints.loading:load",
        "audioldm-tiny-random": "engine.families.audioldm:load_tiny_random",
        "audioldm2-tiny-random": "engine.families.audioldm2_random:load_tiny_random",
        "audioldm2-tiny-speech-random": "engine.families.audioldm2_random:load_tiny_speech_random",
        "tone": "engine.families.tone:load",
    }
)
"""Every family by name: "module:function". The function takes keyword options and returns a `Family`.

All but "audioldm" load without any: that one takes the path of a checkpoint, of AudioLDM or of AudioLDM 2.
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """A running denoising, to be subclassed by a family with fields of its own (latents, conditions).

    asked: the pass that it does.
    batch_key: states with equal keys may be stepped in one call (same latent shape, same kind of guidance).
    index: where it stands among the `total` steps of its plan; a run that begins at a source begins later than at 0.
    """

    asked: Pass
    batch_key: Hashable
    total: int
    index: int = 0

    @property
    def request(self) -> Request:
        """The request behind the pass: resolved, one take, own seed."""
        return self.asked.request

    @property
    def size(self) -> float:
        """How much work a step of it is beside those of states with the same batch key; more than 0."""
        return 1.0

    @property
    def parts(self) -> tuple[State, ...]:
        """Smaller states that can be stepped apart from one another; only itself where it cannot be divided."""
        return (self,)

    def whole(self, parts: Sequence[Any]) -> State:
        """The state that its `parts` make up after each of them was stepped."""
        (one,) = parts
        return one

    @property
    def done(self) -> bool:
        """True when all steps are done and `decode` may be called."""
        return self.index >= self.total


class Family(Protocol):
    """A loaded model. One thread at a time may use it.

    name: as in `FAMILIES`. rate: native sample rate in Hz. channels: of its clips. tasks: the tasks that it can do.
    defaults: its own `steps` and `guidance` (and `candidates`, else 1) for requests that name none.
    qualities: what is different from that in other qualities than "normal". edits: what is different from that in tasks
    that begin with a source.
    ranks: whether it can tell which of several sounds is nearest to the prompt. hears: whether a recording can be a
    condition. outlines: whether a recording's outline can be one, at any `Condition.looseness`. window: seconds that it
    renders well at once. any_rate: whether it computes sounds without a source at the request's rate, whichever that
    is, and not at `rate`.
    """

    name: str
    rate: int
    channels: int
    tasks: tuple[str, ...]
    defaults: Mapping[str, Any]
    qualities: Mapping[str, Mapping[str, Any]]
    edits: Mapping[str, Any]
    ranks: bool
    hears: bool
    outlines: bool
    window: float
    any_rate: bool

    def begin(self, asked: Pass) -> State:
        """The start of one run. Raises `BadRequest` if it cannot do it."""

    def step(self, states: Sequence[Any]) -> list[Any]:
        """One step of each of `states`, which share a batch key and are not done. Pure: returns new states."""

    def decode(self, state: Any) -> Rendered:
        """The samples of a state that is done, the best of its candidates."""

    def close(self) -> None:
        """Free what the model holds. It is not used afterwards."""


def load_family(name: str, /, **options: Any) -> Family:
    """Load the family `name`, or the checkpoint at the path `name`. `options` go to its `load` function.

    Raises `UnknownKey` for an option that it does not have and `ModelError` if there is no such family or its model
    cannot be loaded; the text says why.
    """
    loader = _loader(name) if name in FAMILIES else _checkpoint_loader(name)
    known = inspect.signature(loader).parameters
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values()):
        for option in options:
            if option not in known:
                raise unknown_key(option, known)
    try:
        return loader(**options)
    except EngineError:
        raise
    except Exception as error:
        raise ModelError(f"the model {name} cannot be loaded: {type(error).__name__}: {error}") from error


def _loader(name: str) -> Callable[..., Family]:
    module, _, function = FAMILIES[name].partition(":")
    try:
        loader: Callable[..., Family] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise ModelError(f"the model {name} is not part of this installation: {error}") from error
    return loader


def _checkpoint_loader(name: str) -> Callable[..., Family]:
    path = Path(name).expanduser()
    if not path.exists() and not set("/\\") & set(name):
        raise ModelError(f"unknown model {name!r}: known are {', '.join(FAMILIES)}, and the path of a checkpoint")
    from engine.checkpoints.loading import load

    loader: Any = functools.partial(load, path)
    return loader

"""Work that nobody waits for any more is left in the middle.

A step of a large model can take seconds, and nothing outside can stop it. So networks say between their blocks that
they can be left there (`breathe`), and whoever runs them says while they run when that is wanted (`leaving`). It is for
work whose result is dropped as a whole: steps are pure, so the states are those from before it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

_unwanted: ContextVar[Callable[[], bool] | None] = ContextVar("unwanted", default=None)


class Abandoned(BaseException):
    """The work was left. No `Exception`, so that nobody on the way takes it for a failure."""


@contextlib.contextmanager
def leaving(unwanted: Callable[[], bool]) -> Iterator[None]:
    """Within it, work of this thread ends with `Abandoned` at its next `breathe` once `unwanted` says True.

    What began it gets to know by that exception; this context only takes the question back.
    """
    before = _unwanted.set(unwanted)
    try:
        yield
    finally:
        _unwanted.reset(before)


def breathe() -> None:
    """To be called where work can be left. Raises `Abandoned` if that is wanted; else it costs next to nothing."""
    unwanted = _unwanted.get()
    if unwanted is not None and unwanted():
        raise Abandoned

"""Rendering without a daemon: the same engine process, for one request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from bridge.child import EngineChild, Lost
from bridge.models import Loadable
from engine import (
    Broken,
    Cancelled,
    Done,
    EngineError,
    EngineLost,
    Failed,
    Invalid,
    ModelError,
    Ready,
    Request,
    Step,
    Take,
    TakeReady,
)

_ID = "local"


def render(
    request: Request,
    model: Loadable,
    threads: int | None = None,
    on_step: Callable[[int, int], None] = lambda index, total: None,
) -> list[Take]:
    """Render a request with an engine process of its own, which ends afterwards. Raises EngineError."""
    return asyncio.run(_render(request, model, threads, on_step))


async def _render(
    request: Request, model: Loadable, threads: int | None, on_step: Callable[[int, int], None]
) -> list[Take]:
    child = EngineChild(model.family, threads, model.options)
    takes: list[Take] = []
    try:
        async with aclosing(child.events()) as events:
            async for event in events:
                match event:
                    case Ready():
                        child.submit(_ID, request)
                    case Step():
                        on_step(event.index, event.total)
                    case TakeReady():
                        takes.append(event.take)
                    case Done():
                        return takes
                    case Failed() | Invalid():
                        raise _error(event.code, event.text)
                    case Broken():
                        raise ModelError(event.text)
                    case Cancelled():
                        raise EngineLost("the engine was stopped")
                    case Lost():
                        raise EngineLost(event.text)
        raise EngineLost("the engine was stopped")
    finally:
        await child.close()


def _error(code: str, text: str) -> EngineError:
    error = EngineError(text)
    error.code = code
    return error

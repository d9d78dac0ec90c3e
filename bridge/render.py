"""What the commands that render do: a running daemon, or else an engine of our own, makes a request into files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bridge import Client, Job, NoAnswer, Queued, Status, Step
from bridge.models import Store, StoreError
from bridge.progress import ProgressLine
from bridge.takes import label, take_name, write_new, write_over
from engine import EngineError, Request

DEFAULT_MODEL = "pocket"

_RECONNECT_SECONDS = 3.0  # a person waits, and this machine can render, too
_CANCEL_SECONDS = 5.0


class RenderFailed(Exception):
    """The rendering came to nothing; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the command line asks for. ``output``: a file or folder, None for the takes folder. ``address``: where the
    bridge is, None for the usual place."""

    request: Request
    chosen: dict[str, int | float | str]
    """The parameters that were given, so that a daemon fills in the others itself."""
    takes: Path
    output: Path | None = None
    address: str | int | None = None
    local: bool = False
    threads: int | None = None


def run(order: Order, note: Callable[[str], None]) -> list[Path]:
    """Render and return the files. ``note`` gets remarks for the user. Raises RenderFailed, OSError."""
    model = order.request.model or DEFAULT_MODEL
    if order.local:
        return _by_ourselves(order, model)
    status: Status | None = None
    try:
        with Client(order.address, name=f"{order.request.task} {os.getpid()}", reconnect=_RECONNECT_SECONDS) as bridge:
            status = bridge.status()
            if order.request.model in (None, status.model):
                model = status.model
                return _by_daemon(bridge, status, order)
            note(f"the running bridge has the model {status.model}: rendering {model} without it")
    except NoAnswer as error:
        if status is not None:
            note(f"{error}: rendering without it")
    return _by_ourselves(order, model)


def _by_daemon(bridge: Client, status: Status, order: Order) -> list[Path]:
    chosen: dict[str, Any] = dict(order.chosen)
    try:
        job = bridge.submit(order.request.task, source=chosen.pop("source", None), **chosen)
        with ProgressLine() as line:
            line.say("the bridge is rendering" if status.ready else f"the bridge is loading {status.model}")
            _follow(job, line)
        takes = job.results()
    except NoAnswer:
        raise
    except EngineError as error:
        raise RenderFailed(str(error)) from error
    if order.output is None and all(take.path for take in takes):
        return [take.path for take in takes if take.path]
    return [_put(order, take.name, number, len(takes), take.wav) for number, take in enumerate(takes, 1)]


def _follow(job: Job, line: ProgressLine) -> None:
    """Show how far it is. Who stops watching, by Ctrl-C, stops the job."""
    try:
        for event in job.events():
            match event:
                case Queued(position=before) if before:
                    line.say(f"waiting: {before} before this one")
                case Step():
                    line.step(event.index, event.total)
    except KeyboardInterrupt:
        with contextlib.suppress(EngineError):
            job.cancel()
            job.wait(_CANCEL_SECONDS)
        raise


def _by_ourselves(order: Order, model: str) -> list[Path]:
    from bridge import local
    from engine import wav_bytes

    with ProgressLine() as line:
        line.say(f"loading {model}")
        try:
            takes = local.render(order.request, Store().loadable(model), order.threads, line.step)
        except (EngineError, StoreError) as error:
            raise RenderFailed(str(error)) from error
    paths = []
    for number, take in enumerate(takes, 1):
        done = take.request
        name = take_name(date.today(), label(done), done.seed or 0, take.clip.seconds, number)
        paths.append(_put(order, name, number, len(takes), wav_bytes(take)))
    return paths


def _put(order: Order, name: str, number: int, count: int, data: bytes) -> Path:
    """Write one take: into the takes folder or a given folder under its own name, or as the file that was named."""
    output = order.output
    if output is None or output.is_dir():
        return write_new(output or order.takes, name, data)
    path = output if output.suffix else output.with_suffix(".wav")
    if count > 1:
        path = path.with_stem(f"{path.stem}_{number}")
    write_over(path, data)
    return path

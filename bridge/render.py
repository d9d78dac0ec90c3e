"""What the commands that render do: a running daemon, or else an engine of our own, makes a request into files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bridge.client import BridgeClient, Daemon, NoAnswer, take_path
from bridge.config import OSC_PORT
from bridge.models import Store, StoreError
from bridge.progress import ProgressLine
from bridge.takes import label, take_name, write_new, write_over
from engine import EngineError, Request

DEFAULT_MODEL = "pocket"


class RenderFailed(Exception):
    """The rendering came to nothing; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the command line asks for. ``output``: a file or folder, None for the takes folder."""

    request: Request
    chosen: dict[str, int | float | str]
    """The parameters that were given, so that a daemon fills in the others itself."""
    takes: Path
    output: Path | None = None
    port: int = OSC_PORT
    local: bool = False
    threads: int | None = None


def run(order: Order, note: Callable[[str], None]) -> list[Path]:
    """Render and return the files. ``note`` gets remarks for the user. Raises RenderFailed, OSError."""
    model = order.request.model or DEFAULT_MODEL
    with BridgeClient(order.port) as client:
        daemon = None if order.local else _daemon(client)
        if daemon is not None and order.request.model in (None, daemon.model):
            try:
                return _by_daemon(client, daemon, order)
            except NoAnswer as error:
                note(f"{error}: rendering without it")
                model = daemon.model
        elif daemon is not None:
            note(f"the running bridge has the model {daemon.model}: rendering {model} without it")
    return _by_ourselves(order, model)


def _daemon(client: BridgeClient) -> Daemon | None:
    try:
        return client.hello()
    except NoAnswer:
        return None


def _by_daemon(client: BridgeClient, daemon: Daemon, order: Order) -> list[Path]:
    paths: list[Path] = []
    with ProgressLine() as line:
        line.say("the bridge is rendering" if daemon.ready else f"the bridge is loading {daemon.model}")
        for reply in client.render(order.request, order.chosen):
            match reply.kind:
                case "queued" if reply.args[0]:
                    line.say(f"waiting: {reply.args[0]} before this one")
                case "step":
                    line.step(int(reply.args[0]), int(reply.args[1]))
                case "take":
                    paths.append(take_path(reply))
                case "failed":
                    raise RenderFailed(str(reply.args[1]))
                case "cancelled":
                    raise RenderFailed("the job was cancelled")
    if order.output is None:
        return paths
    return [_put(order, path.name, number, len(paths), path.read_bytes()) for number, path in enumerate(paths, 1)]


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

"""``bridge top``: what a running bridge does, live. The home of rich."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.options import address_of, bridge_options

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

EVERY = 0.5
"""Seconds between two looks, on a terminal."""

_BAR = 16
_PROMPT = 40
_WIDTH_OF_A_PIPE = 160
_LONG = ("job", "client", "prompt")
"""Columns that give way where the terminal is narrow."""


@click.command()
@click.option("--once", is_flag=True, help="Print it once; so it is where the output is no terminal.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object on a line.")
@click.option("--every", type=click.FloatRange(0.1, 3600), help=f"Seconds between two looks; {EVERY} if not given.")
@bridge_options
def top(once: bool, as_json: bool, every: float | None, host: str | None, port: int | None) -> None:
    """Show what the bridge is doing: jobs, clients, step times, memory. Ctrl-C ends it.

    In a pipe it is printed once, or again and again where --every is given. The real-time factor is how many seconds
    a second of sound takes.
    """
    from bridge import Client
    from engine import EngineError

    live = sys.stdout.isatty() and not once and not as_json
    again = live or (every is not None and not once)
    try:
        with Client(address_of(host, port), name="bridge top") as bridge:
            looks = _looks(bridge, every or EVERY, again)
            if as_json:
                for vitals in looks:
                    click.echo(json.dumps(vitals))
            else:
                _show(looks, live)
    except KeyboardInterrupt:
        sys.exit(130 if not live else 0)
    except BrokenPipeError:  # who reads has seen enough
        sys.stderr.close()
    except (EngineError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _looks(bridge: Any, every: float, again: bool) -> Iterator[dict[str, Any]]:
    while True:
        yield bridge.vitals()
        if not again:
            return
        time.sleep(every)


def _show(looks: Iterator[dict[str, Any]], live: bool) -> None:
    from rich.console import Console
    from rich.live import Live

    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE)
    if not live:
        for vitals in looks:
            console.print(picture(vitals))
        return
    with Live(console=console, screen=True, auto_refresh=False) as screen:
        for vitals in looks:
            screen.update(picture(vitals), refresh=True)


def picture(vitals: dict[str, Any]) -> RenderableType:
    """What the bridge said of itself, as tables."""
    from rich.console import Group

    return Group("\n".join(_head(vitals)), _processes(vitals), _jobs(vitals), _clients(vitals))


def _head(vitals: dict[str, Any]) -> list[str]:
    queue, ended = vitals["queue"], vitals["ended"]
    state = "ready" if vitals["ready"] else "loading"
    lines = [
        f"bridge {vitals['version']}, model {vitals['model']}, {state}, up {_duration(vitals['seconds'])}",
        f"jobs: {queue['rendering']} rendering, {queue['queued']} queued of {queue['most']} at most; "
        + ", ".join(f"{number} {name}" for name, number in ended.items()),
    ]
    if vitals["step_seconds"] is not None:
        lines.append(f"a step takes {_time(vitals['step_seconds'])}, at most {_time(vitals['slowest_step_seconds'])}")
    if factor := vitals["real_time_factor"]:
        lines.append(f"real-time factor {factor:.2f}: {1 / factor:.1f} s of sound a second")
    return [_plain(line) for line in lines]


def _processes(vitals: dict[str, Any]) -> Table:
    rows = [(one["process"], one["model"], str(one["pid"] or "starting"), _bytes(one["memory"]))
            for one in vitals["processes"]]  # fmt: skip
    return _table(("process", "model", "pid", "memory"), rows)


def _jobs(vitals: dict[str, Any]) -> Table:
    rows: list[tuple[str, ...]] = [
        (job["id"], job["client"], job["task"], _short(job["prompt"]), job["state"], job["priority"], _progress(job),
         _time(job["step_seconds"]), _time(job["left_seconds"]), _duration(job["seconds"]))
        for job in vitals["jobs"]
    ]  # fmt: skip
    head = ("job", "client", "task", "prompt", "state", "priority", "progress", "a step", "left", "since")
    return _table(head, rows or [("none",)])


def _clients(vitals: dict[str, Any]) -> Table:
    rows: list[tuple[str, ...]] = [
        (one["name"], one["over"], one["address"], str(one["jobs"])) for one in vitals["clients"]
    ]
    return _table(("client", "over", "address", "jobs"), rows or [("none",)])


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in head:
        table.add_column(title, no_wrap=title not in _LONG, overflow="fold")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    return table


def _plain(text: str) -> str:
    """Text as it is: what clients call themselves must not be taken for markup, or move the cursor."""
    from rich.markup import escape

    return escape("".join(character if character.isprintable() else "?" for character in text))


def _progress(job: dict[str, Any]) -> str:
    if not job["of"]:
        return ""
    filled = _BAR * job["step"] // job["of"]
    return f"{'#' * filled}{'.' * (_BAR - filled)} {job['step']}/{job['of']}"


def _short(prompt: str) -> str:
    return prompt if len(prompt) <= _PROMPT else f"{prompt[: _PROMPT - 1]}…"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _bytes(number: int | None) -> str:
    return "" if number is None else f"{number / 1e6:.0f} MB"

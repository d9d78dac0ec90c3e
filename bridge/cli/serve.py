"""``bridge serve``: the daemon, and what it says on the terminal."""

from __future__ import annotations

import contextlib
import logging
import sys
from pathlib import Path
from typing import Any

import click

from bridge.cli.options import DEFAULT_STATE, DEFAULT_TAKES, FOLDER, MODEL_HELP, PORTS, pairs
from bridge.config import OSC_PORT, STEP_TIMEOUT, Config


@click.command()
@click.option("--osc-port", type=PORTS, default=OSC_PORT, show_default=True, help="UDP and TCP; 0 takes any free one.")
@click.option("--takes", type=FOLDER, help=f"Folder for takes; {DEFAULT_TAKES} if not given.")
@click.option("--model", default="pocket", show_default=True, help=f"{MODEL_HELP}.")
@click.option("--threads", type=click.IntRange(1, 1024), help="CPU threads of the engine.")
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", callback=pairs, help="For the model; may be repeated."
)
@click.option(
    "--step-timeout", type=click.FloatRange(0, 86400), default=STEP_TIMEOUT, show_default=True, metavar="SECONDS",
    help="Start the engine again when it says nothing for so long while it renders; 0 waits for ever.",
)  # fmt: skip
@click.option("--state", type=FOLDER, help=f"Folder that keeps the jobs; {DEFAULT_STATE} if not given.")
@click.option("--verbose", is_flag=True, help="Log every job.")
def serve(
    osc_port: int, takes: Path | None, model: str, threads: int | None, options: tuple[str, ...], step_timeout: float,
    state: Path | None, verbose: bool,
) -> None:  # fmt: skip
    """Keep the model loaded and answer OSC until Ctrl-C."""
    import asyncio

    from bridge.daemon import CannotServe, Daemon
    from bridge.folders import default_state, default_takes

    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.WARNING)
    logging.getLogger("bridge").setLevel(logging.INFO if verbose else logging.WARNING)
    folder = (takes or default_takes()).expanduser().absolute()
    config = Config(
        takes=folder, model=model, osc_port=osc_port, threads=threads, options=options, step_timeout=step_timeout,
        state=state.expanduser().absolute() if state else default_state() if osc_port else None,
    )  # fmt: skip

    async def run() -> None:
        await Daemon(config, _say_listening, _say_ready).run()

    try:
        asyncio.run(run())
    except CannotServe as error:
        raise click.ClickException(str(error)) from error
    click.echo("stopped", err=True)


def _say_listening(daemon: Any) -> None:
    _say(f"listening  OSC on udp://{daemon.config.host}:{daemon.osc_port}")
    _say(f"takes      {daemon.config.takes}")
    _say(f"model      {daemon.config.model}, loading")
    if missing := _missing_outputs():
        _say(missing)


def _say_ready(daemon: Any) -> None:
    from bridge.first_sound import lines

    _say("ready      Hear a first sound: paste one of these into another terminal.")
    for line in lines(daemon.osc_port):
        _say(line)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads us any more: no reason to stop serving
        click.echo(line)
        sys.stdout.flush()


def _missing_outputs() -> str:
    from bridge.doctor import missing_libraries

    lines = [f"{library.name} ({library.how_to_get()})" for library in missing_libraries()]
    return f"missing    {', '.join(lines)}: not needed for OSC and files" if lines else ""

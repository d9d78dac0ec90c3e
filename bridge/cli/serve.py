"""``bridge serve``: the daemon, and what it says on the terminal."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import click

from bridge.cli.settings import setting_options, settings_of


@click.command()
@setting_options()
@click.option("--verbose", is_flag=True, help="Log every job on the terminal, too.")
def serve(config_file: Path | None, verbose: bool, **flags: Any) -> None:
    """Keep the model loaded and answer OSC until Ctrl-C, which finishes the jobs that live; a second one does not.

    Each option is also a setting of the environment and of the settings file: see `bridge config`.
    """
    import asyncio

    from bridge.daemon import CannotServe, Daemon
    from bridge.logs import set_up
    from bridge.memory import give_back_large_blocks
    from bridge.settings import config as made_of

    config = made_of(settings_of(flags, config_file))
    set_up(verbose, config.log)
    give_back_large_blocks()

    async def run() -> None:
        await Daemon(config, _say_listening, _say_ready).run()

    try:
        asyncio.run(run())
    except CannotServe as error:
        raise click.ClickException(str(error)) from error
    click.echo("stopped", err=True)


def _say_listening(daemon: Any) -> None:
    from bridge.access import datagram_host, in_url, is_local

    host = in_url(datagram_host(daemon.config.host))
    _say(f"listening  OSC on udp://{host}:{daemon.osc_port} and over TCP, HTTP on http://{host}:{daemon.http_port}")
    if is_local(daemon.config.host):
        _say("reach      programs on this machine, without a token")
    else:
        _say(f"reach      other machines by {daemon.config.host}, over TCP and HTTP, with the token of `bridge token`;")
        _say("           programs on this machine as before. Nothing is encrypted: see docs/safety.md")
    _say(f"takes      {daemon.config.takes}")
    _say(f"model      {daemon.config.model}, loading")
    if missing := _missing_outputs():
        _say(missing)


def _say_ready(daemon: Any) -> None:
    from bridge.first_sound import lines

    _say("ready      Hear a first sound: paste one of these into another terminal.")
    for line in lines(daemon.osc_port, daemon.http_port):
        _say(line)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads us any more: no reason to stop serving
        click.echo(line)
        sys.stdout.flush()


def _missing_outputs() -> str:
    from bridge.doctor import missing_libraries

    lines = [f"{library.name} ({library.how_to_get()})" for library in missing_libraries()]
    return f"missing    {', '.join(lines)}: not needed for OSC and files" if lines else ""

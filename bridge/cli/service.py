"""``bridge install-service``: the bridge starts with the session."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from bridge.cli.settings import setting_options, settings_of


@click.command("install-service")
@click.option("--print", "only_print", is_flag=True, help="Print the file, and do nothing.")
@click.option("--remove", "gone", is_flag=True, help="Stop the service and delete its file.")
@setting_options()
def install_service(only_print: bool, gone: bool, config_file: Path | None, **flags: Any) -> None:
    """Have the bridge start with your session: a user unit of systemd, or an agent of launchd.

    The options given here, and those of your environment, become those of its `bridge serve`; what is in the settings
    file is read at each start. When it is stopped, jobs that live are left to its next start.
    """
    from bridge import service
    from bridge.folders import chosen_folders
    from bridge.settings import FILE_VARIABLE, config, settings_file

    settings = settings_of(flags, config_file)
    options = given(settings)
    if config_file is not None or os.environ.get(FILE_VARIABLE):
        options = ("--config", str(settings_file(config_file)), *options)
    try:
        one = service.service(options, config(settings).log, environment=chosen_folders())
        if only_print:
            click.echo(f"# {one.path}", err=True)
            click.echo(one.text, nl=False)
        elif gone:
            service.remove(one)
            click.echo(f"removed {one.path}")
        else:
            service.install(one)
            click.echo(f"started, and from now on with your session: {one.path}")
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def given(settings: dict[str, Any]) -> tuple[str, ...]:
    """The settings that were given as flags or by the environment, which a service does not share, as flags."""
    from bridge.settings import BY_NAME

    words: list[str] = []
    for name, one in settings.items():
        row = BY_NAME[name]
        if one.origin not in (row.flag, row.variable):
            continue
        if row.kind == "switch":
            words.append(row.flag if one.value else f"--no-{row.flag[2:]}")
        else:
            for value in one.value if row.several else (one.value,):
                words += [row.flag, str(value)]
    return tuple(words)

"""``bridge config``, and the options that `bridge serve` makes of the table of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from bridge.cli.options import FILE, FOLDER, pairs
from bridge.settings import ROWS, BadSetting, Row, Value, resolve, settings_file

CONFIG_HELP = "Settings file; the one that BRIDGE_CONFIG names, or config.toml in your config folder, if not given."


def setting_options(*names: str) -> Callable[[Any], Any]:
    """A decorator that gives a command ``--config``, and an option for each row of the table, or for those named."""

    def decorate(function: Any) -> Any:
        function = click.option("--config", "config_file", type=FILE, help=CONFIG_HELP)(function)
        for row in reversed(ROWS):
            if not names or row.name in names:
                off = f"/--no-{row.flag[2:]}" if row.default is True else ""  # what is on needs a way to be off
                function = click.option(row.flag + off, row.name, **_shape(row))(function)
        return function

    return decorate


def settings_of(flags: Mapping[str, Any], config_file: Path | None) -> dict[str, Value]:
    """What `resolve` finds; what is wrong ends the command."""
    try:
        return resolve(flags, file=config_file)
    except BadSetting as error:
        raise click.UsageError(str(error)) from error


def _shape(row: Row) -> dict[str, Any]:
    otherwise = row.otherwise or ("" if row.kind == "switch" or row.several else row.default)
    text = f"{row.help[0].upper()}{row.help[1:]}" + (f" ({otherwise} if not given)." if otherwise != "" else ".")
    shape: dict[str, Any] = {"help": text, "default": None}
    match row.kind:
        case "int":
            shape["type"] = click.IntRange(int(row.low), int(row.high))
        case "float":
            shape["type"] = click.FloatRange(row.low, row.high)
        case "folder":
            shape["type"] = FOLDER
        case "list":
            shape |= {"multiple": True, "default": ()}
        case "pairs":
            shape |= {"multiple": True, "metavar": "KEY=VALUE", "callback": pairs, "default": ()}
        case "folders":
            shape |= {"multiple": True, "type": FOLDER, "default": ()}
        case "switch":
            shape["is_flag"] = True
    return shape


@click.command()
@setting_options()
def config(config_file: Path | None, **flags: Any) -> None:
    """Say with which settings `bridge serve` would start, and where each comes from.

    A flag beats the environment (BRIDGE_OSC_PORT, BRIDGE_TAKES …), which beats the settings file, which beats the
    default. In the environment MIDI ports stand with commas between them, folders as in PATH, and the model's options
    with spaces. What is printed can be kept as the settings file.
    """
    from bridge.settings import toml

    settings = settings_of(flags, config_file)
    path = settings_file(config_file)
    click.echo(f"# settings file: {path}{'' if path.exists() else ' (there is none)'}")
    click.echo(toml(settings))

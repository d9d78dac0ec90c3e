"""What several commands share: types of values, and how a parameter's row becomes an option."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.commands import TASKS
from bridge.config import builtin
from engine import Param

if TYPE_CHECKING:
    from presets.playing import Field

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(path_type=Path)
PORT = click.IntRange(1, 65535)
DEFAULT_TAKES = "audioldm-bridge in ~/Music, or in your data folder where there is no ~/Music,"
MODEL_HELP = f"One of {', '.join(builtin())}, or a name that `bridge models list` shows"

TASK_NAMES = frozenset(task.name for task in TASKS)
TYPES: dict[str, Any] = {"f": float, "i": int, "s": str}
"""What a row's tag means to click."""


_BRIDGE: dict[str, dict[str, Any]] = {
    "--host": {"help": "The machine of the bridge; this one if not given."},
    "--port": {"type": PORT, "help": "The bridge's HTTP port; the one of the settings if not given."},
}
BRIDGE_OPTIONS = tuple(click.Option([flag], **more) for flag, more in _BRIDGE.items())
"""Where to find the bridge, for commands that speak to one; `address_of` reads them."""


def bridge_options(command: Any) -> Any:
    """A decorator that gives a command `BRIDGE_OPTIONS`, as ``host`` and ``port``."""
    for flag, more in reversed(_BRIDGE.items()):
        command = click.option(flag, **more)(command)
    return command


def address_of(host: str | None, port: int | None) -> str | int | None:
    """The address that a client takes, from the options."""
    if host is None:
        return port
    return f"{host}:{port}" if port else host


class InOrder(click.Group):
    """A group that lists its commands in the order in which they were added, and names the nearest to a wrong one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, as they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with a hint."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self.commands, n=1) if args else []
            if not near or near[0] in error.message:  # newer versions of click give the hint themselves
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]}?", ctx) from None


def pairs(context: Any, parameter: Any, values: tuple[str, ...]) -> tuple[str, ...]:
    """Check that every value is KEY=VALUE."""
    for value in values:
        if not value.partition("=")[0] or "=" not in value:
            raise click.BadParameter(f"must be KEY=VALUE, got {value!r}")
    return values


def parameter_option(param: Param, called: str = "") -> click.Option:
    """The option for one row of PARAMS, by its name or another. Its value is checked by the request, which names the
    range."""
    flag = f"--{(called or param.name).replace('_', '-')}"
    return click.Option([flag, param.name], type=TYPES[param.tag], help=parameter_help(param))


def parameter_help(param: Param | Field) -> str:
    """A row of PARAMS or of the stream as help. That it belongs to one task is not said among that task's options."""
    text = param.help.partition(": ")[2] if param.help.partition(":")[0] in TASK_NAMES else param.help
    default = "" if param.default in (None, "") else f"; {param.default} if not given"
    return f"{text[0].upper()}{text[1:]} ({param.range}{default})."

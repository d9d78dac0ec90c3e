"""The command line. Only this file imports click, and nothing heavy is imported before a command needs it."""

from __future__ import annotations

import contextlib
import logging
import sys
from pathlib import Path
from typing import Any

import click

from bridge.config import OSC_PORT, STEP_TIMEOUT, Config
from engine import FAMILIES, PARAMS, BadRequest, Param, Request

_FOLDER = click.Path(file_okay=False, path_type=Path)
_NOT_OPTIONS = ("prompt", "task", "model")
_TYPES: dict[str, Any] = {"f": float, "i": int, "s": str}
_PORTS = click.IntRange(0, 65535)
_DEFAULT_TAKES = "audioldm-bridge in ~/Music, or in your data folder where there is no ~/Music,"


def _pairs(context: Any, parameter: Any, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not value.partition("=")[0] or "=" not in value:
            raise click.BadParameter(f"must be KEY=VALUE, got {value!r}")
    return values


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="audioldm-bridge", message="%(version)s")
def main() -> None:
    """A resident audio engine for studios: send a prompt, get a take."""


@main.command()
@click.option("--osc-port", type=_PORTS, default=OSC_PORT, show_default=True, help="UDP port; 0 takes any free one.")
@click.option("--takes", type=_FOLDER, help=f"Folder for takes; {_DEFAULT_TAKES} if not given.")
@click.option("--model", default="pocket", show_default=True, help=f"One of {', '.join(FAMILIES)}.")
@click.option("--threads", type=click.IntRange(1, 1024), help="CPU threads of the engine.")
@click.option(
    "--option", "options", multiple=True, metavar="KEY=VALUE", callback=_pairs, help="For the model; may be repeated."
)
@click.option(
    "--step-timeout", type=click.FloatRange(0, 86400), default=STEP_TIMEOUT, show_default=True, metavar="SECONDS",
    help="Start the engine again when it says nothing for so long while it renders; 0 waits for ever.",
)  # fmt: skip
@click.option("--verbose", is_flag=True, help="Log every job.")
def serve(
    osc_port: int, takes: Path | None, model: str, threads: int | None, options: tuple[str, ...], step_timeout: float,
    verbose: bool,
) -> None:  # fmt: skip
    """Keep the model loaded and answer OSC until Ctrl-C."""
    import asyncio

    from bridge.daemon import CannotServe, Daemon
    from bridge.takes import default_folder

    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.WARNING)
    logging.getLogger("bridge").setLevel(logging.INFO if verbose else logging.WARNING)
    folder = (takes or default_folder()).expanduser().absolute()
    config = Config(
        takes=folder, model=model, osc_port=osc_port, threads=threads, options=options, step_timeout=step_timeout
    )

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


def _parameter_options(command: Any) -> Any:
    """One option for each row of PARAMS, in its order."""
    for param in reversed(tuple(PARAMS.values())):
        if param.name not in _NOT_OPTIONS:
            command = click.option(f"--{param.name}", type=_TYPES[param.tag], help=_help(param))(command)
    return command


def _help(param: Param) -> str:
    default = "" if param.default in (None, "") else f"; {param.default} if not given"
    return f"{param.help[0].upper()}{param.help[1:]} ({param.range}{default})."


@main.command()
@click.argument("prompt")
@_parameter_options
@click.option(
    "-o", "--output", type=click.Path(path_type=Path),
    help="WAV file or folder to write to. A running bridge keeps a copy in its takes folder.",
)  # fmt: skip
@click.option("--model", help=f"One of {', '.join(FAMILIES)}; the running bridge's, or pocket, if not given.")
@click.option("--folder", "takes_folder", type=_FOLDER, help="Folder for takes when no bridge is running.")
@click.option("--port", type=click.IntRange(1, 65535), default=OSC_PORT, show_default=True, help="The bridge's port.")
@click.option("--local", is_flag=True, help="Render here, even if a bridge is running.")
@click.option("--threads", type=click.IntRange(1, 1024), help="CPU threads when rendering here.")
def generate(
    prompt: str,
    output: Path | None,
    model: str | None,
    takes_folder: Path | None,
    port: int,
    local: bool,
    threads: int | None,
    **options: Any,
) -> None:
    """Render PROMPT and print the files' paths. A running bridge does the work if there is one. Ctrl-C cancels."""
    from bridge.generate import Order, RenderFailed, run
    from bridge.takes import default_folder

    chosen = {name: value for name, value in options.items() if value is not None}
    if model is not None:
        chosen["model"] = model
    try:
        request = Request(prompt=prompt, **chosen)
    except BadRequest as error:
        raise click.UsageError(str(error)) from error
    if output is not None and output.suffix not in ("", ".wav") and not output.is_dir():
        raise click.UsageError(f"takes are WAV files: {output} must end in .wav")
    folder = (takes_folder or default_folder()).expanduser().absolute()
    order = Order(
        request=request, chosen=chosen, takes=folder, output=output, port=port, local=local, threads=threads
    )  # fmt: skip
    try:
        paths = run(order, lambda text: click.echo(text, err=True))
    except KeyboardInterrupt:
        click.echo("cancelled", err=True)
        sys.exit(130)
    except (RenderFailed, OSError) as error:
        raise click.ClickException(str(error)) from error
    for path in paths:
        click.echo(path)


@main.command()
@click.option("--takes", type=_FOLDER, help="The takes folder to check.")
@click.option("--model", default="pocket", show_default=True, help="The model to check.")
@click.option("--osc-port", type=_PORTS, default=OSC_PORT, show_default=True, help="The port to check.")
def doctor(takes: Path | None, model: str, osc_port: int) -> None:
    """Say what works here, what is missing, and how to get it."""
    from bridge.doctor import examine
    from bridge.takes import default_folder

    broken = False
    for finding in examine((takes or default_folder()).expanduser().absolute(), model, osc_port):
        broken |= finding.broken
        mark = "ok     " if finding.ok else "BROKEN " if finding.core else "missing"
        click.echo(f"{mark}  {finding.name:<18} {finding.text}")
    sys.exit(1 if broken else 0)


@main.command()
@click.option("--markdown", "form", flag_value="markdown", help="As Markdown tables.")
@click.option("--json", "form", flag_value="as_json", help="As JSON.")
def commands(form: str | None) -> None:
    """Print the table of OSC commands, keys and replies."""
    from bridge import describe

    click.echo(getattr(describe, form or "plain")())

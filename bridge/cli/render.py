"""The commands that render: one for each task, with an option for each parameter that means something to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from bridge.cli.options import BRIDGE_OPTIONS, DEFAULT_TAKES, FILE, FOLDER, MODEL_HELP, address_of, parameter_option
from bridge.commands import BY_TASK, TASKS, meant_for
from engine import HANDLING, PARAMS, BadRequest, Handling, Request

_COMMON = "A running bridge does the work if there is one, and takes go to its folder. Ctrl-C cancels."
_TAKES = 4  # of `bridge takes`, where a number would be one word too many

_TEXTS = {
    "generate": """Render PROMPT and print the files' paths.

    bridge generate "heavy rain on a metal roof" --seconds 4
    """,
    "restyle": """Make FILE sound like PROMPT, and keep its course in time, its length, rate and channels.

    bridge restyle steps.wav "footsteps in deep snow" --strength 0.6
    """,
    "inpaint": """Replace --regions of FILE by PROMPT. Every sample outside them stays as it is.

    bridge inpaint interview.wav "quiet room tone" --regions "12.4-13.1, 80-80.5"
    """,
    "extend": """Go on with FILE for --seconds more, as PROMPT says; also before it, or on both sides, by --side.

    bridge extend waves.wav "waves on a beach" --seconds 20
    """,
    "upsample": """Add the treble that FILE lacks, be it for its rate or for its history. What it has stays.

    bridge upsample phone.wav --rate 48000
    """,
    "vary": """Render something that sounds like FILE, and with --prompt like the prompt, too.

    bridge vary bark.wav --takes 4 --prompt "a large dog" --audio-weight 0.7
    """,
    "morph": """Render a mixture of PROMPTS, fixed or moving from the first to the last.

    bridge morph "rain : 0.7 | thunder : 0.3" --motion moving --seconds 8
    """,
    "loop": """Render a loop of PROMPT whose end runs into its beginning: --bars at --bpm, or --seconds long.

    bridge loop "a dusty breakbeat" --bars 4 --bpm 127 --rate 44100
    """,
    "takes": """Render several takes of PROMPT in one go, the best first where the model can tell.

    bridge takes "a door slam" --takes 6
    """,
    "speak": """Say TEXT with the --voice that is described. Needs a model that can speak.

    bridge speak "The next train leaves from platform two." --voice "an old man with a deep voice"
    """,
}
_ARGUMENTS = {"source": "FILE", "prompt": "PROMPT", "prompts": "PROMPTS", "transcript": "TEXT"}
_RENAMED = {("speak", "prompt"): ("voice", "Who speaks, in words, such as 'an old man with a deep voice'.")}
"""Arguments that are options on the command line: under which name, and their help."""
_REQUIRED = {"regions": ("inpaint",)}


def _command(task: str) -> click.Command:
    """The command of a task: its arguments, then options: its own first, then those of every task."""
    arguments = [
        arg.param for arg in BY_TASK[task].args if arg.param in _ARGUMENTS and (task, arg.param) not in _RENAMED
    ]
    options = [name for name in meant_for(task) if name not in (*arguments, "source", "model")]
    own = [name for name in options if len(_tasks_of(name)) < len(TASKS)]
    first, _, examples = _TEXTS[task].partition("\n\n")
    command: Any = click.Command(
        task,
        callback=_callback(task),
        help=f"{first}\n\n{_COMMON}\n\n\b\nExample:\n{examples.rstrip()}",
        short_help=first,
    )
    command.params = [
        *(click.Argument([name], metavar=_ARGUMENTS[name], type=FILE if name == "source" else str)
          for name in arguments),
        *(_option(name, task) for name in [*own, *(name for name in options if name not in own)]),
        parameter_option(HANDLING["priority"]),
        *_SHARED,
    ]  # fmt: skip
    return command


def _tasks_of(name: str) -> list[str]:
    return [task.name for task in TASKS if name in meant_for(task.name)]


def _option(name: str, task: str) -> click.Option:
    called, text = _RENAMED.get((task, name), (name, ""))
    option = parameter_option(PARAMS[name], called)
    option.help = text or option.help
    option.required = task in _REQUIRED.get(name, ())
    return option


_SHARED = [
    click.Option(
        ["-o", "--output"], type=FILE,
        help="WAV file or folder to write to. A running bridge keeps a copy in its takes folder.",
    ),
    click.Option(["--model"], help=f"{MODEL_HELP}; the running bridge's, or pocket, if not given."),
    click.Option(
        ["--folder", "takes_folder"], type=FOLDER,
        help=f"Folder for takes when no bridge is running; {DEFAULT_TAKES} if not given.",
    ),
    *BRIDGE_OPTIONS,
    click.Option(["--local"], is_flag=True, help="Render here, even if a bridge is running."),
    click.Option(["--threads"], type=click.IntRange(1, 1024), help="CPU threads when rendering here."),
]  # fmt: skip


def _callback(task: str) -> Any:
    def run(**values: Any) -> None:
        _render(task, **values)

    return run


def _render(
    task: str, *, output: Path | None, model: str | None, takes_folder: Path | None, host: str | None,
    port: int | None, local: bool, threads: int | None, **options: Any,
) -> None:  # fmt: skip
    chosen = {name: value for name, value in options.items() if value is not None}
    serving = {name: chosen.pop(name) for name in HANDLING if name in chosen}
    if model is not None:
        chosen["model"] = model
    if task == "takes":
        chosen.setdefault("takes", _TAKES)
    request = _request(task, chosen)
    chosen |= _checked(serving)
    render_request(request, chosen, output, takes_folder, address_of(host, port), local, threads)


def render_request(
    request: Request, chosen: dict[str, Any], output: Path | None, takes_folder: Path | None,
    address: str | int | None, local: bool, threads: int | None = None,
) -> list[Path]:  # fmt: skip
    """Render a request, print its files' paths and return them. chosen: what of it was given, for a daemon to fill in
    the rest. address: where that is, None for the usual place."""
    from bridge.folders import default_takes
    from bridge.render import Order, RenderFailed, run

    if output is not None and output.suffix not in ("", ".wav") and not output.is_dir():
        raise click.UsageError(f"takes are WAV files: {output} must end in .wav")
    folder = (takes_folder or default_takes()).expanduser().absolute()
    order = Order(
        request=request, chosen=chosen, takes=folder, output=output, address=address, local=local, threads=threads
    )  # fmt: skip
    try:
        paths = run(order, lambda text: click.echo(text, err=True))
    except KeyboardInterrupt:
        click.echo("cancelled", err=True)
        sys.exit(130)
    except (RenderFailed, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for path in paths:
        click.echo(path)
    return paths


def _request(task: str, chosen: dict[str, Any]) -> Request:
    from bridge.sources import BadSource, check_source

    try:
        if "source" in chosen:
            chosen["source"] = str(check_source(str(chosen["source"]), Path.cwd()))
        return Request(task=task, **chosen)
    except (BadRequest, BadSource) as error:
        raise click.UsageError(str(error)) from error


def _checked(serving: dict[str, Any]) -> dict[str, Any]:
    try:
        Handling(**serving)
    except BadRequest as error:
        raise click.UsageError(str(error)) from error
    return serving


RENDER_COMMANDS = tuple(_command(task.name) for task in TASKS)

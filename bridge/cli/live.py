"""`bridge live`: an endless stream, from the command line."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from bridge.cli.options import FILE, MODEL_HELP, TYPES, address_of, bridge_options, parameter_help
from bridge.live.rows import LIVE, SLOTS

_OPTIONS = ("loudness", "level", "guidance", "steps", "quality", "window", "ahead", "seed", "negative")
_LOOK_SECONDS = 0.5


def _options(command: Any) -> Any:
    for name in reversed(_OPTIONS):
        command = click.option(f"--{name}", type=TYPES[LIVE[name].tag], help=parameter_help(LIVE[name]))(command)
    return command


@click.command("live")
@click.argument("prompt")
@click.option(
    "--with",
    "others",
    multiple=True,
    metavar="PROMPT:WEIGHT",
    help=f"Another prompt and how much of it there is, 0 to 1; may be repeated, {SLOTS - 1} times.",
)
@click.option("--seconds", type=click.FloatRange(0.1, 24 * 3600.0), help="How long; until Ctrl-C if not given.")
@click.option("-o", "--output", type=FILE, help="A new WAV file, with cues; without a bridge, as fast as it renders.")
@_options
@click.option("--model", help=f"{MODEL_HELP}; the running bridge's, or pocket, if not given.")
@click.option(
    "--rate",
    type=click.IntRange(8000, 192000),
    default=48000,
    show_default=True,
    help="Of a file that is written without a bridge, in Hz.",
)
@bridge_options
@click.option("--local", is_flag=True, help="Render here, even if a bridge is running.")
@click.option("--threads", type=click.IntRange(1, 1024), help="CPU threads when rendering here.")
def live(
    prompt: str, others: tuple[str, ...], seconds: float | None, output: Path | None, model: str | None, rate: int,
    host: str | None, port: int | None, local: bool, threads: int | None, **options: Any,
) -> None:  # fmt: skip
    """Play an endless stream of PROMPT until Ctrl-C, or write it to a file.

    A running bridge plays it if there is one; otherwise it is rendered here.

    \b
    Examples:
    bridge live "rain on a tin roof" --with "distant thunder:0.3"
    bridge live "a humming engine room" --seconds 120 -o engine_room.wav
    """
    from bridge import Client, NoAnswer
    from engine import EngineError

    wish = _wish(prompt, others, {name: value for name, value in options.items() if value is not None})
    if output is not None:
        output = output.expanduser().absolute()
        if output.suffix.lower() != ".wav":
            raise click.UsageError(f"a recording is a .wav file, got {output.name!r}")
    try:
        if not local:
            try:
                with Client(address_of(host, port), name="live", reconnect=3.0) as bridge:
                    if model in (None, bridge.status().model):
                        _by_daemon(bridge, wish, seconds, output)
                        return
            except NoAnswer:
                if host is not None:
                    raise
        _by_ourselves(wish, model or "pocket", seconds, output, rate, threads)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        sys.exit(0 if seconds is None else 130)
    except (EngineError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _wish(prompt: str, others: tuple[str, ...], settings: dict[str, Any]) -> Any:
    from bridge.live.wish import Wish
    from engine import BadRequest

    if len(others) >= SLOTS:
        raise click.UsageError(f"there may be {SLOTS} prompts, got {len(others) + 1}")
    try:
        wish = Wish().with_settings(settings).with_prompt(1, prompt)
        for slot, other in enumerate(others, 2):
            text, _, weight = other.rpartition(":")
            wish = wish.with_prompt(slot, *((text, float(weight)) if text else (other, 1.0)))
    except (BadRequest, ValueError) as error:
        raise click.UsageError(f"--with takes PROMPT:WEIGHT and so on: {error}") from error
    if not wish.mixture:
        raise click.UsageError("there is no prompt with a weight")
    return wish


def _by_daemon(bridge: Any, wish: Any, seconds: float | None, output: Path | None) -> None:
    """Have the running bridge play it, and watch."""
    settings = {name: value for name, value in wish.settings.items() if not name.startswith("weight")}
    for slot, text in enumerate(wish.texts, 1):
        bridge.command("/live/prompt", slot=slot, text=text, weight=wish[f"weight{slot}"])
    if output is not None:
        bridge.command("/record/start", path=str(output))
    try:
        bridge.command("/live/start", prompt="", **settings)
        _watch(bridge, seconds)
    finally:
        bridge.command("/live/stop")
        time.sleep(_LOOK_SECONDS + 0.2)  # it fades
        if output is not None:
            bridge.command("/record/stop")  # the file gets its name when it is complete
            click.echo(output)


def _watch(bridge: Any, seconds: float | None) -> None:
    """Say what changes, until the time is over, counted from the first sound."""
    said, end = "", None
    while end is None or time.monotonic() < end:
        (now, *_) = (one.args for one in bridge.command("/live/status") if one.address == "/live/stream")
        if now["playing"] and end is None and seconds is not None:
            end = time.monotonic() + seconds
        line = f"{now['state']}: {now['playing'] or '…'}; changes within {now['delay']:.1f} s" + (
            f"; {now['why']}" if now["why"] else ""
        )
        if (shown := line.partition(";")[0]) != said:
            click.echo(line, err=True)
            said = shown
        if now["state"] == "stopped":
            raise click.ClickException("the stream was stopped by somebody else")
        time.sleep(_LOOK_SECONDS if end is None else min(_LOOK_SECONDS, max(0.0, end - time.monotonic())))


def _by_ourselves(
    wish: Any, model: str, seconds: float | None, output: Path | None, rate: int, threads: int | None
) -> None:
    from bridge.audio.output import Output
    from bridge.audio.players.player import CannotPlay
    from bridge.live.alone import Alone
    from bridge.models import Store, StoreError

    try:
        loadable = Store().loadable(model)
    except StoreError as error:
        raise click.ClickException(str(error)) from error
    alone = Alone(wish, model, loadable, threads, lambda text: click.echo(text, err=True))
    if output is not None:
        if seconds is None:
            raise click.UsageError("say how long the file should be, by --seconds")
        alone.to_file(output, seconds, rate)
        click.echo(output)
        return
    speakers = Output()
    try:
        speakers.use("device")
        alone.to_device(speakers, seconds)
    except CannotPlay as error:
        raise click.ClickException(f"{error}; write a file with -o, or start bridge serve") from error
    finally:
        speakers.close()

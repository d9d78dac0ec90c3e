"""``bridge cue``: a cue sheet into takes at their times. ``bridge watch``: a folder in which takes appear."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.options import FILE, FOLDER, address_of, bridge_options

if TYPE_CHECKING:
    from bridge.cues.clock import Clock
    from bridge.cues.session import Outcome

_FPS = ("24", "25", "30", "50", "60")  # rates whose timecodes drop no numbers


def _clock_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What times are counted in; the command gets it as ``clock``."""

    @functools.wraps(command)
    def with_clock(fps: str, bpm: float | None, beats: int, **more: Any) -> Any:
        from bridge.cues.clock import Clock

        return command(clock=Clock(int(fps), bpm or 0.0, beats), **more)

    options = (
        click.option("--fps", type=click.Choice(_FPS), default="25", show_default=True,
                     help="Frames a second of timecodes."),
        click.option("--bpm", type=click.FloatRange(20, 400), help="Beats a minute, for times in bars: 5.1.1, 2 bars."),
        click.option("--beats", type=click.IntRange(1, 16), default=4, show_default=True, help="Beats a bar."),
    )  # fmt: skip
    for option in reversed(options):
        with_clock = option(with_clock)
    return with_clock


@click.command()
@click.argument("sheet", type=FILE)
@click.option("-o", "--output", type=FOLDER, help="Folder for the takes; one beside SHEET with its name if not given.")
@click.option("--rate", type=click.IntRange(8000, 192000), default=48000, show_default=True, help="Of the project, Hz.")
@_clock_options
@bridge_options
def cue(sheet: Path, output: Path | None, rate: int, clock: Clock, host: str | None, port: int | None) -> None:
    """Render a cue sheet, a CSV file with columns time, length, prompt and takes.

    Beside the takes come a Reaper project, an EDL and a table with everything at its time. Called again, it goes on
    where it stopped and renders only what is new.

    \b
    Example:
    bridge cue scene.csv
    """
    import asyncio

    from bridge.cues.render import Unwritten
    from bridge.cues.sheet import SheetError
    from engine import EngineError

    folder = output or sheet.with_suffix("")
    try:
        outcome = asyncio.run(_cue(sheet, folder, rate, clock, address_of(host, port)))
    except KeyboardInterrupt:
        raise click.ClickException(f"stopped; what is complete is in {folder}, and the same line goes on") from None
    except SheetError as error:
        raise click.ClickException(f"{sheet} cannot be rendered:\n{error}") from error
    except Unwritten as error:
        raise click.ClickException(f"{error}; what is complete is kept, and then the same line goes on") from error
    except (EngineError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for path in outcome.files:
        click.echo(path)
    if outcome.failures:
        failed = "\n".join(outcome.failures)
        raise click.ClickException(f"{len(outcome.failures)} of {len(outcome.placed)} cues failed:\n{failed}")


async def _cue(sheet: Path, folder: Path, rate: int, clock: Clock, address: str | int | None) -> Outcome:
    from bridge import AsyncClient, NoAnswer
    from bridge.cues.session import other_version, render_sheet
    from bridge.cues.sheet import read_sheet
    from bridge.progress import ProgressLine

    cues = read_sheet(sheet, clock)
    try:
        with ProgressLine() as line:
            async with AsyncClient(address, name="bridge cue", patience=3600.0) as bridge:
                if trouble := other_version((await bridge.status()).version):
                    click.echo(trouble, err=True)
                return await render_sheet(
                    sheet.stem, cues, folder, bridge, lambda now: line.say(f"cue {now.done} of {now.total}"),
                    clock=clock, rate=rate,
                )  # fmt: skip
    except NoAnswer as error:
        raise click.ClickException(f"{error}: bridge serve starts one; then the same line goes on") from error


@click.command()
@click.argument("folder", type=FOLDER)
@click.option(
    "--audio", type=click.Choice(("vary", "upsample")), default="vary", show_default=True,
    help="What is done to a sound that comes without a text.",
)  # fmt: skip
@_clock_options
@click.option("--once", is_flag=True, help="Render what is there, and end.")
@bridge_options
def watch(folder: Path, audio: str, clock: Clock, once: bool, host: str | None, port: int | None) -> None:
    """Watch FOLDER: drop a text, a cue sheet or a sound into it, and its takes appear beside it.

    A text is a prompt with parameters below it, a line each ("seconds = 4"). A text with the name of a sound says what
    is done to that sound. What cannot be done is said in a file NAME.error.txt.

    \b
    Example:
    bridge watch ~/Music/to-render
    """
    import asyncio
    import contextlib

    from bridge import AsyncClient
    from bridge.cues.watch import Watch
    from engine import EngineError

    async def run() -> None:
        watching = Watch(folder, lambda text: click.echo(text, err=True), audio, clock)
        await watching.run(lambda: AsyncClient(address_of(host, port), name="bridge watch", patience=600.0), once=once)

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(run())
    except (EngineError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error

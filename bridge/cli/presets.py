"""`bridge presets`: find, play, keep and exchange presets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.options import DEFAULT_TAKES, FILE, FOLDER, MODEL_HELP, InOrder, address_of, bridge_options, pairs

if TYPE_CHECKING:
    from presets import Preset

_VALUES = click.argument("values", nargs=-1, metavar="[KEY=VALUE]...", callback=pairs)


@click.group(cls=InOrder)
def presets() -> None:
    """Sounds by name: find, play, keep and exchange them.

    NAME is a preset's name, or pack/name where two packs have it.
    """


@presets.command("list")
@click.option("--pack", help="Only those of this pack.")
@click.option("--tag", help="Only those with this tag.")
@click.option("--model", default="pocket", show_default=True, help="Only those that this model can do.")
@click.option("--all", "every", is_flag=True, help="Also those for other models.")
def list_presets(pack: str | None, tag: str | None, model: str, every: bool) -> None:
    """Show packs and presets, and what each is for."""
    from bridge.shelf import Shelf

    library = Shelf().library
    with _complaints():
        packs = [library.pack(pack)] if pack else list(library.packs())
    for problem in library.problems():
        click.echo(f"not read: {problem}", err=True)
    for one in packs:
        found = [
            preset for preset in one.presets.values()
            if (every or preset.suits(model)) and tag in (None, *preset.tags)
        ]  # fmt: skip
        if found:
            click.echo(f"{one.name}: {one.title or one.name} ({len(found)})")
        for preset in found:
            click.echo(f"  {preset.name:<20} {preset.why}")
    click.echo(f"\nyour own packs: {library.folder}", err=True)


@presets.command()
@click.argument("name")
def show(name: str) -> None:
    """Print a preset as its pack has it, with every choice of its variables."""
    from bridge.shelf import Shelf
    from presets.writing import preset_text, table_of

    with _complaints():
        preset = Shelf().library.find(name)
    click.echo(f"# pack: {preset.pack}{preset_text(preset.name, table_of(preset))}", nl=False)


@presets.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--count", type=click.IntRange(1, 100), default=12, show_default=True, help="At most so many.")
def search(words: tuple[str, ...], count: int) -> None:
    """Find presets by words and by what they would sound like: a word need not be in them."""
    from bridge.shelf import Shelf

    found = Shelf().search(" ".join(words), count, wait=True)
    if not found:
        raise click.ClickException(f"no preset is like {' '.join(words)!r}")
    for preset, score in found:
        larger = "" if preset.suits("pocket") else f" (for {' or '.join(preset.models)})"
        click.echo(f"{score:.2f}  {preset.full_name:<36} {preset.prompt}{larger}")


@presets.command()
@click.argument("name")
@_VALUES
@click.option("-o", "--output", type=FILE, help="WAV file or folder to write to.")
@click.option("--model", help=f"{MODEL_HELP}; the running bridge's, or pocket, if not given.")
@click.option(
    "--folder",
    "takes_folder",
    type=FOLDER,
    help=f"Folder for takes when no bridge is running; {DEFAULT_TAKES} if not given.",
)
@bridge_options
@click.option("--local", is_flag=True, help="Render here, even if a bridge is running.")
@click.option("--silent", is_flag=True, help="Do not play it.")
def play(
    name: str, values: tuple[str, ...], output: Path | None, model: str | None, takes_folder: Path | None,
    host: str | None, port: int | None, local: bool, silent: bool,
) -> None:  # fmt: skip
    """Render NAME, print the files' paths, and play them as the preset says; a loop is heard twice.

    A KEY is a variable of the preset or a setting of a request, which then goes before the preset's own.

    \b
    Example:
    bridge presets play footsteps surface="in snow" pace=running seconds=8 -o steps.wav
    """
    from bridge.cli.render import render_request
    from bridge.shelf import Shelf, request_of

    with _complaints():
        preset = Shelf().library.find(name)
        given = {**_typed(values), **({"model": model} if model else {})}
        request = request_of(preset, given)
        if not preset.suits(request.model or "pocket"):
            click.echo(
                f"{preset.full_name} is for {' or '.join(preset.models)}: {request.model or 'pocket'} gives what is "
                "nearest", err=True,
            )  # fmt: skip
    chosen = {key: getattr(request, key) for key in {**preset.asked(), **given} if hasattr(request, key)}
    paths = render_request(request, chosen, output, takes_folder, address_of(host, port), local)
    if not silent:
        _hear(paths, preset, request.task == "loop")


def _hear(paths: list[Path], preset: Preset, seamless: bool) -> None:
    """Play takes one after the other; that a machine cannot is said, and is no failure."""
    from bridge.audio.output import Output
    from bridge.audio.players.player import CannotPlay
    from bridge.audition import audition

    speakers = Output()
    try:
        speakers.use("device")
        for path in paths:
            audition(path, preset.playing, seamless, speakers)
    except CannotPlay as error:
        click.echo(f"not played: {error}", err=True)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    finally:
        speakers.close()


@presets.command()
@click.argument("name")
@_VALUES
@click.option("--from", "take", type=FILE, help="A take: its request, with its seed, becomes the preset.")
@click.option("--like", help="A preset to begin with.")
@click.option("--pack", default="mine", show_default=True, help="Your pack to put it into.")
@click.option("--why", default="", help="What it is for, in a sentence.")
@click.option("--tag", "tags", multiple=True, help="A word to find it by; may be repeated.")
@click.option("--replace", is_flag=True, help="Also if there is one of this name.")
def save(
    name: str, values: tuple[str, ...], take: Path | None, like: str | None, pack: str, why: str,
    tags: tuple[str, ...], replace: bool,
) -> None:  # fmt: skip
    """Keep a sound as a preset of your own, from a take, from another preset, or from KEY=VALUE alone.

    \b
    Examples:
    bridge presets save my-door --from ~/Music/audioldm-bridge/2026-11-21_a-door-slam_s7_3.00s_take1.wav
    bridge presets save my-steps --like footsteps pace=slow release=0.5
    bridge presets save my-hum prompt="electric hum" mode=toggle seconds=8
    """
    from bridge.keeping import kept
    from bridge.shelf import Shelf, check_preset
    from engine import read_request
    from presets.exchange import save_preset

    library = Shelf().library
    with _complaints():
        request = read_request(take.expanduser().absolute()) if take else None
        begun = library.find(like) if like else None
        preset = kept(name, pack, begun, request, _typed(values), why, tags)
        path = save_preset(preset, library, check_preset, replace)
    click.echo(f"{preset.full_name} is saved in {path}")


@presets.command("import")
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Also in place of packs of the same name.")
def import_file(file: Path, replace: bool) -> None:
    """Take in a pack (.toml) or several (.zip). All is read and checked before anything is written, and nothing but
    your folder of presets is written to."""
    from bridge.shelf import Shelf, check_preset
    from presets.exchange import import_packs

    library = Shelf().library
    with _complaints():
        packs = import_packs(file.expanduser().absolute(), library, check_preset, replace)
    for pack in packs:
        click.echo(f"{pack.name}: {len(pack.presets)} presets")


@presets.command()
@click.argument("names", nargs=-1, required=True, metavar="PACK...")
@click.option("-o", "--output", type=FILE, required=True, help="A .toml for one pack, a .zip for any number.")
def export(names: tuple[str, ...], output: Path) -> None:
    """Write packs to a file for others."""
    from bridge.shelf import Shelf
    from presets.exchange import export_packs

    with _complaints():
        packs = export_packs(names, Shelf().library, output.expanduser().absolute())
    click.echo(f"{output}: {', '.join(pack.name for pack in packs)}")


def _typed(values: tuple[str, ...]) -> dict[str, Any]:
    """KEY=VALUE as names and plain values: a number where the key is one of a number."""
    from bridge.keeping import typed

    return {key: typed(key, value) for key, _, value in (one.partition("=") for one in values)}


@contextmanager
def _complaints() -> Iterator[None]:
    """What can go wrong, as click says it."""
    from engine import BadRequest, FileError
    from presets import PackError

    try:
        yield
    except (PackError, BadRequest, FileError, OSError) as error:
        raise click.ClickException(str(error)) from error

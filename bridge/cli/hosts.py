"""``bridge install`` and ``bridge uninstall``: tools for hosts."""

from __future__ import annotations

from pathlib import Path

import click

from bridge.hosts import MODULES

_NAMES = click.Choice(tuple(MODULES))
_FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="The host's folder, if it is another one."
)



@click.command()
@click.argument("name", type=_NAMES, required=False)
@_FOLDER
@click.option("--force", is_flag=True, help="Replace files that are not as they were installed.")
@click.option("--list", "only_list", is_flag=True, help="Say which hosts are found here, and what is installed.")
def install(name: str | None, folder: Path | None, force: bool, only_list: bool) -> None:
    """Put tools for a host into its folder: text becomes sound in its timeline, on its grid, or in its patches."""
    from bridge.hosts import Here, find, host
    from bridge.hosts.install import CannotInstall
    from bridge.hosts.install import install as put

    if only_list or name is None:
        if not only_list:
            raise click.UsageError(f"say which host: {', '.join(MODULES)}; or --list")
        _list()
        return
    one = host(name)
    place = folder or find(one)
    if place is None:
        looked = "\n  ".join(map(str, one.folders(Here())))
        raise click.ClickException(f"{one.title} has no folder here; say --folder FOLDER. Looked for:\n  {looked}")
    try:
        done = put(one, place, force)
    except (CannotInstall, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{len(done.files)} files for {one.title} are in {done.folder}\n{one.then}")


@click.command()
@click.argument("name", type=_NAMES)
@_FOLDER
@click.option("--force", is_flag=True, help="Delete files that were changed, too.")
def uninstall(name: str, folder: Path | None, force: bool) -> None:
    """Take out what `bridge install` put into a host's folder, and nothing else."""
    from bridge.hosts.install import CannotInstall, installed
    from bridge.hosts.install import uninstall as take

    found = [one for one in installed(name) if folder is None or one.folder == folder.expanduser().resolve()]
    if not found:
        raise click.ClickException(f"nothing is installed for {name}{f' in {folder}' if folder else ''}")
    for one in found:
        try:
            gone = take(one, force)
        except (CannotInstall, OSError) as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"{gone.files} files were taken out of {gone.folder}")
        for path in gone.kept:
            click.echo(f"kept, as it was changed: {path}", err=True)


def _list() -> None:
    from bridge.hosts import find, host
    from bridge.hosts.install import installed

    for name in MODULES:
        one = host(name)
        for row in installed(name):
            click.echo(f"{name:<8} {one.title:<20} installed ({row.version}) in {row.folder}")
        if not installed(name):
            place = find(one)
            click.echo(f"{name:<8} {one.title:<20} " + (f"found: {place}" if place else "no folder of it here"))


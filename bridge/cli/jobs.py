"""``bridge jobs``: what the journal tells, also when no bridge runs. ``bridge status``: what a running one tells."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.options import address_of, bridge_options
from bridge.cli.settings import setting_options, settings_of

if TYPE_CHECKING:
    from bridge.journal import Entry


@click.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="So many of the latest.")
@click.option("--paths", is_flag=True, help="With the path of every take.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with requests and takes.")
@setting_options("osc_port", "state")
def jobs(limit: int, paths: bool, as_json: bool, config_file: Path | None, **flags: Any) -> None:
    """List the jobs of the bridge, the latest last.

    They are read from its journal, so those of a bridge that has ended are there, too.
    """
    from bridge.journal import JournalError, read
    from bridge.settings import config

    path = config(settings_of(flags, config_file)).journal
    if path is None:
        raise click.UsageError("a bridge with port 0 keeps no journal unless it has a --state")
    try:
        entries = read(path, limit)
    except JournalError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(entry) for entry in entries], indent=2, default=str))
        return
    for entry in entries:
        click.echo(_line(entry))
        for take in entry.takes if paths else ():
            click.echo(f"    {take}{'' if take.exists() else '  (gone)'}")
    click.echo(f"{len(entries) or 'no'} jobs in {path}", err=True)


def _line(entry: Entry) -> str:
    when = datetime.fromtimestamp(entry.created).strftime("%Y-%m-%d %H:%M:%S") if entry.created else ""
    took = f"{entry.ended - entry.created:.1f} s" if entry.ended else ""
    asked = f"{entry.request.get('task', '')} {entry.prompt}".strip()
    why = f": {entry.text}" if entry.text else ""
    return f"{when:<19}  {entry.id:<16} {entry.state.value:<9} {len(entry.takes):>2} takes {took:>8}  {asked}{why}"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@bridge_options
def status(as_json: bool, host: str | None, port: int | None) -> None:
    """Say whether a bridge runs, what it has loaded and what it is doing. Ends with status 1 where none answers."""
    from bridge import Client
    from engine import EngineError

    try:
        with Client(address_of(host, port), name="bridge status") as client:
            vitals, known = client.vitals(), client.jobs()
    except (EngineError, ValueError) as error:
        raise click.ClickException(f"{error}: bridge serve starts one") from error
    counts = {state: sum(one.state == state for one in known) for state in ("rendering", "queued", "done", "failed")}
    if as_json:
        names = ("version", "model", "ready", "osc_port", "http_port", "takes", "journal", "log")
        click.echo(json.dumps({name: vitals[name] for name in names} | {"jobs": counts}))
        return
    state = "ready" if vitals["ready"] else "loading"
    click.echo(f"bridge    {vitals['version']}, {state}")
    click.echo(f"ports     OSC {vitals['osc_port']}, HTTP {vitals['http_port']}")
    click.echo(f"model     {vitals['model']}")
    click.echo(f"jobs      {', '.join(f'{number} {state}' for state, number in counts.items())}")
    for job in known:
        if job.state in ("rendering", "queued"):
            click.echo(f"          {job.id:<16} {job.state:<9} {job.takes} takes  {job.prompt}")
    click.echo(f"takes     {vitals['takes']}")
    click.echo(f"journal   {vitals['journal'] or 'in memory'}")
    click.echo(f"log       {vitals['log'] or 'on the terminal only'}")

"""``bridge doctor`` and ``bridge commands``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bridge.cli.options import FOLDER, PORTS
from bridge.config import OSC_PORT


@click.command()
@click.option("--takes", type=FOLDER, help="The takes folder to check.")
@click.option("--model", default="pocket", show_default=True, help="The model to check.")
@click.option("--osc-port", type=PORTS, default=OSC_PORT, show_default=True, help="The port to check.")
def doctor(takes: Path | None, model: str, osc_port: int) -> None:
    """Say what works here, what is missing, and how to get it."""
    from bridge.doctor import examine
    from bridge.folders import default_takes

    broken = False
    for finding in examine((takes or default_takes()).expanduser().absolute(), model, osc_port):
        broken |= finding.broken
        mark = "ok     " if finding.ok else "BROKEN " if finding.core else "missing"
        click.echo(f"{mark}  {finding.name:<18} {finding.text}")
    sys.exit(1 if broken else 0)


@click.command()
@click.option("--markdown", "form", flag_value="markdown", help="As Markdown tables.")
@click.option("--json", "form", flag_value="as_json", help="As JSON.")
def commands(form: str | None) -> None:
    """Print the table of OSC commands, keys and replies."""
    from bridge import describe

    click.echo(getattr(describe, form or "plain")())

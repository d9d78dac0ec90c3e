"""``bridge doctor`` and ``bridge commands``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.settings import setting_options
from bridge.config import Config

if TYPE_CHECKING:
    from bridge.doctor import Finding

_LOOKED_AT = ("takes", "model", "osc_port", "http_port", "host", "roots", "state", "threads", "options", "announce")
_MARKS = {"ok": "ok     ", "missing": "missing", "broken": "BROKEN "}


@click.command()
@click.option("--quick", is_flag=True, help="Leave out loading the model.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@setting_options(*_LOOKED_AT)
def doctor(quick: bool, as_json: bool, config_file: Path | None, **flags: Any) -> None:
    """Say what works here with the settings of `bridge serve`, what is missing, and how to get it.

    Ends with status 0 if the bridge works here, whatever else is missing, and with 1 if something is broken.
    """
    from bridge.doctor import examine, summary

    config, wrong = _settings(flags, config_file)
    everything: list[Finding] = []
    for section, findings in (("settings", [wrong]), *examine(config, quick)) if wrong else examine(config, quick):
        everything += findings
        if not as_json:
            click.echo(f"{section}:")
            for finding in findings:
                click.echo(f"  {_MARKS[finding.state]} {finding.name:<16} {finding.text}")
    if as_json:
        rows = [{"name": one.name, "state": one.state, "text": one.text} for one in everything]
        click.echo(json.dumps({"works": not any(one.broken for one in everything), "findings": rows}, indent=2))
    else:
        click.echo(summary(everything))
    sys.exit(1 if any(finding.broken for finding in everything) else 0)


def _settings(flags: dict[str, Any], config_file: Path | None) -> tuple[Config, Finding | None]:
    """The settings, or, where they cannot be used, the defaults and what is wrong."""
    from bridge.doctor import Finding
    from bridge.settings import BadSetting, config, resolve

    try:
        return config(resolve(flags, file=config_file)), None
    except BadSetting as error:
        return Config(takes=Path.home() / "audioldm-bridge"), Finding("settings", False, str(error))
    except ImportError as error:
        takes = Path(flags["takes"] or Path.home() / "audioldm-bridge").expanduser().absolute()
        given = {name: value for name, value in flags.items() if value not in (None, ()) and name != "takes"}
        text = f"default folders are not known without the library {error.name or error}"
        return Config(takes=takes, **given), Finding("settings", False, text)


@click.command()
@click.option("--markdown", "form", flag_value="markdown", help="As Markdown tables.")
@click.option("--json", "form", flag_value="as_json", help="As JSON.")
def commands(form: str | None) -> None:
    """Print the table of OSC commands, keys and replies."""
    from bridge import describe

    click.echo(getattr(describe, form or "plain")())

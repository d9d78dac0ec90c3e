"""The command line. Only this package imports click, and nothing heavy is imported before a command needs it."""

from __future__ import annotations

import click

from bridge.cli.cue import cue, watch
from bridge.cli.hosts import install, uninstall
from bridge.cli.jobs import jobs, status
from bridge.cli.live import live
from bridge.cli.midi import midi
from bridge.cli.models import models
from bridge.cli.options import InOrder
from bridge.cli.presets import presets
from bridge.cli.render import RENDER_COMMANDS
from bridge.cli.serve import serve
from bridge.cli.service import install_service
from bridge.cli.settings import config
from bridge.cli.token import token
from bridge.cli.tools import commands, doctor
from bridge.cli.top import top


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="audioldm-bridge", message="%(version)s")
def main() -> None:
    """A resident audio engine for studios: send a prompt or a clip, get a take."""


_RUNNING = (serve, *RENDER_COMMANDS, live, cue, watch, status, top, jobs, presets, models, midi)
for _command in (*_RUNNING, install, uninstall, config, install_service, token, doctor, commands):
    main.add_command(_command)

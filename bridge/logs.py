"""Where the daemon's log goes: lines for people on the terminal, JSON objects in a file that does not grow for ever."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from pathlib import Path

import structlog

MAX_BYTES = 5_000_000
"""Of one log file. The full ones are kept as .1 to .4, the latest first."""

BACKUPS = 4

log = logging.getLogger("bridge")


class _File(logging.handlers.RotatingFileHandler):
    """A log file that nobody can write to any more (a full disk) ends no session."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the library's name
        """Say nothing: it is the log that is full."""


def set_up(verbose: bool, file: Path | None) -> None:
    """Send the daemon's log to the terminal, and everything from INFO on to the file, one JSON object a line.

    A file that cannot be opened is a warning. ``extra`` of a message becomes fields of its own: job, client, state …
    """
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    terminal.setLevel(logging.INFO if verbose else logging.WARNING)
    logging.basicConfig(handlers=[terminal], level=logging.WARNING)
    log.setLevel(logging.INFO)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = _File(file, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8")
    except OSError as error:
        log.warning("there is no log file: %s", error)
        return
    handler.setFormatter(_json())
    handler.setLevel(logging.INFO)
    logging.getLogger().addHandler(handler)


def _json() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )

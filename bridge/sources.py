"""Early checks of the clips that clients name, so that a typing error is told at once and not by the engine later."""

from __future__ import annotations

import os
from pathlib import Path


class BadSource(ValueError):
    """A path that names no readable file; the text says which and why."""


def check_source(text: str, base: Path | None = None) -> Path:
    """The absolute path of a clip. ``base`` is where relative paths begin; without one they are refused, as a client
    and the daemon may stand in different folders. Raises BadSource."""
    try:
        path = Path(text).expanduser()
        if not path.is_absolute():
            if base is None:
                raise BadSource(f"path must be absolute, got {shown(text)}")
            path = base / path
        path = Path(os.path.normpath(path))
        if path.is_dir():
            raise BadSource(f"{shown(str(path))} is a folder, and not a sound file")
        if not path.exists():
            raise BadSource(f"there is no file {shown(str(path))}")
        if not path.is_file():
            raise BadSource(f"{shown(str(path))} is not a plain file")
        if not os.access(path, os.R_OK):
            raise BadSource(f"{shown(str(path))} may not be read")
        if path.stat().st_size == 0:
            raise BadSource(f"{shown(str(path))} is empty")
    except (OSError, RuntimeError, ValueError) as error:  # names too long, no such home, null characters
        if isinstance(error, BadSource):
            raise
        raise BadSource(f"{shown(text)} cannot be looked at: {getattr(error, 'strerror', None) or error}") from None
    return path


def shown(text: str) -> str:
    """A path in a complaint: short, and without characters that would garble a terminal."""
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= 300 else f"...{text[-297:]}"

"""The folders that clients may name files in.

Whoever sits at this machine expects to edit the sounds that lie in his home, on his disks, and where his host writes
its temporary files; so these are the roots of local clients unless the setting ``roots`` names others. A client of
another machine has the takes folder, with the clips that were sent there, and beyond it only what ``roots`` names.

A path is followed through every symbolic link before it is judged, and from then on only the path that was found is
used, so that a link which is changed later leads nowhere else.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from bridge.sources import BadSource, check_source, shown

_MOUNTS = {"darwin": ("/Volumes",), "linux": ("/media", "/run/media", "/mnt")}


def default_roots() -> tuple[Path, ...]:
    """Where a person's sounds lie: home, temporary files, and mounted disks."""
    drives = (Path(f"{letter}:\\") for letter in "DEFGHIJKLMNOPQRSTUVWXYZ") if sys.platform == "win32" else ()
    mounts = (Path(mount) for mount in _MOUNTS.get(sys.platform, ()))
    return tuple(_resolved((Path.home(), Path(tempfile.gettempdir()), *mounts, *drives)))


class Roots:
    """The roots of one daemon. ``takes`` is always one of them; ``named`` are those of the setting, if it was given."""

    def __init__(self, takes: Path, named: Iterable[Path] = ()) -> None:
        own = tuple(_resolved((takes,)))
        chosen = tuple(_resolved(named))
        self._far = (*own, *chosen)
        self._near = (*own, *(chosen or default_roots()))

    def of(self, local: bool) -> tuple[Path, ...]:
        """The roots of clients on this machine, or of those beyond it."""
        return self._near if local else self._far

    def readable(self, text: str, local: bool) -> Path:
        """The real path of a clip that a client names. Raises BadSource, which tells others than the owner of this
        machine nothing about what lies outside the roots."""
        path = check_source(text) if local else Path(text)
        return self._inside(path, local) if local else check_source(str(self._inside(path, local)))

    def writable(self, text: str, local: bool) -> Path:
        """The real path of a file that a client wants to have written; its folder must be there. Raises BadSource."""
        path = self._inside(Path(text).expanduser(), local)
        if path.is_dir() or not path.parent.is_dir():
            raise BadSource(f"no file can be written at {shown(str(path))}: its folder must be there")
        return path

    def _inside(self, path: Path, local: bool) -> Path:
        if not path.is_absolute():
            raise BadSource(f"path must be absolute, got {shown(str(path))}")
        try:
            real = path.resolve()
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links, null characters
            raise BadSource(f"{shown(str(path))} cannot be looked at: {error}") from None
        if any(real.is_relative_to(root) for root in self.of(local)):
            return real
        if not local:
            raise BadSource("from other machines only takes and clips that were sent here can be named; send it first")
        where = ", ".join(map(str, self.of(local)))
        text = f"{shown(str(real))} is outside the folders of the setting roots, which are {where}"
        raise BadSource(f"{text}: bridge serve --root FOLDER allows another")


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading. Raises OSError, also where it has become a link, a folder or a pipe meanwhile."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    number = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(f"{path} is not a plain file")
    return os.fdopen(number, "rb")


def _resolved(folders: Iterable[Path]) -> Iterable[Path]:
    """Real paths. The root of the file system is none: with it, roots would be no bound."""
    for folder in folders:
        try:
            real = folder.expanduser().resolve()
        except (OSError, RuntimeError):
            continue
        if real != Path("/"):
            yield real

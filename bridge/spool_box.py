"""The spool's folder: messages that clients put into ``in``, and answers in ``out``. No loop, no sockets.

A message is ``in/SESSION.NUMBER.json``, an answer ``out/SESSION/NUMBER.json``. Both are written under another name and
then renamed, which every file system does at once, so that neither side reads half a file. A message is claimed by
renaming it again, so that it is taken once. Nothing else in the folder is ever opened, followed or deleted.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from bridge.roots import open_plain

MAX_MESSAGE = 65536
"""Bytes of one message."""

MAX_UNREAD = 64
"""Answers that may lie in a session's folder; further ones wait in the daemon."""

AT_ONCE = 100
"""Messages that are taken in one go."""

STALE_SECONDS = 10.0
"""A message that has lain for longer when the daemon starts was given up by its sender long ago."""

_MESSAGE = re.compile(r"([a-z0-9-]{1,40})\.([0-9]{1,9})\.json")
_PART = re.compile(r"([a-z0-9-]{1,40})\.([0-9]{1,9})\.part")
"""One that is not yet whole, or that never became so."""
_SCANNED = 10_000
_OLD_SECONDS = 3600.0


class NotOurs(Exception):
    """The folder cannot be used as a spool; the text says why."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as it lay there; ``wrong`` says why there is no content."""

    session: str
    number: int
    data: bytes = b""
    wrong: str = ""


class Box:
    """The folder of one daemon's spool."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._in = folder / "in"
        self._out = folder / "out"
        self._claim = secrets.token_hex(4)

    def open(self) -> None:
        """Make the folder, for this user only, and clear it of what nobody waits for any more. Raises NotOurs."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_owner()
            for folder in (self._in, self._out):
                folder.mkdir(mode=0o700, exist_ok=True)
                if folder.is_symlink():
                    raise NotOurs(f"{folder} is a link")
            self._sweep()
        except OSError as error:
            raise NotOurs(f"{self.folder} cannot be used: {error.strerror or error}") from error

    def _check_owner(self) -> None:
        """Who can write here can have anything rendered, and read what is."""
        if os.name != "posix":
            return  # the user's folders are the user's there
        found = self.folder.stat()
        if found.st_uid != os.getuid():
            raise NotOurs(f"{self.folder} belongs to another user")
        if found.st_mode & 0o077:
            self.folder.chmod(0o700)

    def _sweep(self) -> None:
        now = time.time()
        for path in itertools.islice(self._in.iterdir(), _SCANNED):
            with contextlib.suppress(FileNotFoundError):  # its sender takes it back at this moment
                ours = _MESSAGE.fullmatch(path.name) or _PART.fullmatch(path.name)
                if ours and not path.is_dir() and now - path.lstat().st_mtime > STALE_SECONDS:
                    path.unlink()
        for path in itertools.islice(self._out.iterdir(), _SCANNED):
            with contextlib.suppress(FileNotFoundError):
                if path.is_dir() and not path.is_symlink() and now - path.lstat().st_mtime > _OLD_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)

    def collect(self, later: Collection[str] = ()) -> list[Letter]:
        """Take the messages that are there, each session's in order, but those of the sessions ``later``."""
        waiting = []
        with os.scandir(self._in) as entries:
            for entry in itertools.islice(entries, _SCANNED):
                match = _MESSAGE.fullmatch(entry.name)
                if match and match[1] not in later and entry.is_file(follow_symlinks=False):
                    waiting.append((match[1], int(match[2]), entry.name))
        letters = (self._take(session, number, name) for session, number, name in sorted(waiting)[:AT_ONCE])
        return [letter for letter in letters if letter is not None]

    def _take(self, session: str, number: int, name: str) -> Letter | None:
        claimed = self._in / f".{name}.{self._claim}"
        try:
            (self._in / name).rename(claimed)
        except OSError:  # another daemon was faster, or something on Windows has it open: the next time
            return None
        try:
            with open_plain(claimed) as file:
                data = file.read(MAX_MESSAGE + 1)
        except OSError as error:
            return Letter(session, number, wrong=f"the message could not be read: {error.strerror or error}")
        finally:
            with contextlib.suppress(OSError):
                claimed.unlink()
        if len(data) > MAX_MESSAGE:
            return Letter(session, number, wrong=f"a message must have 1 to {MAX_MESSAGE} bytes")
        return Letter(session, number, data)

    def first_free(self, session: str, number: int) -> int:
        """The number, or the first after it that no answer has that still lies there."""
        while (self._out / session / f"{number}.json").exists():
            number += 1
        return number

    def deliver(self, session: str, number: int, text: str) -> bool:
        """Put an answer down; False if too many lie there unread. Raises OSError."""
        folder = self._out / session
        if (folder / f"{number - MAX_UNREAD}.json").exists():
            return False
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink():
            raise OSError(f"{folder} is a link")
        aside = folder / f"{number}.part"
        with contextlib.suppress(FileNotFoundError):
            aside.unlink()
        with aside.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
        aside.rename(folder / f"{number}.json")
        return True

    def drop(self, session: str, numbers: Iterable[int]) -> None:
        """Delete those of a session's answers that still lie there."""
        folder = self._out / session
        for number in () if folder.is_symlink() else numbers:
            with contextlib.suppress(OSError):
                (folder / f"{number}.json").unlink()

    def forget(self, session: str) -> None:
        """Delete a session's answers."""
        folder = self._out / session
        if not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)

"""Clips that clients send, for hosts that share no disk with the daemon: a folder, its bounds, and its names."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import time
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import BinaryIO

from bridge.takes import slug

MAX_CLIP = 1 << 30
"""Bytes of one clip: eight channels of float32 at 96 kHz for five minutes."""

MAX_SENDING = 4
"""Clips that may be on their way at once."""

CHUNK_SECONDS = 30.0
"""How long a client may take to send its next bytes."""

KEEP_SECONDS = 7 * 86400.0
"""How long a clip is kept when nothing is made from it."""

SUFFIXES = (".wav", ".aif", ".aiff", ".flac", ".ogg", ".oga", ".mp3", ".w64", ".caf")

SLOWEST = 4096
"""Bytes a second, after the first `CHUNK_SECONDS`: who sends less only keeps a place from others."""

_NAME = re.compile(r"[^/\\\0]{1,200}")
_BLOCK = 1 << 20


class BadClip(Exception):
    """A clip that is not taken; the text says why, ``status`` is HTTP's."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Clips:
    """The folder of one daemon's clips, in all at most ``most`` bytes of them."""

    def __init__(self, folder: Path, most: int = 20 * 10**9) -> None:
        self.folder = folder
        self._most = most
        self._sending: dict[Path, int] = {}  # bytes that each may still have, of those that are on their way

    def find(self, name: str) -> Path:
        """The path of a clip. Raises BadClip for a name that is not in the folder itself."""
        path = self.folder / name
        if not _NAME.fullmatch(name) or name.startswith(".") or path.is_symlink() or not path.is_file():
            raise BadClip(404, "there is no clip of this name")
        return path

    async def take_in(self, name: str, length: int | None, chunks: AsyncIterator[bytes]) -> Path:
        """Write a clip as it comes and return its path. ``length`` is what was announced. Raises BadClip, and what
        ``chunks`` raises."""
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise BadClip(415, f"a clip's name must end with one of {', '.join(SUFFIXES)}")
        if length is not None and length > MAX_CLIP:
            raise BadClip(413, f"a clip must have 1 to {MAX_CLIP} bytes, got {length}")
        if len(self._sending) >= MAX_SENDING:
            raise BadClip(503, f"{MAX_SENDING} clips are on their way already; send it again in a moment")
        final = self.folder / f"{slug(Path(name).stem)}_{secrets.token_hex(4)}{suffix}"
        part = self.folder / f".{final.name}.part"
        promised = sum(self._sending.values())
        self._sending[part] = MAX_CLIP if length is None else length
        try:
            room = await asyncio.to_thread(self._room, promised, frozenset(self._sending))
            if (length or 1) > room:
                raise BadClip(507, f"clips may take {self._most} bytes in all, and {room} are left; delete some first")
            self.folder.mkdir(parents=True, exist_ok=True)
            if self.folder.is_symlink():
                raise BadClip(507, f"clips are not written through a link: {self.folder}")
            await _write(part, chunks, min(room, MAX_CLIP))
            part.replace(final)
        except OSError as error:
            raise BadClip(507, f"the clip could not be written: {error.strerror or error}") from None
        finally:
            del self._sending[part]
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return final

    def _room(self, promised: int, sending: Collection[Path]) -> int:
        """Bytes that are left: beside the clips that are there, and what those on their way were promised."""
        sizes = promised
        for path in self.folder.glob("*"):
            with contextlib.suppress(OSError):
                sizes += 0 if path in sending else path.lstat().st_size
        return max(0, self._most - sizes)

    def sweep(self, needed: Collection[str]) -> None:
        """Remove what is older than `KEEP_SECONDS` and not among the paths that are needed."""
        if self.folder.is_symlink():
            return  # these are somebody else's files
        for path in self.folder.glob("*"):
            with contextlib.suppress(OSError):
                if str(path) not in needed and time.time() - path.stat().st_mtime > KEEP_SECONDS:
                    path.unlink()


async def _write(part: Path, chunks: AsyncIterator[bytes], most: int) -> None:
    size, waiting = 0, bytearray()
    began = time.monotonic()
    with part.open("xb") as file:
        async for chunk in chunks:
            size += len(chunk)
            waiting += chunk
            if size > most:
                raise BadClip(413, f"a clip must have 1 to {most} bytes")
            if time.monotonic() - began > CHUNK_SECONDS + size / SLOWEST:
                raise BadClip(408, f"a clip must come with {SLOWEST} bytes a second or more")
            if len(waiting) >= _BLOCK:
                await asyncio.to_thread(file.write, bytes(waiting))
                waiting.clear()
        if not size:
            raise BadClip(400, f"a clip must have 1 to {MAX_CLIP} bytes, got 0")
        await asyncio.to_thread(_complete, file, bytes(waiting))


def _complete(file: BinaryIO, rest: bytes) -> None:
    file.write(rest)
    file.flush()
    os.fsync(file.fileno())

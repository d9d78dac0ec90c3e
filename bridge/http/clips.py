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

from bridge.takes import slug

MAX_CLIP = 1 << 30
"""Bytes of one clip: eight channels of float32 at 96 kHz for five minutes."""

MAX_SENDING = 4
"""Clips that may be on their way at once."""

CHUNK_SECONDS = 30.0
"""How long a client may take to send its next bytes."""

KEEP_SECONDS = 7 * 86400.0
"""How long a clip is kept when no living job needs it."""

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
        self._sending = 0

    def find(self, name: str) -> Path:
        """The path of a clip. Raises BadClip for a name that is not in the folder itself."""
        path = self.folder / name
        if not _NAME.fullmatch(name) or name.startswith(".") or path.is_symlink() or not path.is_file():
            raise BadClip(404, "there is no clip of this name")
        return path

    async def take_in(self, name: str, length: int | None, chunks: AsyncIterator[bytes]) -> Path:
        """Write a clip as it comes and return its path. ``length`` is what was announced. Raises BadClip."""
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise BadClip(415, f"a clip's name must end with one of {', '.join(SUFFIXES)}")
        if length is not None and length > MAX_CLIP:
            raise BadClip(413, f"a clip must have 1 to {MAX_CLIP} bytes, got {length}")
        if self._sending >= MAX_SENDING:
            raise BadClip(503, f"{MAX_SENDING} clips are on their way already; send it again in a moment")
        room = await asyncio.to_thread(self._room)
        if (length or 1) > room:
            raise BadClip(507, f"clips may take {self._most} bytes in all, and {room} are left; delete some first")
        final = self.folder / f"{slug(Path(name).stem)}_{secrets.token_hex(4)}{suffix}"
        part = self.folder / f".{final.name}.part"
        self._sending += 1
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self.folder.is_symlink():
                raise BadClip(507, f"clips are not written through a link: {self.folder}")
            await _write(part, chunks, min(room, MAX_CLIP))
            part.replace(final)
        except OSError as error:
            raise BadClip(507, f"the clip could not be written: {error.strerror or error}") from None
        finally:
            self._sending -= 1
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return final

    def _room(self) -> int:
        """Bytes that are left."""
        sizes = 0
        for path in self.folder.glob("*"):
            with contextlib.suppress(OSError):
                sizes += path.lstat().st_size
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
        while True:
            try:
                async with asyncio.timeout(CHUNK_SECONDS):
                    chunk = await anext(chunks, None)
            except TimeoutError:
                raise BadClip(408, f"no bytes came for {CHUNK_SECONDS:g} s") from None
            size += len(chunk or b"")
            waiting += chunk or b""
            if size > most:
                raise BadClip(413, f"a clip must have 1 to {most} bytes")
            if time.monotonic() - began > CHUNK_SECONDS + size / SLOWEST:
                raise BadClip(408, f"a clip must come with {SLOWEST} bytes a second or more")
            if len(waiting) >= _BLOCK or chunk is None:
                await asyncio.to_thread(file.write, bytes(waiting))
                waiting.clear()
            if chunk is None:
                break
        if not size:
            raise BadClip(400, f"a clip must have 1 to {MAX_CLIP} bytes, got 0")
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())

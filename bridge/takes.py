"""Takes on disk: names that a person finds again, and files that are complete or absent."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import time
import unicodedata
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path

from engine import Request

MAX_NAME = 120
"""Characters of a file name, so that it stays short of every file system's limit and readable in a file list."""

_MAX_NAME_BYTES = 240  # most file systems take 255 bytes; a suffix for the unfinished file must still fit
_PART_PREFIX = ".bridge-"
_PART_SUFFIX = ".part"
_STALE_SECONDS = 3600.0


def slug(prompt: str, limit: int = 60) -> str:
    """The prompt as part of a file name: letters and digits of any script, joined by hyphens, at most ``limit`` long.

    Everything that Windows, macOS or a shell treats specially becomes a hyphen. A prompt without a letter or digit
    becomes ``sound``.
    """
    text = unicodedata.normalize("NFC", prompt).casefold()
    words = "".join(c if c.isalnum() or unicodedata.category(c) == "Mn" else " " for c in text).split()
    return _cut("-".join(words), limit) or "sound"


def _cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, at a word's end where that keeps at least half."""
    if len(text) <= limit:
        return text
    head = text[: limit + 1].rpartition("-")[0]
    return (head if len(head) * 2 >= limit else text[:limit]).strip("-")


def label(request: Request) -> str:
    """What a take is named after: the prompt; of an edit the clip and what was done to it, too; of a loop its tempo; of
    speech what is said."""
    said = request.transcript if request.spelling == "words" else ""
    parts = [said or request.prompt or re.sub(r":\s*[\d.]+", "", request.prompts)]
    if isinstance(request.source, str) and request.source:
        parts = [Path(request.source).stem, request.task, *parts]
    if request.bars and request.bpm:
        parts += [f"{request.bars:g} bars {request.bpm:g} bpm".replace(".", "-")]
    return " ".join(part for part in parts if part)


def take_name(day: date, prompt: str, seed: int, seconds: float, number: int) -> str:
    """A take's file name, such as ``2026-11-21_deep-kick-drum_s7_1.50s_take1.wav``; takes are numbered from 1."""
    tail = f"_s{seed}_{seconds:.2f}s_take{number}.wav"
    head = f"{day.isoformat()}_"
    words = slug(prompt, MAX_NAME - 8 - len(head) - len(tail))
    while len((head + words + tail).encode()) > _MAX_NAME_BYTES - 8:
        words = words[:-1].strip("-")
    return head + words + tail


def write_new(folder: Path, name: str, data: bytes) -> Path:
    """Write a file under a name that is not taken yet and return its path.

    The bytes are written aside, flushed to the disk, and then appear under their name at once. An existing file is
    never replaced: ``_2``, ``_3`` … is added instead. Raises OSError with nothing left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = _write_part(folder, data)
    try:
        return next(path for path in _names(folder, name) if _appear(part, path))
    finally:
        part.unlink(missing_ok=True)


def find_same(folder: Path, name: str, data: bytes, others: Collection[Path]) -> Path | None:
    """The file that `write_new` made of these bytes earlier, if it did and it is none of ``others``."""
    for path in _names(folder, name):
        try:
            if path.stat().st_size == len(data) and path not in others and path.read_bytes() == data:
                return path
        except OSError:  # the first name that is free
            return None
    return None


def _names(folder: Path, name: str) -> Iterator[Path]:
    stem, dot, suffix = name.rpartition(".")
    yield folder / name
    for number in itertools.count(2):
        yield folder / f"{stem}_{number}{dot}{suffix}"


def write_over(path: Path, data: bytes) -> None:
    """Write a file the user named, replacing what was there, in one step. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _write_part(path.parent, data)
    try:
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_part(folder: Path, data: bytes) -> Path:
    part = folder / f"{_PART_PREFIX}{os.getpid()}-{time.monotonic_ns()}{_PART_SUFFIX}"
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return part


def _appear(part: Path, path: Path) -> bool:
    """Give the written file its name. False when the name is taken."""
    try:
        path.hardlink_to(part)  # fails if the name exists, also when another process takes it at this moment
        return True
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if path.exists():
            return False
        part.replace(path)
        return True


def remove_stale_parts(folder: Path) -> None:
    """Remove unfinished files that a killed process left behind more than an hour ago."""
    for part in folder.glob(f"{_PART_PREFIX}*{_PART_SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _STALE_SECONDS:
                part.unlink()


def why_not_writable(folder: Path) -> str | None:
    """Why takes cannot be written to this folder, in words; None when they can. Creates the folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_part(folder, b"").unlink()
    except OSError as error:
        return f"takes cannot be written to {folder}: {error.strerror or error}"
    return None

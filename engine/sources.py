"""Clips from files of any kind: WAV, AIFF, FLAC, OGG and MP3 by libsndfile, what it lacks by pedalboard."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from engine.errors import FileError
from engine.request import Clip
from engine.wav import read_clip

RATES = (8000, 192000)
MOST_CHANNELS = 8
SURE = (b"RIFF", b"RIFX", b"RF64", b"FORM", b"fLaC", b"OggS", b"caff")
"""How files begin whose formats every libsndfile has: one that it refuses is broken. pedalboard would go on looking in
it for a chunk that is not there, for minutes."""
LARGEST = 1 << 27
"""Samples of all channels: 6 minutes of 8 channels at 48 kHz, 23 of stereo."""


def read_source(path: str | Path, links: bool = True) -> Clip:
    """The clip in a sound file, 8 to 192 kHz and 1 to 8 channels. Raises `FileError`, which names the file.

    links: False refuses a path that leads through a symbolic link: for who has followed all of them before, and judged
    what was found, such a path is one that was changed since.
    """
    if links:
        clip = _read(path, path)
    else:
        with _open_real(Path(path)) as file:
            clip = _read(path, file)
    low, high = RATES
    if not low <= clip.rate <= high:
        raise FileError(f"{path} must have a rate of {low} to {high} Hz, got {clip.rate}")
    if not 1 <= clip.channels <= MOST_CHANNELS:
        raise FileError(f"{path} must have 1 to {MOST_CHANNELS} channels, got {clip.channels}")
    if clip.frames == 0:
        raise FileError(f"{path} holds no sound: it has 0 frames")
    return _finite(path, clip)


def _read(path: str | Path, where: str | Path | BinaryIO) -> Clip:
    """The clip at `path`, by what is opened for it."""
    try:
        return read_clip(where, LARGEST)
    except FileError as error:
        if _begins(where) in SURE:
            raise
        return _by_pedalboard(path, where, error)


def _begins(where: str | Path | BinaryIO) -> bytes:
    """The first four bytes of a file; none where it cannot be read."""
    try:
        if not isinstance(where, str | Path):
            where.seek(0)
            return where.read(4)
        with Path(where).open("rb") as file:
            return file.read(4)
    except OSError:
        return b""


def _open_real(path: Path) -> BinaryIO:
    """The file, opened once: it is read by what was opened here, whatever the path leads to later."""
    flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # and a pipe is not waited for
    try:
        file = open(path, "rb", opener=lambda name, asked: os.open(name, asked | flags))  # noqa: SIM115
        found, there = os.fstat(file.fileno()), path.stat()
        if stat.S_ISREG(found.st_mode) and os.path.samestat(found, there) and os.path.realpath(path) == str(path):
            return file
        file.close()
    except OSError as error:
        if not path.is_symlink():
            raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
    raise FileError(f"{path} is no plain file at its own place any more: it became a link or something else")


def _finite(path: str | Path, clip: Clip) -> Clip:
    import numpy as np

    if not np.isfinite(clip.samples).all():
        raise FileError(f"{path} holds samples that are not finite numbers")
    return clip


def _by_pedalboard(path: str | Path, where: str | Path | BinaryIO, error: FileError) -> Clip:
    """For formats that libsndfile was built without. The first error stands if pedalboard cannot read it either."""
    try:
        from pedalboard.io import AudioFile
    except ImportError:
        raise error from None
    try:
        if not isinstance(where, str | Path):
            where.seek(0)
        with AudioFile(str(where) if isinstance(where, Path) else where) as file:
            if file.frames * file.num_channels > LARGEST:
                raise error
            return Clip(file.read(file.frames), int(file.samplerate))
    except FileError:
        raise
    except Exception:
        if not Path(path).exists():
            raise FileError(f"there is no file {path}") from None
        if Path(path).is_dir():
            raise FileError(f"{path} is a folder, and not a sound file") from None
        raise FileError(f"{path} is not a sound file that can be read here (WAV, AIFF, FLAC, OGG, MP3)") from error

"""Clips from files of any kind: WAV, AIFF, FLAC, OGG and MP3 by libsndfile, what it lacks by pedalboard."""

from __future__ import annotations

from pathlib import Path

from engine.errors import FileError
from engine.request import Clip
from engine.wav import read_clip

RATES = (8000, 192000)
MOST_CHANNELS = 8
LARGEST = 1 << 27
"""Samples of all channels: 6 minutes of 8 channels at 48 kHz, 23 of stereo."""


def read_source(path: str | Path) -> Clip:
    """The clip in a sound file, 8 to 192 kHz and 1 to 8 channels. Raises `FileError`, which names the file."""
    try:
        clip = read_clip(path, LARGEST)
    except FileError as error:
        clip = _by_pedalboard(path, error)
    low, high = RATES
    if not low <= clip.rate <= high:
        raise FileError(f"{path} must have a rate of {low} to {high} Hz, got {clip.rate}")
    if not 1 <= clip.channels <= MOST_CHANNELS:
        raise FileError(f"{path} must have 1 to {MOST_CHANNELS} channels, got {clip.channels}")
    if clip.frames == 0:
        raise FileError(f"{path} holds no sound: it has 0 frames")
    return _finite(path, clip)


def _finite(path: str | Path, clip: Clip) -> Clip:
    import numpy as np

    if not np.isfinite(clip.samples).all():
        raise FileError(f"{path} holds samples that are not finite numbers")
    return clip


def _by_pedalboard(path: str | Path, error: FileError) -> Clip:
    """For formats that libsndfile was built without. The first error stands if pedalboard cannot read it either."""
    try:
        from pedalboard.io import AudioFile
    except ImportError:
        raise error from None
    try:
        with AudioFile(str(path)) as file:
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

"""What may be given as a source, and how it gets to the bridge: by its path on a shared disk, else over the network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.client.takes import Take
from engine import BadRequest, Clip

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Source = str | os.PathLike[str] | Take | Clip | tuple[ArrayLike, int]
    """A path; a take; a clip; or samples of the shape (channels, frames) or (frames,), with their rate in Hz."""


def file_of(source: Any) -> Path | None:
    """The absolute path of a source that is a file here; None for one that is sound. Raises BadRequest."""
    if isinstance(source, Take):
        return source.path
    if isinstance(source, str | os.PathLike):
        return Path(source).expanduser().absolute()
    return None


def name_and_content(source: Any) -> tuple[str, bytes | Path]:
    """A name for a source, and what to send. Raises BadRequest for what is no source."""
    if isinstance(source, Take):
        return source.name, source.content if source.content is not None else Path(str(source.path))
    if (path := file_of(source)) is not None:
        return path.name, path
    from engine import wav_bytes  # with numpy, which who only names files does not need

    return "sound.wav", wav_bytes(_clip(source))


def _clip(source: Any) -> Clip:
    if isinstance(source, Clip):
        return source
    if isinstance(source, tuple) and len(source) == 2 and not isinstance(source[1], bool | str):
        try:
            clip = Clip(source[0], int(source[1]))
        except (TypeError, ValueError) as error:
            raise BadRequest("source", f"source must be samples and their rate in Hz: {error}") from None
        if clip.frames and clip.rate > 0:
            return clip
        raise BadRequest("source", f"source must have frames at a rate, got {clip.frames} at {clip.rate} Hz")
    text = "source must be a path, a take, a clip, or samples with their rate (samples, rate)"
    raise BadRequest("source", f"{text}, got {type(source).__name__}")

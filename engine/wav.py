"""Takes as WAV files that carry their own request, and back. Only this file imports soundfile (libsndfile).

The metadata is the standard LIST/INFO chunk: title = the prompt, software = this program, comment = the resolved
request as JSON. The same take always gives the same bytes.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.errors import EngineError, FileError
from engine.request import Clip, Request, Take

SUBTYPES = {"pcm16": "PCM_16", "pcm24": "PCM_24", "float32": "FLOAT"}
"""The request's formats as libsndfile calls them."""
SOFTWARE = "audioldm-bridge"
MARK = "audioldm-bridge"
"""The key of the comment's JSON object under which the request lies."""


def wav_bytes(take: Take | Clip) -> bytes:
    """The file of a take, in the format that its request names; or of a clip, which has none, as 32-bit floats."""
    file = io.BytesIO()
    if isinstance(take, Clip):
        soundfile.write(file, take.samples.T, take.rate, SUBTYPES["float32"], format="WAV")
        return _timeless(file.getvalue())
    clip, request = take.clip, take.request
    subtype = SUBTYPES[request.format]
    with soundfile.SoundFile(file, "w", clip.rate, clip.channels, subtype, format="WAV") as out:
        out.title = request.prompt or request.prompts or request.task
        out.software = SOFTWARE
        out.comment = json.dumps({MARK: request.to_dict()}, ensure_ascii=False)
        out.write(_coded(clip, request).T)
    return _timeless(file.getvalue())


def write_wav(path: str | Path, take: Take) -> None:
    """Write a take's file to `path`, replacing what is there. Raises `OSError`."""
    Path(path).write_bytes(wav_bytes(take))


def read_request(source: str | Path | bytes) -> Request:
    """The request in a file (or in its bytes). Raises `FileError` if there is none or it is not valid."""
    try:
        found = json.loads(_info(source)[b"ICMT"])[MARK]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise FileError(f"{_name(source)} carries no request") from error
    try:
        return Request.from_dict(found)
    except EngineError as error:
        raise FileError(f"{_name(source)} carries a request that is not valid: {error.text}") from error


def read_clip(source: str | Path | bytes | BinaryIO, most: int | None = None) -> Clip:
    """The sound in a file (or in its bytes, or in an open one), in any format that libsndfile reads. Raises
    `FileError`, also if it has more than `most` samples, those of all channels counted."""
    with _opened(source) as file:
        if most is not None and file.frames * file.channels > most:
            size = f"{file.channels} x {file.frames}"
            raise FileError(f"{_name(source)} must have at most {most} samples in all its channels, got {size}")
        return Clip(file.read(dtype="float32", always_2d=True).T, file.samplerate)


def _opened(source: str | Path | bytes | BinaryIO) -> soundfile.SoundFile:
    where = io.BytesIO(source) if isinstance(source, bytes) else str(source) if isinstance(source, Path) else source
    try:
        return soundfile.SoundFile(where)
    except (soundfile.LibsndfileError, OSError) as error:
        raise FileError(f"{_name(source)} cannot be read: {error}") from error


def _name(source: str | Path | bytes | BinaryIO) -> str:
    return "the file" if isinstance(source, bytes) else str(getattr(source, "name", source))


def stored_clip(take: Take, first: int = 0) -> Clip:
    """A take's clip, from its frame `first` on, as it is read from its file again: rounded to the file's format."""
    return Clip(stored(take.clip.samples[:, first:], take.request, first, take.clip.frames), take.clip.rate)


def stored(samples: NDArray[np.float32], request: Request, first: int, frames: int) -> NDArray[np.float32]:
    """Samples (channels, n) of a take of `frames`, from its frame `first` on, as they are read from its file again."""
    if request.format == "float32":
        return samples
    if request.format == "pcm24":
        return (_rounded(samples.astype(np.float64), 24) / 2.0**23).astype(np.float32)
    noise = _dither((len(samples), frames), request.seed, first, samples.shape[1])
    return (_rounded(_dithered(samples, noise), 16) / 2.0**15).astype(np.float32)


def _coded(clip: Clip, request: Request) -> NDArray[Any]:
    """Samples as the file stores them; libsndfile takes 24 bits from the top of an int32."""
    if request.format == "float32":
        return clip.samples
    if request.format == "pcm24":
        return _rounded(clip.samples.astype(np.float64), 24) << 8
    noise = _dither(clip.samples.shape, request.seed, 0, clip.frames)
    return _rounded(_dithered(clip.samples, noise), 16).astype(np.int16)


def _rounded(samples: NDArray[np.float64], bits: int) -> NDArray[np.int32]:
    """Full scale -1 to 1 as whole numbers of `bits` bits; what is beyond is clipped."""
    scale = 2.0 ** (bits - 1)
    return np.clip(np.rint(samples * scale), -scale, scale - 1).astype(np.int32)


def _dither(shape: tuple[int, ...], seed: int | None, first: int, count: int) -> NDArray[np.float64]:
    """Triangular noise of one 16-bit step either way, drawn from the request's seed for a take of `shape` (channels,
    frames): `count` frames of it from `first` on, without drawing those before, as a long take comes in many pieces."""
    channels, frames = shape

    def drawn(place: int) -> NDArray[np.float64]:
        # One step of the generator is one number.
        return np.random.Generator(np.random.PCG64(seed).advance(place)).random(count)

    rows = [drawn(row * frames + first) - drawn((channels + row) * frames + first) for row in range(channels)]
    return np.stack(rows) / 2.0**15


def _dithered(samples: NDArray[np.float32], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Samples with the noise. Silence is left silent, sample by sample, so that a piece needs nothing of the rest."""
    return np.where(samples != 0, samples + noise, 0.0)


def _info(source: str | Path | bytes) -> dict[bytes, bytes]:
    """The entries of LIST/INFO by name. libsndfile writes long ones but reads none of over about 2000 bytes."""
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as file:
            lists = [file.read(length) for name, length in _chunks(file, 12) if name == b"LIST"]
    except OSError as error:
        raise FileError(f"{_name(source)} cannot be read: {error}") from error
    entries = {}
    for content in lists:
        if content.startswith(b"INFO"):
            part = io.BytesIO(content)
            entries.update({name: part.read(length).rstrip(b"\0") for name, length in _chunks(part, 4)})
    return entries


def _timeless(content: bytes) -> bytes:
    """The file without the time of writing that libsndfile puts into the PEAK chunk of a float file."""
    file = io.BytesIO(content)
    for name, _ in _chunks(file, 12):
        if name == b"PEAK":
            file.seek(4, io.SEEK_CUR)
            file.write(bytes(4))
    return file.getvalue()


def _chunks(file: BinaryIO, position: int) -> Iterator[tuple[bytes, int]]:
    """Name and length of each RIFF chunk from `position` on; the file then stands at the start of its content."""
    file.seek(position)
    while len(head := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        yield name, length
        position += 8 + length + length % 2
        file.seek(position)

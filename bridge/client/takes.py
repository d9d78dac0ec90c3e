"""A take as a client has it: a file on a disk that both see, or the file's bytes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine import Clip, Request


@dataclass(frozen=True, slots=True)
class Take:
    """One result of a job.

    index: counted from 0. path: the file, or None where the bridge's disk is not ours. name: the file's name.
    frames, rate: its length, in frames of `rate` Hz. seed: renders it again. score: how well it fits the prompt,
    higher is better; 0 where the model cannot tell.
    """

    index: int
    name: str
    path: Path | None
    frames: int
    rate: int
    seed: int
    score: float
    content: bytes | None = field(default=None, repr=False)
    """The WAV file's bytes, of a take that came over the network."""

    @property
    def seconds(self) -> float:
        """Its length in seconds."""
        return self.frames / self.rate

    @property
    def clip(self) -> Clip:
        """The sound. Raises `engine.FileError` if the file has gone."""
        from engine import read_clip  # with numpy, which who only wants files does not need

        return read_clip(self._file)

    @property
    def samples(self) -> NDArray[np.float32]:
        """The sound as float32 of the shape (channels, frames), full scale -1 to 1. Read anew each time."""
        return self.clip.samples

    @property
    def request(self) -> Request:
        """What was rendered, down to the seed; rendering it again gives this very sound."""
        from engine import read_request

        return read_request(self._file)

    @property
    def wav(self) -> bytes:
        """The file's bytes. Raises OSError if the file has gone."""
        return self.content if self.content is not None else Path(str(self.path)).read_bytes()

    def save(self, to: str | Path) -> Path:
        """Copy the file to a path, or into a folder under its own name. Returns where it is. Raises OSError."""
        target = Path(to).expanduser()
        target = target / self.name if target.is_dir() else target
        if self.content is not None:
            target.write_bytes(self.content)
        else:
            shutil.copyfile(str(self.path), target)
        return target

    @property
    def _file(self) -> Path | bytes:
        found = self.path if self.content is None else self.content
        assert found is not None
        return found

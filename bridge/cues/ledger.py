"""What has been rendered into a folder, so that the same work is not done twice and goes on where it stopped."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bridge.takes import write_over

FILE = ".bridge-takes.json"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A take in the folder: its file's name, length in frames of ``rate`` Hz, seed and score."""

    file: str
    frames: int
    rate: int
    seed: int
    score: float


def key_of(value: Any) -> str:
    """A short name for any JSON value: the same for the same value."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


class Ledger:
    """A folder's record. Raises OSError where it cannot be written; one that cannot be read is begun anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jobs: dict[str, str] = {}
        self._kept: dict[str, list[Kept]] = {}
        self._writing: set[str] = set()
        with contextlib.suppress(FileNotFoundError, ValueError, LookupError, TypeError, AttributeError):
            content = json.loads((folder / FILE).read_text(encoding="utf-8"))
            if content["version"] == VERSION:
                self._jobs = {str(key): str(id) for key, id in content["jobs"].items()}
                self._kept = {str(key): [Kept(**one) for one in kept] for key, kept in content["takes"].items()}

    def job(self, key: str) -> str:
        """The id of the job for a piece of work: drawn once and written down before it is sent, so that whoever is
        started again asks for the same job."""
        if key not in self._jobs:
            self._jobs[key] = f"cue-{secrets.token_hex(8)}"
            self._save()
        return self._jobs[key]

    def forget(self, key: str) -> None:
        """The job came to nothing, or its takes are gone: the next try is another job."""
        if self._jobs.pop(key, None) is not None:
            self._save()

    def writing(self, file: str) -> None:
        """A take is in the folder, and others of its work are still to come."""
        self._writing.add(file)

    def keep(self, key: str, takes: list[Kept]) -> None:
        """The takes of a piece of work are in the folder."""
        self._kept[key] = takes
        self._jobs.pop(key, None)
        self._save()

    def kept(self, key: str) -> list[Kept]:
        """The takes of a piece of work; none if one of their files is gone."""
        takes = self._kept.get(key, [])
        return takes if all((self._folder / take.file).is_file() for take in takes) else []

    def files(self) -> set[str]:
        """The names of all files that were rendered into the folder."""
        return {take.file for takes in self._kept.values() for take in takes} | self._writing

    def _save(self) -> None:
        takes = {key: [asdict(one) for one in kept] for key, kept in self._kept.items()}
        content = {"version": VERSION, "jobs": self._jobs, "takes": takes}
        write_over(self._folder / FILE, json.dumps(content, ensure_ascii=False, indent=1).encode())

"""The models store: which checkpoints this user has, under which names, and where their weights lie.

A model is a folder ``<store>/<name>/`` with a record, ``model.json``, and, unless it was only linked to, the weights in
``weights/``. The record is written last, so a folder without one is a pull or copy that was not finished. Nothing here
reads weights: what they are is asked of the engine (`bridge.models_check`).
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bridge.config import CHECKPOINT, builtin
from bridge.folders import default_models
from engine import FAMILIES

RECORD = "model.json"
WEIGHTS = "weights"
HEADS = ("", "trained", "config")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TOKENIZER = ("vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
_COPY_BYTES = 1 << 24


class StoreError(Exception):
    """The store cannot do what was asked; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One model in the store.

    ``path`` is the folder or file with the weights; ``owned`` says that it lies in the store, and goes with the model.
    ``summary`` is what the engine found in it. ``heads`` is the head count that `verify` found to fit: "trained",
    "config", or empty while nobody has verified. ``options`` are further ones for loading it, each ``KEY=VALUE``.
    ``source`` is where the weights came from, ``licence`` what they may be used for as far as that is known, ``size``
    their bytes.
    """

    name: str
    path: str
    owned: bool
    summary: str = ""
    heads: str = ""
    options: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""
    size: int = 0
    added: str = ""


@dataclass(frozen=True, slots=True)
class Loadable:
    """What an engine process is started with: the family that loads the model, and its options as ``KEY=JSON``.
    ``name`` is what the model is called in requests."""

    name: str
    family: str
    options: tuple[str, ...] = ()


class Store:
    """The models of one user. ``folder`` is made when something is first put into it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = (folder or default_models()).expanduser().absolute()

    def records(self) -> list[Record]:
        """All models by name; a record that cannot be read is left out."""
        found = []
        for path in sorted(self.folder.glob(f"*/{RECORD}")):
            try:
                found.append(_read(path))
            except StoreError:
                continue
        return found

    def unfinished(self) -> list[str]:
        """Names of pulls and copies that were interrupted."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir() and not (path / RECORD).exists())

    def names(self) -> list[str]:
        """Every name that can be loaded: the families that come with the engine, then the store's."""
        return [*builtin(), *(record.name for record in self.records())]

    def get(self, name: str) -> Record:
        """The record of a model. Raises StoreError, naming what there is."""
        path = self._folder_of(name) / RECORD
        if name in builtin():
            raise StoreError(f"{name} comes with the engine and is not in the store")
        if not path.exists():
            raise StoreError(self._unknown(name))
        return _read(path)

    def loadable(self, name: str) -> Loadable:
        """How the engine loads the model of this name. Raises StoreError where there is none, or its files are gone."""
        if name in builtin():
            return Loadable(name, name)
        record = self.get(name)
        if not Path(record.path).exists():
            raise StoreError(f"the weights of {name} are gone from {record.path}: put them back, or add the model anew")
        options = {"path": record.path, "name": record.name} | ({"heads": record.heads} if record.heads else {})
        ours = tuple(f"{key}={json.dumps(value)}" for key, value in options.items())
        return Loadable(name, CHECKPOINT, (*ours, *record.options))

    def place(self, name: str) -> Path:
        """The folder that the weights of a new model are put into; made, with what an interrupted pull left in it.

        Raises StoreError if the name is taken or not fit for one.
        """
        self.check_free(name)
        weights = self._folder_of(name) / WEIGHTS
        weights.mkdir(parents=True, exist_ok=True)
        return weights

    def check_free(self, name: str) -> None:
        """Raise StoreError unless a new model may have this name."""
        if not _NAME.fullmatch(name):
            raise StoreError(f"a model's name has 1 to 64 letters, digits, dots, hyphens and underscores, got {name!r}")
        if name in FAMILIES:
            raise StoreError(f"{name} is the name of a model that comes with the engine; choose another with --name")
        if (self._folder_of(name) / RECORD).exists():
            raise StoreError(f"there is a model {name} already: remove it first, or choose another name with --name")

    def put(self, record: Record) -> Record:
        """Write a record, in one step. Returns it, with today's date where it had none."""
        record = dataclasses.replace(record, added=record.added or date.today().isoformat())
        folder = self._folder_of(record.name)
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{RECORD}.part"
        part.write_text(json.dumps(dataclasses.asdict(record), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(folder / RECORD)
        return record

    def remove(self, name: str) -> Record | None:
        """Forget a model, and delete its weights if the store owns them. Returns its record, None for an unfinished
        one. Raises StoreError."""
        record = None if name in self.unfinished() else self.get(name)
        folder = self._folder_of(name)
        (folder / RECORD).unlink(missing_ok=True)  # first, so that what is half deleted is not taken for a model
        shutil.rmtree(folder)
        return record

    def _folder_of(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise StoreError(self._unknown(name))
        return self.folder / name

    def _unknown(self, name: str) -> str:
        shown = name if len(name) <= 60 else f"{name[:57]}..."
        return f"unknown model {shown!r}: known are {', '.join(self.names())}; bridge models add and pull bring more"


def suggested_name(path: Path) -> str:
    """A name for a folder or file: its own, with what a name may not hold made a hyphen."""
    stem = path.name.removesuffix(path.suffix) if path.suffix in (".ckpt", ".pth", ".safetensors") else path.name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:64] or "model"


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def copy_into(source: Path, weights: Path, on_bytes: Callable[[int, int], object]) -> Path:
    """Copy a checkpoint into the store, a file with the text tokenizer that lies beside it; ``on_bytes(done, total)``
    follows. Returns the copy. Raises OSError."""
    root = source.parent if source.is_file() else source
    files = [source, *_beside(source)] if source.is_file() else [one for one in source.rglob("*") if one.is_file()]
    total, done = sum(file.stat().st_size for file in files), 0
    if (free := shutil.disk_usage(weights).free) < total:
        raise OSError(f"{shown_size(total)} are needed in {weights}, {shown_size(free)} are free")
    for file in sorted(files):
        target = weights / file.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as reader, target.open("wb") as writer:
            while chunk := reader.read(_COPY_BYTES):
                writer.write(chunk)
                done += len(chunk)
                on_bytes(done, total)
    return weights / source.name if source.is_file() else weights


def _beside(file: Path) -> list[Path]:
    """The text tokenizer's files that lie beside an authors' file, as the engine looks for them."""
    return [path for folder in (file.parent, file.parent / "tokenizer") for name in _TOKENIZER
            if (path := folder / name).is_file()]  # fmt: skip


def shown_size(size: int) -> str:
    """Bytes for people: ``421 kB``, ``1.69 GB``."""
    value, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5 or unit == "GB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit in ("B", "kB") or value >= 100 else f"{value:.3g} {unit}"


def _read(path: Path) -> Record:
    try:
        fields: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = {field.name for field in dataclasses.fields(Record)}
        record = Record(**{key: value for key, value in fields.items() if key in known})
        record = dataclasses.replace(record, options=tuple(map(str, record.options)))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise StoreError(f"the record {path} cannot be read: {error}") from error
    if record.heads not in HEADS or record.name != path.parent.name:
        raise StoreError(f"the record {path} is not that of a model here")
    return record

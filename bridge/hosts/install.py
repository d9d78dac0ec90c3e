"""Putting a host's files into its folder, and taking exactly those out again.

What was put where is written down in the user's data folder, one file for each host and folder, with a digest of every
file, before the first of them is written. So an installation that was cut short can be taken out, too, and a file that
the user has changed since is neither overwritten nor deleted without being asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bridge.folders import data_folder
from bridge.hosts import Host
from engine import __version__


class CannotInstall(Exception):
    """Something is in the way; the text says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What was put into one folder: a path below it → its SHA-256. ``made`` are the folders that were not there."""

    host: str
    version: str
    folder: Path
    files: Mapping[str, str]
    made: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """What an uninstallation did. ``kept`` are the files that had been changed, and are still there."""

    folder: Path
    files: int
    kept: tuple[Path, ...]


def install(host: Host, folder: Path, force: bool = False) -> Installed:
    """Put the host's files into its folder; those of an older installation that are no more among them go. ``force``
    replaces files that are not ours or have been changed. Raises CannotInstall, with nothing changed, or OSError."""
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise CannotInstall(f"there is no folder {folder}")
    contents = host.files()
    files = {place: _inside(folder, place) for place in contents}
    before = {one.folder: one for one in installed(host.name)}.get(folder)
    ours = before.files if before else {}
    strange = [path for place, path in files.items() if _is_strange(path, ours.get(place), contents[place])]
    if strange and not force:
        raise CannotInstall(
            f"{', '.join(map(str, strange))} is there already and not as it was installed; --force replaces it"
        )
    digests = {place: _digest(content) for place, content in contents.items()}
    made = tuple(dict.fromkeys((*(before.made if before else ()), *_missing(folder, files.values()))))
    old = {place: digest for place, digest in ours.items() if place not in digests}
    one = Installed(host.name, __version__, folder, {**old, **digests}, made)
    _write_down(one)
    for place, content in contents.items():
        _write(files[place], content)
    if old:
        _delete(folder, old, force)
        one = Installed(host.name, __version__, folder, digests, made)
        _write_down(one)
    return one


def uninstall(one: Installed, force: bool = False) -> Removed:
    """Delete what was installed, and the folders that were made for it if nothing else is in them. Raises OSError."""
    deleted, kept = _delete(one.folder, one.files, force)
    for name in sorted(one.made, key=len, reverse=True):
        try:
            _inside(one.folder, name).rmdir()
        except OSError:  # something of the user's is in it, or it is gone
            continue
    _record(one.host, one.folder).unlink(missing_ok=True)
    return Removed(one.folder, deleted, kept)


def installed(host: str) -> tuple[Installed, ...]:
    """Every installation of a host that was written down here."""
    found = []
    for path in sorted(_records().glob(f"{host}-*.json")):
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
            one = Installed(
                str(read["host"]), str(read["version"]), Path(read["folder"]),
                {str(place): str(digest) for place, digest in read["files"].items()}, tuple(map(str, read["made"])),
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # not one of ours
        if one.host == host and one.folder.is_absolute():
            found.append(one)
    return tuple(found)


def _records() -> Path:
    return data_folder() / "hosts"


def _record(host: str, folder: Path) -> Path:
    return _records() / f"{host}-{_digest(str(folder).encode())[:12]}.json"


def _write_down(one: Installed) -> None:
    path = _record(one.host, one.folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = {
        "host": one.host, "version": one.version, "folder": str(one.folder), "files": dict(one.files),
        "made": list(one.made),
    }  # fmt: skip
    _write(path, json.dumps(text, indent=2).encode())


def _inside(folder: Path, place: str) -> Path:
    """The path of a place, which a record or a host named, in the folder and nowhere else."""
    parts = PurePosixPath(place)
    if parts.is_absolute() or ".." in parts.parts or "\\" in place or ":" in place or not parts.parts:
        raise CannotInstall(f"{place!r} is no place in {folder}")
    path = folder.joinpath(*parts.parts)
    if not path.parent.resolve().is_relative_to(folder):  # a link in the way leads elsewhere
        raise CannotInstall(f"{path} is not in {folder}: one of its folders is a link")
    return path


def _is_strange(path: Path, digest: str | None, content: bytes) -> bool:
    """True for something that is there, is not as it was installed, and is not what is to be written either."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return True
    return path.is_file() and _digest(path.read_bytes()) not in (digest, _digest(content))


def _missing(folder: Path, paths: Iterable[Path]) -> list[str]:
    """The folders below the host's that are to be made, as places, the outermost first."""
    found: set[str] = set()
    for path in paths:
        for parent in path.parents:
            if parent == folder:
                break
            if not parent.exists():
                found.add(parent.relative_to(folder).as_posix())
    return sorted(found)


def _write(path: Path, content: bytes) -> None:
    """Aside, and renamed: a host that looks at its folder meanwhile sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        aside.write_bytes(content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _delete(folder: Path, files: Mapping[str, str], force: bool) -> tuple[int, tuple[Path, ...]]:
    deleted, kept = 0, []
    for place, digest in files.items():
        path = _inside(folder, place)
        if not path.is_file() or path.is_symlink():
            continue
        if force or _digest(path.read_bytes()) == digest:
            path.unlink()
            deleted += 1
        else:
            kept.append(path)
    return deleted, tuple(kept)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

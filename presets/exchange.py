"""Packs that come from others and go to them.

What is imported is read, checked and only then written, by a name that is made here: no path of an archive is ever used
as one, nothing is unpacked and nothing is run.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from presets.library import ENDING, MAX_BYTES, Library
from presets.pack import Pack, PackError, Preset, pack_of
from presets.writing import pack_text, preset_text, table_of, write_whole

ARCHIVE = ".zip"
MAX_ARCHIVE = 8 << 20
"""Bytes of an archive."""
MAX_MEMBERS = 64

Check = Callable[[Preset], None]
"""Raises PackError or another ValueError for a preset whose values are out of range."""


def read_foreign(path: Path) -> dict[str, bytes]:
    """The packs in a .toml or .zip as name → text, unchecked but for what could do harm. Raises PackError."""
    if path.suffix.lower() not in (ENDING, ARCHIVE):
        raise PackError(f"a pack is a {ENDING} file, or a {ARCHIVE} of them, got {path.name!r}")
    try:
        if not path.is_file():
            raise PackError(f"there is no file {path}")
        limit = MAX_ARCHIVE if path.suffix.lower() == ARCHIVE else MAX_BYTES
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise PackError(f"{path.name}: {error.strerror or error}") from error
    if len(data) > limit:
        raise PackError(f"{path.name} must be at most {limit} bytes long")
    return _members(path.name, data) if path.suffix.lower() == ARCHIVE else {path.stem: data}


def _members(archive: str, data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = [one for one in file.infolist() if not one.is_dir()]
            if len(members) > MAX_MEMBERS:
                raise PackError(f"{archive} must hold at most {MAX_MEMBERS} packs, got {len(members)}")
            found: dict[str, bytes] = {}
            for member in members:
                name = _name(archive, member)
                if name in found:
                    raise PackError(f"{archive} holds two packs of the name {name}")
                with file.open(member) as stream:
                    found[name] = stream.read(MAX_BYTES + 1)  # what a header says of its size is not believed
                if len(found[name]) > MAX_BYTES:
                    raise PackError(f"{archive}: {member.filename!r:.80} must be at most {MAX_BYTES} bytes long")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise PackError(f"{archive} is no archive that can be read: {error}") from error
    if not found:
        raise PackError(f"{archive} holds no pack")
    return found


def _name(archive: str, member: zipfile.ZipInfo) -> str:
    """The pack's name of an archive's member, or PackError for one that no honest archive has."""
    path, shown = PurePosixPath(member.filename), f"{archive}: {member.filename!r:.80}"
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        raise PackError(f"{shown} is a link or a device, and not a file")
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename:
        raise PackError(f"{shown} leads out of the archive")
    if path.suffix != ENDING:
        raise PackError(f"{shown} is no pack: an archive of packs holds {ENDING} files only")
    if member.flag_bits & 1:
        raise PackError(f"{shown} is encrypted")
    return path.stem


def import_packs(path: Path, library: Library, check: Check, replace: bool = False) -> tuple[Pack, ...]:
    """Put the packs of a .toml or .zip into the library's folder: all of them, or none. Raises PackError.

    check: for the ranges of a preset's values, which this package does not know. replace: packs of the same name, too.
    """
    packs = [(_decoded(name, data, check), data) for name, data in read_foreign(path).items()]
    known = {pack.name for pack in library.packs()} | set(library.own())
    for pack, _ in packs:
        if pack.name in known and not replace:
            raise PackError(f"there is a pack {pack.name} already: replace it, or give the file another name")
    for pack, data in packs:
        write_whole(_place(library, pack.name), data)
    return tuple(pack for pack, _ in packs)


def _decoded(name: str, data: bytes, check: Check) -> Pack:
    try:
        pack = pack_of(data.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        raise PackError(f"{name}{ENDING}: {error}") from error
    for preset in pack.presets.values():
        try:
            check(preset)
        except ValueError as error:
            raise PackError(f"{name}{ENDING} [{preset.name}]: {error}") from error
    return pack


def export_packs(names: Sequence[str], library: Library, target: Path) -> tuple[Pack, ...]:
    """Write packs to a .toml (one) or a .zip. Raises PackError, OSError."""
    packs = tuple(library.pack(name) for name in names)
    if target.suffix.lower() == ENDING and len(packs) == 1:
        write_whole(target, pack_text(packs[0]).encode())
    elif target.suffix.lower() == ARCHIVE:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
            for pack in packs:
                file.writestr(f"{pack.name}{ENDING}", pack_text(pack))
        write_whole(target, buffer.getvalue())
    else:
        raise PackError(f"one pack goes to a {ENDING} file, several to a {ARCHIVE}, got {target.name!r}")
    return packs


def save_preset(preset: Preset, library: Library, check: Check, replace: bool = False) -> Path:
    """Put a preset into the pack of the library's folder that it names; the rest of that file stays as it was, but for
    its comments where a preset is replaced. Returns the file. Raises PackError.
    """
    check(preset)
    path = _place(library, preset.pack)
    before = library.pack(preset.pack) if preset.pack in library.own() else None
    if before is None and preset.pack in {pack.name for pack in library.packs()}:
        raise PackError(f"the pack {preset.pack} ships with the program: save to another one")
    if before and preset.name in before.presets and not replace:
        raise PackError(f"there is a preset {preset.full_name} already: replace it, or choose another name")
    text = _with(preset, before, path)
    pack_of(text, preset.pack)  # what was written must be what will be read
    write_whole(path, text.encode())
    return path


def _with(preset: Preset, before: Pack | None, path: Path) -> str:
    if before is None or preset.name not in before.presets:
        old = path.read_text(encoding="utf-8") if before is not None else ""
        return (old.rstrip("\n") + "\n" + preset_text(preset.name, table_of(preset))).lstrip("\n")
    presets = {**before.presets, preset.name: preset}
    return pack_text(Pack(before.name, presets, before.title, before.about, before.author, before.licence))


def _place(library: Library, name: str) -> Path:
    if library.folder is None:
        raise PackError("this library has no folder of its own")
    return library.folder / f"{name}{ENDING}"

"""Fetching published weights from a Hugging Face hub: what to take, how far it is, and going on where it stopped.

Only this file imports huggingface_hub. The hub is the one that ``HF_ENDPOINT`` names, else the public one.
"""

from __future__ import annotations

import hashlib
import shutil
import urllib.parse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from bridge.models import shown_size, suggested_name

NON_COMMERCIAL = "CC BY-NC-SA 4.0: not for commercial use; credit the authors, share changes under the same licence"

PUBLISHED = {
    "audioldm-s-full": "cvssp/audioldm",
    "audioldm-s-full-v2": "cvssp/audioldm-s-full-v2",
    "audioldm-m-full": "cvssp/audioldm-m-full",
    "audioldm-l-full": "cvssp/audioldm-l-full",
    "audioldm2": "cvssp/audioldm2",
    "audioldm2-music": "cvssp/audioldm2-music",
    "audioldm2-large": "cvssp/audioldm2-large",
}
"""The published AudioLDM and AudioLDM 2 checkpoints by short name, and the repository that holds each."""

_LICENCES = {
    "cc-by-nc-sa-4.0": NON_COMMERCIAL,
    "cc-by-nc-4.0": "CC BY-NC 4.0: not for commercial use; credit the authors",
    "creativeml-openrail-m": "CreativeML OpenRAIL-M: commercial use allowed, some uses forbidden",
}
_UNKNOWN_LICENCE = "the repository states none: ask its authors before you use it for more than a trial"

_WEIGHTS = (".safetensors", ".bin")
_TEXTS = (".json", ".txt", ".md", ".model")
_LEGAL = ("license", "licence", "notice", "copying")
_OTHER_FORMS = ("fp16", "non_ema", "flax", "tf_model", "onnx", "openvino", ".index.")

Progress = Callable[[int, int, str], object]
"""Called with the bytes that are here, all bytes, and the file that is being fetched."""


class PullFailed(Exception):
    """The hub cannot be asked, or what came is not what was asked for; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a repository. ``sha256`` is empty where the hub knows none."""

    path: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a repository holds at one revision, as far as it is to be fetched."""

    repository: str
    revision: str
    licence: str
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def repository_of(name: str) -> str:
    """The repository for a short name, or the name itself if it is one (``owner/name``). Raises PullFailed."""
    if name in PUBLISHED:
        return PUBLISHED[name]
    if name.count("/") == 1 and all(name.split("/")):
        return name
    raise PullFailed(f"no published model is called {name!r}: there are {', '.join(PUBLISHED)}, or say OWNER/NAME")


def name_of(repository: str) -> str:
    """What a repository's model is called unless the user says otherwise."""
    short = (name for name, known in PUBLISHED.items() if known == repository)
    return suggested_name(Path(next(short, repository)))


def wanted(paths: Iterable[str]) -> list[str]:
    """Of a repository's files, those that loading needs, and the texts that say what may be done with them.

    Of each folder's weights the safetensors, and only where there are none the ``.bin``; no half-precision or other
    variants, which the engine makes itself.
    """
    chosen: list[str] = []
    folders: dict[PurePosixPath, list[PurePosixPath]] = {}
    for path in map(PurePosixPath, sorted(set(paths))):
        if path.is_absolute() or ".." in path.parts or any(part.startswith(".") for part in path.parts):
            continue
        folders.setdefault(path.parent, []).append(path)
    for members in folders.values():
        plain = [path for path in members if not any(form in path.name.lower() for form in _OTHER_FORMS)]
        chosen += [str(path) for path in plain if path.suffix in _TEXTS or path.name.lower().startswith(_LEGAL)]
        for suffix in _WEIGHTS:
            weights = [str(path) for path in plain if path.suffix == suffix]
            if weights:
                chosen += weights
                break
    return sorted(chosen)


def look(repository: str, revision: str | None = None, endpoint: str | None = None) -> Listing:
    """Ask the hub what there is to fetch. Raises PullFailed."""
    import huggingface_hub

    try:
        info = huggingface_hub.HfApi(endpoint=endpoint).model_info(repository, revision=revision, files_metadata=True)
    except Exception as error:
        raise PullFailed(_why(repository, error)) from error
    files = {
        one.rfilename: File(one.rfilename, one.size or 0, one.lfs.sha256 if one.lfs else "")
        for one in info.siblings or ()
    }
    listed = tuple(files[path] for path in wanted(files))
    if not any(PurePosixPath(file.path).suffix in _WEIGHTS for file in listed):
        raise PullFailed(f"{repository} holds no weights that the engine can read (.safetensors or .bin)")
    return Listing(repository, info.sha or revision or "main", _licence(info), listed)


def fetch(listing: Listing, folder: Path, on_progress: Progress, endpoint: str | None = None) -> None:
    """Bring a listing's files into a folder, going on where an earlier fetch stopped.

    A file grows under its name with ``.part`` added and gets its name when its size and checksum are right. Raises
    PullFailed; what is here by then is kept for the next time.
    """
    _room(listing, folder)
    done = 0
    for file in listing.files:
        target = folder / file.path
        if not (target.is_file() and target.stat().st_size == file.size):
            target.parent.mkdir(parents=True, exist_ok=True)
            before = done
            _fetch_one(listing, file, target, endpoint, lambda here, b=before, f=file: on_progress(  # type: ignore[misc]
                b + here, listing.size, f.path))  # fmt: skip
        done += file.size
        on_progress(done, listing.size, file.path)


def _room(listing: Listing, folder: Path) -> None:
    here = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    needed, free = listing.size - here, shutil.disk_usage(folder).free
    if needed > free:
        raise PullFailed(f"{shown_size(needed)} are needed in {folder}, {shown_size(free)} are free")


def _fetch_one(
    listing: Listing, file: File, target: Path, endpoint: str | None, on_bytes: Callable[[int], object]
) -> None:
    part = target.with_name(f"{target.name}.part")
    try:
        _append(listing, file, part, endpoint, on_bytes)
    except Exception as error:
        raise PullFailed(f"{_why(listing.repository, error)}; what is here is kept, pull again to go on") from error
    size = part.stat().st_size
    if size != file.size or (file.sha256 and _sha256(part) != file.sha256):
        part.unlink()
        raise PullFailed(f"{file.path} arrived damaged ({size} of {file.size} bytes, or another checksum); pull again")
    part.replace(target)


def _append(
    listing: Listing, file: File, part: Path, endpoint: str | None, on_bytes: Callable[[int], object]
) -> None:
    """The library's own download, into a file that stays where it is when it breaks off."""
    import huggingface_hub
    from huggingface_hub import file_download, utils

    url = huggingface_hub.hf_hub_url(listing.repository, file.path, revision=listing.revision, endpoint=endpoint)
    with part.open("ab") as stream:
        here = stream.tell()
        if here > file.size:
            stream.truncate(here := 0)
        if here == file.size:
            return
        headers = utils.build_hf_headers(library_name="audioldm-bridge")
        found = huggingface_hub.get_hf_file_metadata(url, endpoint=endpoint)
        if urllib.parse.urlsplit(found.location).netloc != urllib.parse.urlsplit(url).netloc:
            headers.pop("authorization", None)  # a token is for the hub, not for where it stores its files
        utils.disable_progress_bars()
        counted: Any = _Counting(stream, on_bytes)
        file_download.http_get(found.location, counted, resume_size=here, headers=headers, expected_size=file.size)


class _Counting:
    """A file that tells how long it is after every write."""

    def __init__(self, stream: BinaryIO, on_bytes: Callable[[int], object]) -> None:
        self._stream = stream
        self._on_bytes = on_bytes

    def write(self, data: bytes) -> int:
        written = self._stream.write(data)
        self._on_bytes(self._stream.tell())
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _licence(info: Any) -> str:
    tags = [tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:")]
    if tags:
        return _LICENCES.get(tags[0], tags[0])
    return NON_COMMERCIAL if info.id in PUBLISHED.values() else _UNKNOWN_LICENCE


def _why(repository: str, error: Exception) -> str:
    """An error of the library, or of what it stands on, in one line."""
    from huggingface_hub import errors

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.GatedRepoError) or status == 403:
        return f"{repository} wants its conditions accepted on its page first, and a token (HF_TOKEN)"
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{repository} has no such revision"
    if isinstance(error, errors.RepositoryNotFoundError) or status in (401, 404):
        return f"the hub has no {repository}, or it is not public: check the name, or set HF_TOKEN"
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "the hub may not be asked while HF_HUB_OFFLINE is set"
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return f"the hub cannot be reached or broke off ({first[:200]})"

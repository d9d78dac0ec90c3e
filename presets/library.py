"""All presets that a user has: the packs that ship, and those in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from presets.pack import Pack, PackError, Preset, pack_of
from presets.words import nearest

_FOLDER = Path(__file__).parent
ENDING = ".toml"
MAX_BYTES = 1 << 20
"""Of a pack: a thousand presets take about a third of it."""


def packs() -> tuple[str, ...]:
    """Names of the packs that come with the package, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob(f"*{ENDING}")))


def load(pack: str | Path = "first_sounds") -> dict[str, Preset]:
    """Read a pack: the name of one that comes with the package, or the path of a TOML file.

    Returns preset name → preset, in the file's order. Raises PackError.
    """
    named = not isinstance(pack, Path) and not pack.endswith(ENDING)
    path = _FOLDER / f"{pack}{ENDING}" if named else Path(pack)
    if named and pack not in packs():
        raise PackError(f"no pack {str(pack)!r}; the built-in ones are: {', '.join(packs())}")
    return dict(read(path).presets)


def read(path: Path) -> Pack:
    """Read a pack's file. Raises PackError, also for one that is too large or cannot be opened."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise PackError(f"{path.name}: a pack must be at most {MAX_BYTES} bytes long")
        return pack_of(data.decode("utf-8"), path.stem)
    except FileNotFoundError:
        raise PackError(f"there is no pack at {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{path.name}: {error}") from error


class Library:
    """The packs that ship and those in `folder` (None: only the ones that ship). Files are read again when they change.

    Names: "drums/hall-kick" is exact; "hall-kick" is looked for in the user's packs first.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._read: dict[Path, tuple[tuple[int, int], Pack | PackError]] = {}

    def packs(self) -> tuple[Pack, ...]:
        """Every pack that can be read: the user's by name, then those that ship."""
        return tuple(pack for pack in self._all() if isinstance(pack, Pack))

    def problems(self) -> tuple[PackError, ...]:
        """Why packs in the user's folder cannot be read."""
        return tuple(pack for pack in self._all() if isinstance(pack, PackError))

    def own(self) -> tuple[str, ...]:
        """Names of the packs in the user's folder."""
        return tuple(path.stem for path in self._own())

    def presets(self) -> Iterator[Preset]:
        """All of them, the user's first."""
        for pack in self.packs():
            yield from pack.presets.values()

    def pack(self, name: str) -> Pack:
        """A pack by name. Raises PackError, naming the nearest."""
        for pack in self._all():
            if isinstance(pack, Pack) and pack.name == name:
                return pack
        problem = next((str(one) for one in self.problems() if str(one).startswith(f"{name}{ENDING}")), "")
        raise PackError(problem or f"there is no pack {name!r:.80}{nearest(name, [p.name for p in self.packs()])}")

    def find(self, name: str) -> Preset:
        """A preset by "pack/name" or name. Raises PackError, naming the nearest one."""
        pack, _, rest = name.rpartition("/")
        if pack:
            presets = self.pack(pack).presets
            if rest in presets:
                return presets[rest]
            raise PackError(f"there is no preset {rest!r:.80} in the pack {pack}{_hint(rest, list(presets))}")
        found = [preset for preset in self.presets() if preset.name == name]
        mine = [preset for preset in found if preset.pack in self.own()]
        if len(mine) > 1:
            raise PackError(f"{name!r:.80} is in several packs: {', '.join(preset.full_name for preset in mine)}")
        if found:
            return found[0]
        raise PackError(f"there is no preset {name!r:.80}{_hint(name, [preset.name for preset in self.presets()])}")

    def _own(self) -> list[Path]:
        if self.folder is None or not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.glob(f"*{ENDING}") if path.is_file() and not path.is_symlink())

    def _all(self) -> Iterator[Pack | PackError]:
        own, shipped = self._own(), [_FOLDER / f"{name}{ENDING}" for name in packs()]
        taken = {path.name for path in own}
        for path in [*own, *(path for path in shipped if path.name not in taken)]:
            yield self._cached(path)

    def _cached(self, path: Path) -> Pack | PackError:
        try:
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size)
        except OSError as error:
            return PackError(f"{path.name}: {error}")
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            try:
                known = (stamp, read(path))
            except PackError as error:
                known = (stamp, error)
            self._read[path] = known
        return known[1]


def _hint(name: str, known: list[str]) -> str:
    """The nearest preset; there are too many to name them all."""
    hint = nearest(name, known)
    return hint if "did you mean" in hint else "; see the list of presets"

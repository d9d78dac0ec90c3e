"""Cue sheets: what is to be heard when. A CSV file becomes cues, or an error that names every wrong cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.cues import words
from engine import PARAMS, EngineError, UnknownKey

MOST_ROWS = 10_000
LATEST = 24 * 3600.0
"""Seconds; no cue is later, as timecodes end there."""
OWN = ("time", "name", "track")
"""Columns that are no parameter of a request."""
DEFAULT_TRACK = "bridge"

_SHOWN = 20
_MOST_BYTES = 16 << 20


class SheetError(ValueError):
    """The sheet cannot be rendered as it stands; the text names rows and columns, a line each."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One row. row: its number, as spreadsheets count, the header being 1. time: seconds from the start. name, track:
    what it is called and where it goes. settings: of the request, with ``preset`` where one is named."""

    row: int
    time: float
    name: str
    track: str = DEFAULT_TRACK
    settings: dict[str, Any] = field(default_factory=dict)


def read_sheet(path: Path, fps: int = 25) -> list[Cue]:
    """The cues of a sheet, in its order. Raises OSError, SheetError."""
    data = path.read_bytes()
    if len(data) > _MOST_BYTES:
        raise SheetError(f"{path.name} has {len(data)} bytes; a cue sheet has at most {_MOST_BYTES}")
    try:
        return cues(data.decode("utf-8-sig"), fps, path.parent)
    except UnicodeDecodeError as error:
        raise SheetError(f"{path.name} is no text in UTF-8: byte {error.start} is {data[error.start]:#04x}") from None
    except csv.Error as error:
        raise SheetError(f"{path.name} is no CSV file: {error}") from None


def cues(text: str, fps: int = 25, folder: Path | None = None) -> list[Cue]:
    """The cues of a sheet's text; sources are found from ``folder`` on. Raises SheetError with all that is wrong."""
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise SheetError("row 1 must name the columns: time, length, prompt, takes")
    if len(rows) > MOST_ROWS:
        raise SheetError(f"a cue sheet has at most {MOST_ROWS} rows, this one has {len(rows)}")
    columns = _columns(rows[0])
    found, wrong = [], []
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
            continue
        reading = _Row(number, columns, row, fps, decimal_comma=delimiter != ",")
        found.append(reading.cue(folder or Path.cwd()))
        wrong += reading.wrong
    if wrong:
        more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        raise SheetError("\n".join([*wrong[:_SHOWN], *more]))
    if not found:
        raise SheetError("the sheet has no cue: row 2 must be the first")
    return found


def _columns(header: list[str]) -> list[str]:
    """The name of each column: one of `OWN`, a parameter, or empty for a column without a name."""
    columns = []
    for number, cell in enumerate(header, 1):
        plain = cell.strip().casefold()
        if plain in OWN or not plain:
            columns.append(plain)
            continue
        try:
            columns.append(words.parameter(cell))
        except UnknownKey as error:
            raise SheetError(f"row 1, column {number}: {error}") from None
        if columns[-1] in columns[:-1]:
            raise SheetError(f"row 1, column {number}: {cell.strip()} is there twice")
    for needed in ("time",):
        if needed not in columns:
            raise SheetError(f"row 1: there is no column {needed}")
    if not {"prompt", "preset", "prompts", "source"} & set(columns):
        raise SheetError("row 1: there is no column prompt (nor preset, prompts or source)")
    return columns


class _Row:
    """One row while it is read; ``wrong`` has what is wrong with it."""

    def __init__(self, number: int, columns: list[str], cells: list[str], fps: int, *, decimal_comma: bool) -> None:
        self.wrong: list[str] = []
        self._number, self._fps, self._decimal_comma = number, fps, decimal_comma
        self._cells = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            self._refuse(str(len(columns) + 1), "has a value, and row 1 has no name for it")

    def cue(self, folder: Path) -> Cue:
        """The cue; worth something only if nothing is wrong."""
        time = self._try("time", 0.0, words.seconds, self._number_text("time"), "time", self._fps)
        if time > LATEST:
            self._refuse("time", f"time must be 0 to {LATEST:g} s, got {time:g}")
        settings: dict[str, Any] = {}
        for name in self._cells:
            if name not in OWN and self._cells[name]:
                settings[name] = self._try(name, "", words.value, name, self._number_text(name), self._fps)
        if settings.get("source"):
            settings["source"] = str((folder / Path(settings["source"]).expanduser()).absolute())
        if not self.wrong:
            settings = self._try("prompt", settings, words.complete, settings)
        said = next((settings[key] for key in ("prompt", "preset", "prompts") if settings.get(key)), "")
        name = self._cells.get("name") or str(said) or Path(str(settings.get("source", "sound"))).stem
        return Cue(self._number, time, name, self._cells.get("track") or DEFAULT_TRACK, settings)

    def _number_text(self, name: str) -> str:
        text = self._cells.get(name, "")
        is_number = name == "time" or (name in words.NAMES and PARAMS[name].tag != "s")
        return text.replace(",", ".") if self._decimal_comma and is_number else text

    def _try(self, column: str, otherwise: Any, read: Callable[..., Any], *arguments: Any) -> Any:
        """What ``read`` returns; where it refuses, that is noted."""
        try:
            return read(*arguments)
        except EngineError as error:
            self._refuse(getattr(error, "name", "") or column, str(error))
            return otherwise

    def _refuse(self, column: str, text: str) -> None:
        called = next((short for short, name in words.ALIASES.items() if name == column), column)
        self.wrong.append(f"row {self._number}, column {called}: {text}")

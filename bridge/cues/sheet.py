"""Cue sheets: what is to be heard when. A CSV file becomes cues, or an error that names every wrong cell."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.cues import tables, words
from bridge.cues.clock import USUAL, Clock
from engine import EngineError, UnknownKey

MOST_ROWS = 10_000
LATEST = 24 * 3600.0
"""Seconds; no cue is later, as timecodes end there."""
OWN = ("time", "end", "name", "track")
"""Columns that are no parameter of a request."""
OTHER_NAMES = {"start": "time", "in": "time", "out": "end", "title": "name"}
"""What those columns are called elsewhere."""
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


def read_sheet(path: Path, clock: Clock = USUAL) -> list[Cue]:
    """The cues of a sheet, in its order. Raises OSError, SheetError."""
    data = path.read_bytes()
    if len(data) > _MOST_BYTES:
        raise SheetError(f"{path.name} has {len(data)} bytes; a cue sheet has at most {_MOST_BYTES}")
    try:
        return cues(tables.text_of(data, path.name), clock, path.parent)
    except csv.Error as error:
        raise SheetError(f"{path.name} is no CSV file: {error}") from None
    except SheetError:
        raise
    except ValueError as error:
        raise SheetError(str(error)) from None


def cues(text: str, clock: Clock = USUAL, folder: Path | None = None) -> list[Cue]:
    """The cues of a sheet's text; sources are found from ``folder`` on. Raises SheetError with all that is wrong."""
    table = tables.read(text)
    if not any(cell.strip() for cell in table.header[1]):
        raise SheetError("row 1 must name the columns: time, length, prompt, takes")
    if len(table.rows) > MOST_ROWS:
        raise SheetError(f"a cue sheet has at most {MOST_ROWS} rows, this one has {len(table.rows)}")
    columns = _columns(*table.header)
    found, wrong = [], []
    for number, row in table.rows:
        reading = _Row(number, columns, row, clock, decimal_comma=table.separator != ",")
        found.append(reading.cue(folder or Path.cwd()))
        wrong += reading.wrong
    if wrong:
        more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        raise SheetError("\n".join([*wrong[:_SHOWN], *more]))
    if not found:
        raise SheetError(f"the sheet has no cue: row {table.header[0] + 1} must be the first")
    return found


def _columns(row: int, header: list[str]) -> list[str]:
    """The name of each column: one of `OWN`, a parameter, or empty for one that is not for us."""
    columns: list[str] = []
    for number, cell in enumerate(header, 1):
        try:
            columns.append(_column(cell))
        except UnknownKey as error:
            text = f"{error}; a column that is not for the bridge has a name that begins with #"
            raise SheetError(f"row {row}, column {number}: {text}") from None
        if columns[-1] and columns[-1] in columns[:-1]:
            raise SheetError(f"row {row}, column {number}: {cell.strip()} is there twice")
    if "time" not in columns:
        raise SheetError(f"row {row}: there is no column time")
    if "end" in columns and "seconds" in columns:
        raise SheetError(f"row {row}: there are columns for length and for end, and one says what the other does")
    if not {"prompt", "preset", "prompts", "source"} & set(columns):
        raise SheetError(f"row {row}: there is no column prompt (nor preset, prompts or source)")
    return columns


def _column(cell: str) -> str:
    """What a column is; spreadsheets like to have units behind its name: "Length (s)". Raises UnknownKey."""
    plain = cell.partition("(")[0].strip().casefold()
    plain = OTHER_NAMES.get(plain, plain)
    return plain if plain in OWN else "" if not plain or plain.startswith("#") else words.parameter(plain)


class _Row:
    """One row while it is read; ``wrong`` has what is wrong with it."""

    def __init__(self, number: int, columns: list[str], cells: list[str], clock: Clock, *, decimal_comma: bool) -> None:
        self.wrong: list[str] = []
        self._number, self._clock, self._decimal_comma = number, clock, decimal_comma
        self._cells = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name}
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            self._refuse(str(len(columns) + 1), "has a value, and row 1 has no name for it")

    def cue(self, folder: Path) -> Cue:
        """The cue; worth something only if nothing is wrong."""
        time = self._time("time")
        if time > LATEST:
            self._refuse("time", f"time must be 0 to {LATEST:g} s, got {time:g}")
        settings: dict[str, Any] = {}
        for name in self._cells:
            if name not in OWN and self._cells[name]:
                settings[name] = self._try(name, "", words.value, name, self._number_text(name), self._clock)
        if self._cells.get("end"):
            settings["seconds"] = self._try("end", "", words.length, self._time("end") - time)
        if settings.get("source"):
            settings["source"] = str((folder / Path(settings["source"]).expanduser()).absolute())
        if not self.wrong:
            settings = self._try("prompt", settings, words.complete, settings)
        said = next((settings[key] for key in ("prompt", "preset", "prompts") if settings.get(key)), "")
        name = self._cells.get("name") or str(said) or Path(str(settings.get("source", "sound"))).stem
        return Cue(self._number, time, name, self._cells.get("track") or DEFAULT_TRACK, settings)

    def _time(self, name: str) -> float:
        return float(self._try(name, 0.0, self._clock.seconds, self._number_text(name), name))

    def _number_text(self, name: str) -> str:
        text = self._cells.get(name, "")
        is_number = name in ("time", "end") or words.is_number(name)
        return text.replace(",", ".") if self._decimal_comma and is_number else text

    def _try(self, column: str, otherwise: Any, read: Callable[..., Any], *arguments: Any) -> Any:
        """What ``read`` returns; where it refuses, that is noted."""
        try:
            return read(*arguments)
        except EngineError as error:
            self._refuse(getattr(error, "name", "") or column, str(error))
            return otherwise

    def _refuse(self, column: str, text: str) -> None:
        called = ("end" if "end" in self._cells else "length") if column == "seconds" else column
        self.wrong.append(f"row {self._number}, column {called}: {text}")

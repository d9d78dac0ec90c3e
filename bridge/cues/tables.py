"""A table from any spreadsheet, as text: its encoding, its separator, its header, and rows with their numbers."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass

SEPARATORS = ",;\t"

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Table:
    """header: the first row with anything in it; rows: those below it with anything in them; each with its number, as
    spreadsheets count, from 1. Remarks, which begin with #, are in neither."""

    separator: str
    header: tuple[int, list[str]]
    rows: list[tuple[int, list[str]]]


def text_of(data: bytes, name: str) -> str:
    """The text of a file: UTF-8, or whatever its first bytes say. Raises ValueError, which says where it is none."""
    encoding = next((known for mark, known in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        what = f"{name} is no text in UTF-8: byte {error.start} is {data[error.start]:#04x}"
        raise ValueError(f"{what}; save it as UTF-8 (in a spreadsheet: CSV UTF-8)") from None


def read(text: str) -> Table:
    """The table in a text; one that is empty has a header without cells. Raises csv.Error."""
    first, _, rest = text.partition("\n")
    told = first.strip().lower()
    if told.startswith("sep=") and len(told) == 5:  # a line for Excel, which shows it to nobody
        text, separator = rest, told[4]
    else:
        lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
        separator = max(SEPARATORS, key=next(lines, "").count)
    numbered = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), 1)
    rows = [(number, row) for number, row in numbered if any(cell.strip() for cell in row) and not _is_remark(row)]
    return Table(separator, *((rows[0], rows[1:]) if rows else ((1, []), [])))


def _is_remark(row: list[str]) -> bool:
    return row[0].lstrip().startswith("#")

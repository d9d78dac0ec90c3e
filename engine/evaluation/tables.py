"""Tables whose rows take minutes: measured one at a time, remembered, and written as Markdown."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """A line of a table: its name, unique in the table, and what measures it (figures by the name of the column)."""

    name: str
    measure: Callable[[], Figures]


@dataclass(frozen=True)
class Column:
    """Which figure, under what heading, and how it is written (a format specification)."""

    figure: str
    heading: str
    spec: str = ".2f"


@dataclass(frozen=True)
class Table:
    """key: a word, unique. about: what was measured, how, and which way is better."""

    key: str
    title: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


class Record:
    """Figures that were measured, in a JSON file that is written after every row.

    identity: what they depend on (weights, clips). A file of another identity is begun anew.
    """

    def __init__(self, path: Path, identity: Mapping[str, Any]) -> None:
        self.path, self.identity = path, dict(identity)
        self.rows: dict[str, dict[str, float]] = {}
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
            if found.get("identity") == self.identity:
                self.rows = found["rows"]

    def get(self, table: Table, row: Row) -> Figures | None:
        """The figures of a row, or None if it has not been measured."""
        return self.rows.get(f"{table.key}/{row.name}")

    def measure(self, table: Table, row: Row) -> Figures:
        """The figures of a row, measured now unless they are there; the file is never left half written."""
        known = self.get(table, row)
        if known is not None:
            return known
        figures = {name: float(value) for name, value in row.measure().items()}
        self.rows[f"{table.key}/{row.name}"] = figures
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".part")
        new.write_text(json.dumps({"identity": self.identity, "rows": self.rows}, indent=1) + "\n", encoding="utf-8")
        new.replace(self.path)
        return figures

    def lacking(self, tables: Sequence[Table]) -> list[tuple[Table, Row]]:
        """What is still to be measured, in order."""
        return [(table, row) for table in tables for row in table.rows if self.get(table, row) is None]


def markdown(table: Table, record: Record) -> str:
    """The rows that are there, as a table."""
    lines = [
        "| " + " | ".join(["", *(column.heading for column in table.columns)]) + " |",
        "|---|" + "---:|" * len(table.columns),
    ]
    for row in table.rows:
        figures = record.get(table, row)
        if figures is not None:
            cells = [format(figures[c.figure], c.spec) if c.figure in figures else "–" for c in table.columns]
            lines.append("| " + " | ".join([row.name, *cells]) + " |")
    return "\n".join(lines)


def marks(key: str) -> tuple[str, str]:
    """Between these two lines of the document a person writes what a table shows; it is kept."""
    return f"<!-- remarks on {key}: kept when the tables are made again -->", f"<!-- end of remarks on {key} -->"


def remarks(document: str, key: str) -> str:
    """What stands between the marks in a document; nothing if they are not there."""
    first, last = marks(key)
    _, found, rest = document.partition(first)
    text, end, _ = rest.partition(last)
    return text.strip() if found and end else ""


def wrapped(text: str, width: int = 120) -> str:
    """Paragraphs as lines of at most `width` characters; those that are indented stay as they are."""
    paragraphs = re.split(r"\n(?: *\n)+", text.strip("\n "))
    fill = textwrap.TextWrapper(width, break_long_words=False, break_on_hyphens=False).fill
    return "\n\n".join(one if one.startswith("    ") else fill(one) for one in paragraphs)


def document(head: str, tables: Sequence[Table], record: Record, before: str) -> str:
    """The whole document; what people wrote into the one `before` it is kept."""
    parts = [wrapped(head)]
    for table in tables:
        first, last = marks(table.key)
        kept = remarks(before, table.key)
        parts += [f"## {table.title}", wrapped(table.about), markdown(table, record)]
        parts.append("\n".join([first, "", kept, "", last]) if kept else f"{first}\n{last}")
    return "\n\n".join(parts) + "\n"

"""A Pd canvas as objects and cords, and the text of its file.

The format: records that end with a semicolon and a line break; objects are counted from 0 in the file's order, and a
cord names two of them with an outlet and an inlet. Blanks within an atom, commas, semicolons and dollars in message
boxes are escaped by a backslash.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """An object on a canvas, by its number. ``box[1]`` is its second outlet."""

    number: int
    outlet: int = 0

    def __getitem__(self, outlet: int) -> Box:
        return Box(self.number, outlet)


class Canvas:
    """A patch while it is written. Positions are pixels from the top left."""

    def __init__(self, width: int = 720, height: int = 480) -> None:
        self._records = [f"#N canvas 80 60 {width} {height} 12"]
        self._cords: list[str] = []
        self._count = 0

    def obj(self, x: int, y: int, text: str, *sources: Box) -> Box:
        """An object box, with cords from ``sources`` to its first inlet."""
        return self._add(f"#X obj {x} {y} {text.replace('$', chr(92) + '$')}", sources)

    def msg(self, x: int, y: int, text: str, *sources: Box) -> Box:
        """A message box; commas and semicolons in it separate messages."""
        for mark in (",", ";", "$"):
            text = text.replace(mark, f" \\{mark}" if mark != "$" else "\\$")
        return self._add(f"#X msg {x} {y} {text.strip()}", sources)

    def text(self, x: int, y: int, text: str) -> Box:
        """A comment, on one line: Pd itself would break it after 60 characters, over what is below."""
        escaped = text.replace(",", " \\,").replace(";", " \\;").replace("$", "\\$")
        return self._add(f"#X text {x} {y} {escaped}{f', f {len(text) + 2}' if len(text) > 58 else ''}", ())

    def number(self, x: int, y: int, *sources: Box, low: float = 0, high: float = 0) -> Box:
        """A number box."""
        return self._add(f"#X floatatom {x} {y} 8 {low:g} {high:g} 0 - - - 0", sources)

    def slider(self, x: int, y: int, *sources: Box) -> Box:
        """A horizontal slider from 0 to 1."""
        look = "hsl 160 15 0 1 0 0 empty empty empty -2 -8 0 12 #fcfcfc #000000 #000000 0 1"
        return self._add(f"#X obj {x} {y} {look}", sources)

    def bang(self, x: int, y: int, *sources: Box) -> Box:
        """A button."""
        look = "bng 19 250 50 0 empty empty empty 0 -10 0 12 #fcfcfc #000000 #000000"
        return self._add(f"#X obj {x} {y} {look}", sources)

    def toggle(self, x: int, y: int, *sources: Box) -> Box:
        """A switch."""
        look = "tgl 19 0 empty empty empty 0 -10 0 12 #fcfcfc #000000 #000000 0 1"
        return self._add(f"#X obj {x} {y} {look}", sources)

    def array(self, x: int, y: int, name: str, frames: int = 48000) -> None:
        """An array with its graph."""
        self._records += [
            "#N canvas 0 0 450 300 (subpatch) 0", f"#X array {name} {frames} float 0",
            f"#X coords 0 1 {frames} -1 280 100 1 0 0", f"#X restore {x} {y} graph",
        ]  # fmt: skip
        self._count += 1

    def wire(self, source: Box, sink: Box, inlet: int = 0) -> None:
        """A cord from an outlet to an inlet."""
        self._cords.append(f"#X connect {source.number} {source.outlet} {sink.number} {inlet}")

    def file(self) -> str:
        """The content of the .pd file."""
        return "".join(f"{record};\n" for record in (*self._records, *self._cords))

    def _add(self, record: str, sources: tuple[Box, ...]) -> Box:
        box = Box(self._count)
        self._records.append(record)
        self._count += 1
        for source in sources:
            self.wire(source, box)
        return box

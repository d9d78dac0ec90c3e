"""A picture of a patch, for documents: boxes, comments, arrays and cords, as Pd lays them out."""

from __future__ import annotations

import re
from html import escape

_WIDTH, _HEIGHT = 7.3, 20  # of a character and of a box, in pixels, at Pd's font size 12
_FIXED = {"hsl": 160, "bng": 19, "tgl": 19, "floatatom": 64}


def svg(patch: str) -> str:
    """The main canvas of a .pd file as SVG."""
    records = [record.strip().replace("\n", " ") for record in re.split(r"(?<!\\);\n", patch) if record.strip()]
    width, height = records[0].split()[4:6]
    boxes, cords, depth, array = [], [], 0, ""
    for record in records[1:]:
        words = record.split()
        if record.startswith("#N canvas"):
            depth += 1
        elif record.startswith("#X restore"):
            depth -= 1
            boxes.append((int(words[2]), int(words[3]), "array", array))
        elif record.startswith("#X array"):
            array = words[2]
        elif record.startswith("#X connect"):
            cords.append(tuple(int(word) for word in words[2:6]))
        elif depth == 0 and words[1] in ("obj", "msg", "text", "floatatom"):
            boxes.append((int(words[2]), int(words[3]), *_look(words)))
    lines = [_cord(boxes, cord) for cord in cords] + [_box(*box) for box in boxes]
    look = 'font-family="monospace" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {look}>'
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="#fff"/>', *lines, "</svg>", ""])


def _look(words: list[str]) -> tuple[str, str]:
    kind = words[1]
    if kind == "obj" and words[4] in _FIXED:
        return words[4], ""
    text = " ".join(words[4:]) if kind != "floatatom" else "0"
    text = re.sub(r", f \d+$", "", text)
    return kind, re.sub(r" ?\\([,;])", r"\1", text).replace("\\$", "$").replace("\\ ", " ")


def _wide(kind: str, text: str) -> float:
    return 280 if kind == "array" else _FIXED.get(kind, len(text) * _WIDTH + 6)


def _box(x: int, y: int, kind: str, text: str) -> str:
    wide, tall = _wide(kind, text), {"array": 100, "hsl": 15, "bng": 19, "tgl": 19}.get(kind, _HEIGHT)
    label = f'<text x="{x + 3}" y="{y + 14}">{escape(text)}</text>' if kind != "array" else ""
    if kind == "text":
        return label
    if kind == "bng":
        return f'<circle cx="{x + 9}" cy="{y + 9}" r="9" fill="#fcfcfc" stroke="#000"/>'
    if kind == "msg":
        end = round(x + wide)
        flag = f"{x},{y} {end + 4},{y} {end},{y + 4} {end},{y + 16} {end + 4},{y + 20} {x},{y + 20}"
        return f'<polygon points="{flag}" fill="#f4f4f4" stroke="#000"/>{label}'
    name = f'<text x="{x}" y="{y - 4}">{escape(text)}</text>' if kind == "array" else ""
    return f'<rect x="{x}" y="{y}" width="{wide:.0f}" height="{tall}" fill="#fcfcfc" stroke="#000"/>{label}{name}'


def _cord(boxes: list[tuple[int, int, str, str]], cord: tuple[int, ...]) -> str:
    source, outlet, sink, inlet = cord
    (x0, y0, kind0, text0), (x1, y1, kind1, text1) = boxes[source], boxes[sink]
    start, end = x0 + 4 + _port(outlet, _wide(kind0, text0)), x1 + 4 + _port(inlet, _wide(kind1, text1))
    tall = {"hsl": 15, "bng": 19, "tgl": 19}.get(kind0, _HEIGHT)
    return f'<line x1="{start:.0f}" y1="{y0 + tall}" x2="{end:.0f}" y2="{y1}" stroke="#666"/>'


def _port(number: int, wide: float) -> float:
    """Where an inlet or outlet is: the first at the left end, the others along the box."""
    return number * min(30.0, wide / 4)

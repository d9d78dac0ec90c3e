"""Draws what is seen of a device in Live, from its patch: an SVG with each object about as Max draws it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from max_patches.building.lint import LIVE_HEIGHT
from max_patches.building.patcher import Patcher

Box = Mapping[str, Any]
_FACE, _DARK, _TEXT, _DIM, _LIT = "#3a3b40", "#1a1a1c", "#f2f2f2", "#9a9aa0", "#ffb532"

_SEEN = {
    "prompt": "heavy rain on a tin roof", "negative": "thunder", "presets": "presets",
    "sounds": "1  heavy rain on a tin roof 77", "loading ...": "step 15 of 25",
}  # fmt: skip
"""What stands in a device while the second take of a prompt is rendered."""


def svg(patch: Patcher) -> str:
    """The drawing of a patch's presentation, with its values at the beginning and a sound in it."""
    shown = [one["box"] for one in patch.boxes if one["box"].get("presentation")]
    parts = [_DRAW[box["maxclass"]](box, *box["presentation_rect"]) for box in shown]
    size = f'width="{patch.width * 2:g}" height="{LIVE_HEIGHT * 2:g}" viewBox="0 0 {patch.width:g} {LIVE_HEIGHT:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="Arial, Helvetica, sans-serif" font-size="9.5">'
    back = _rect(0, 0, patch.width, LIVE_HEIGHT, "#232428", 0)
    return "\n".join([head, back, *parts, "</svg>", ""])


def _rect(x: float, y: float, w: float, h: float, fill: str, round: float = 2) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{round:g}" fill="{fill}"/>'


def _words(x: float, y: float, text: str, fill: str = _TEXT, anchor: str = "start", size: float = 9.5) -> str:
    return f'<text x="{x:g}" y="{y:g}" fill="{fill}" text-anchor="{anchor}" font-size="{size:g}">{escape(text)}</text>'


def _valueof(box: Box) -> Mapping[str, Any]:
    found: Mapping[str, Any] = box["saved_attribute_attributes"]["valueof"]
    return found


def _value(valueof: Mapping[str, Any]) -> str:
    """How Live writes the value that a parameter begins with."""
    begins = valueof["parameter_initial"][0]
    match valueof["parameter_unitstyle"]:
        case 0:
            return str(int(begins))
        case 4:
            return f"{begins:.1f} dB"
        case 8:
            return f"{'C C# D D# E F F# G G# A A# B'.split()[begins % 12]}{begins // 12 - 2}"
        case 9:
            return str(valueof["parameter_units"] % begins)
    return f"{begins:.2f}"


def _panel(box: Box, x: float, y: float, w: float, h: float) -> str:
    red, green, blue, _ = (round(255 * part) for part in box["bgfillcolor_color"])
    return _rect(x, y, w, h, f"#{red:02x}{green:02x}{blue:02x}", 4)


def _comment(box: Box, x: float, y: float, w: float, h: float) -> str:
    lamp = box["text"] == "●"
    text = _SEEN.get(box["text"], str(box["text"]))
    return _words(x + 2, y + h - 4, text, "#59d973" if lamp else _TEXT, size=12 if lamp else 9.5)


def _textedit(box: Box, x: float, y: float, w: float, h: float) -> str:
    return _rect(x, y, w, h, _DARK) + _words(x + 4, y + 13, _SEEN[box["varname"]])


def _menu(box: Box, x: float, y: float, w: float, h: float) -> str:
    shown = _valueof(box)["parameter_enum"][0] if "saved_attribute_attributes" in box else _SEEN[box["varname"]]
    arrow = f'<path d="M{x + w - 10:g} {y + h / 2 - 2:g} l6 0 l-3 4 z" fill="{_DIM}"/>'
    return _rect(x, y, w, h, _FACE) + _words(x + 5, y + h / 2 + 3.5, shown) + arrow


def _tab(box: Box, x: float, y: float, w: float, h: float) -> str:
    valueof = _valueof(box)
    items, chosen, parts = valueof["parameter_enum"], valueof["parameter_initial"][0], []
    each = w / len(items)
    for number, item in enumerate(items):
        left, on = x + number * each, number == chosen
        parts.append(_rect(left + 1, y, each - 2, h, _LIT if on else _FACE))
        parts.append(_words(left + each / 2, y + h / 2 + 3.5, item, _DARK if on else _TEXT, "middle"))
    return "".join(parts)


def _button(box: Box, x: float, y: float, w: float, h: float) -> str:
    return _rect(x, y, w, h, _FACE) + _words(x + w / 2, y + h / 2 + 3.5, box["text"], anchor="middle")


def _dial(box: Box, x: float, y: float, w: float, h: float) -> str:
    valueof = _valueof(box)
    low, high, begins = valueof["parameter_mmin"], valueof["parameter_mmax"], valueof["parameter_initial"][0]
    part = ((begins - low) / (high - low)) ** (1 / valueof["parameter_exponent"])
    middle, centre, radius = x + w / 2, y + 25, 10.0

    def arc(share: float, colour: str) -> str:
        start, end = math.radians(135), math.radians(135 + 270 * share)
        a = (middle + radius * math.cos(start), centre + radius * math.sin(start))
        b = (middle + radius * math.cos(end), centre + radius * math.sin(end))
        large = int(share > 2 / 3)
        path = f"M{a[0]:.1f} {a[1]:.1f} A{radius:g} {radius:g} 0 {large} 1 {b[0]:.1f} {b[1]:.1f}"
        return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="3"/>'

    name = _words(middle, y + 9, valueof["parameter_shortname"], anchor="middle")
    return name + arc(1, "#55565c") + arc(part, _LIT) + _words(middle, y + 46, _value(valueof), _DIM, "middle")


def _numbox(box: Box, x: float, y: float, w: float, h: float) -> str:
    return _rect(x, y, w, h, _FACE) + _words(x + w / 2, y + h / 2 + 3.5, _value(_valueof(box)), anchor="middle")


def _drop(box: Box, x: float, y: float, w: float, h: float) -> str:
    place = f'x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}"'
    frame = f'<rect {place} fill="none" stroke="{_DIM}" stroke-dasharray="3 2"/>'
    return frame + _words(x + w / 2, y + h / 2 + 3.5, box["legend"], _DIM, "middle")


def _waveform(box: Box, x: float, y: float, w: float, h: float) -> str:
    """A sound that dies away, with a region drawn in it."""
    middle, lines = y + h / 2, []
    for at in range(0, int(w), 2):
        high = h / 2 * math.exp(-at / 70) * abs(math.sin(at * 1.7) + 0.4 * math.sin(at * 5.3)) * 0.7 + 0.5
        lines.append(f"M{x + at:g} {middle - high:.1f} V{middle + high:.1f}")
    drawn = f'<path d="{" ".join(lines)}" stroke="{_LIT}" stroke-width="1.2"/>'
    region = f'<rect x="{x + 76:g}" y="{y:g}" width="48" height="{h:g}" fill="#5a99e6" fill-opacity="0.35"/>'
    return _rect(x, y, w, h, _DARK) + drawn + region


def _gain(box: Box, x: float, y: float, w: float, h: float) -> str:
    meters = "".join(_rect(x + w / 2 + 2 + 7 * side, y + 14, 6, h - 32, _DARK, 1) for side in (0, 1))
    knob = f'<path d="M{x + w / 2 - 8:g} {y + 26:g} l8 5 l-8 5 z" fill="{_LIT}"/>'
    name = _words(x + w / 2, y + 9, _valueof(box)["parameter_shortname"], anchor="middle")
    return name + meters + knob + _words(x + w / 2, y + h - 4, _value(_valueof(box)), _DIM, "middle")


def _slider(box: Box, x: float, y: float, w: float, h: float) -> str:
    return _rect(x, y, w, h, _DARK) + _rect(x, y, w * 0.6, h, "#59d973")


_DRAW: Mapping[str, Callable[[Box, float, float, float, float], str]] = {
    "panel": _panel, "live.comment": _comment, "textedit": _textedit, "live.menu": _menu, "umenu": _menu,
    "live.tab": _tab, "live.text": _button, "live.dial": _dial, "live.numbox": _numbox, "live.drop": _drop,
    "waveform~": _waveform, "live.gain~": _gain, "slider": _slider,
}  # fmt: skip

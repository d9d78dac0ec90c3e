"""Writes a patcher as Max saves it: boxes with ports from `objects`, cords between them, and parameters for Live."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from max_patches.building.objects import SIGNAL, ports

Rect = tuple[float, float, float, float]
"""Left, top, width and height in pixels."""

_UI = {
    "live.comment", "panel", "live.dial", "live.numbox", "live.menu", "live.tab", "live.text", "live.drop",
    "live.gain~", "textedit", "umenu", "slider", "waveform~", "message",
}  # fmt: skip
"""Objects with a box of their own; every other is text in a box of the class newobj."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box of a patcher: its id, and the object in it."""

    id: str
    text: str


@dataclass(slots=True)
class Patcher:
    """A patcher that is being written. Whatever is not in `objects`, or does not fit together, raises ValueError."""

    width: float
    """Of the device in Live, in pixels; 0 for a patch that is not shown."""
    boxes: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    parameters: dict[str, list[Any]] = field(default_factory=dict)
    bank: list[str] = field(default_factory=lambda: ["-"] * 8)
    """The eight parameters that a controller's knobs have first, by long name; "-" for none."""
    _names: set[str] = field(default_factory=set)

    def add(
        self, text: str, at: tuple[float, float], /, *, show: Rect | None = None, name: str = "", **more: Any
    ) -> Box:
        """Put an object at a place of the patch and, with `show`, of what is seen in Live. `name` is its scripting
        name, `more` its attributes."""
        try:
            there = ports(text)
        except KeyError:
            raise ValueError(f"no object {text!r} in the table of objects") from None
        kind = text.split()[0]
        id = f"obj-{len(self.boxes) + 1}"
        box: dict[str, Any] = {
            "id": id,
            "maxclass": kind if kind in _UI else "newobj",
            "numinlets": there.inlets,
            "numoutlets": len(there.outlets),
            "outlettype": list(there.outlets),
            "patching_rect": [*at, *((show[2], show[3]) if show else (_width(text), 22.0))],
        }
        if kind not in _UI:
            box["text"] = text
        if show is not None:
            box |= {"presentation": 1, "presentation_rect": list(show)}
        if name:
            self._take_name(name)
            box["varname"] = name
        self.boxes.append({"box": box | more})
        return Box(id, text)

    def parameter(
        self, text: str, at: tuple[float, float], /, *, show: Rect | None, name: str, valueof: dict[str, Any],
        **more: Any,
    ) -> Box:  # fmt: skip
        """Put an object whose value Live keeps and automates, by its long and short name and what else is in
        `valueof`."""
        # Of an object that is only text, Max reads this from the object's attributes and not from the box's.
        on = {"parameter_enable": 1} if text.split()[0] in _UI else {
            "saved_object_attributes": {"parameter_enable": 1, "parameter_mappable": 0}
        }  # fmt: skip
        box = self.add(text, at, show=show, name=name, saved_attribute_attributes={"valueof": valueof}, **on, **more)
        long, short = valueof["parameter_longname"], valueof["parameter_shortname"]
        if any(row[0] == long for row in self.parameters.values()):
            raise ValueError(f"two parameters are called {long!r}")
        self.parameters[box.id] = [long, short, 0]
        return box

    def cord(self, source: Box, outlet: int, sink: Box, inlet: int = 0) -> None:
        """Join an outlet with an inlet. Raises ValueError if there is no such one, or a signal goes where none may."""
        out, into = ports(source.text), ports(sink.text)
        if outlet >= len(out.outlets) or inlet >= into.inlets:
            raise ValueError(f"no cord from outlet {outlet} of {source.text!r} to inlet {inlet} of {sink.text!r}")
        if out.outlets[outlet] == SIGNAL and inlet not in into.signals:
            raise ValueError(f"a signal from {source.text!r} cannot go to inlet {inlet} of {sink.text!r}")
        self.lines.append({"patchline": {"source": [source.id, outlet], "destination": [sink.id, inlet]}})

    def chain(self, *boxes: Box) -> None:
        """Join the first outlet of each with the first inlet of the next."""
        for source, sink in itertools.pairwise(boxes):
            self.cord(source, 0, sink)

    def json(self) -> str:
        """The patcher as text, the same for the same calls."""
        patcher: dict[str, Any] = {
            "fileversion": 1,
            "appversion": {"major": 8, "minor": 6, "revision": 2, "architecture": "x64", "modernui": 1},
            "classnamespace": "box",
            "rect": [60.0, 100.0, 1640.0, 1300.0],
            "bglocked": 0,
            "openinpresentation": 1 if self.width else 0,
            "default_fontsize": 10.0,
            "default_fontface": 0,
            "default_fontname": "Arial",
            "gridonopen": 1,
            "gridsize": [8.0, 8.0],
            "boxanimatetime": 200,
            "enablehscroll": 1,
            "enablevscroll": 1,
            "devicewidth": self.width,
            "description": "",
            "digest": "",
            "tags": "",
            "boxes": self.boxes,
            "lines": self.lines,
            "dependency_cache": [],
            "autosave": 0,
        }
        if self.parameters:
            bank = {"0": {"index": 0, "name": "", "parameters": self.bank}}
            patcher["parameters"] = {**self.parameters, "parameterbanks": bank, "inherited_shortname": 1}
        return json.dumps({"patcher": patcher}, indent="\t") + "\n"

    def _take_name(self, name: str) -> None:
        if name in self._names:
            raise ValueError(f"two objects are called {name!r}")
        self._names.add(name)


def _width(text: str) -> float:
    """About as wide as the text in 10 points."""
    return max(32.0, 12.0 + 5.6 * len(text))

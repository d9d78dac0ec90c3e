"""What Max, or a user, would stumble over in a patch: read from the file as it is, and not from who wrote it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from max_patches.building.objects import SIGNAL, ports

LIVE_HEIGHT = 169.0
"""Pixels that Live shows of a device's height."""


def faults(patch: Mapping[str, Any]) -> list[str]:
    """What is wrong with a patcher file's content, one line each; empty if all is well."""
    patcher = patch["patcher"]
    boxes = [one["box"] for one in patcher["boxes"]]
    found = [*_boxes(boxes), *_cords(boxes, patcher["lines"]), *_parameters(boxes, patcher.get("parameters", {}))]
    return [*found, *_seen(boxes, patcher["devicewidth"])]


def _text(box: Mapping[str, Any]) -> str:
    return str(box["text"]) if box["maxclass"] == "newobj" else str(box["maxclass"])


def _is_known(text: str) -> bool:
    try:
        ports(text)
    except KeyError:
        return False
    return True


def _boxes(boxes: list[dict[str, Any]]) -> Iterator[str]:
    yield from _twice("id", [box["id"] for box in boxes])
    yield from _twice("scripting name", [box["varname"] for box in boxes if "varname" in box])
    for box in boxes:
        if not _is_known(_text(box)):
            yield f"{box['id']}: no object {_text(box)!r} is known"
            continue
        there = ports(_text(box))
        if (box["numinlets"], box["numoutlets"]) != (there.inlets, len(there.outlets)):
            yield f"{box['id']}: {_text(box)!r} has {there.inlets} inlets and {len(there.outlets)} outlets"


def _cords(boxes: list[dict[str, Any]], lines: list[dict[str, Any]]) -> Iterator[str]:
    texts = {box["id"]: _text(box) for box in boxes if _is_known(_text(box))}
    seen = [(*one["patchline"]["source"], *one["patchline"]["destination"]) for one in lines]
    yield from _twice("cord", seen)
    for source, outlet, sink, inlet in seen:
        if source not in texts or sink not in texts:
            yield f"a cord from {source} to {sink}, one of which is not there, or not known"
            continue
        out, into = ports(texts[source]), ports(texts[sink])
        if not 0 <= outlet < len(out.outlets) or not 0 <= inlet < into.inlets:
            yield f"no cord goes from outlet {outlet} of {texts[source]!r} to inlet {inlet} of {texts[sink]!r}"
        elif out.outlets[outlet] == SIGNAL and inlet not in into.signals:
            yield f"a signal goes from {texts[source]!r} to inlet {inlet} of {texts[sink]!r}"
        elif source == sink:
            yield f"{texts[source]!r} is joined with itself"


def is_parameter(box: Mapping[str, Any]) -> bool:
    """Whether Live keeps a box's value. Max looks for that in the box, and of an object that is only text (newobj) in
    the attributes of that object."""
    place = box.get("saved_object_attributes", {}) if box["maxclass"] == "newobj" else box
    return bool(place.get("parameter_enable"))


def _parameters(boxes: list[dict[str, Any]], listed: Mapping[str, list[Any]]) -> Iterator[str]:
    own = {box["id"]: box["saved_attribute_attributes"]["valueof"] for box in boxes if is_parameter(box)}
    yield from _twice("parameter", [valueof["parameter_longname"] for valueof in own.values()])
    listed = {id: row for id, row in listed.items() if id.startswith("obj-")}
    if set(own) != set(listed):
        yield f"the patcher lists the parameters {sorted(listed)}, its boxes have {sorted(own)}"
    for id, valueof in own.items():
        begins, low = valueof.get("parameter_initial", [None])[0], valueof.get("parameter_mmin", 0)
        if begins is not None and not low <= begins <= valueof["parameter_mmax"]:
            yield f"{id}: {valueof['parameter_longname']} begins at {begins}, outside its range"
        if valueof["parameter_type"] == 1 and valueof["parameter_mmax"] - low > 255:
            yield f"{id}: {valueof['parameter_longname']} is whole with more than 256 values, which Live cuts"


def _seen(boxes: list[dict[str, Any]], width: float) -> Iterator[str]:
    """What is shown lies within the device, and nothing but a panel lies under something else."""
    shown = {box["id"]: box["presentation_rect"] for box in boxes if box.get("presentation")}
    for id, (left, top, wide, high) in shown.items():
        if left < 0 or top < 0 or left + wide > width or top + high > LIVE_HEIGHT:
            yield f"{id} is not all within the device: {left:g}, {top:g}, {wide:g} by {high:g}"
    panels = {box["id"] for box in boxes if box["maxclass"] == "panel"}
    for (a, one), (b, other) in itertools.combinations(((i, r) for i, r in shown.items() if i not in panels), 2):
        apart = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
        if not apart and one[1] + one[3] > other[1] and other[1] + other[3] > one[1]:
            yield f"{a} and {b} lie over each other"


def _twice(what: str, values: list[Any]) -> Iterator[str]:
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield f"the {what} {value} is there twice"

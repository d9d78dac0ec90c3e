"""Max's own reference, as py2max carries it, knows every object, attribute and message of the patches."""

from __future__ import annotations

import re
from typing import Any

import pytest
from py2max import maxref

from max_patches.building.objects import ports
from max_patches.building.parts import ROUTES
from tests.max_patches.shipped import DEVICES, LIVE, PATCHES, SCRIPTS, boxes, object_of, patch


def test_the_table_of_objects_agrees_with_maxs_reference() -> None:
    """As far as py2max's copy of the reference knows an object, and its ports do not depend on its arguments."""
    varying = {"route", "sel", "t", "pack", "unpack", "js", "wave~", "play~", "groove~", "poly~", "expr"}
    texts = {box["text"] if box["maxclass"] == "newobj" else box["maxclass"] for name in PATCHES for box in boxes(name)}
    compared = 0
    for text in sorted(texts):
        object = text.split()[0]
        counts = (maxref.get_inlet_count(object), maxref.get_outlet_count(object))
        if object in varying or not all(counts):
            continue
        there = ports(text)
        assert counts == (there.inlets, len(there.outlets)), text
        compared += 1
    assert compared > 20


def reference(object: str) -> dict[str, Any]:
    """Max's page about an object, as py2max carries it."""
    found = maxref.get_object_info(object)
    assert found is not None, object
    return found


BOXES = frozenset(
    ("annotation", "background", "fontsize", "hint", "id", "ignoreclick", "maxclass", "numinlets", "numoutlets",
     "outlettype", "parameter_enable", "patching_rect", "presentation", "presentation_rect",
     "saved_attribute_attributes", "saved_object_attributes", "text", "textcolor", "textjustification", "varname")
)  # fmt: skip
"""What every box can have, by Max's page "Common Box Attributes" and its file format."""

UNLISTED = {"live.tab": {"num_lines_patching", "num_lines_presentation"}}
"""What Max writes of an object though its reference does not name it."""


def attributes(box: dict[str, Any]) -> set[str]:
    """The attributes that a box sets, in its file and in its text."""
    in_text = re.findall(r"@(\w+)", box["text"]) if box["maxclass"] == "newobj" else []
    colours = {re.sub(r"^(bgfillcolor)_(type|color)$", r"\1", name) for name in box}
    return {*colours, *in_text} - BOXES - UNLISTED.get(box["maxclass"], set())


@pytest.mark.parametrize("name", PATCHES)
def test_max_knows_every_attribute(name: str) -> None:
    for box in boxes(name):
        assert attributes(box) <= set(reference(object_of(box))["attributes"]), object_of(box)


@pytest.mark.parametrize("name", DEVICES)
def test_max_knows_every_message_that_the_script_sends(name: str) -> None:
    """As far as they begin with a word: what stands behind a route's word, and where its cord leads."""
    scripts = "".join((LIVE / one).read_text(encoding="utf-8") for one in SCRIPTS)
    sent = set(re.findall(r'(?:outlet\(0, \[?|say\(\[)"(\w+)", "(\w+)"', scripts))
    assert {("buffer", "importreplace"), ("bar", "quantize"), ("port", "port"), ("status", "set")} <= sent
    all_boxes = {box["id"]: box for box in boxes(name)}
    lines = [one["patchline"] for one in patch(name)["patcher"]["lines"]]
    route = next(id for id, box in all_boxes.items() if box.get("text", "").startswith("route osc"))
    for word, message in sorted(sent):
        sinks = [one["destination"][0] for one in lines if one["source"] == [route, ROUTES.index(word)]]
        for object in (object_of(all_boxes[sink]) for sink in sinks):
            known = {*reference(object)["methods"], *reference(object)["attributes"], *BOXES}
            own = {"root", "buffer", "mono"} if object == "poly~" else set()  # words of bridge_voice's
            assert message in known | own, f"{object} does not know {message}"

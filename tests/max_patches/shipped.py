"""What is shipped for Live and Max, as the tests beside this read it."""

from __future__ import annotations

import json
import re
from typing import Any

import max_patches

LIVE = max_patches.LIVE
PATCHES = sorted(path.name for path in LIVE.glob("*.maxpat"))
DEVICES = ("Bridge Effect.maxpat", "Bridge Instrument.maxpat", "Bridge.maxpat")
SCRIPTS = tuple(sorted(path.name for path in LIVE.glob("*.js") if path.name != "bridge_tables.js"))


def patch(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((LIVE / name).read_text(encoding="utf-8"))
    return found


def boxes(name: str) -> list[dict[str, Any]]:
    return [one["box"] for one in patch(name)["patcher"]["boxes"]]


def object_of(box: dict[str, Any]) -> str:
    """The object that a box holds."""
    return str(box["text"].split()[0] if box["maxclass"] == "newobj" else box["maxclass"])


def code(name: str) -> str:
    """A script without its comments and the texts in it."""
    text = re.sub(r"//[^\n]*", "", (LIVE / name).read_text(encoding="utf-8").replace("file://", ""))
    return re.sub(r'"[^"\n]*"', '""', text)

"""The index by which ReaPack, Reaper's package manager, installs the scripts: ``python -m bridge.hosts.reaper.reapack
https://example.org/raw/v0.1.0 > index.xml``, with the address under which the files of that very version lie.

Format: ReaPack's index version 1 (https://github.com/cfillion/reapack/wiki/Index-Format).
"""

from __future__ import annotations

import sys
import urllib.parse
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from bridge.hosts.reaper import scripts
from engine import __version__

PACKAGE = "audioldm-bridge.lua"
FOLDER = "bridge/hosts/reaper/scripts"
"""Of the scripts in the repository."""

_ABOUT = (
    r"{\rtf1\ansi Text to sound in the timeline: generate, inpaint, restyle, extend, upsample, vary and loop, by a "
    r"bridge that runs on this machine (bridge serve). No extension is needed.}"
)
"""As RTF, which is what ReaPack shows."""


def index(base: str, now: datetime) -> str:
    """The index of this version as XML. ``base`` is an http(s) address. Raises ValueError."""
    parts = urllib.parse.urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"the address must begin with https:// or http://, got {base!r}")
    root = ET.Element("index", version="1", name="audioldm-bridge")
    category = ET.SubElement(root, "category", name="audioldm-bridge")
    package = ET.SubElement(category, "reapack", name=PACKAGE, type="script", desc="audioldm-bridge: text to sound")
    ET.SubElement(ET.SubElement(package, "metadata"), "description").text = _ABOUT
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    version = ET.SubElement(package, "version", name=__version__, author="audioldm-bridge", time=stamp)
    for place in scripts():
        source = ET.SubElement(version, "source", file=place)
        if is_action(place):
            source.set("main", "main")  # ReaPack puts it into the action list itself
        source.text = f"{base.rstrip('/')}/{urllib.parse.quote(f'{FOLDER}/{place}')}"
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def is_action(place: str) -> bool:
    """True for a script that belongs into the action list. ReaPack needs no help to put it there."""
    return "/" not in place and place != "bridge_register.lua"


def main() -> None:
    """Print the index for the address in the command line."""
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m bridge.hosts.reaper.reapack URL")
    try:
        sys.stdout.write(index(sys.argv[1], datetime.now(UTC)))
    except ValueError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()

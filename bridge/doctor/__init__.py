"""What works on this machine, what is missing, and how to get it.

Every check can fail by what it looks for: none imports what may be absent before it is called, and what goes wrong in
one is its finding and not the end of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from bridge.config import Config
from bridge.doctor.finding import Finding, look
from bridge.doctor.parts import LIBRARIES_OF_PYTHON, OTHER_NAMES, PEERS, missing_libraries

__all__ = ["LIBRARIES_OF_PYTHON", "OTHER_NAMES", "PEERS", "Finding", "examine", "missing_libraries", "summary"]


def examine(config: Config, quick: bool = False) -> Iterator[tuple[str, list[Finding]]]:
    """Look at everything, section by section, the quick things first; ``quick`` leaves the model out. Nothing is
    changed but that the takes folder is made."""
    from bridge.doctor import models, network, parts, places

    sections: dict[str, list[tuple[str, Callable[[], Finding | list[Finding]], bool]]] = {
        "installed": [("Python", parts.python, True), ("libraries", parts.libraries, True)],
        "folders": [
            ("folders", partial(places.folders, config), True),
            ("roots", partial(places.roots, config), False),
            ("models store", places.models_store, False),
        ],
        "ports": [
            ("ports", partial(network.ports, config), True),
            ("reach", partial(network.reach, config), True),
            ("mDNS", partial(network.discovery, config), False),
        ],
        "audio and MIDI": [
            ("libraries of the system", parts.system_libraries, False), ("MIDI", parts.midi, False),
            ("player", partial(network.playing, config), False),
        ],
        "hosts": [("programs", parts.programs, False)],
    }
    if not quick:
        sections["engine"] = [
            ("torch", partial(models.torch, config), True),
            (f"model {config.model}", partial(models.engine, config), True),
        ]
    for section, checks in sections.items():
        yield section, [finding for name, check, core in checks for finding in look(name, check, core)]


def summary(findings: list[Finding]) -> str:
    """The last line: whether the bridge works here, and what to do first."""
    broken = [finding.name for finding in findings if finding.broken]
    missing = sum(finding.state == "missing" for finding in findings)
    without = f"; it can do without the {missing} that {'is' if missing == 1 else 'are'} missing" if missing else ""
    if not broken:
        return f"The bridge works here{without}."
    return f"The bridge does not work here yet: begin with {broken[0]} ({len(broken)} broken{without})."

"""A device that is being built, as the files that build its parts see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from max_patches.building.patcher import Box, Patcher, Rect
from max_patches.building.tables import Tables

WIDTH = 748.0
"""Of a device in Live, in pixels."""

ROUTES = (
    "osc", "port", "buffer", "menu", "status", "color", "led", "progress", "prompt", "negative", "state", "waveform",
    "region", "mono", "voice", "span", "interval", "bar", "once", "gate", "presets",
    "playing",
)  # fmt: skip
"""The first words of what the device's JavaScript says; each goes to one part of the patch."""


@dataclass(slots=True)
class Device:
    """A device that is being built: its kind, the patch, and the boxes that several parts need."""

    kind: str
    tables: Tables
    patch: Patcher = field(default_factory=lambda: Patcher(WIDTH))
    js: Box = field(init=False)
    route: Box = field(init=False)

    def __post_init__(self) -> None:
        host = "max" if self.kind == "max" else "live"
        self.js = self.patch.add(f"js bridge_device.js {host} {self.take}", (40, 445), name="device")
        self.route = self.patch.add("route " + " ".join(ROUTES), (10, 480))
        self.patch.cord(self.js, 0, self.route)

    @property
    def take(self) -> str:
        """The name of the buffer. Live replaces --- by something that is this device's own, Max #0, so that several
        can be in one set."""
        return "#0-take" if self.kind == "max" else "---take"

    def told(self, word: str, sink: Box, inlet: int = 0) -> None:
        """What the JavaScript says under this word goes to that box."""
        self.patch.cord(self.route, ROUTES.index(word), sink, inlet)

    def tell(self, source: Box, outlet: int, words: str, at: tuple[float, float]) -> None:
        """What a box says goes to the JavaScript's function of that name."""
        box = self.patch.add(f"prepend {words}", at)
        self.patch.cord(source, outlet, box)
        self.patch.cord(box, 0, self.js)


def label(device: Device, text: str, show: Rect, **more: Any) -> Box:
    """Words that are seen, and that the JavaScript may change."""
    return device.patch.add("live.comment", (show[0] * 1.3, show[1] + 1110), show=show, text=text, **more)

"""Lights: what controllers are told about their pads, so that they show them; and rings about what they turn."""

from __future__ import annotations

from collections.abc import Callable

from bridge.midi.maps import ANY_CHANNEL, Binding, Lights, Map
from bridge.pads.pool import Pool

Send = Callable[[str, bytes], None]


class Board:
    """The lights of every port as they were told last; only changes are sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._shown: dict[str, dict[tuple[int, int], int]] = {}

    def forget(self, port: str) -> None:
        """The port was plugged in anew, and shows nothing of ours."""
        self._shown.pop(port, None)

    def show(self, port: str, maps: tuple[Map, ...], pools: list[Pool], sounding: frozenset[str]) -> None:
        """Tell a port about all its pads, as far as that has changed."""
        shown = self._shown.setdefault(port, {})
        by_name = {pool.pad.name: pool for pool in pools}
        for row in (row for map in maps for row in map.pads):
            if row.lights is None:
                continue
            for note in row.notes:
                who = row.pad(note)
                pool = by_name.get(who) if isinstance(who, str) else pools[who] if who < len(pools) else None
                value = color(row.lights, pool, sounding)
                status = (0x90 if row.lights.how == "note" else 0xB0) | (row.lights.channel - 1)
                if shown.get((status, note), 0) != value or (status, note) not in shown:
                    shown[status, note] = value
                    self._send(port, bytes((status, note, value)))

    def dark(self, port: str) -> None:
        """Switch off what was lit."""
        for (status, note), value in self._shown.pop(port, {}).items():
            if value:
                self._send(port, bytes((status, note, 0)))


def color(lights: Lights, pool: Pool | None, sounding: frozenset[str]) -> int:
    """The value that says how a pad is: absent, without a take, ready, or sounding."""
    if pool is None:
        return lights.empty
    if pool.pad.name in sounding:
        return lights.playing
    return lights.ready if any(take.prepared is not None for take in pool.takes) else lights.waiting


def ring(binding: Binding, position: float) -> bytes | None:
    """What a control with a ring of lights, or a motor, is told when its parameter is at a position of 0 to 1; None for
    a control that cannot be told. Of 14 bits the coarse half is told, which rings have."""
    if not binding.echo:
        return None
    channel = max(0, binding.channel - 1) if binding.channel != ANY_CHANNEL else 0
    value = min(127, max(0, round(position * 127)))
    kind, _, number = binding.on.partition(" ")
    match kind:
        case "cc" | "cc14":
            return bytes((0xB0 | channel, int(number), value))
        case "note":
            return bytes((0x90 | channel, int(number), value))
        case "bend":
            raw = min(16383, round(position * 16383))
            return bytes((0xE0 | channel, raw & 127, raw >> 7))
    return None

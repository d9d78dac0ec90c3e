"""The maps that there are: those that ship, the user's in the config folder, and what was learned."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from bridge.midi.devices import stable_name
from bridge.midi.maps import Binding, Map, MapError, read_map
from bridge.takes import write_over
from engine import unknown_key

log = logging.getLogger("bridge")

SHIPPED = Path(__file__).parent / "controllers"
GENERAL = "general"
"""The map of ports that have no other."""
NONE = "none"
_LEARNED = "learned-"
_CHOSEN = "ports.json"
"""Which map was chosen for which port, in the user's folder."""


class MapShelf:
    """Maps by name, and which of them a port has. ``folder`` is the user's, which need not be there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.maps: dict[str, Map] = {}
        self.problems: list[str] = []
        self._chosen: dict[str, str] = {}
        self.load()

    def load(self) -> None:
        """Read everything again. What cannot be read is left out, and is in ``problems``."""
        self.maps, self.problems = {}, []
        for path in (*sorted(SHIPPED.glob("*.toml")), *sorted(self.folder.glob("*.toml"))):
            try:
                self.maps[path.stem] = read_map(path)
            except MapError as error:
                self.problems.append(str(error))
                log.error("a MIDI map is left out: %s", error)
        self._chosen = self._read_chosen()

    def of(self, port: str) -> tuple[Map, ...]:
        """The maps of a port, the first that knows a control decides: what was learned, then the chosen one, or the one
        whose name of a port fits best, a user's before one that ships."""
        learned = tuple(map for key, map in self.maps.items() if key.startswith(_LEARNED) and port_of(map) == port)
        return (*learned, *self._base(port))

    def name_of(self, port: str) -> str:
        """The name of a port's map, what was learned left out; none for none."""
        return next((map.key for map in self._base(port)), NONE)

    def _base(self, port: str) -> tuple[Map, ...]:
        if (chosen := self._chosen.get(port)) == NONE:
            return ()
        if chosen in self.maps:
            return (self.maps[chosen],)
        fitting = [map for key, map in self.maps.items() if map.suits(port) and not key.startswith(_LEARNED)]
        if fitting:
            return (max(fitting, key=lambda map: (self._fit(map, port), self._is_own(map))),)
        return (self.maps[GENERAL],) if GENERAL in self.maps else ()

    @staticmethod
    def _fit(map: Map, port: str) -> int:
        return max(len(part) for part in map.ports if part.lower() in port.lower())

    def _is_own(self, map: Map) -> bool:
        return (self.folder / f"{map.key}.toml").exists()

    def choose(self, port: str, key: str) -> None:
        """Give a port another map, or none, for good. Raises MapError, OSError."""
        if key != NONE and key not in self.maps:
            raise MapError(str(unknown_key(key, (NONE, *self.maps))).replace("unknown key", "unknown map"))
        self._chosen[port] = key
        self.folder.mkdir(parents=True, exist_ok=True)
        write_over(self.folder / _CHOSEN, json.dumps(self._chosen, indent=1, ensure_ascii=False).encode())

    def learn(self, port: str, binding: Binding) -> None:
        """Remember what a control of a port does, in place of what it and the parameter had before. Raises OSError."""
        known = self._learned(port)
        kept = [
            one for one in known.controls
            if one.parameter != binding.parameter and (one.on, one.channel) != (binding.on, binding.channel)
        ]  # fmt: skip
        self._write(replace(known, controls=(*kept, binding)))

    def forget(self, parameter: str) -> int:
        """Forget the controls that were learned for a parameter. Returns how many. Raises OSError."""
        count = 0
        for key, map in tuple(self.maps.items()):
            kept = tuple(one for one in map.controls if one.parameter != parameter)
            if key.startswith(_LEARNED) and kept != map.controls:
                count += len(map.controls) - len(kept)
                self._write(replace(map, controls=kept))
        return count

    def _learned(self, port: str) -> Map:
        found = next((map for key, map in self.maps.items() if key.startswith(_LEARNED) and port_of(map) == port), None)
        key = _LEARNED + re.sub(r"[^a-z0-9]+", "-", port.lower()).strip("-")
        taken = self.maps.get(key)
        if found is None and taken is not None:  # another port whose name differs in signs only
            key += f"-{sum(map(ord, port)) % 9973}"
        return found or Map(key, f"learned for {port}", ports=(port,))

    def _write(self, map: Map) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_over(self.folder / f"{map.key}.toml", text_of(map).encode())
        self.maps[map.key] = map

    def _read_chosen(self) -> dict[str, str]:
        try:
            found = json.loads((self.folder / _CHOSEN).read_text(encoding="utf-8"))
            return {str(port): str(key) for port, key in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            self.problems.append(f"{self.folder / _CHOSEN} cannot be read: {error}")
            return {}


def port_of(map: Map) -> str:
    """The port that a learned map is for, by its stable name."""
    return stable_name(map.ports[0]) if map.ports else ""


def text_of(map: Map) -> str:
    """A map of controls only as TOML, which `bridge.midi.maps` reads as the same."""
    lines = ["# Learned by /midi/learn; may be edited while the bridge does not run.", *_table({"name": map.name})]
    lines.append(f"ports = [{', '.join(map_text(port) for port in map.ports)}]")
    for one in map.controls:
        given = {"on": one.on, "parameter": one.parameter, "channel": one.channel, "encoding": one.encoding}
        more = {"low": one.low, "high": one.high, "curve": one.curve, "echo": one.echo or None}
        lines += ["", "[[controls]]", *_table({**given, **more})]
    return "\n".join(lines) + "\n"


def _table(row: dict[str, object]) -> Iterable[str]:
    for key, value in row.items():
        if value is not None:
            yield f"{key} = {map_text(value) if isinstance(value, str) else str(value).lower()}"


def map_text(text: str) -> str:
    """A text as TOML has it; JSON's way of writing one is TOML's, but for the sign of deletion."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

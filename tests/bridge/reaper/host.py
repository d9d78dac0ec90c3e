"""Reaper as far as the tests need it: scripts under real Lua, in a strict imitation of Reaper's API."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from bridge.hosts.reaper import SCRIPTS
from engine import read_clip

LUA = Path(__file__).parents[1] / "lua"
"""Where the imitation lies."""

ITEM = {"position": 2.0, "length": 1.0, "offset": 0.2503, "speed": 1.5, "channels": 2, "rate": 44100, "volume": 0.5}
"""An item that shows a part of its source, at another rate and speed than the project's."""

SELECTED = [{1: {**ITEM, "selected": True}}]
"""A project's tracks: one, with that item, which is selected."""


def lua(value: Any) -> str:
    """A Python value as Lua source; text that begins with ``function`` is one."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{lua(key)}] = {lua(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "{" + ", ".join(map(lua, value)) + "}"
    if isinstance(value, str):
        return value if value.startswith("function") else json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "nil"}[value]
    return repr(value)


TAKEN = r"job r-\S+ of 'Reaper': generate"
CANCELLED = r"job r-\S+ cancelled"
"""What a bridge's log says of a script's job."""


def until_logged(log: Path, pattern: str, times: int = 1, seconds: float = 60.0) -> None:
    """Wait until a bridge's log has said something so often."""
    end = time.monotonic() + seconds
    while len(re.findall(pattern, log.read_text())) < times:
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.02)


class Reaper:
    """Runs scripts; each time in a fresh project."""

    def __init__(self, program: str, spool: Path, folder: Path) -> None:
        self.program, self.spool, self.folder, self.runs = program, spool, folder, 0

    def run(self, action: str, room: int | None = None, **more: Any) -> dict[str, Any]:
        """Run an action in the project that ``more`` describes, to its end, and return what came of it. No file that
        Reaper writes gets larger than ``room`` bytes, as on a full disk."""
        self.runs += 1
        scenario = {
            "scripts": f"{SCRIPTS}/", "script": f"bridge_{action}.lua", "rate": 48000, "device_rate": 44100,
            "tempo": [[0.0, 120.0, 4]], "guid": f"{abs(hash((str(self.folder), self.runs))):032x}"[:24],
            "ext": {"audioldm-bridge.spool": str(self.spool)}, **more,
        }  # fmt: skip
        file, result = self.folder / f"scenario{self.runs}.lua", self.folder / f"result{self.runs}.json"
        file.write_text(f"return {lua(scenario)}")
        command = [self.program, str(LUA / "reaper.lua"), str(file), str(result)]
        if room is not None:
            command = ["/bin/bash", "-c", f'trap "" XFSZ; ulimit -f {room // 1024}; exec "$@"', "reaper", *command]
        done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(result.read_text())

    def trouble(self, action: str, **more: Any) -> str:
        """Run an action that must change nothing and say why, once, and not as a defect. Returns what it says."""
        result = self.run(action, **more)
        (box,) = result["boxes"]
        assert "defect" not in box
        assert not result["undo"]
        assert not result.get("window_open")
        return box


def read(path: str) -> tuple[int, np.ndarray]:
    """A WAV file's rate and samples (frames, channels), by the engine's own reader."""
    clip = read_clip(path)
    return clip.rate, clip.samples.T


def exported(item: dict[str, Any], rate: int = 48000) -> np.ndarray:
    """What the imitation's item sounds like, frame by frame."""
    frames, channels = round(item["length"] * rate), item.get("channels", 1)
    times = item.get("offset", 0.0) + np.arange(frames) / rate * item.get("speed", 1.0)
    n = np.floor(times * item.get("rate", rate) + 0.5).astype(np.int64)
    c = np.arange(channels)
    return (((7919 * n[:, None] + 104729 * c) % 65536 - 32768) / 65536).astype(np.float32)


def only_item(result: dict[str, Any]) -> dict[str, Any]:
    """The one item of the project, in which nothing went wrong."""
    assert not result["boxes"]
    ((item,),) = [track["items"] for track in result["tracks"]]
    return item

"""What a checkpoint is, and which head count fits it: asked of the engine in a process of its own, as the bridge never
loads weights itself."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.child import environment
from bridge.models import HEADS

_COMMAND = (sys.executable, "-P", "-m", "engine.checkpoints")  # -P: as the engine's worker is started


class CheckFailed(Exception):
    """The engine does not take these files; the text says what was expected and found."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the engine found: a line for people, the licence as far as it is known, and whether the text tokenizer is
    with it."""

    summary: str
    licence: str
    tokenizer: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which head count fits a model's weights ("trained" or "config", empty where neither is clearly better), and the
    finding with its measurements, for people."""

    fits: str
    text: str


def inspect(path: Path) -> Inspection:
    """Look at a checkpoint without loading it. Raises CheckFailed."""
    found = _ask("inspect", str(path))
    known = str(found.get("licence", "unknown"))
    use = {False: "not for commercial use", True: "commercial use allowed"}.get(found.get("commercial"))  # type: ignore[arg-type]
    licence = "" if known == "unknown" else ": ".join(filter(None, (known, use)))
    return Inspection(str(found["summary"]), licence, bool(found.get("tokenizer", True)))


def verify(path: Path, audio: Path, prompt: str = "") -> Verdict:
    """Measure both head counts on a clip. Takes a minute or more. Raises CheckFailed."""
    found = _ask("verify", str(path), "--audio", str(audio), *(["--prompt", prompt] if prompt else []))
    fits = str(found["fits"])
    return Verdict(fits if fits in HEADS else "", str(found["text"]))


def _ask(*words: str) -> dict[str, Any]:
    done = subprocess.run([*_COMMAND, *words], capture_output=True, text=True, env=environment(), check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = None
    if done.returncode == 0 and isinstance(answer, dict):
        return answer
    if isinstance(answer, dict) and "text" in answer:
        raise CheckFailed(str(answer["text"]))
    last = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
    raise CheckFailed(f"the engine could not look at {words[1]}: {last}")

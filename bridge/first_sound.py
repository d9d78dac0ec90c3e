"""The three lines that `bridge serve` prints when it is ready: pasted into a terminal, each makes a first sound."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from bridge.config import HOST, HTTP_PORT, OSC_PORT
from bridge.doctor import PEERS

PROMPT = "a deep kick drum in a large hall"
SECONDS = "1.5"


def lines(port: int, http_port: int) -> Iterator[str]:
    """Remarks and commands in turn. The remarks begin with ``#``, so the whole block can be pasted as well."""
    yield "# from the command line; it prints the take's path"
    yield command_line(http_port)
    yield f"# by OSC; the take appears in the takes folder{_unless_found('oscsend')}"
    yield oscsend_line(port)
    yield f"# in Pure Data, which plays it{_unless_found('pd')}"
    yield pd_line(port)


def command_line(port: int) -> str:
    """``bridge generate`` for the bridge on this HTTP port."""
    other = () if port == HTTP_PORT else ("--port", str(port))
    return f'{own_command()} generate "{PROMPT}" {" ".join(("--seconds", SECONDS, *other))}'


def oscsend_line(port: int) -> str:
    """The same by liblo's oscsend. An id names one request, so every second has an id of its own."""
    id = "job-1" if sys.platform == "win32" else "job-$(date +%s)"
    return f'oscsend {HOST} {port} /render/generate sssf {id} "{PROMPT}" seconds {SECONDS}'


def pd_line(port: int) -> str:
    """Pure Data with our patch, which renders and plays the prompt at once; without a window where there is no screen.

    The backslashes are for Pd, where a blank ends a word.
    """
    sends = [] if port == OSC_PORT else [f"first-sound-port {port}"]
    sends.append("first-sound-prompt symbol " + PROMPT.replace(" ", "\\ "))
    words = ["pd", *([] if _has_screen() else ["-nogui"]), "-open", str(_patch())]
    return " ".join([quoted(word) for word in words] + [f'-send "{send}"' for send in sends])


def own_command() -> str:
    """How a new terminal starts this very program.

    Its bare name would do only where the search path leads to it by itself: elsewhere ``bridge`` may be a program of
    the network tools (Linux's iproute2), and a terminal that is opened anew does not know our environment.
    """
    found = shutil.which("bridge")
    own = Path(sys.executable).parent / ("bridge.exe" if sys.platform == "win32" else "bridge")
    if found and own.is_file() and Path(found).samefile(own) and "VIRTUAL_ENV" not in os.environ:
        return "bridge"
    return quoted(str(own)) if own.is_file() else f"{quoted(sys.executable)} -m bridge"


def quoted(word: str) -> str:
    """A word as the platform's shell reads it."""
    return subprocess.list2cmdline([word]) if sys.platform == "win32" else shlex.quote(word)


def _patch() -> Path:
    spec = find_spec("max_patches")
    folders = spec.submodule_search_locations if spec else None
    return Path(next(iter(folders or ["max_patches"]))) / "pd" / "first_sound.pd"


def _has_screen() -> bool:
    """False on Linux without a display or without Pd's window program (Debian's puredata-core has none)."""
    if not sys.platform.startswith("linux"):
        return True
    return shutil.which("pd-gui") is not None and bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _unless_found(program: str) -> str:
    return "" if shutil.which(program) else f" ({program} is not installed: {PEERS[program][1]})"

"""What has to be installed, and what may be: Python and its libraries, libraries of the system, other programs."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from bridge.doctor.finding import Finding

LIBRARIES_OF_PYTHON = (
    "click", "httpx2", "huggingface_hub", "jack", "mido", "numpy", "pedalboard", "phonemizer", "platformdirs",
    "prometheus_client", "psutil", "pyloudnorm", "rich", "safetensors", "scipy", "sounddevice", "soundfile", "soxr",
    "starlette", "structlog", "tokenizers", "torch", "transformers", "uvicorn", "websockets", "zeroconf",
)  # fmt: skip
"""What an install brings; a test keeps it equal to pyproject.toml."""
OTHER_NAMES = {"jack": "JACK-Client"}
"""What pip knows a library by, where that is another name."""


@dataclass(frozen=True, slots=True)
class Library:
    """A system library that something needs, and what to install for it."""

    name: str
    find: str
    use: str
    debian: str
    macos: str
    windows: str
    platforms: tuple[str, ...] = ("linux", "darwin", "win32")

    def present(self) -> bool:
        """True if the system's loader finds it."""
        return ctypes.util.find_library(self.find) is not None

    def how_to_get(self) -> str:
        """What to install on this platform."""
        return {"darwin": self.macos, "win32": self.windows}.get(sys.platform, self.debian)


LIBRARIES = (
    Library(
        "PortAudio", "portaudio", "playing takes on an audio device",
        "apt install libportaudio2", "brew install portaudio", "comes with the Python package sounddevice",
    ),
    Library(
        "JACK", "jack", "audio and MIDI through JACK or PipeWire",
        "apt install libjack-jackd2-0, or pipewire-jack", "brew install jack", "https://jackaudio.org/downloads",
    ),
    Library(
        "ALSA", "asound", "MIDI controllers", "apt install libasound2", "not needed", "not needed", ("linux",)
    ),
    Library(
        "eSpeak NG", "espeak-ng", "speech: reading words as sounds",
        "apt install espeak-ng", "brew install espeak-ng", "https://github.com/espeak-ng/espeak-ng/releases",
    ),
)  # fmt: skip

PEERS = {
    "reaper": ("Reaper", "https://www.reaper.fm/download.php"),
    "Live": ("Ableton Live, for the Max for Live devices", "https://www.ableton.com"),
    "Max": ("Max, for the patches", "https://cycling74.com/downloads"),
    "pd": ("Pure Data, for the patches", "apt install puredata | https://msp.ucsd.edu/software.html"),
    "scsynth": ("SuperCollider's server", "apt install supercollider-server | https://supercollider.github.io"),
    "ardour": ("Ardour", "apt install ardour | https://ardour.org/download.html"),
    "oscsend": ("liblo's tools, to try OSC from a shell", "apt install liblo-tools | brew install liblo"),
}
"""Programs that people like to speak to the bridge with: what they are for, and how to get them."""

_ONLY_ON = {"Live": ("darwin", "win32"), "Max": ("darwin", "win32")}
_ALSO_CALLED = {"ardour": ("ardour8", "ardour7", "ardour6")}
_APPLICATIONS = {
    "darwin": {
        "reaper": "REAPER*.app", "Live": "Ableton Live*.app", "Max": "Max*.app", "pd": "Pd*.app",
        "scsynth": "SuperCollider*.app", "ardour": "Ardour*.app",
    },
    "win32": {
        "reaper": "REAPER*", "Live": "Ableton*", "Max": "Cycling '74*", "pd": "Pd*", "scsynth": "SuperCollider*",
        "ardour": "Ardour*",
    },
}  # fmt: skip


def missing_libraries() -> list[Library]:
    """System libraries that this platform could use and does not have. The daemon works without them."""
    return [library for library in LIBRARIES if sys.platform in library.platforms and not library.present()]


def python() -> Finding:
    """The interpreter's version."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), f"{version} on {sys.platform}, {sys.executable}")


def libraries() -> list[Finding]:
    """Python's libraries: each one that is missing, and how many are there."""
    absent = [name for name in LIBRARIES_OF_PYTHON if not _is_there(name)]
    count = len(LIBRARIES_OF_PYTHON)
    found = [Finding(name, False, f"not installed: pip install {_pip_name(name)}") for name in absent]
    text = f"all {count} of its own are here" if not absent else f"{count - len(absent)} of its own {count} are here"
    return [Finding("libraries", True, text), *found]


def _pip_name(name: str) -> str:
    return OTHER_NAMES.get(name, name.replace("_", "-"))


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def system_libraries() -> list[Finding]:
    """Libraries of the system, which are for one thing each."""
    found = []
    for library in LIBRARIES:
        if sys.platform in library.platforms:
            present = library.present()
            text = library.use if present else f"for {library.use}: {library.how_to_get()}"
            if present and library.name == "JACK":
                text += _server()
            found.append(Finding(library.name, present, text, core=False))
    return found


def _server() -> str:
    """Whether JACK's or PipeWire's server runs, as far as its sockets tell."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"))
    running = any(Path("/dev/shm").glob("jack*")) or (runtime / "pipewire-0").exists()
    return "; a server is running" if running else "; no server is running"


def midi() -> list[Finding]:
    """Controllers that can be heard, Link, and maps that cannot be read."""
    from bridge.folders import default_midi
    from bridge.midi import link
    from bridge.midi.devices import NoMidi, find
    from bridge.midi.shelf import MapShelf

    try:
        devices = find()
        names = devices.inputs()
        devices.close()
        found = [Finding("MIDI ports", True, f"{', '.join(names) or 'none yet'}, by {devices.about}", core=False)]
    except NoMidi as error:
        found = [Finding("MIDI ports", False, str(error), core=False)]
    there = link.available()
    text = "aalink is here" if there else "for tempo on the network: pip install 'audioldm-bridge[link]'"
    found.append(Finding("Ableton Link", there, text, core=False))
    return found + [Finding("MIDI map", False, problem, core=False) for problem in MapShelf(default_midi()).problems]


def programs() -> list[Finding]:
    """Hosts and tools."""
    found = []
    for program, (use, how) in PEERS.items():
        if sys.platform in _ONLY_ON.get(program, (sys.platform,)):
            path = _program(program)
            found.append(Finding(program, path is not None, path or f"{use}: {how}", core=False))
    return found


def _program(name: str) -> str | None:
    for one in (name, *_ALSO_CALLED.get(name, ())):
        if path := shutil.which(one):
            return path
    pattern = _APPLICATIONS.get(sys.platform, {}).get(name)
    folders = {"darwin": ("/Applications", "~/Applications"), "win32": ("C:/Program Files", "C:/ProgramData/Ableton")}
    for folder in folders.get(sys.platform, ()):
        if pattern and (found := sorted(Path(folder).expanduser().glob(pattern))):
            return str(found[-1])
    return None

"""What works on this machine, what is missing, and how to get it."""

from __future__ import annotations

import asyncio
import ctypes.util
import errno
import importlib.metadata
import importlib.util
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from bridge.child import EngineChild, Lost
from bridge.config import HOST
from bridge.knock import knock
from bridge.models import Loadable, Store, StoreError
from bridge.takes import why_not_writable
from engine import Broken, Ready

_ENGINE_SECONDS = 120.0
LIBRARIES_OF_PYTHON = (
    "click", "httpx2", "huggingface_hub", "numpy", "pedalboard", "phonemizer", "platformdirs", "prometheus_client",
    "psutil", "pyloudnorm", "rich", "safetensors", "scipy", "sounddevice", "soundfile", "soxr", "starlette",
    "structlog", "tokenizers", "torch", "transformers", "uvicorn", "websockets", "zeroconf",
)  # fmt: skip
"""What an install brings; a test keeps it equal to pyproject.toml."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``core``: without it nothing is rendered."""

    name: str
    ok: bool
    text: str
    core: bool = True

    @property
    def broken(self) -> bool:
        """True if this keeps the bridge from working."""
        return self.core and not self.ok


@dataclass(frozen=True, slots=True)
class Library:
    """A system library that an output needs, and what to install for it."""

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
)  # fmt: skip

PEERS = {
    "pd": ("Pure Data, for the patches", "apt install puredata | https://msp.ucsd.edu/software.html"),
    "oscsend": ("liblo's tools, to try OSC from a shell", "apt install liblo-tools | brew install liblo"),
    "scsynth": ("SuperCollider's server", "apt install supercollider-server | https://supercollider.github.io"),
}
"""Programs that people like to speak to the bridge with: what they are for, and how to get them."""


def missing_libraries() -> list[Library]:
    """System libraries that this platform could use and does not have. The daemon works without them."""
    return [library for library in LIBRARIES if sys.platform in library.platforms and not library.present()]


def examine(takes: Path, model: str, port: int) -> Iterator[Finding]:
    """Look at everything, the quick things first. Nothing is changed but that the takes folder is made."""
    yield _python()
    for name in LIBRARIES_OF_PYTHON:
        yield _library(name)
    reason = why_not_writable(takes)
    yield Finding("takes folder", reason is None, reason or str(takes))
    yield _port(port)
    yield _models()
    yield from _system_libraries()
    for program, (use, how) in PEERS.items():
        path = shutil.which(program)
        yield Finding(program, path is not None, path or f"{use}: {how}", core=False)
    yield _engine(model)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), f"{version} on {sys.platform}")


def _library(name: str) -> Finding:
    if importlib.util.find_spec(name) is None:
        return Finding(name, False, f"not installed: pip install {name}")
    try:
        return Finding(name, True, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, True, "present")


def _port(port: int) -> Finding:
    name = f"UDP port {port}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return Finding(name, False, str(error.strerror))
        else:
            return Finding(name, True, "free")
    if (found := knock(port)) is None:
        return Finding(name, False, "in use by another program: choose another with --osc-port", core=False)
    return Finding(name, True, f"a bridge is running: version {found.version}, model {found.model}")


def _models() -> Finding:
    store = Store()
    names = [record.name for record in store.records()]
    text = f"{', '.join(names) or 'none'} in {store.folder}"
    gone = [record.name for record in store.records() if not Path(record.path).exists()]
    more = f"; the weights of {', '.join(gone)} are gone" if gone else ""
    return Finding("models store", not gone, text + more, core=False)


def _system_libraries() -> Iterator[Finding]:
    for library in LIBRARIES:
        if sys.platform in library.platforms:
            present = library.present()
            text = library.use if present else f"for {library.use}: {library.how_to_get()}"
            yield Finding(library.name, present, text, core=False)


def _engine(model: str) -> Finding:
    """The one honest check of a model: load it in an engine process, as the daemon does."""
    name = f"model {model}"
    try:
        loadable = Store().loadable(model)
    except StoreError as error:
        return Finding(name, False, str(error))
    began = time.monotonic()
    try:
        event = asyncio.run(asyncio.wait_for(_first_word(loadable), _ENGINE_SECONDS))
    except TimeoutError:
        return Finding(name, False, f"not ready after {_ENGINE_SECONDS:g} s")
    if isinstance(event, Ready):
        seconds = time.monotonic() - began
        return Finding(name, True, f"ready in {seconds:.1f} s, {event.rate} Hz: {', '.join(event.tasks)}")
    return Finding(name, False, event.text)


async def _first_word(model: Loadable) -> Ready | Broken | Lost:
    child = EngineChild(model.family, options=model.options)
    try:
        async with aclosing(child.events()) as events:
            async for event in events:
                if isinstance(event, Ready | Broken | Lost):
                    return event
    finally:
        await child.close()
    return Lost("the engine said nothing", False, 1)

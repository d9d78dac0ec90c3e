"""What the daemon is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine import FAMILIES

CHECKPOINT = "audioldm"
"""The engine's family that loads checkpoints, which are in the models store."""

HOST = "127.0.0.1"
"""Loopback: programs on this machine only. Beyond it a client needs the token (`bridge.access`)."""

OSC_PORT = 9630

HTTP_PORT = 9631

LATENCY = 0.1
"""Seconds that a step of the engine should take at most where that can be chosen."""
STEP_TIMEOUT = 120.0
"""Seconds without a word after which a rendering engine is taken to hang. Every step and every take is a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of one daemon.

    ``osc_port`` is for UDP and TCP, ``http_port`` for HTTP; 0 takes any free one. ``announce`` says both by
    zeroconf. ``takes`` is the folder that takes are written to. ``threads`` are the engine's, None for its own
    choice. ``options`` are the model's own, each ``KEY=VALUE``. ``max_live`` bounds the jobs that wait or render.
    An engine that has work and says nothing for ``step_timeout`` seconds is ended and started again; 0 waits for
    ever. ``latency`` is what a step of it should take at most, in seconds. ``state`` is the folder that keeps jobs and
    the log, so that they survive the daemon; None keeps them in memory. ``keep_takes``, ``keep_days`` and ``keep_gb``
    bound the takes that are kept; 0 is no bound.

    ``host`` is the address to listen on; beyond loopback for TCP and HTTP only, and with a token. ``roots`` are the
    folders that clients may name files in; none stands for `bridge.roots.default_roots`. ``client_rate`` bounds the
    messages a second of one client, ``client_jobs`` the jobs that it may have waiting or rendering; 0 is no bound.
    ``clips_gb`` bounds what was sent as clips.

    ``player`` and ``device`` say where what is played goes (`bridge.audio.output`); ``play_rate`` is its rate in Hz, 0
    for the device's own; ``block`` frames are mixed at once, and ``buffer`` blocks are kept ahead of what is heard.
    ``midi`` are parts of the names of the MIDI ports to hear; none stands for all, and none by its name for none.
    """

    takes: Path
    model: str = "pocket"
    osc_port: int = OSC_PORT
    threads: int | None = None
    max_live: int = 64
    options: tuple[str, ...] = ()
    step_timeout: float = STEP_TIMEOUT
    latency: float = LATENCY
    host: str = HOST
    http_port: int = HTTP_PORT
    announce: bool = True
    state: Path | None = None
    keep_takes: int = 0
    keep_days: float = 0.0
    keep_gb: float = 0.0
    roots: tuple[Path, ...] = ()
    client_rate: float = 1000.0
    client_jobs: int = 48
    clips_gb: float = 20.0
    player: str = "auto"
    device: str | None = None
    play_rate: int = 0
    block: int = 256
    buffer: int = 3
    midi: tuple[str, ...] = ()

    @property
    def journal(self) -> Path | None:
        """The file that the jobs are kept in."""
        return self.state / f"journal-{self.osc_port}.sqlite" if self.state else None

    @property
    def pads(self) -> Path | None:
        """The folder that pads and their takes are kept in."""
        return self.state / f"pads-{self.osc_port}" if self.state else None

    @property
    def spool(self) -> Path | None:
        """The folder in which hosts without sockets leave messages and find answers."""
        return self.state / f"spool-{self.osc_port}" if self.state else None

    @property
    def log(self) -> Path | None:
        """The log file."""
        return self.state / f"bridge-{self.osc_port}.log" if self.state else None


def builtin() -> list[str]:
    """The models that come with the engine."""
    return [name for name in FAMILIES if name != CHECKPOINT]

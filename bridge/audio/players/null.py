"""The player for machines without a device, and for tests: nothing is heard, but everything happens at its time."""

from __future__ import annotations

import numpy as np

from bridge.audio.mixer import Mixer
from bridge.audio.players.player import Outlet, PacedPlayer
from bridge.audio.source import CHANNELS

OUTLET = Outlet("null", "", "nothing is heard; recordings and listeners get the sound")


class NullPlayer(PacedPlayer):
    """Reads in real time, or ``speed`` times as fast, and keeps what it read if it is told to: ``heard``."""

    def __init__(self, rate: int, period: int, speed: float = 1.0, keep: bool = False) -> None:
        super().__init__(OUTLET, rate, period, speed)
        self._keep = keep
        self._heard: list[np.ndarray] = []

    @property
    def heard(self) -> np.ndarray:
        """All that was read so far, of shape (frames, 2), where it was kept."""
        return np.concatenate([np.zeros((0, CHANNELS), np.float32), *self._heard])

    def send(self, block: np.ndarray) -> None:
        """Keep a copy."""
        if self._keep:
            self._heard.append(block.copy())


def offline(mixer: Mixer, frames: int) -> np.ndarray:
    """The mixer's next frames, as fast as they can be mixed: shape (frames, 2). For a mixer that nobody else reads."""
    out = np.zeros((frames, CHANNELS), np.float32)
    for at in range(0, frames, mixer.block):
        mixer.pump()
        mixer.ring.read_into(out[at : at + mixer.block])
    return out

"""Ableton Link, by the optional library aalink: tempo, beats and start/stop shared with other programs on the network.

aalink and Link itself are under the GPL. `pip install 'audioldm-bridge[link]'` brings them.
"""

from __future__ import annotations

import importlib.util
import time
from typing import Any

from bridge.transport import Transport


def available() -> bool:
    """True if aalink is installed."""
    return importlib.util.find_spec("aalink") is not None


class LinkSession:
    """This bridge in a Link session. To be made in a running event loop. RuntimeError without aalink."""

    def __init__(self, tempo: float) -> None:
        if not available():
            raise RuntimeError("Ableton Link needs the library aalink: pip install 'audioldm-bridge[link]'")
        import aalink

        self._link: Any = aalink.Link(tempo)
        self._link.start_stop_sync_enabled = True
        self._link.enabled = True

    @property
    def peers(self) -> int:
        """Others in the session."""
        return int(self._link.num_peers)

    def transport(self, meter: int) -> Transport:
        """Where the session is now. Link keeps no song position: beats count from where the session began. Without
        anybody who starts and stops, it always plays, as the session's beat does."""
        self._link.quantum = float(meter)
        playing = bool(self._link.playing) or not self._said
        return Transport(
            tempo=float(self._link.tempo), position=float(self._link.beat), time=time.monotonic(), playing=playing,
            meter=meter, source="link",
        )  # fmt: skip

    _said = False
    """Whether start or stop was ever said here or heard from others."""

    def set_tempo(self, tempo: float) -> None:
        """For everybody in the session."""
        self._link.tempo = tempo

    def set_playing(self, playing: bool) -> None:
        """For everybody in the session that follows start and stop."""
        self._said = True
        self._link.playing = playing

    def close(self) -> None:
        """Leave the session."""
        self._link.enabled = False

"""What is heard, over a WebSocket: for a browser, or a program on another machine.

First comes a text message that says how it goes on, ``{"rate": 48000, "channels": 2, "format": "float32"}``, and again
when that changes; then binary messages of interleaved samples, little-endian, float32 or int16, as they are heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from starlette.websockets import WebSocket

from bridge.audio.mixer import Mixer
from bridge.audio.ring import Block
from bridge.audio.source import CHANNELS
from bridge.clients import Address
from bridge.http.sockets import Socket
from bridge.hub import Args
from bridge.limits import Gate
from bridge.token import Keys

FRAMES = 1024
"""Of a message, or some more: 21 ms at 48 kHz, so that there are not too many."""

MAX_MESSAGES = 128
"""That may wait for one listener, almost three seconds; one that lets more pile up is let go."""


class Sound(Socket):
    """A listener. ``begin`` has the mixer play, if nothing does yet."""

    def __init__(
        self, socket: WebSocket, address: Address, gate: Gate, mixer: Mixer, form: str, begin: Callable[[], None]
    ) -> None:
        super().__init__(socket, address, gate)
        self._mixer = mixer
        self._begin = begin
        self._form = form
        self._loop = asyncio.get_running_loop()
        self._messages: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(MAX_MESSAGES)
        self._gathered: list[Block] = []

    def wants(self, address: str, args: Args) -> bool:
        """It hears sound and no replies."""
        return False

    def tell(self, address: str, args: Args) -> None:
        """Nothing is told here."""

    async def take(self, data: str | bytes) -> None:
        """Nothing is taken in."""

    async def serve(self, keys: Keys) -> None:
        """Listen until either side ends it."""
        self._begin()  # not before: a client of another machine has shown its token by now
        self._mixer.listen(self._hear)
        try:
            await super().serve(keys)
        finally:
            self._mixer.ignore(self._hear)

    def _hear(self, frame: int, block: Block) -> None:
        """In the mixer's thread."""
        self._gathered.append(block)
        if sum(map(len, self._gathered)) >= FRAMES:
            data = pcm(np.concatenate(self._gathered), self._form)
            self._gathered = []
            self._loop.call_soon_threadsafe(self._queue, self._mixer.rate, data)

    def _queue(self, rate: int, data: bytes) -> None:
        try:
            self._messages.put_nowait((rate, data))
        except asyncio.QueueFull:
            self._too_slow.set()

    async def _write(self) -> None:
        told = 0
        while True:
            rate, data = await self._messages.get()
            if rate != told:
                await self._socket.send_json({"rate": rate, "channels": CHANNELS, "format": self._form})
                told = rate
            await self._socket.send_bytes(data)


def pcm(block: Block, form: str) -> bytes:
    """Samples (frames, 2) as bytes, interleaved and little-endian."""
    if form == "int16":
        return np.clip(np.rint(block * 32768.0), -32768, 32767).astype("<i2").tobytes()
    return np.ascontiguousarray(block, "<f4").tobytes()

"""The stream without a daemon: an engine of its own, and a file or a device."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from pathlib import Path

import numpy as np

from bridge.audio.mixer import Mixer
from bridge.audio.output import Output
from bridge.audio.players.null import offline
from bridge.audio.recorder import Played, cue_sheet
from bridge.audio.wav import Cue, WavWriter
from bridge.child import EngineChild
from bridge.live.answers import in_thread
from bridge.live.plan import TICK
from bridge.live.reel import FADE_OUT
from bridge.live.stream import Stream
from bridge.live.values import Window
from bridge.live.wish import Wish, written
from bridge.models import Loadable
from engine import Broken, EngineError, Handling, ModelError, Request

MAX_FAILURES = 3
"""So often in a row a window may fail: nobody is there to change what is wished."""


class Alone:
    """One stream with an engine process of its own. ``note`` gets remarks for the user."""

    def __init__(
        self, wish: Wish, model: str, loadable: Loadable, threads: int | None, note: Callable[[str], None]
    ) -> None:
        self._wish, self._model = wish, model
        self._child = EngineChild(loadable.family, threads, loadable.options)
        self._note = note
        self._played: list[Played] = []
        self._failures = 0
        self._broken: EngineError | None = None

    def to_file(self, path: Path, seconds: float, rate: int) -> None:
        """Write so many seconds to a new WAV file, with a cue for each window and a cue sheet beside it, as fast as
        they can be rendered: nothing is repeated. Raises EngineError, OSError."""
        asyncio.run(self._with_engine(lambda: self._write(path, seconds, rate), Mixer(rate)))

    def to_device(self, output: Output, seconds: float | None) -> None:
        """Play by an output that is in use, for so many seconds from the first window on or for ever. Raises
        EngineError."""
        asyncio.run(self._with_engine(lambda: self._play(output, seconds), output.mixer))

    # the engines

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        """Order a window."""
        self._child.submit(key, request.replace(model=None), handling)

    def cancel(self, model: str, key: str) -> None:
        """Order it no more."""
        self._child.cancel(key)

    # the audience

    def began(self, window: Window) -> None:
        """Say what is heard."""
        self._failures = 0
        pace = f"{window.seconds / window.took:.1f} times real time" if window.took else ""
        self._note(f"{window.number}: {written(window.mixture)}, {pace}")

    def behind(self, shortfalls: int, short: float) -> None:
        """Say that rendering does not keep up."""
        self._note("rendering has fallen behind: the last window is repeated")

    def failed(self, code: str, text: str) -> None:
        """Give up what fails again and again."""
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            self._broken = EngineError(text)
            self._broken.code = code

    def triggered(self, played: Played) -> None:
        """Put a window into the cue sheet."""
        self._played.append(played)

    # the work

    async def _with_engine(self, work: Callable[[], object], mixer: Mixer) -> None:
        self._stream = Stream(self, mixer, self, in_thread)
        self._mixer = mixer
        self._stream.use_model(self._model)
        self._stream.start(self._wish)
        events = asyncio.create_task(self._follow())
        try:
            await work()  # type: ignore[misc]
        finally:
            self._stream.stop()
            await self._child.close()
            events.cancel()
            with suppress(asyncio.CancelledError):
                await events

    async def _follow(self) -> None:
        async with aclosing(self._child.events()) as events:
            async for event in events:
                if isinstance(event, Broken):
                    self._broken = ModelError(event.text)
                self._stream.on_event(self._model, event)

    def _look(self) -> None:
        self._stream.tick()
        if self._broken is not None:
            raise self._broken

    async def _write(self, path: Path, seconds: float, rate: int) -> None:
        total, fade = round(seconds * rate), round(min(FADE_OUT, seconds / 2) * rate)
        writer = WavWriter(path, rate)
        try:
            while writer.frames < total:
                await asyncio.sleep(TICK)
                self._look()
                block = offline(self._mixer, self._available(total - writer.frames))[: total - writer.frames]
                left = total - writer.frames - np.arange(len(block), dtype=np.float32)
                writer.write(block * np.minimum(1.0, left / fade)[:, None] ** 2)
            self._look()
        finally:
            played = [one for one in self._played if one.frame < writer.frames]
            writer.close([Cue(one.frame, f"{one.what}: {one.prompt}") for one in played])
        path.with_suffix(".csv").write_text(cue_sheet(played, 0, rate), encoding="utf-8")

    def _available(self, most: int) -> int:
        """Frames, in whole blocks, that can be read without repeating any."""
        mixer = self._mixer
        there = int(self._stream.status().ahead * mixer.rate) - mixer.ahead * mixer.block
        return max(0, min(there // mixer.block, -(-most // mixer.block))) * mixer.block

    async def _play(self, output: Output, seconds: float | None) -> None:
        left = seconds
        while left is None or left > 0:
            await asyncio.sleep(TICK)
            self._look()
            if why := output.check():
                self._note(why)
            if left is not None and self._played:
                left -= TICK
        self._stream.stop()
        await asyncio.sleep(FADE_OUT + output.status().delay + TICK)

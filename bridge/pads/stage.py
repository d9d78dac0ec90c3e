"""The stage: pads, their pools, and what their hits start in the mixer.

`hit` and `release` may be called from any thread, such as one that reads MIDI; everything else from the daemon's loop.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Protocol

from bridge.audio.mixer import Mixer
from bridge.audio.output import Output
from bridge.audio.prepare import LOOPED
from bridge.audio.recorder import Played
from bridge.audio.voice import Voice
from bridge.child import Lost
from bridge.engines import Renderer
from bridge.pads.filler import Filler
from bridge.pads.pool import Held, Pad, Pool
from bridge.pads.store import PadStore
from bridge.pads.voicing import into_zone, made_with, make_ready, voice_of
from engine import Event, Invalid, Take

log = logging.getLogger("bridge")

MAX_PADS = 128
"""Pads of one daemon: more than any controller has."""


class NoPad(LookupError):
    """There is no such pad, or it has nothing to play yet; ``code`` is a slug."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Audience(Protocol):
    """Who is told what happens on the stage; called in the daemon's loop."""

    def filled(self, pool: Pool) -> None: ...

    def failed(self, pool: Pool, code: str, text: str) -> None: ...

    def played(self, pool: Pool, take: Held, note: int, velocity: float) -> None: ...


class Stage:
    """Pads by name. ``clock(quantize, after)`` is the frame of the next boundary, or of the first after a frame; None
    for at once."""

    def __init__(self, output: Output, engines: Renderer, store: PadStore, audience: Audience) -> None:
        self.output = output
        self.clock: Callable[[str, int | None], int | None] = lambda quantize, after: None
        self.on_played: Callable[[Played], None] = lambda played: None
        self._audience = audience
        self._store = store
        self._pools: dict[str, Pool] = {}
        self._lock = threading.Lock()
        self._filler = Filler(engines, self._take_in, self._give_up)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._saving = asyncio.Lock()
        self._dirty = False

    @property
    def pools(self) -> list[Pool]:
        """Every pad with its pool, in the order in which they were assigned."""
        return list(self._pools.values())

    @property
    def realtime(self) -> float:
        """Seconds of sound that are rendered for pads in a second; 0 while nothing is known."""
        return self._filler.realtime

    @property
    def model(self) -> str:
        """The model that takes are ordered of."""
        return self._filler.model

    @property
    def mixer(self) -> Mixer:
        """What the pads sound in."""
        return self.output.mixer

    # the set

    def open(self) -> None:
        """Go on with the pads of the last time. To be called once, in the loop."""
        self._loop = asyncio.get_running_loop()
        for pool in self._store.load():
            self._pools[pool.pad.name] = pool
            self._spawn(self._prepare_all(pool))
        if self._pools:
            log.info("%d pads are here, with %d takes", len(self._pools), sum(len(one.takes) for one in self.pools))

    async def close(self) -> None:
        """Finish what is being written, and play no more."""
        if self._work:
            await asyncio.wait(self._work, timeout=5.0)
        await asyncio.to_thread(self.output.close)

    def assign(self, pad: Pad) -> Pool:
        """Give a pad its sound. Where it renders what it rendered before, its takes stay. Raises NoPad beyond
        `MAX_PADS`."""
        before = self._pools.get(pad.name)
        if before is None and len(self._pools) >= MAX_PADS:
            raise NoPad("busy", f"there are {MAX_PADS} pads already, which is the most")
        if before is not None and before.pad.request == pad.request and not before.failed:
            return self.change(pad)
        pool = Pool(pad)
        if before is not None:
            self._filler.forget(before)
            self._let_go(before)
        with self._lock:
            self._pools[pad.name] = pool
        self._changed()
        return pool

    def change(self, pad: Pad) -> Pool:
        """Play a pad's takes in another way. Raises NoPad."""
        pool = self.pool(pad.name)
        before, pool.pad = pool.pad.playing, pad
        self._spawn(self._delete(pool.shrink()))
        if made_with(before) != made_with(pad.playing):
            self._spawn(self._prepare_all(pool))
        self._changed()
        return pool

    def remove(self, name: str) -> None:
        """Forget a pad and its takes; what sounds of it ends. Raises NoPad."""
        pool = self.pool(name)
        with self._lock:
            del self._pools[name]
        self._filler.forget(pool)
        self._let_go(pool)
        self._changed()

    def pool(self, name: str) -> Pool:
        """The pool of a pad. Raises NoPad naming those that there are."""
        pool = self._pools.get(name)
        if pool is None:
            known = ", ".join(self._pools) or "none; assign one first"
            raise NoPad("unknown-pad", f"there is no pad {name!r}; pads are {known}")
        return pool

    def use_model(self, model: str) -> None:
        """Order takes of this model from now on."""
        if self._filler.use(model):
            self._filler.fill(self.pools)

    def on_event(self, model: str, event: Event | Invalid | Lost) -> None:
        """Take in what an engine says."""
        if self._filler.on_event(model, event):
            self._filler.fill(self.pools)

    async def use_player(self, player: str, device: str) -> None:
        """Play by another player. Raises CannotPlay. At another rate, every take is made ready again."""
        rate = self.mixer.rate
        await asyncio.to_thread(self.output.use, player, device)
        if self.mixer.rate != rate:
            for pool in self.pools:
                self._spawn(self._prepare_all(pool))

    # playing

    def hit(self, name: str, velocity: float = 1.0, note: int | None = None) -> Voice | None:
        """Play a pad: velocity 0 to 1, MIDI note or None for its root. Returns the voice with the frame at which it
        starts, None where a toggle was switched off. Raises NoPad. From any thread."""
        with self._lock:
            pool = self.pool(name)
            playing = pool.pad.playing
            if playing.mode == "toggle" and self._sounding(name):
                self.mixer.release(name, at=self._end_of(name, None, playing.quantize))
                return None
            take = pool.next()
            if take is None or take.prepared is None:
                why = pool.failed or "its first is being rendered"
                raise NoPad("not-ready", f"the pad {name!r} has no take yet: {why}")
            key = playing.root if note is None else note
            semitones = (key - playing.root) * playing.tracking
            made = voice_of(self.mixer.new_id(), pool.pad, take.prepared, velocity, key, semitones, self.mixer)
            voice = self.mixer.start(made, self.clock(playing.quantize, None), playing.voices)
        self.on_played(Played(voice.start, name, key, velocity, str(take.path or ""), take.seed, pool.pad.prompt))
        self._later(lambda: self._was_hit(pool, take, key, velocity, semitones))
        return voice

    def release(self, name: str, note: int | None = None) -> None:
        """Let a pad go, or one note of it: a gate or a loop ends, other modes go on. Raises NoPad. From any thread."""
        playing = self.pool(name).pad.playing
        if playing.mode in ("gate", "loop"):
            self.mixer.release(name, note, self._end_of(name, note, playing.quantize))

    def _end_of(self, name: str, note: int | None, quantize: str) -> int | None:
        """The frame at which a release takes effect: a boundary, too, and after what is let go has begun, so that a hit
        that waits for the bar is heard for one."""
        begun = [one.start for one in self.mixer.voices if one.owner == name and note in (None, one.note)]
        return self.clock(quantize, max(begun, default=None))

    def _sounding(self, name: str) -> bool:
        frame = self.mixer.frame
        return any(
            one.owner == name and one.released is None and one.cut_at is None and one.end > frame
            for one in self.mixer.voices
        )

    def _was_hit(self, pool: Pool, take: Held, note: int, velocity: float, semitones: float) -> None:
        self._filler.fill(self.pools)
        self._audience.played(pool, take, note, velocity)
        if semitones:
            self._spawn(self._make_zone(pool, semitones))

    # takes

    def _take_in(self, pool: Pool, take: Take) -> None:
        pool.arriving += 1
        self._spawn(self._add(pool, take))

    async def _add(self, pool: Pool, take: Take) -> None:
        """Write a new take, make it ready, and put it into its pool."""
        held = Held(None, take.request.seed or 0, take.clip)
        try:
            held.path = await asyncio.to_thread(self._store.write, pool.pad, take)
        except OSError as error:  # it can be played all the same, but will not be there the next time
            log.error("a take of the pad %s could not be written: %s", pool.pad.name, error)
        await make_ready(pool, held, self.mixer)
        pool.arriving -= 1
        if held.path is not None:
            held.clip = None  # it can be read again
        current = self._pools.get(pool.pad.name) is pool  # or the pad was given another sound meanwhile
        if not current or held.prepared is None:
            if current:  # the next one would not be ready either
                self._give_up(pool, "internal", "a take could not be made ready; the log says why")
            await self._delete([held])
            return
        with self._lock:
            gone = pool.add(held)
        await self._delete(gone)
        self._audience.filled(pool)
        self._changed()

    async def _prepare_all(self, pool: Pool) -> None:
        """Make every take ready again, after how they are played has changed, or for the first time."""
        for held in tuple(pool.takes):
            await make_ready(pool, held, self.mixer)
            if held.prepared is None and held in pool.takes:
                pool.takes.remove(held)  # its file cannot be read
        self._audience.filled(pool)
        self._changed()

    async def _make_zone(self, pool: Pool, semitones: float) -> None:
        """Resample every take for a note that was played, so that the next hits of it are the best."""
        for held in tuple(pool.takes):
            if held.prepared is not None:
                await asyncio.to_thread(held.prepared.make_zone, semitones)
                self.mixer.change(into_zone(held.prepared, semitones))

    def _give_up(self, pool: Pool, code: str, text: str) -> None:
        pool.failed = text
        log.warning("no takes for the pad %s: %s", pool.pad.name, text)
        self._audience.failed(pool, code, text)

    def _let_go(self, pool: Pool) -> None:
        """Forget a pool's takes; its voices go on over the samples that they hold, but for those that never end."""
        if pool.pad.playing.mode in LOOPED:
            self.mixer.cut(pool.pad.name)
        self._spawn(self._delete(pool.takes))

    async def _delete(self, takes: list[Held]) -> None:
        if takes:
            await asyncio.to_thread(self._store.delete, tuple(takes))

    # what happens later

    def _changed(self) -> None:
        self._filler.fill(self.pools)
        self._dirty = True
        self._spawn(self._save())

    async def _save(self) -> None:
        async with self._saving:
            if not self._dirty:
                return
            self._dirty = False
            try:
                await asyncio.to_thread(self._store.save, tuple(self.pools))
            except OSError as error:
                log.error("the pads cannot be written down: %s", error)

    def _later(self, act: Callable[[], None]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._work.add(task)
        task.add_done_callback(self._work.discard)

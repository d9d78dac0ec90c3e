"""The mixer: adds voices and sources up, block by block, a few blocks ahead of what is heard.

A hit does not wait for the blocks that are mixed already: it is mixed into those that the player has not begun. So the
delay of a hit is at most one block, however many blocks are kept ahead for safety. Under the mixer's lock are the
control threads and the mixer's own; a player never takes it.
"""

from __future__ import annotations

import dataclasses
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bridge.audio.limiter import limit
from bridge.audio.ring import Block, Ring
from bridge.audio.source import CHANNELS, Samples, Source
from bridge.audio.urgent import hurry
from bridge.audio.voice import SHORTEST_FADE, Voice, add, mix

log = logging.getLogger("bridge")

MAX_VOICES = 64
"""Voices at once; beyond that the oldest are cut."""

CUT_SECONDS = 0.005

Listener = Callable[[int, Block], None]
"""Gets each block that was heard, with the number of its first frame; in the mixer's thread, and may not block."""


@dataclass(slots=True)
class _Slot:
    """A block that is not yet heard, with what is needed to make it again."""

    frame: int
    streams: Samples
    sum: Samples
    gain: float
    """Of the limiter, at the end of the block before."""
    out: Block


class Mixer:
    """Voices and sources in, blocks for a player out. ``rate`` in Hz, ``block`` in frames, ``ahead`` in blocks."""

    def __init__(self, rate: int = 48000, block: int = 256, ahead: int = 3) -> None:
        self.rate, self.block, self.ahead = rate, block, ahead
        self.ring = Ring()
        self.load = 0.0
        """Share of a block's time that mixing it takes, smoothed."""
        self._lock = threading.Lock()
        self._voices: tuple[Voice, ...] = ()
        self._sources: dict[int, tuple[Source, np.ndarray]] = {}
        self._slots: deque[_Slot] = deque()
        self._frame = 0
        self._gain = 1.0
        self._ids = itertools.count(1)
        self._listeners: tuple[Listener, ...] = ()

    @property
    def voices(self) -> tuple[Voice, ...]:
        """What sounds, or waits for its start."""
        return self._voices

    @property
    def frame(self) -> int:
        """The first frame that can still be changed: what the player has not begun."""
        with self._lock:
            self._sync()
            return self._soonest()

    def new_id(self) -> int:
        """A number for a voice."""
        return next(self._ids)

    # control

    def start(self, voice: Voice, at: int | None = None, most: int = MAX_VOICES) -> Voice:
        """Let a voice sound from frame ``at`` on, or as soon as possible. Returns it with its start. Others of its
        choke group fall from there on, and so does the oldest of its owner where that has ``most`` already."""
        with self._lock:
            self._sync()
            while True:
                soonest = self._soonest()
                voice = voice.at(max(soonest, soonest if at is None else at))
                kept = self._made_room(voice, most)
                changed = kept != self._voices
                if self._revise((*kept, voice), None if changed else voice, voice.start):
                    self._voices = (*kept, voice)
                    return voice

    def change(self, change: Callable[[Voice, int], Voice], at: int | None = None) -> None:
        """Replace every voice by what ``change(voice, frame)`` makes of it, which may differ from that frame on: the
        one asked for, or the first that can still be changed."""
        with self._lock:
            self._sync()
            while True:
                frame = max(self._soonest(), at or 0)
                changed = tuple(change(voice, frame) for voice in self._voices)
                if changed == self._voices:
                    return
                if self._revise(changed, None, frame):
                    self._voices = changed
                    return

    def release(self, owner: str, note: int | None = None, at: int | None = None) -> None:
        """Let go what an owner plays, or only one note of it."""

        def let_go(voice: Voice, frame: int) -> Voice:
            meant = voice.owner == owner and (note is None or voice.note == note)
            return voice.release(frame, self.shortest) if meant else voice

        self.change(let_go, at)

    def cut(self, owner: str | None = None) -> None:
        """Silence an owner's voices, or all, within 5 ms."""
        frames = round(CUT_SECONDS * self.rate)
        self.change(lambda voice, frame: voice.cut(frame, frames) if owner in (None, voice.owner) else voice)

    @property
    def shortest(self) -> int:
        """Frames of the shortest fade."""
        return max(1, round(SHORTEST_FADE * self.rate))

    def add_source(self, source: Source, left: float = 1.0, right: float = 1.0) -> int:
        """Play a source from the next block on. Returns its handle."""
        return self.play_source(source, left, right)[0]

    def play_source(self, source: Source, left: float = 1.0, right: float = 1.0) -> tuple[int, int]:
        """Play a source from the next block on. Returns its handle and the frame at which it begins."""
        with self._lock:
            handle = next(self._ids)
            self._sources[handle] = (source, np.array([[left], [right]], np.float32))
            return handle, self._frame

    def remove_source(self, handle: int) -> None:
        """Read a source no more. What was read already is still heard."""
        with self._lock:
            self._sources.pop(handle, None)

    def listen(self, listener: Listener) -> None:
        """Hand every block that was heard to this listener, too."""
        self._listeners = (*self._listeners, listener)

    def ignore(self, listener: Listener) -> None:
        """No longer."""
        self._listeners = tuple(one for one in self._listeners if one != listener)

    def reshape(self, rate: int, block: int, ahead: int) -> None:
        """Go on at another rate or with other blocks: voices are dropped, sources stay. Not while a player reads."""
        with self._lock:
            self.rate, self.block, self.ahead = rate, block, ahead
            self._voices, self._gain = (), 1.0
            self._slots.clear()
            self.ring.clear()

    # blocks

    def pump(self) -> int:
        """Mix until there are enough blocks ahead. Returns how many that were. Called by one thread."""
        with self._lock:
            self._sync()
            count = 0
            while len(self._slots) < self.ahead:
                began = time.perf_counter()
                self._mix_next()
                spent = (time.perf_counter() - began) * self.rate / self.block
                self.load += 0.02 * (spent - self.load)
                count += 1
            return count

    def _mix_next(self) -> None:
        frame = self._frame
        self._voices = tuple(voice for voice in self._voices if voice.end > self._soonest())
        streams = self._read_sources()
        total = mix(self._voices, frame, self.block) + streams
        samples, after = limit(total, self._gain, self.rate)
        out = np.ascontiguousarray(samples.T)
        self._slots.append(_Slot(frame, streams, total, self._gain, out))
        self._gain, self._frame = after, frame + self.block
        self.ring.append(out)

    def _read_sources(self) -> Samples:
        total = np.zeros((CHANNELS, self.block), np.float32)
        for handle, (source, gains) in tuple(self._sources.items()):
            try:
                samples = source.read(self.block)
            except Exception:  # a defect of a source must not end the sound of the others
                log.exception("a source failed, and is played no more")
                samples = total[:, :0]
            total[:, : samples.shape[1]] += samples * gains
            if samples.shape[1] < self.block:
                del self._sources[handle]
        return total

    def _soonest(self) -> int:
        return self._slots[0].frame if self._slots else self._frame

    def _sync(self) -> None:
        """Take note of what the player has begun meanwhile: that cannot be changed any more."""
        unread = len(self.ring)
        while len(self._slots) > unread:
            slot = self._slots.popleft()
            for listener in self._listeners:
                listener(slot.frame, slot.out)

    def _made_room(self, voice: Voice, most: int) -> tuple[Voice, ...]:
        """The other voices as they are when this one starts: choked, or cut where there are too many."""
        frame, frames = voice.start, round(CUT_SECONDS * self.rate)
        kept = self._voices
        if voice.group:
            kept = tuple(v.release(frame, self.shortest) if v.group == voice.group else v for v in kept)
        sounding = [v for v in kept if v.end > frame and v.cut_at is None]
        own = [v for v in sounding if v.owner == voice.owner and v.released is None]
        surplus = own[: max(0, len(own) + 1 - most)] + sounding[: max(0, len(sounding) + 1 - MAX_VOICES)]
        gone = {v.id for v in surplus}
        return tuple(v.cut(frame, frames) if v.id in gone else v for v in kept) if gone else kept

    def _revise(self, voices: tuple[Voice, ...], new: Voice | None, frame: int) -> bool:
        """Make the unheard blocks from ``frame`` on again, with these voices; if only ``new`` has been added, by adding
        it. False if the player has begun the first of them meanwhile: then nothing has changed."""
        made: list[tuple[int, _Slot]] = []
        gain = None
        for number, slot in enumerate(self._slots):
            if slot.frame + self.block <= frame:
                continue
            total = slot.sum.copy() if new else mix(voices, slot.frame, self.block) + slot.streams
            if new is not None:
                add(total, new, slot.frame)
            before = slot.gain if gain is None else gain
            samples, gain = limit(total, before, self.rate)
            again = dataclasses.replace(slot, sum=total, gain=before, out=np.ascontiguousarray(samples.T))
            made.append((len(self._slots) - number, again))
        for place, (from_newest, slot) in enumerate(made):
            if not self.ring.replace(from_newest, slot.out) and place == 0:
                self._sync()
                return False
            self._slots[-from_newest] = slot
        if gain is not None:
            self._gain = gain
        return True


class Feeder:
    """The mixer's own thread: keeps blocks ahead of the player until it is stopped."""

    def __init__(self, mixer: Mixer) -> None:
        self._mixer = mixer
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mixer", daemon=True)

    def start(self) -> None:
        """Fill the ring, and go on."""
        self._mixer.pump()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        hurry()
        pause = self._mixer.block / self._mixer.rate / 4
        while not self._stopping.wait(pause):
            try:
                self._mixer.pump()
            except Exception:  # a defect of ours must not end the sound for good
                log.exception("a block could not be mixed")

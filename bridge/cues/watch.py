"""A folder that is watched: what is dropped in is rendered, and its takes appear beside it.

    rain.txt            a prompt, and below it, a line each, parameters: seconds = 4
    bark.wav            a sound: variations of it; with bark.txt beside it, what that says is done to it
    scene.csv           a cue sheet: rendered into the folder scene

The folder is looked at twice a second rather than through the system's notifications, as those do not come from shared
drives, and hosts write files in pieces: a file is taken when it was the same for a while.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge import AsyncClient, NoAnswer
from bridge.cues import tables, words
from bridge.cues.clock import USUAL, Clock
from bridge.cues.ledger import FILE, Ledger, key_of
from bridge.cues.render import Unwritten, rendered
from bridge.cues.session import other_version, render_sheet
from bridge.cues.sheet import SheetError, read_sheet
from bridge.takes import slug, write_over
from engine import BadRequest, EngineError

LOOK_SECONDS = 0.5
SETTLE_SECONDS = 1.0
"""A file that did not change for so long is complete, and a text for a sound had the time to come, too."""
AGAIN_SECONDS = 3.0
"""After which a bridge that did not answer is asked again."""
ROOM_SECONDS = 30.0
"""After which what found no room on a disk is tried again."""
ERROR = ".error.txt"
"""The ending of the text that says why a file came to nothing; it goes when the file succeeds."""

_MOST_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file in the folder, as it was at a moment, with the sound or the text that belongs to it."""

    path: Path
    size: int
    changed: int
    sound: Path | None = None


class Watch:
    """The folder. ``say`` gets a line for whoever watches the watcher."""

    def __init__(self, folder: Path, say: Callable[[str], None], audio: str = "vary", clock: Clock = USUAL) -> None:
        self._folder, self._say, self._audio, self._clock = folder, say, audio, clock
        self._ledger = Ledger(folder)
        self._seen: dict[Path, tuple[Dropped, float]] = {}
        self._settled: dict[Path, Dropped] = {}
        """Files that came to nothing, or sheets that are rendered: left alone until they change."""
        self._retries: dict[Path, float] = {}
        """When those that found no room are tried again: then they count as settled no longer."""
        self._working: dict[Path, asyncio.Task[None]] = {}
        self._silent = False

    async def run(self, connect: Callable[[], AsyncClient], *, once: bool = False) -> None:
        """Watch until cancelled; with ``once``, until everything that is there has been rendered or refused.

        A bridge that does not answer is waited for, with ``once`` as well. Raises OSError if the folder goes.
        """
        while True:
            try:
                async with connect() as bridge:
                    self._say("the bridge is there" if self._silent else f"watching {self._folder}")
                    self._silent = False
                    if trouble := other_version((await bridge.status()).version):
                        self._say(trouble)
                    try:
                        while not (await self._look(bridge) and once):
                            await asyncio.sleep(LOOK_SECONDS)
                    finally:
                        await self._stop()
                    return
            except NoAnswer as error:
                if not self._silent:
                    self._say(f"{error}: bridge serve starts one; it is waited for")
                    self._tell_waiting(str(error))
                self._silent = True
                await asyncio.sleep(AGAIN_SECONDS)

    async def _look(self, bridge: AsyncClient) -> bool:
        """Begin with what is complete. True when nothing is left to do."""
        for path, task in list(self._working.items()):
            if task.done():
                del self._working[path]
                task.result()
        ready, waiting = self._sort(asyncio.get_running_loop().time())
        for one in ready:
            self._working[one.path] = asyncio.ensure_future(self._do(one, bridge))
        return not self._working and not waiting

    async def _stop(self) -> None:
        """Leave what is being rendered to the next time; its jobs go on at the bridge."""
        for task in self._working.values():
            task.cancel()
        await asyncio.gather(*self._working.values(), return_exceptions=True)
        self._working.clear()

    def _sort(self, now: float) -> tuple[list[Dropped], int]:
        """The files that are complete and not yet done, and how many there are that still change. now: in seconds, from
        any moment on."""
        ready, waiting = [], 0
        for one in self._dropped():
            last, since = self._seen.get(one.path, (None, now))
            if last != one:
                since = now
            self._seen[one.path] = (one, since)
            if now >= self._retries.get(one.path, now + 1):
                del self._retries[one.path], self._settled[one.path]
            if one.path in self._working or self._settled.get(one.path) == one or self._ledger.kept(self._key(one)):
                continue
            if now - since < SETTLE_SECONDS:
                waiting += 1
            else:
                ready.append(one)
        return ready, waiting

    def _dropped(self) -> list[Dropped]:
        own = self._ledger.files()
        files = [path for path in sorted(self._folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
        sounds = {path.stem: path for path in files if _is_sound(path) and path.name not in own}
        texts = {path.stem for path in files if _is_text(path)}
        found = []
        for path in files:
            sound = sounds.get(path.stem) if _is_text(path) else None
            alone = _is_sound(path) and path.name not in own and path.stem not in texts
            if _is_text(path) or path.suffix.lower() == ".csv" or alone:
                with contextlib.suppress(FileNotFoundError):
                    state = path.stat()
                    found.append(Dropped(path, state.st_size, state.st_mtime_ns, sound))
        return found

    def _key(self, one: Dropped) -> str:
        return key_of([one.path.name, one.size, one.changed, one.sound and one.sound.name])

    async def _do(self, one: Dropped, bridge: AsyncClient) -> None:
        problem = one.path.with_name(one.path.name + ERROR)
        try:
            await (self._sheet(one, bridge) if one.path.suffix.lower() == ".csv" else self._render(one, bridge))
        except NoAnswer:
            raise
        except (EngineError, SheetError, OSError) as error:
            self._settled[one.path] = one
            if isinstance(error, Unwritten) or getattr(error, "code", "") == "disk":
                self._retries[one.path] = asyncio.get_running_loop().time() + ROOM_SECONDS
            self._say(f"{one.path.name}: {error}")
            with contextlib.suppress(OSError):
                write_over(problem, f"{error}\n".encode())
        else:
            self._retries.pop(one.path, None)
            problem.unlink(missing_ok=True)

    async def _render(self, one: Dropped, bridge: AsyncClient) -> None:
        settings = self._settings(one)
        sound = one.path if _is_sound(one.path) else one.sound
        if sound is not None and sound.stat().st_size == 0:
            raise BadRequest("source", f"{sound.name} is empty")
        self._say(f"{one.path.name}: {settings.get('task', settings.get('preset'))}")
        name = slug(one.path.stem)
        kept = await rendered(self._ledger, self._key(one), settings, bridge, self._folder, name)
        self._say(f"{one.path.name}: {', '.join(take.file for take in kept)}")

    def _settings(self, one: Dropped) -> dict[str, Any]:
        if _is_sound(one.path):
            return {"task": self._audio, "source": str(one.path.absolute())}
        if one.size > _MOST_TEXT:
            raise BadRequest("prompt", f"a text has at most {_MOST_TEXT} bytes, this one has {one.size}")
        try:
            text = tables.text_of(one.path.read_bytes(), one.path.name)
        except ValueError as error:
            raise BadRequest("prompt", str(error)) from None
        settings = read_text(text, self._clock)
        if one.sound is not None:
            settings.setdefault("source", str(one.sound.absolute()))
        elif settings.get("source"):
            settings["source"] = str((self._folder / Path(settings["source"]).expanduser()).absolute())
        return words.complete(settings)

    async def _sheet(self, one: Dropped, bridge: AsyncClient) -> None:
        folder = self._folder / one.path.stem
        cues = await asyncio.to_thread(read_sheet, one.path, self._clock)
        outcome = await render_sheet(one.path.stem, cues, folder, bridge, lambda _: None, clock=self._clock)
        if outcome.failures:
            raise SheetError("\n".join(outcome.failures))
        self._settled[one.path] = one
        self._say(f"{one.path.name}: {len(outcome.placed)} cues in {folder.name}")

    def _tell_waiting(self, why: str) -> None:
        """Say in the folder itself that nobody is there, for who sees nothing else."""
        for one in self._dropped():
            if not self._ledger.kept(self._key(one)) and self._settled.get(one.path) != one:
                text = f"{why}: start it with bridge serve; this is rendered as soon as it runs\n"
                with contextlib.suppress(OSError):
                    write_over(one.path.with_name(one.path.name + ERROR), text.encode())


def read_text(text: str, clock: Clock = USUAL) -> dict[str, Any]:
    """A prompt with parameters, as a text file has them: lines of prose, and lines such as "seconds = 4", or
    "seconds: 4" where the word is a parameter's; numbers may have a decimal comma. Raises BadRequest, UnknownKey."""
    prompt, settings = [], {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if not equals:
            name, equals, value = line.partition(":")
            if name.strip().casefold() not in (*words.NAMES, *words.OTHERS, *words.ALIASES):
                equals = ""
        if equals:
            known = words.parameter(name)
            plain = value.strip().replace(",", ".") if words.is_number(known) else value.strip()
            settings[known] = words.value(known, plain, clock)
        else:
            prompt.append(line.strip())
    said = " ".join(line for line in prompt if line)
    return {**({"prompt": words.value("prompt", said, clock)} if said else {}), **settings}


def _is_sound(path: Path) -> bool:
    return path.suffix.lower() in words.SOURCES


def _is_text(path: Path) -> bool:
    return path.suffix.lower() == ".txt" and not path.name.endswith(ERROR) and path.name != FILE

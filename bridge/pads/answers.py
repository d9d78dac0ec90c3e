"""What clients say about pads, players and recording, and what they are told. A part of the desk."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Coroutine
from typing import Any

from bridge.access import is_local
from bridge.audio.mixer import Mixer
from bridge.audio.output import AUTO, Output
from bridge.audio.players.player import CannotPlay
from bridge.audio.players.reastream import target
from bridge.audio.recorder import Recorder, Recording
from bridge.child import Lost
from bridge.clients import Address, Clients
from bridge.config import Config
from bridge.engines import Renderer
from bridge.inbox import Call, Refused, number, playing
from bridge.live.answers import LiveAnswers
from bridge.osc import shorten
from bridge.pads.meaning import Meaning, name_of
from bridge.pads.pool import Held, Pad, Pool
from bridge.pads.stage import NoPad, Stage
from bridge.pads.store import PadStore
from bridge.replies import MAX_TEXT, Replies, To
from bridge.roots import Roots
from bridge.sources import BadSource
from engine import BadRequest, Event, Invalid
from presets import PLAYING, PlayingError

log = logging.getLogger("bridge")

WATCH_SECONDS = 1.0

MAX_TASKS = 16
"""Things that take their time and may be under way at once: looking for devices, opening one, completing a file."""


class Answers:
    """Handlers of the commands in `bridge.pads.rows`, and the stage's audience."""

    def __init__(
        self, config: Config, engines: Renderer, clients: Clients, replies: Replies, roots: Roots
    ) -> None:  # fmt: skip
        self._config = config
        self._output = Output(config.player, config.device or "", config.play_rate, config.block, config.buffer)
        self._clients = clients
        self._replies = replies
        self._roots = roots
        self._meaning = Meaning()
        self._recorder: Recorder | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self.stage = Stage(self._output, engines, PadStore(config.pads), self)
        self.live = LiveAnswers(self._output, engines, clients, replies, self.open_output)
        self.live.on_played = lambda played: self.stage.on_played(played)

    @property
    def mixer(self) -> Mixer:
        """What everything is heard from."""
        return self._output.mixer

    def open(self, model: str) -> None:
        """Go on with the pads of the last time. A device is opened now only if there are some, or one was asked for:
        a bridge that only renders leaves them alone."""
        self.stage.open()
        self.stage.use_model(model)
        self.live.open(model)
        self._watching = asyncio.ensure_future(self._watch())
        if self.stage.pools or self._config.player != AUTO:
            self.open_output()

    def on_event(self, in_use: str, model: str, event: Event | Invalid | Lost) -> None:
        """Take in what the engine of a model says; another may be in use by now."""
        self.stage.use_model(in_use)
        self.stage.on_event(model, event)
        self.live.on_event(in_use, model, event)

    async def _watch(self) -> None:
        """Notice when a device has gone, for ever, and tell everybody."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                why = await asyncio.to_thread(self._output.check)
            except Exception:  # a driver's; the next look may go well
                log.exception("the player could not be looked at")
                continue
            if why:
                self._replies.error(self._clients.all(), "player", why)

    # pads

    def assign_pad(self, call: Call, sender: Address) -> None:
        """Answer /pad/assign."""
        name, sound = name_of(call), str(call.args["sound"])
        given = {key: value for key, value in call.params.items() if key not in PLAYING}
        fields = {key: value for key, value in call.params.items() if key in PLAYING}
        try:
            request, plays = self._meaning.of(sound, given, self.stage.model)
            if isinstance(request.source, str) and request.source:  # a preset's, which may be anybody's
                request = request.replace(source=str(self._roots.readable(request.source, is_local(sender[0]))))
            pad = Pad(name, sound, request.replace(takes=1), plays.replace(**playing(fields)))
            pool = self.stage.assign(pad)
        except (BadRequest, BadSource, PlayingError) as error:
            code = error.code if isinstance(error, BadRequest) else "bad-value"
            raise Refused(code, f"the pad {name!r} stays as it is: {error}") from None
        except NoPad as error:
            raise Refused(error.code, str(error)) from None
        self.open_output()
        self._entry(pool, self._clients.answer_to(sender))

    def set_pad(self, call: Call, sender: Address) -> None:
        """Answer /pad/set."""
        try:
            pad = self.stage.pool(name_of(call)).pad
            changed = dataclasses.replace(pad, playing=pad.playing.replace(**playing(call.params)))
            pool = self.stage.change(changed)
        except PlayingError as error:
            raise Refused("bad-value", str(error)) from None
        except NoPad as error:
            raise Refused(error.code, str(error)) from None
        self._entry(pool, self._clients.answer_to(sender))

    def hit_pad(self, call: Call, sender: Address) -> None:
        """Answer /pad/hit."""
        velocity = number("velocity", call.args.get("velocity", 1.0), 0.0, 1.0)
        note = call.args.get("note")
        self.open_output()
        try:
            self.stage.hit(name_of(call), velocity, None if note is None else int(number("note", note, 0, 127, True)))
        except NoPad as error:
            raise Refused(error.code, str(error)) from None

    def release_pad(self, call: Call, sender: Address) -> None:
        """Answer /pad/release."""
        note = call.args.get("note")
        try:
            self.stage.release(name_of(call), None if note is None else int(number("note", note, 0, 127, True)))
        except NoPad as error:
            raise Refused(error.code, str(error)) from None

    def remove_pad(self, call: Call, sender: Address) -> None:
        """Answer /pad/remove."""
        try:
            self.stage.remove(name_of(call))
        except NoPad as error:
            raise Refused(error.code, str(error)) from None
        self._replies.send(self._clients.answer_to(sender), "/pad/removed", (name_of(call),))

    def list_pads(self, call: Call, sender: Address) -> None:
        """Answer /pad/list."""
        to = self._clients.answer_to(sender)
        for pool in self.stage.pools:
            self._entry(pool, to)
        self._replies.send(to, "/pad/listed", (len(self.stage.pools),))

    def _entry(self, pool: Pool, to: To) -> None:
        pad = pool.pad
        sound = shorten(pad.sound, MAX_TEXT)
        args = (pad.name, sound, pool.fresh, pad.playing.pool, pad.playing.mode, pad.playing.choke)
        self._replies.send(to, "/pad/entry", args)

    # the stage's audience

    def filled(self, pool: Pool) -> None:
        """Tell everybody that a pad has a take more."""
        args = (pool.pad.name, pool.fresh, pool.pad.playing.pool)
        self._replies.send(self._clients.all(), "/pad/filled", args)

    def failed(self, pool: Pool, code: str, text: str) -> None:
        """Tell everybody that a pad gets no takes."""
        self._replies.send(self._clients.all(), "/pad/failed", (pool.pad.name, code, shorten(text, MAX_TEXT)))

    def played(self, pool: Pool, take: Held, note: int, velocity: float) -> None:
        """Tell everybody what a hit plays."""
        args = (pool.pad.name, note, velocity, str(take.path or ""), take.seed)
        self._replies.send(self._clients.all(), "/pad/played", args)

    # players

    def tell_status(self, call: Call, sender: Address) -> None:
        """Answer /live/status."""
        now = self._output.status()
        args = (
            now.player, now.device, now.rate, now.block, now.delay, now.underruns, now.load, self.stage.realtime,
            now.voices, shorten(now.why, MAX_TEXT),
        )  # fmt: skip
        self._replies.send(self._clients.answer_to(sender), "/live/state", args)
        self.live.tell(self._clients.answer_to(sender))

    def list_players(self, call: Call, sender: Address) -> None:
        """Answer /player/list."""
        self._check_tasks()
        self._spawn(self._list_players(self._clients.answer_to(sender)))

    async def _list_players(self, to: To) -> None:
        outlets = await asyncio.to_thread(self._output.outlets)
        for one in outlets:
            self._replies.send(to, "/player/entry", (one.player, shorten(one.device, 300), one.about))
        self._replies.send(to, "/player/listed", (len(outlets),))

    def use_player(self, call: Call, sender: Address) -> None:
        """Answer /player/use."""
        player, device = str(call.args["player"]), str(call.args.get("device", ""))
        if player == "reastream":
            self._check_target(device)
        self._check_tasks()
        self._spawn(self._use_player(player, device, self._clients.answer_to(sender)))

    def _check_target(self, device: str) -> None:
        """Sound leaves this machine only where its owner said so: that is more than a client may decide."""
        try:
            host = target(device)[1]
            allowed = self._config.player == "reastream" and target(self._config.device or "")[1] == host
        except CannotPlay as error:
            raise Refused("player", str(error)) from None
        if not is_local(host) and not allowed:
            text = f"sound may go to {host} only if the settings player and device say so; got {device[:100]!r}"
            raise Refused("player", text)

    async def _use_player(self, player: str, device: str, to: To) -> None:
        try:
            await self.stage.use_player(player, device)
        except CannotPlay as error:
            self._replies.error(to, "player", str(error))
            return
        now = self._output.status()
        everybody = tuple(dict.fromkeys((*to, *self._clients.all())))
        self._replies.send(everybody, "/player/using", (now.player, now.device, now.rate))

    def open_output(self) -> None:
        """Begin to play, if nothing has yet."""
        if not self._output.running and (self._opening is None or self._opening.done()):
            self._opening = self._spawn(asyncio.to_thread(self._output.open))

    # recording

    def start_recording(self, call: Call, sender: Address) -> None:
        """Answer /record/start."""
        if self._recorder is not None:
            raise Refused("busy", f"{self._recorder.path} is being recorded already; send /record/stop first")
        self._check_tasks()
        own = self._config.takes / time.strftime("recording_%Y-%m-%d_%H%M%S.wav")
        text = str(call.args.get("path", "")) or str(own)
        try:
            path = self._roots.writable(text, is_local(sender[0]))
            if path.suffix.lower() != ".wav":
                raise BadSource(f"a recording is a .wav file, got {path.name[:100]!r}")
            self._recorder = Recorder(self._output.mixer, path)
        except (BadSource, OSError) as error:
            raise Refused("bad-file", f"nothing is recorded: {error}") from None
        self.stage.on_played = self._recorder.note
        self.open_output()
        self._replies.send(self._clients.answer_to(sender), "/record/started", (str(path),))

    def stop_recording(self, call: Call, sender: Address) -> None:
        """Answer /record/stop."""
        if self._recorder is None:
            raise Refused("bad-value", "nothing is being recorded; send /record/start first")
        recorder, self._recorder = self._recorder, None
        self.stage.on_played = lambda played: None
        self._spawn(self._complete(recorder, self._clients.answer_to(sender)))

    async def _complete(self, recorder: Recorder, to: To) -> None:
        done = await asyncio.to_thread(recorder.stop)
        if done.problem:
            self._replies.error(to, "disk", f"{done.path} is not complete: {done.problem}")
        self._replies.send(to, "/record/stopped", _stopped(done))

    async def close(self) -> None:
        """Complete a recording, and what else is going on, and play no more."""
        self.live.close()
        if self._watching is not None:
            self._watching.cancel()
        if self._recorder is not None:
            await asyncio.to_thread(self._recorder.stop)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)
        await self.stage.close()

    def _check_tasks(self) -> None:
        """Threads are few, and takes are written by them, too."""
        if len(self._tasks) >= MAX_TASKS:
            raise Refused("busy", f"{MAX_TASKS} such requests are under way, which is the most; ask again in a moment")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _stopped(done: Recording) -> tuple[str | float | int, ...]:
    return (str(done.path), done.frames / done.rate, done.cues, str(done.path.with_suffix(".csv")))

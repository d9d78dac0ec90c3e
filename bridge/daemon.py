"""The daemon: joins the ports, the desk and the engine's process, and ends them in order."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path

from bridge.access import is_local, stream_hosts
from bridge.announce import Announcement
from bridge.child import EngineChild, Lost
from bridge.clients import Address
from bridge.config import Config
from bridge.deadline import end_soon
from bridge.desk import Desk
from bridge.engines import Engines
from bridge.http.app import Web
from bridge.http.clips import Clips
from bridge.http.server import HttpPort
from bridge.hub import Args
from bridge.journal import Journal, JournalError, JournalHeld
from bridge.limits import Gate, Limiter
from bridge.models import Store, StoreError
from bridge.osc import BadPacket, Message
from bridge.oscquery import host_info
from bridge.ports import Ports
from bridge.retention import Limits, Tidying
from bridge.takes import remove_stale_parts, why_not_writable
from bridge.token import BadToken, Keys, read_token
from bridge.udp import PortInUse
from bridge.vitals import Facts
from engine import Broken, Ready

log = logging.getLogger("bridge")

MAX_FAILED_STARTS = 3
"""So often the engine may end while it loads its model for the first time; then something is wrong with it."""

_EARLY = 1000
_DRAIN_SECONDS = 0.05

Notice = Callable[["Daemon"], None]


class CannotServe(Exception):
    """The daemon cannot start or go on; the text says why and what to do."""


class Daemon:
    """One running bridge. ``await Daemon(config).run()`` serves until `drain` or `stop` is called or a signal comes."""

    def __init__(
        self, config: Config, on_listening: Notice = lambda daemon: None, on_ready: Notice = lambda daemon: None
    ) -> None:
        self.config = config = dataclasses.replace(config, takes=_real(config.takes))
        self.keys = Keys()
        self.store = Store()
        self.engines = Engines(self._make_engine)
        self._on_listening = on_listening
        self._on_ready = on_ready
        self._stopping = asyncio.Event()
        self._early: list[tuple[list[Message | BadPacket], Address]] | None = []  # said before the journal was read
        self._gate = Gate(Limiter(config.client_rate), self._receive, self._too_fast)
        self._ports = Ports(self._gate, self._gone, self.keys)
        self._journal = Journal()
        self._desk = Desk(config, self.engines, self._send, self.store, self._journal, self._ports.pieces)
        self._http: HttpPort | None = None
        self._announcement = Announcement()
        self._was_ready = False
        self._draining = False
        self._waiting: asyncio.Task[None] | None = None

    @property
    def osc_port(self) -> int:
        """The port that is listened on, for UDP and for TCP; 0 before that."""
        return self._ports.osc_port

    @property
    def http_port(self) -> int:
        """The port that HTTP is served on; 0 before that."""
        return self._http.port if self._http else 0

    def _make_engine(self, model: str) -> EngineChild:
        """The engine for a model; what was given on the command line for the first one is for that one."""
        loadable = self.store.loadable(model)
        options = self.config.options if model == self.config.model else ()
        return EngineChild(
            loadable.family, self.config.threads, (*loadable.options, *options), self.config.step_timeout,
            self.config.latency,
        )  # fmt: skip

    async def run(self) -> None:
        """Serve until stopped. Raises CannotServe."""
        try:
            self.store.loadable(self.config.model)
        except StoreError as error:
            raise CannotServe(str(error)) from error
        self._open_journal()
        self._check_door()
        http = await self._listen()
        self._watch_signals()
        self.engines.start(self.config.model)
        self._go_on()
        events = asyncio.create_task(self._follow_engines())
        stopping = asyncio.create_task(self._stopping.wait())
        announcing = asyncio.create_task(self._announce_ports())
        limits = Limits(self.config.keep_takes, self.config.keep_days, self.config.keep_gb)
        tidying = asyncio.create_task(Tidying(limits, self._journal, self._desk.needed).run())
        try:
            await http.serve()  # not before the journal's jobs are known: what HTTP asks is answered at once
            self._on_listening(self)
            await asyncio.wait({events, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._close(events, stopping, announcing, tidying)
        if not events.cancelled():
            events.result()  # raises what ended it

    def _go_on(self) -> None:
        """The journal's jobs, then what was said meanwhile: a job that came before them could get one's number."""
        self._desk.go_on()
        self._desk.hear()
        early, self._early = self._early, None
        for elements, sender in early or ():
            self._desk.receive(elements, sender)

    def drain(self) -> None:
        """Finish the jobs that live, take no more, and end; a second time, end them, too."""
        if self._draining or self._stopping.is_set():
            self._end_at_once()
        self._draining = True
        if live := self._desk.drain():
            log.warning("finishing %d jobs; another Ctrl-C ends them", live)
            self._waiting = asyncio.create_task(self._stop_when_done())
        else:
            self._stopping.set()

    def stop(self) -> None:
        """End soon: what lives is left to the next daemon. A second time, end at once."""
        if self._stopping.is_set():
            self._end_at_once()
        self._stopping.set()

    async def _stop_when_done(self) -> None:
        while self._desk.drain():
            await asyncio.sleep(_DRAIN_SECONDS)
        self._stopping.set()

    def _end_at_once(self) -> None:
        """Tell the clients of living jobs that they have ended, and be gone, however long a step takes."""
        self._desk.abandon()
        self._journal.close()
        self.engines.kill()
        os._exit(130)

    def _check_door(self) -> None:
        """Nobody but this machine's programs can come in without a token, so there is no listening without one."""
        host = self.config.host
        try:
            if not is_local(host) and read_token() is None:
                raise CannotServe(f"other machines reach {host}: make a token for them first, with bridge token")
        except BadToken as error:
            raise CannotServe(str(error)) from error

    async def _listen(self) -> HttpPort:
        config = self.config
        try:
            await self._ports.open(config.host, config.osc_port)
            self._ports.open_spool(config.spool, config.takes / "clips")
        except PortInUse as error:
            raise CannotServe(
                f"{error.strerror}; is another bridge running? Choose another port with --osc-port"
            ) from error
        except (OSError, OverflowError) as error:
            raise CannotServe(f"port {config.osc_port} cannot be opened: {error}") from error
        self._http = http = await self._listen_http()
        if reason := why_not_writable(config.takes):
            log.warning("%s; jobs will fail until that is changed (or choose a folder with --takes)", reason)
        remove_stale_parts(config.takes)
        return http

    def _open_journal(self) -> None:
        if (path := self.config.journal) is None:
            return
        try:
            self._journal.open(path)
        except JournalHeld as error:
            raise CannotServe(f"{error}; choose another folder with --state") from error
        except JournalError as error:
            log.warning("%s; jobs will not survive the end of the bridge", error)

    def _facts(self) -> Facts:
        journal, log_file = self._journal.path, self.config.log
        return Facts(self.engines.pids, self.osc_port, self.http_port, self.config.takes, journal, log_file)

    async def _announce_ports(self) -> None:
        if self.config.announce:
            await self._announcement.open(self.config.host, self.osc_port, self.http_port)

    async def _listen_http(self) -> HttpPort:
        config = self.config
        clips = Clips(config.takes / "clips", int(config.clips_gb * 1e9))
        web = Web(
            self._desk, self._gate, self._ports.hub, clips, lambda: {"tcp": self._ports.streams},
            lambda host: host_info(host, self.osc_port, self.http_port), self.keys,
            self._facts,
        )  # fmt: skip
        try:
            return HttpPort(stream_hosts(config.host), config.http_port, web.app())
        except (OSError, OverflowError) as error:
            await self._ports.close()
            raise CannotServe(
                f"HTTP: {getattr(error, 'strerror', None) or error}; choose another port with --http-port"
            ) from error

    def _send(self, to: tuple[Address, ...], address: str, args: Args) -> None:
        self._gate.told(len(to))
        self._ports.send(to, address, args)

    def _too_fast(self, elements: list[Message | BadPacket], sender: Address) -> None:
        self._desk.too_fast(elements, sender)

    def _receive(self, elements: list[Message | BadPacket], sender: Address) -> None:
        if self._early is None:
            self._desk.receive(elements, sender)
        elif len(self._early) < _EARLY:
            self._early.append((elements, sender))

    def _gone(self, client: Address) -> None:
        self._desk.gone(client)

    async def _follow_engines(self) -> None:
        broken: Broken | None = None
        async for model, event in self.engines.events():
            match event:
                case Ready():
                    broken = None
                case Broken():
                    broken = event
                case Lost():
                    self._judge(model, event, broken)
            await self._desk.on_event(model, event)
            if isinstance(event, Ready) and model == self._desk.model:
                self._announce(model)

    def _announce(self, model: str) -> None:
        if self._was_ready:
            log.warning("the engine is ready with the model %s", model)
            return
        self._was_ready = True
        self._on_ready(self)

    def _judge(self, model: str, lost: Lost, broken: Broken | None) -> None:
        """An engine that was ready once is started again for ever; one that never was is given up, unless another is
        being loaded in its place."""
        if not self._was_ready and self.engines.models == (model,):
            if broken is not None:
                raise CannotServe(broken.text)
            if lost.losses >= MAX_FAILED_STARTS:
                raise CannotServe(f"{lost.text}, {lost.losses} times while loading the model {model}")
        log.warning("%s; starting it again", lost.text)

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for name, act in ((signal.SIGINT, self.drain), (signal.SIGTERM, self.stop)):
            try:
                loop.add_signal_handler(name, act)
            except NotImplementedError:  # Windows
                signal.signal(name, lambda *_, act=act: loop.call_soon_threadsafe(act))

    async def _close(self, *tasks: asyncio.Task[object]) -> None:
        """Tell every live job's client, end the engine, close the ports."""
        end_soon()
        self._desk.close()
        await self._desk.close_parts()
        await self.engines.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._announcement.close()
        if self._http is not None:
            await self._http.close()
        self._journal.close()
        await self._ports.close()


def _real(folder: Path) -> Path:
    """The folder with its links followed, once: a link that is changed later moves no takes."""
    try:
        return folder.resolve()
    except (OSError, RuntimeError):  # a loop of links; writing to it says so
        return folder

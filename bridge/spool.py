"""A transport for hosts whose scripts can open no socket: messages and answers are files in a folder.

Reaper's Lua is one: it has files and nothing else on every system. Renaming a file is atomic on Windows, macOS and
Linux, needs no helper program, no port, no firewall's leave and no window that flashes up, and the folder is the user's
own, so that who can write there is who may command the daemon anyway.

A message is JSON as on the WebSocket ``/events``, ``{"address": …, "args": {…}}``, with ``next``, the number of the
answer that its sender waits for: those before it are read, and deleted if their reader could not. An answer is a list
of replies with what else a client must know: the boot, which is another one when the daemon has forgotten the session,
and the folder for clips. ``{"ping": 1}`` asks for an answer that may be empty, and ``{"bye": 1}`` ends the session, as
a minute of silence does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bridge.clients import Address
from bridge.http.calls import as_json, element, parse
from bridge.hub import Args, Hub
from bridge.inbox import Refused
from bridge.limits import Gate
from bridge.osc import BadPacket
from bridge.spool_box import MAX_UNREAD, Box, Letter, NotOurs
from engine import __version__

log = logging.getLogger("bridge")

PROTOCOL = 1
"""Of the files. A client that knows another one says so instead of guessing."""

MAX_SESSIONS = 32
MAX_WAITING = 1000
"""Replies that may wait for one session; one that lets more pile up is let go."""

SILENT_SECONDS = 60.0
"""Without a message for so long a session has ended. Clients ping every few seconds."""

_BUSY_SECONDS = 0.05
_IDLE_SECONDS = 0.25
_REPLIES_AN_ANSWER = 200


class Session:
    """One client of the spool."""

    def __init__(self, name: str, address: Address, next: int) -> None:
        self.name = name
        self.address = address
        self.next = next
        self.oldest = max(1, next - MAX_UNREAD - 1)  # of the answers that may still lie there
        self.boot = secrets.token_hex(8)
        self.heard = time.monotonic()
        self.asked = False
        self.ended = False
        self.waiting: deque[tuple[str, Args]] = deque()

    def wants(self, address: str, args: Args) -> bool:
        """It overhears nothing."""
        return False

    @property
    def room(self) -> bool:
        """Whether so little waits for it that more can be told."""
        return len(self.waiting) < MAX_WAITING // 10

    def tell(self, address: str, args: Args) -> None:
        """Take in one reply; who does not read them is given up."""
        if len(self.waiting) >= MAX_WAITING:
            self.ended = True
        else:
            self.waiting.append((address, args))


class Spool:
    """The sessions of one daemon's spool. ``clips`` is told to clients as the folder for what they send."""

    def __init__(self, folder: Path, clips: Path, gate: Gate, hub: Hub, gone: Callable[[Address], None]) -> None:
        self._box = Box(folder)
        self._clips = clips
        self._gate = gate
        self._hub = hub
        self._gone = gone
        self._sessions: dict[str, Session] = {}
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self) -> None:
        """Begin to look into the folder. One that cannot be used is said in the log, and the daemon goes on."""
        try:
            self._box.open()
            self._clips.mkdir(parents=True, exist_ok=True)  # not every host can make folders
        except (NotOurs, OSError) as error:
            log.warning("%s; hosts that speak by files are not heard", error)
            return
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Tell what there is to tell, and look no more."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for session in self._sessions.values():
            await self._answer(session)

    async def _run(self) -> None:
        while True:
            try:
                await self._turn()
            except Exception:  # a disk that is full now need not be so in a second
                log.exception("the spool could not be looked at")
                await asyncio.sleep(1.0)
            await asyncio.sleep(_BUSY_SECONDS if self._sessions else _IDLE_SECONDS)

    async def _turn(self) -> None:
        later = {name for name, one in self._sessions.items() if self._gate.limiter.wait(one.address)}
        for letter in await asyncio.to_thread(self._box.collect, later):
            await self._read(letter)
        for session in tuple(self._sessions.values()):
            if session.waiting or session.asked:
                await self._answer(session)
            if session.ended or time.monotonic() - session.heard > SILENT_SECONDS:
                await self._end(session)

    async def _read(self, letter: Letter) -> None:
        body, wrong = _body(letter)
        session = await self._session(letter.session, body)
        if session is None:
            return
        await self._tidy(session, min(_number(body), session.next))
        session.heard = time.monotonic()
        session.asked = session.asked or "ping" in body
        session.ended = session.ended or "bye" in body
        if wrong is not None:
            self._gate.receive([wrong], session.address)
        elif "address" in body:
            self._gate.receive([element(body)], session.address)

    async def _session(self, name: str, body: dict[str, Any]) -> Session | None:
        """The session of this name, a new one if need be; None where there are too many."""
        if name in self._sessions and self._sessions[name].ended:  # the host's next script is there already
            await self._end(self._sessions[name])
        if name not in self._sessions:
            if len(self._sessions) >= MAX_SESSIONS:
                log.warning("%d hosts speak by files already; %s is not heard", MAX_SESSIONS, name)
                return None
            number = await asyncio.to_thread(self._box.first_free, name, _number(body))
            session = self._sessions[name] = Session(name, self._hub.name("127.0.0.1", 0, "spool"), number)
            self._hub.join(session)
        return self._sessions[name]

    async def _tidy(self, session: Session, read: int) -> None:
        """Delete the answers before ``read``: Lua on Windows cannot where a user's name has foreign letters."""
        if read > session.oldest:
            await asyncio.to_thread(self._box.drop, session.name, range(session.oldest, read))
            session.oldest = read

    async def _answer(self, session: Session) -> None:
        """Put down what waits for a session, if it has read enough of what lies there."""
        replies = [session.waiting[at] for at in range(min(len(session.waiting), _REPLIES_AN_ANSWER))]
        answer = {
            "spool": PROTOCOL, "boot": session.boot, "version": __version__, "clips": str(self._clips),
            "messages": [as_json(address, args) for address, args in replies],
        }  # fmt: skip
        text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
        try:
            if not await asyncio.to_thread(self._box.deliver, session.name, session.next, text):
                return
        except OSError as error:
            log.warning("%s could not be answered: %s", session.name, error)
            session.ended = True
            return
        session.next += 1
        session.asked = False
        for _ in replies:
            session.waiting.popleft()

    async def _end(self, session: Session) -> None:
        del self._sessions[session.name]
        self._hub.leave(session)
        self._gone(session.address)
        self._gate.limiter.forget(session.address)
        await asyncio.to_thread(self._box.forget, session.name)


def _number(body: dict[str, Any]) -> int:
    """The number of the answer that a message's sender waits for; the first where it does not say."""
    wanted = body.get("next")
    return wanted if isinstance(wanted, int) and not isinstance(wanted, bool) and 0 < wanted < 10**9 else 1


def _body(letter: Letter) -> tuple[dict[str, Any], BadPacket | None]:
    """What a message says, or what is wrong with it."""
    if letter.wrong:
        return {}, BadPacket(letter.wrong)
    try:
        body = parse(letter.data)
    except Refused as refused:
        return {}, BadPacket(str(refused), code=refused.code)
    if not isinstance(body, dict) or not {"address", "ping", "bye"} & body.keys():
        return {}, BadPacket('a message comes as {"address": "/…", "args": {…}, "next": …}')
    return body, None

"""A client that accounts for every id it ever sent, whatever becomes of the daemon meanwhile.

It does what a careful host does: it repeats what was not acknowledged, connects again when its connection ends, says
hello when nothing comes any more, and takes the first end that it is told for the end.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.hosts import ENDS, Datagrams, Gone, Host, Reply, Value

AGAIN = frozenset({"busy", "closing", "rate"})
"""Codes of a refusal that means: not now."""

_REPEAT_SECONDS = 1.0
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Plan:
    """One job: its command, how many takes it has, after how long it is cancelled, whether it has to be refused."""

    id: str
    address: str
    args: tuple[Value, ...]
    takes: int = 1
    cancel_after: float | None = None
    wrong: bool = False


@dataclass(slots=True)
class Account:
    """What a client knows of one id. ``ends`` are the different ends that it was told: there has to be one."""

    plan: Plan
    sent: int = 0
    sent_at: float = 0.0
    first_at: float = 0.0
    acknowledged: bool = False
    cancelled: bool = False
    ends: set[Reply] = field(default_factory=set)
    takes: dict[int, set[tuple[Value, ...]]] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)

    def log(self, *words: object) -> None:
        """Remember what was said, for who has to find out what went wrong."""
        self.history.append(f"{time.strftime('%X')} {' '.join(map(str, words))}")

    @property
    def end(self) -> str:
        """done, failed, cancelled, or nothing yet."""
        return min(self.ends)[0].rpartition("/")[2] if self.ends else ""


class Client(threading.Thread):
    """Sends its jobs, a few at a time, until each has ended. ``connect()`` makes its host, or raises Gone."""

    def __init__(self, name: str, plans: list[Plan], connect: Callable[[], Host], at_once: int = 4) -> None:
        super().__init__(name=name, daemon=True)
        self.accounts = {plan.id: Account(plan) for plan in plans}
        self.hellos = self.connections = self.repeats = 0
        self.odd: list[Reply] = []
        self._connect = connect
        self._at_once = at_once
        self._stopped = threading.Event()
        self._heard_at = 0.0
        self._draw = random.Random(name)

    @property
    def ended(self) -> int:
        """How many of its ids have ended."""
        return sum(bool(account.ends) for account in self.accounts.values())

    @property
    def done(self) -> int:
        """How many of its ids are done."""
        return sum(account.end == "done" for account in self.accounts.values())

    def stop(self) -> None:
        """Give up what has not ended."""
        self._stopped.set()

    def run(self) -> None:
        """Connect, and connect again, until all is accounted for."""
        while not self._over():
            try:
                host = self._connect()
            except Gone:
                time.sleep(_PAUSE_SECONDS)
                continue
            self.connections += 1
            try:
                self._talk(host)
            except Gone:
                time.sleep(_PAUSE_SECONDS)
            finally:
                host.close()

    def _over(self) -> bool:
        return self._stopped.is_set() or self.ended == len(self.accounts)

    def _talk(self, host: Host) -> None:
        self._hello(host)
        while not self._over():
            if self._heard_at and not self._silent():
                self._send_due(host)
            reply = host.receive(_PAUSE_SECONDS)
            if reply is not None:
                self._heard_at = time.monotonic()
                self._note(*reply)
            elif self._silent():
                self._hello(host)
                time.sleep(5 * _PAUSE_SECONDS)
        if not isinstance(host, Datagrams):
            host.send("/job/list")  # so that the daemon knows that we were still there

    def _silent(self) -> bool:
        return time.monotonic() - self._heard_at > _REPEAT_SECONDS

    def _hello(self, host: Host) -> None:
        """Before anything else is said to a daemon that may be another one: it tells what was missed."""
        self.hellos += 1
        for one in self.accounts.values():
            if one.ends:
                one.log("> hello")  # after it, the id is free
        host.send("/bridge/hello", self.name)

    def _send_due(self, host: Host) -> None:
        now = time.monotonic()
        living = [one for one in self.accounts.values() if one.sent and not one.ends]
        for one in living:
            if not one.acknowledged and now - one.sent_at > _REPEAT_SECONDS:
                self.repeats += 1
                self._send(host, one)
            after = one.plan.cancel_after
            if one.acknowledged and not one.cancelled and after is not None and now - one.first_at > after:
                one.cancelled = True
                one.log("> cancel")
                host.send("/job/cancel", one.plan.id)
        fresh = next((one for one in self.accounts.values() if not one.sent), None)
        if fresh is not None and len(living) < self._at_once:
            self._send(host, fresh)

    def _send(self, host: Host, one: Account) -> None:
        one.sent += 1
        one.log(">", one.plan.address)
        one.sent_at = time.monotonic()
        one.first_at = one.first_at or one.sent_at
        host.send(one.plan.address, one.plan.id, *one.plan.args)

    def _note(self, address: str, args: tuple[Value, ...]) -> None:
        one = self.accounts.get(str(args[0])) if args and address.startswith("/job/") else None
        if one is None:
            if address == "/bridge/error":
                self.odd.append((address, args))
            return
        if address != "/job/step":
            one.log(address, *args[1:])
        if address == "/job/queued":
            one.acknowledged = True
        elif address == "/job/take":
            one.takes.setdefault(int(args[1]), set()).add(args[2:6])
        elif address == "/job/failed" and args[1] in AGAIN and not one.acknowledged:
            one.sent_at = time.monotonic() + self._draw.uniform(0, 0.5)
        elif address in ENDS:
            one.ends.add((address, args[1:2]))

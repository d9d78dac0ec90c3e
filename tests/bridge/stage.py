"""A desk on a stage: the test plays its engines and its clients. Its model in use at first is tone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bridge.child import Lost
from bridge.config import Config
from bridge.desk import Desk
from bridge.journal import Journal
from bridge.models import Store
from bridge.osc import Message
from engine import Clip, Handling, Ready, Request, Take, TakeReady

A, B = ("127.0.0.1", 5000), ("127.0.0.1", 5001)
READY = Ready("tone", 48000, "1", ("generate",))
LOST = Lost("the engine process was ended by SIGKILL", True, 1)


class Stage:
    """A desk, what it sent, and what it asked of the engines. Its takes go to ``folder``."""

    def __init__(self, folder: Path, journal: Journal | None = None, **config: Any) -> None:
        self.sent: list[tuple[Any, ...]] = []
        self.asked: list[tuple[Any, ...]] = []
        self.handled: dict[str, Handling] = {}
        self.running = ["tone"]
        self.store = Store(folder.parent / "models")
        self.desk = Desk(Config(takes=folder, model="tone", **config), self, self._send, self.store, journal)

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(self.running)

    def start(self, model: str) -> None:
        self.store.loadable(model)
        if model not in self.running:
            self.running.append(model)

    def retire(self, model: str) -> None:
        self.running.remove(model)

    def _send(self, to: tuple[Any, ...], address: str, args: tuple[Any, ...]) -> None:
        self.sent += [(receiver, address, *args) for receiver in to]

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        assert request.model == model in self.running
        self.asked.append(("submit", key, request))
        self.handled[key] = handling

    def cancel(self, model: str, key: str) -> None:
        self.asked.append(("cancel", key))

    def say(self, address: str, *args: Any, sender: tuple[str, int] = A) -> list[tuple[Any, ...]]:
        self.sent.clear()
        self.desk.receive([Message(address, args)], sender)
        return list(self.sent)

    async def play(self, *events: Any, model: str = "tone") -> list[tuple[Any, ...]]:
        self.sent.clear()
        for event in events:
            await self.desk.on_event(model, event)
        return list(self.sent)


def a_take(key: str, index: int, request: Request) -> TakeReady:
    clip = Clip(np.full((1, request.frames), 0.1, np.float32), 48000)
    resolved = request.replace(takes=1, model="tone", steps=1, guidance=1.0, rate=48000)
    return TakeReady(key, Take(clip, resolved, index, 0.5))

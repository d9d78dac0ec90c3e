"""The engine: what it computes with, and whether it loads the model."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from contextlib import aclosing

from bridge.config import Config
from bridge.doctor.finding import Finding

_ENGINE_SECONDS = 120.0
_FACTS = (sys.executable, "-P", "-m", "engine.devices")


def torch(config: Config) -> Finding:
    """What torch would compute with: asked of a process of its own, as the bridge never loads it."""
    from bridge.child import environment

    done = subprocess.run(
        _FACTS, capture_output=True, text=True, env=environment(), timeout=_ENGINE_SECONDS, check=False
    )
    try:
        facts = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        return Finding("torch", False, f"cannot be loaded: {last}")
    threads = config.threads or facts["threads"]
    return Finding("torch", True, f"{facts['torch']} on {facts['device']}, {threads} threads of {facts['cpus']} "
                                  f"processors, checkpoints in {facts['dtype']}")  # fmt: skip


def engine(config: Config) -> Finding:
    """The one honest check of a model: load it in an engine process, as the daemon does."""
    from bridge.child import Lost
    from bridge.models import Store, StoreError
    from engine import Broken, Ready

    name = f"model {config.model}"
    try:
        loadable = Store().loadable(config.model)
    except StoreError as error:
        return Finding(name, False, str(error))
    began = time.monotonic()
    options = (*loadable.options, *config.options)
    try:
        event = asyncio.run(asyncio.wait_for(_first_word(loadable.family, config, options), _ENGINE_SECONDS))
    except TimeoutError:
        return Finding(name, False, f"not ready after {_ENGINE_SECONDS:g} s")
    if isinstance(event, Ready):
        seconds = time.monotonic() - began
        return Finding(name, True, f"ready in {seconds:.1f} s, {event.rate} Hz: {', '.join(event.tasks)}")
    assert isinstance(event, Broken | Lost)
    return Finding(name, False, event.text)


async def _first_word(family: str, config: Config, options: tuple[str, ...]) -> object:
    from bridge.child import EngineChild, Lost
    from engine import Broken, Ready

    child = EngineChild(family, config.threads, options)
    try:
        async with aclosing(child.events()) as events:
            async for event in events:
                if isinstance(event, Ready | Broken | Lost):
                    return event
    finally:
        await child.close()
    return Lost("the engine said nothing", False, 1)

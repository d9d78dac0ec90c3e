"""kill -9 on the engine in mid-job: the client is told, the job is rendered again, the daemon goes on."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import Any

import psutil
import pytest

from bridge.child import EngineChild, Lost
from engine import Ready
from tests.bridge.conftest import eventually


def kill(daemon) -> None:
    engine = daemon.engine()
    engine.kill()
    engine.wait(5)


def wait_for_engine(daemon) -> None:
    eventually(daemon.engines, "no engine was started")


@pytest.fixture
def slow(serve):
    return serve("--option", "step_seconds=0.05")


def test_the_job_is_rendered_again_and_the_next_too(slow, connect) -> None:
    client = connect(slow)
    client.send("/bridge/hello", "test")
    client.send("/render/generate", "hit", "A4", "steps", 20, "seconds", 0.1)
    client.send("/render/generate", "waiting", "A4", "steps", 1, "seconds", 0.1)
    client.until("/job/step", id="hit")
    kill(slow)
    replies = client.until("/job/done", id="hit", seconds=30)
    addresses = [address for address, _ in replies]
    assert "/bridge/loading" in addresses
    assert "/bridge/ready" in addresses
    assert ("/job/queued", ("hit", 0)) in replies
    assert ("/job/step", ("hit", 1, 20)) in replies
    client.until("/job/done", id="waiting")
    assert client.job("next", "A4", "steps", 1, "seconds", 0.1)[-1][0] == "/job/done"
    assert len(list(slow.takes.glob("*.wav"))) == 3


@pytest.mark.slow
def test_losses_of_engines_that_were_ready_are_not_held_against_one_that_is_loading(slow, connect) -> None:
    client = connect(slow)
    client.send("/bridge/hello", "test")
    for _ in range(3):
        client.until("/bridge/ready", seconds=30)
        kill(slow)
    client.until("/bridge/ready", seconds=30)
    client.send("/render/generate", "patient", "A4", "seconds", 0.1)
    kill(slow)
    wait_for_engine(slow)
    kill(slow)  # while it loads
    assert client.until("/job/done", "/job/failed", id="patient", seconds=40)[-1] == ("/job/done", ("patient", 1))


def test_a_job_that_is_hit_twice_fails_with_a_clear_reply(slow, connect) -> None:
    client = connect(slow)
    client.send("/render/generate", "hit", "A4", "steps", 100, "seconds", 0.1)
    for _ in range(2):
        client.until("/job/step", id="hit", seconds=30)
        while not client.silent(0.2):  # steps that were sent before the kill must not count as the second life's
            client.receive()
            if psutil.Process(slow.process.pid).children():
                break
        kill(slow)
        while client.receive(30)[0] not in ("/job/queued", "/job/failed"):
            pass
    client.send("/job/cancel", "hit")
    assert client.until("/job/failed")[-1][1][:2] == ("hit", "engine-lost")
    wait_for_engine(slow)
    assert client.job("next", "A4", "steps", 1, "seconds", 0.1, seconds=30)[-1][0] == "/job/done"


def test_an_engine_that_is_lost_while_idle_comes_back(slow, connect) -> None:
    client = connect(slow)
    client.send("/bridge/hello", "test")
    assert client.receive()[0] == "/bridge/ready"
    for _ in range(3):
        kill(slow)
        assert [address for address, _ in client.until("/bridge/ready", seconds=30)] == [
            "/bridge/loading",
            "/bridge/ready",
        ]
    assert client.job("after", "A4", "steps", 1, "seconds", 0.1)[-1][0] == "/job/done"


def test_a_hung_engine_is_ended_and_its_job_rendered_again(serve, connect) -> None:
    daemon = serve("--option", "step_seconds=0.05", "--step-timeout", "1")
    client = connect(daemon)
    time.sleep(1.2)  # silence without work is no hang, and does not count towards one
    assert client.job("before", "A4", "steps", 4, "seconds", 0.1)[-1][0] == "/job/done"
    client.send("/render/generate", "hit", "A4", "steps", 40, "seconds", 0.1)
    client.until("/job/step", id="hit")
    hung = daemon.engine()
    hung.suspend()
    replies = client.until("/job/done", id="hit", seconds=30)
    assert ("/job/queued", ("hit", 0)) in replies
    hung.wait(5)
    assert "said nothing for 1 s and was ended" in daemon.text


def test_an_engine_that_cannot_be_started_again_is_tried_until_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    started = asyncio.create_subprocess_exec
    left = [OSError(11, "Resource temporarily unavailable")] * 2

    async def sometimes(*args: Any, **options: Any) -> Any:
        if left:
            raise left.pop()
        return await started(*args, **options)

    async def first_events() -> list[object]:
        child, seen = EngineChild("tone"), []
        try:
            async with aclosing(child.events()) as events:
                async for event in events:
                    seen.append(event)
                    if isinstance(event, Ready):
                        break
        finally:
            await child.close()
        return seen

    monkeypatch.setattr(asyncio, "create_subprocess_exec", sometimes)
    text = "the engine process cannot be started: Resource temporarily unavailable"
    assert asyncio.run(first_events())[:2] == [Lost(text, False, 1), Lost(text, False, 2)]

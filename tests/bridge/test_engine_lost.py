"""kill -9 on the engine in mid-job: the client is told, the job is rendered again, the daemon goes on."""

from __future__ import annotations

import time

import psutil
import pytest


def kill(daemon) -> None:
    engine = daemon.engine()
    engine.kill()
    engine.wait(5)


def wait_for_engine(daemon) -> None:
    end = time.monotonic() + 15
    while not psutil.Process(daemon.process.pid).children() and time.monotonic() < end:
        time.sleep(0.02)


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

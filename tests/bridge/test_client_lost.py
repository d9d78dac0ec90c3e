"""The client and a bridge that is not there, is killed, forgets, or does not come back; and a client that leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websocket

from bridge import (
    AsyncClient,
    Client,
    NoAnswer,
)

ROOT = Path(__file__).parents[2]


def test_nobody_there_is_said_at_once(free_port, daemon) -> None:
    port = free_port()
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=f"no bridge answers at 127.0.0.1:{port}") as nobody:
        Client(port).generate("A4")
    assert isinstance(nobody.value, ConnectionError) and nobody.value.code == "no-answer"
    assert time.monotonic() - began < 5
    with pytest.raises(NoAnswer, match="is it the HTTP port"):
        Client(daemon.port, timeout=5).connect()
    for wrong in ("", "http://", "ftp://a", "a:b:c", "http://a/b", 0, 70000):
        with pytest.raises(ValueError, match=r"address of a bridge|port must be"):
            Client(wrong)


def test_a_closed_client_lets_nobody_wait_and_may_be_used_again(serve) -> None:
    client = Client(serve("--option", "step_seconds=0.05").http)
    job = client.generate("A4", steps=40, seconds=0.1, id="goes-on")
    client.close()
    assert job.state == "failed" and isinstance(job.error, NoAnswer)
    assert client.job("goes-on").result(20).frames == 4800  # the job itself went on
    client.close()
    client.close()


def test_a_killed_bridge_costs_no_job(serve, free_port, tmp_path: Path) -> None:
    """With a journal the new daemon goes on; the client finds its jobs, and hears of them as if nothing was."""
    port = str(free_port())
    options = ("--http-port", port, "--state", str(tmp_path / "state"), "--takes", str(tmp_path / "takes"))
    first = serve(*options, "--option", "step_seconds=0.05")
    with Client(first.http, shared_disk=False) as bridge:
        done = bridge.generate("A4", seconds=0.1, steps=2).result(20)
        jobs = [bridge.generate("A4", seconds=0.1, steps=40, seed=seed) for seed in range(3)]
        for _ in jobs[0]:
            break
        first.stop(signal.SIGKILL)
        serve(*options)
        assert [job.result(30).seed for job in jobs] == [0, 1, 2]
        assert done.samples.shape == (1, 4800)
    assert len(list((tmp_path / "takes").glob("*.wav"))) == 4


def test_a_bridge_that_forgets_is_asked_again(serve, free_port) -> None:
    """Without a journal the new daemon knows nothing; what was cancelled meanwhile stays cancelled."""
    options = ("--http-port", str(free_port()))
    first = serve(*options, "--option", "step_seconds=0.05")
    with Client(first.http) as bridge:
        keep, drop = (bridge.generate("A4", seconds=0.1, steps=100, seed=seed) for seed in range(2))
        first.stop(signal.SIGKILL)
        drop._job.cancelling = True  # what cancel does before it waits for the connection
        serve(*options)
        assert keep.result(30).seed == 0
        assert drop.wait(30) == "cancelled"


def test_a_bridge_that_does_not_come_back_ends_every_wait(serve) -> None:
    daemon = serve("--option", "step_seconds=0.05")
    with Client(daemon.http, reconnect=0.5) as bridge:
        job = bridge.generate("A4", steps=200)
        daemon.stop(signal.SIGKILL)
        with pytest.raises(NoAnswer):
            job.result(20)
        with pytest.raises(NoAnswer):
            bridge.generate("A4")


def test_ctrl_c_leaves_a_waiting_program(serve) -> None:
    daemon = serve("--option", "step_seconds=0.05")
    code = f"""
from bridge import Client
with Client({daemon.http!r}) as bridge:
    job = bridge.generate("A4", steps=200, id="left")
    try:
        print("waiting", flush=True)
        job.result()
    except KeyboardInterrupt:
        job.cancel()
        print(job.wait(10))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "waiting\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[0] == "cancelled\n"


@pytest.mark.parametrize(
    "garbage",
    [
        "no JSON", "[]", '{"address": "/job/step", "args": null}',
        '{"address": "/job/step", "args": {"id": "one"}}',
    ],
)  # fmt: skip
async def test_what_no_bridge_says_ends_every_wait(garbage: str) -> None:
    """Another program at the port, or a bridge of another version."""

    async def strange(socket: ServerConnection) -> None:
        async for text in socket:
            if "/render/" in str(text):
                await socket.send('{"address": "/job/queued", "args": {"id": "one", "position": 0}}')
                await socket.send(garbage)

    async with serve_websocket(strange, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with AsyncClient(port, timeout=5, reconnect=1) as bridge:
            job = await bridge.generate("A4", id="one")
            with pytest.raises(NoAnswer, match="is not understood"):
                await job.result(20)


async def test_who_waits_for_a_model_hears_that_the_bridge_is_gone() -> None:
    async def leaving(socket: ServerConnection) -> None:
        async for text in socket:
            if "/bridge/model" in str(text):
                server.close()

    async with serve_websocket(leaving, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with AsyncClient(port, timeout=5, reconnect=0.2) as bridge:
            with pytest.raises(NoAnswer):
                await bridge.use("another", timeout=20)

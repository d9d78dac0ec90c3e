"""OSCQuery as its clients see it: the tree from the tables, HOST_INFO, LISTEN, OSC over WebSocket, and zeroconf."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from unittest.mock import ANY

import pytest
from pythonosc.osc_message import OscMessage
from websockets.sync.client import ClientConnection, connect
from zeroconf import ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from bridge.announce import HTTP, UDP, Announcement
from bridge.commands import COMMANDS, REPLIES, meant_for, parameter_names
from bridge.hub import PUBLIC
from bridge.oscquery import find, tree
from engine import HANDLING, PARAMS
from tests.bridge.test_http import ask


def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(below for one in node.get("CONTENTS", {}).values() for below in nodes(one))]


def test_the_tree_is_that_of_the_tables() -> None:
    everything = {node["FULL_PATH"]: node for node in nodes(tree({}))}
    for command in COMMANDS:
        node = everything[command.address]
        assert (node["ACCESS"], node["DESCRIPTION"]) == (2, command.help)
        assert node["TYPE"] == "".join(arg.tag for arg in command.args if not arg.optional)
        assert len(node["RANGE"]) == len(node["TYPE"])
    for reply in REPLIES:
        assert everything[reply.address]["ACCESS"] == (1 if reply.address in PUBLIC else 0)
    for path, node in everything.items():
        assert find(path, {}) == node
        for name, below in node.get("CONTENTS", {}).items():
            assert below["FULL_PATH"] == f"{path.rstrip('/')}/{name}"
    assert find("/nothing", {}) is None
    assert find("/render/generate/seconds/more", {}) is None


def test_a_key_has_its_type_and_range() -> None:
    generate = find("/render/generate", {})
    assert generate is not None
    assert set(generate["CONTENTS"]) == set(parameter_names("generate")) & set(meant_for("generate")) | set(HANDLING)
    seconds, level = generate["CONTENTS"]["seconds"], generate["CONTENTS"]["level"]
    assert (seconds["TYPE"], seconds["RANGE"]) == ("f", [{"MIN": 0.05, "MAX": 60.0}])
    assert level["RANGE"] == [{"VALS": list(PARAMS["level"].choices)}]
    hello = find("/bridge/hello", {})
    assert hello is not None
    assert (hello["TYPE"], hello["OVERLOADS"][0]["TYPE"]) == ("s", "si")


def test_queries_over_http(daemon, client) -> None:
    status, host = ask(f"{daemon.http}/?HOST_INFO")
    assert status == 200
    assert (host["OSC_IP"], host["OSC_PORT"], host["OSC_TRANSPORT"]) == ("127.0.0.1", daemon.port, "UDP")
    assert host["WS_PORT"] == int(daemon.http.rpartition(":")[2])
    assert host["EXTENSIONS"]["LISTEN"] is True
    assert ask(f"{daemon.http}/render?HOST_INFO")[1] == host
    status, root = ask(daemon.http)
    assert status == 200
    assert {"bridge", "job", "live", "pad", "player", "presets", "record", "render"} <= set(root["CONTENTS"])
    assert ask(f"{daemon.http}/render/morph?TYPE") == (200, {"TYPE": "ss"})
    assert ask(f"{daemon.http}/render?VALUE")[0] == 204
    assert ask(f"{daemon.http}/render?TAGS")[0] == 204
    assert ask(f"{daemon.http}/render?NONSENSE")[0] == 400
    assert ask(f"{daemon.http}/nothing")[0] == 404
    client.job("valued", "A4", "seconds", 0.1)
    assert ask(f"{daemon.http}/job/done?VALUE") == (200, {"VALUE": ["valued", 1]})
    ready = ask(f"{daemon.http}/bridge/ready")[1]
    assert (len(ready["TYPE"]), ready["VALUE"][1]) == (len(ready["VALUE"]), "tone")


def heard(socket: ClientConnection, address: str) -> list[tuple[str, tuple[Any, ...]]]:
    found = []
    while not found or found[-1][0] != address:
        message = OscMessage(socket.recv(timeout=20))
        found.append((message.address, tuple(message.params)))
    return found


def test_listen_and_ignore(daemon, client) -> None:
    with connect(daemon.http.replace("http", "ws") + "/") as socket:
        socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/job/done"}))
        socket.send(json.dumps({"COMMAND": "LISTEN", "DATA": "/bridge"}))
        time.sleep(0.3)
        client.job("listened", "A4", "seconds", 0.1)
        assert heard(socket, "/job/done") == [("/job/done", ("listened", 1))]  # and no step, which nobody asked for
        client.send("/bridge/hello", "somebody")
        assert heard(socket, "/bridge/ready")[-1][1][1] == "tone"
        socket.send(json.dumps({"COMMAND": "IGNORE", "DATA": "/job/done"}))
        socket.send("{}")
        heard(socket, "/bridge/error")  # and so it has read what was sent before
        client.job("ignored", "A4", "seconds", 0.1)
        socket.send("{}")
        assert heard(socket, "/bridge/error") == [("/bridge/error", ("bad-packet", ANY))]


def test_osc_over_a_web_socket(daemon, osc) -> None:
    with connect(daemon.http.replace("http", "ws") + "/") as socket:
        socket.send(osc("/render/generate", "by-ws", "A4", "seconds", 0.25))
        replies = heard(socket, "/job/done")
        assert replies[0][0] == "/job/queued"
        assert [args[3] for address, args in replies if address == "/job/take"] == [12000]
        socket.send(b"\0\1\2")
        assert heard(socket, "/bridge/error")[0][1][0] == "bad-packet"


async def browse(*wanted: int, seconds: float = 15.0) -> dict[str, int]:
    """The types under which these ports are announced on loopback."""
    found: dict[str, int] = {}
    async with AsyncZeroconf(interfaces=["127.0.0.1"]) as zeroconf:
        names: set[tuple[str, str]] = set()

        def changed(zeroconf: Any, service_type: str, name: str, state_change: ServiceStateChange) -> None:
            names.add((service_type, name))

        browser = AsyncServiceBrowser(zeroconf.zeroconf, [HTTP, UDP], handlers=[changed])
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(found) < len(wanted):
            for type_, name in tuple(names):
                info = AsyncServiceInfo(type_, name)
                if await info.async_request(zeroconf.zeroconf, 1000) and info.port in wanted:
                    found[type_] = info.port
                    assert info.parsed_addresses() == ["127.0.0.1"]
            await asyncio.sleep(0.1)
        await browser.async_cancel()
    return found


async def test_the_daemon_is_found_by_zeroconf(serve) -> None:
    running = await asyncio.to_thread(serve, "--announce")
    http = int(running.http.rpartition(":")[2])
    if not await can_multicast():
        pytest.skip("no multicast on loopback here")
    assert await browse(http, running.port) == {"_oscjson._tcp.local.": http, "_osc._udp.local.": running.port}


async def can_multicast() -> bool:
    announcement = Announcement()
    opened = await announcement.open("127.0.0.1", 1, 2)
    found = await browse(1, 2, seconds=5) if opened else {}
    await announcement.close()
    return len(found) == 2


async def test_where_there_is_no_such_interface_nothing_breaks(caplog: pytest.LogCaptureFixture) -> None:
    announcement = Announcement()
    with caplog.at_level("INFO", "bridge"):
        assert not await announcement.open("203.0.113.1", 9630, 9631)
    assert "not announced" in caplog.text
    await announcement.close()

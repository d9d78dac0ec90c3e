"""An OSCQuery client that is not ours, npm's `oscquery`: it finds the commands, their types and ranges, and values."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.commands import COMMANDS, REPLIES
from bridge.hub import PUBLIC
from engine import PARAMS

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "build" / "npm" / "node_modules"
SCRIPT = Path(__file__).parent / "js" / "oscquery_client.js"


@pytest.fixture
def understood(daemon, client, peer: Callable[[str], str]) -> dict[str, Any]:
    """What the client makes of a daemon in which a job was done."""
    if not (MODULES / "oscquery").is_dir():
        pytest.skip("oscquery is not installed (npm install --prefix build/npm oscquery@1.1.1)")
    client.job("queried", "A4", "seconds", 0.1)
    command = [peer("node"), str(SCRIPT), daemon.http.rpartition(":")[2]]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env=os.environ | {"NODE_PATH": str(MODULES)}
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_finds_every_command_with_its_types_and_ranges(daemon, understood: dict[str, Any]) -> None:
    host, nodes = understood["host"], understood["nodes"]
    assert (host["oscIp"], host["oscPort"], host["oscTransport"]) == ("127.0.0.1", daemon.port, "UDP")
    for command in COMMANDS:
        if not command.args and any(path.startswith(f"{command.address}/") for path in nodes):
            continue  # this client lists no node that takes nothing and has others below it
        node = nodes[command.address]
        assert (node["access"], node["description"]) == (2, command.help)
        tags = "".join(arg["type"] for arg in node.get("args") or ())
        assert tags == "".join(arg.tag for arg in command.args if not arg.optional)
    for reply in REPLIES:
        assert nodes[reply.address].get("access", 0) == (1 if reply.address in PUBLIC else 0)
    seconds, level = (nodes[f"/render/generate/{name}"]["args"][0] for name in ("seconds", "level"))
    assert seconds == {"type": "f", "range": {"min": PARAMS["seconds"].low, "max": PARAMS["seconds"].high}}
    assert level == {"type": "s", "range": {"vals": list(PARAMS["level"].choices)}}
    assert understood["done"] == ["queried", 1]

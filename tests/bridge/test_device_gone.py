"""An audio device that goes while it plays: a JACK server that ends under a running bridge."""

from __future__ import annotations

import time

import psutil
import pytest

BLOCK = 256


def state(client) -> tuple[str, str]:
    """The player in use, and why nothing is heard."""
    client.send("/live/status")
    args = client.until("/live/state")[-1][1]
    return args[0], args[-1]


@pytest.mark.peers
def test_a_device_that_goes_is_told_of_and_the_bridge_goes_on(jack_dummy, serve, connect, run_bridge) -> None:
    jack_dummy(BLOCK)
    (server,) = [one for one in psutil.Process().children() if one.name() == "jackd"]
    daemon = serve("--player", "device", "--device", "system", "--block", str(BLOCK))
    client = connect(daemon)
    client.send("/bridge/hello", "player")
    client.send("/pad/assign", "tick", "A4", "seconds", 0.05, "pool", 2)
    client.until("/pad/filled")
    while not state(client)[0]:
        time.sleep(0.05)
    assert state(client) == ("device", "")

    server.terminate()
    code, text = client.until("/bridge/error", seconds=60.0)[-1][1]
    assert code == "player" and text.startswith("nothing is heard: the device JACK") and "stopped reading" in text
    assert state(client) == ("null", text)
    client.send("/pad/hit", "tick", 1.0)
    assert client.until("/pad/played")[-1][1][0] == "tick"

    # PortAudio may not come back from a server that has gone. Then it is not waited for, and that is said.
    client.send("/player/use", "device", "system")
    assert client.until("/bridge/error", seconds=60.0)[-1][1][0] == "player"
    assert state(client) == ("null", text)
    ports = ("--osc-port", str(daemon.port), "--http-port", str(daemon.http_port))
    assert "stopped reading" in run_bridge("doctor", "--quick", "--model", "tone", *ports).stdout
    client.send("/player/use", "null")
    assert client.until("/player/using")[-1][1][0] == "null"
    assert state(client) == ("null", "")
    assert daemon.stop(seconds=30.0) == 0

"""The client and a bridge on another machine, for which this machine's own address on its network stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge import Client, NotAllowed
from bridge.client.address import where
from bridge.token import make_token, remove_token
from tests.bridge.test_far_clients import own_address


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token of this machine's settings, which the daemon and the client find in the same place."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("BRIDGE_TOKEN", raising=False)
    return make_token()


def test_with_a_token_everything_travels(serve, token: str, tmp_path: Path) -> None:
    daemon = serve("--host", own_address())
    address = f"{own_address()}:{daemon.http_port}"
    samples = (0.1 * np.random.default_rng(1).standard_normal((1, 24000))).astype(np.float32)
    with Client(address, token=token) as bridge:
        take = bridge.inpaint((samples, 48000), [(0.1, 0.2)], "A4", format="float32").result(30)
        assert take.path is None and np.array_equal(take.samples[:, :4800], samples[:, :4800])
        assert take.save(tmp_path / "a.wav").read_bytes() == take.wav
        pieces = list(bridge.generate("A4", seconds=0.3, stream=1).pieces())
        assert sum(piece.frames for piece in pieces) == 14400
    with Client(address) as bridge:  # the token of this machine's settings
        assert bridge.status().model == "tone" and bridge.vitals()["queue"]["queued"] == 0


def test_without_the_right_token_nothing_is_done(serve, token: str) -> None:
    daemon = serve("--host", own_address())
    address = f"http://{own_address()}:{daemon.http_port}"
    with pytest.raises(NotAllowed) as wrong:
        Client(address, token="x" * 32).generate("A4")
    assert wrong.value.code == "token" and isinstance(wrong.value, PermissionError)
    with pytest.raises(NotAllowed):
        Client(address, token="x" * 32).jobs()
    with Client(address, token=token, reconnect=5) as bridge:
        job = bridge.generate("A4", seconds=0.2)
        assert job.result(30).frames == 9600
        make_token()  # bridge token --rotate
        with pytest.raises(NotAllowed):
            bridge.vitals()
    remove_token()
    with pytest.raises(NotAllowed, match="bridge token"):
        Client(address)


def test_a_bridge_here_is_shown_no_token(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the port may be another program."""
    monkeypatch.setenv("BRIDGE_TOKEN", token)
    for local in (None, 9631, "localhost", "127.0.0.1:9631", "http://[::1]:9631"):
        assert where(local).headers == {}
    assert where("studio.local").headers == {"Authorization": f"Bearer {token}"}
    assert str(where("studio.local")) == "studio.local:9631"
    assert where("https://studio.local").http == "https://studio.local:443"
    assert where("http://[::1]:9700").websocket == "ws://[::1]:9700"


def test_the_usual_place_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("http_port = 9700\n")
    monkeypatch.setenv("BRIDGE_CONFIG", str(tmp_path / "config.toml"))
    assert where().port == 9700
    monkeypatch.setenv("BRIDGE_HTTP_PORT", "9800")
    assert where().port == 9800
    (tmp_path / "config.toml").write_text("http_port = 'wrong'\n")
    monkeypatch.delenv("BRIDGE_HTTP_PORT")
    assert where().port == 9631

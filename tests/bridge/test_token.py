"""The token: where it lies, who may read it, and that the one in force is the only one that is accepted."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from bridge.token import MIN_LENGTH, BadToken, Keys, make_token, read_token, remove_token, token_file

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of files")


@pytest.fixture(autouse=True)
def own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("BRIDGE_TOKEN", raising=False)
    return tmp_path


def test_a_token_is_made_read_replaced_and_removed() -> None:
    assert read_token({}) is None
    first = make_token()
    assert read_token({}) == first
    assert len(first) >= 32
    assert make_token() != first
    assert remove_token()
    assert not remove_token()
    assert read_token({}) is None
    assert list(token_file().parent.iterdir()) == []


@posix
def test_only_its_owner_may_read_it() -> None:
    make_token()
    assert stat.S_IMODE(token_file().stat().st_mode) == 0o600
    token_file().chmod(0o640)
    with pytest.raises(BadToken, match="others may read the token"):
        read_token({})
    assert not Keys({}).accepts(token_file().read_text().strip())
    make_token()  # with the rights that it should have
    assert read_token({})


def test_the_environment_stands_for_the_file() -> None:
    make_token()
    assert read_token({"BRIDGE_TOKEN": "a-token-of-my-own"}) == "a-token-of-my-own"
    assert Keys({"BRIDGE_TOKEN": "a-token-of-my-own"}).accepts("a-token-of-my-own")


@pytest.mark.parametrize("text", ["short", "x" * 257, "with a space inside it", "ä" * 20])
def test_a_token_that_is_none_is_refused_and_not_printed(text: str) -> None:
    with pytest.raises(BadToken, match=f"must be {MIN_LENGTH} to 256") as bad:
        read_token({"BRIDGE_TOKEN": text})
    assert text not in str(bad.value)


def test_keys_follow_the_file() -> None:
    keys = Keys({})
    assert not keys.accepts("")
    first = make_token()
    assert keys.accepts(first)
    for wrong in ("", first[:-1], f"{first}x", first.swapcase(), "\udcff", "ä"):
        assert not keys.accepts(wrong)
    second = make_token()
    assert not keys.accepts(first)
    assert keys.accepts(second)
    remove_token()
    assert not keys.accepts(second)


def test_the_command_shows_makes_rotates_and_removes(run_bridge) -> None:
    made = run_bridge("token")
    assert made.returncode == 0, made.stderr
    assert "which only you can read" in made.stderr
    shown = run_bridge("token")
    assert (shown.stdout, shown.stderr) == (made.stdout, "")
    assert read_token({}) == made.stdout.strip()
    assert run_bridge("token", "--rotate").stdout not in ("", made.stdout)
    assert run_bridge("token", "--remove").returncode == 0
    assert read_token({}) is None
    assert run_bridge("token", "--remove", "--rotate").returncode == 2


def test_nobody_is_listened_to_from_other_machines_without_a_token(run_bridge, tmp_path: Path) -> None:
    command = ("serve", "--model", "tone", "--osc-port", "0", "--http-port", "0", "--takes", str(tmp_path / "takes"))
    done = run_bridge(*command, "--host", "0.0.0.0")
    assert done.returncode == 1
    assert "make a token for them first, with bridge token" in done.stderr
    done = run_bridge(*command, "--host", "my.studio")
    assert done.returncode == 2
    assert "--host must be an IP address of this machine, or 0.0.0.0 for all" in done.stderr
    assert "got 'my.studio'" in done.stderr

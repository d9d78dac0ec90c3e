"""The service files: read by systemd and by a property list's reader; what they start is the bridge."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.service import LABEL, Service, install, launchd_plist, remove, service, systemd_unit

COMMAND = (sys.executable, "-m", "bridge", "serve", "--takes", '/a folder/100% of "them"')


def test_the_systemd_unit_is_one(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "audioldm-bridge.service"
    unit.write_text(systemd_unit(COMMAND))
    done = subprocess.run([analyze, "verify", "--user", str(unit)], capture_output=True, text=True, timeout=30)
    assert "audioldm-bridge.service" not in done.stderr, done.stderr


def test_words_are_quoted_as_systemd_reads_them() -> None:
    line = next(line for line in systemd_unit(COMMAND).splitlines() if line.startswith("ExecStart="))
    assert line.endswith('-m bridge serve --takes "/a folder/100%% of \\"them\\""')


def test_the_property_list_holds_the_command_as_it_is() -> None:
    agent = plistlib.loads(launchd_plist(COMMAND, Path("/logs/bridge-9630.log")).encode())
    assert agent["Label"] == LABEL
    assert agent["ProgramArguments"] == list(COMMAND)
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["StandardErrorPath"] == "/logs/bridge-9630.out"
    assert "EnvironmentVariables" not in agent
    agent = plistlib.loads(launchd_plist(COMMAND, None, {"BRIDGE_MODELS": "/a b"}).encode())
    assert agent["EnvironmentVariables"] == {"BRIDGE_MODELS": "/a b"}


def test_each_platform_has_its_own_place() -> None:
    assert service((), None, "linux").path.parts[-3:] == ("systemd", "user", "audioldm-bridge.service")
    assert service((), None, "darwin").path.parts[-3:] == ("Library", "LaunchAgents", f"{LABEL}.plist")
    with pytest.raises(ValueError, match="Linux"):
        service((), None, "win32")


def test_units_are_where_the_session_looks_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert service((), None, "linux").path == tmp_path / "systemd" / "user" / "audioldm-bridge.service"
    monkeypatch.setenv("XDG_CONFIG_HOME", "not/absolute")
    assert service((), None, "linux").path.parent == Path.home() / ".config" / "systemd" / "user"


def test_installing_again_is_starting_again(tmp_path: Path) -> None:
    """One that runs with other options would go on with them."""
    assert service((), None, "linux").start[-1] == ("systemctl", "--user", "restart", "audioldm-bridge")
    mark = tmp_path / "stopped"
    one = Service(tmp_path / "a.service", "text", (), (), (("touch", str(mark)), ("false",)))
    install(one)
    assert not mark.exists()
    install(one)
    assert mark.exists()


def test_install_writes_and_starts_and_remove_undoes_it(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    one = Service(tmp_path / "sub" / "a.service", "text", (("touch", str(mark)),), (("rm", str(mark)),))
    install(one)
    assert one.path.read_text() == "text" and mark.exists()
    remove(one)
    assert not one.path.exists() and not mark.exists()
    with pytest.raises(OSError, match=r"^rm .*started: .*No such file"):
        remove(one)


@pytest.mark.skipif(sys.platform != "linux", reason="the unit is Linux's")
def test_the_options_given_are_those_of_the_service(run_bridge, tmp_path: Path) -> None:
    done = run_bridge(
        "install-service", "--print", "--osc-port", "9700", "--takes", str(tmp_path / "my takes"), "--no-announce"
    )
    assert done.returncode == 0, done.stderr
    assert f" --osc-port 9700 --no-announce --takes \"{tmp_path}/my takes\"\n" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the unit is Linux's")
def test_what_is_set_in_the_environment_holds_for_the_service_too(
    run_bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system starts it in an environment of its own."""
    (tmp_path / "config.toml").write_text("max_live = 5\n")
    monkeypatch.setenv("BRIDGE_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("BRIDGE_OSC_PORT", "9701")
    monkeypatch.setenv("BRIDGE_MODELS", str(tmp_path / "models at 100%"))
    monkeypatch.setenv("BRIDGE_TOKEN", "a-secret-that-is-for-nobody")
    done = run_bridge("install-service", "--print", "--threads", "2")
    assert done.returncode == 0, done.stderr
    assert f"serve --config {tmp_path}/config.toml --osc-port 9701 --threads 2" in done.stdout
    assert f'Environment="BRIDGE_MODELS={tmp_path}/models at 100%%"' in done.stdout
    assert "secret" not in done.stdout  # the file may be read by others; the token's own may not

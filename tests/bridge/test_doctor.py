"""`bridge doctor`: what it says where everything is there, where half of it is missing, and where a bridge runs."""

from __future__ import annotations

import json
import os
import re
import socket
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bridge.config import Config
from bridge.doctor import LIBRARIES_OF_PYTHON, OTHER_NAMES, Finding, summary
from bridge.doctor.network import discovery
from bridge.doctor.places import folders
from bridge.token import make_token, token_file

ROOT = Path(__file__).parents[2]

HIDE = '''
import os, sys

class Hidden:
    """Says of the libraries that the test names that they are not installed."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in os.environ.get("HIDDEN", "").split():
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
'''


@pytest.fixture
def hiding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``hiding("torch", "zeroconf")`` hides libraries from every Python that is started, and all programs."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(HIDE)

    def hide(*libraries: str) -> dict[str, str]:
        path = f"{tmp_path / 'site'}{os.pathsep}{ROOT}"
        return {"HIDDEN": " ".join(libraries), "PYTHONPATH": path, "PATH": str(tmp_path / "no-programs")}

    return hide


@pytest.fixture
def examine(run_bridge, free_port, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``examine("--quick")`` runs the doctor with everything free and a folder of its own."""

    def run(*options: str, **environment: str) -> tuple[int, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        command = ["doctor", *options]
        for flag, value in {"--model": "tone", "--takes": str(tmp_path / "takes"), "--osc-port": str(free_port()),
                            "--http-port": "0", "--state": str(tmp_path / "state")}.items():  # fmt: skip
            command += [] if flag in options else [flag, value]
        done = run_bridge(*command) if "PYTHONPATH" not in environment else _run(command)
        assert done.stderr == ""
        return done.returncode, done.stdout

    return run


def _run(command: list[str]) -> Any:
    import subprocess
    import sys

    words = [sys.executable, "-m", "bridge", *command]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, cwd=ROOT)


def line(text: str, name: str) -> str:
    found = re.search(rf"^  (\w+ +{re.escape(name)} .*)$", text, re.MULTILINE)
    assert found, f"{name} is not in {text}"
    return re.sub(" +", " ", found[1])


def test_where_everything_is_there(examine) -> None:
    status, text = examine()
    assert status == 0, text
    assert line(text, "model tone").startswith("ok model tone ready in")
    assert re.search(r"torch \d.* on \w+, \d+ threads of \d+ processors, checkpoints in b?float", line(text, "torch"))
    for name in ("Python", "libraries", "takes folder", "state folder", "reach", "token"):
        assert line(text, name).startswith("ok "), name
    assert "The bridge works here" in text.splitlines()[-1]


def test_with_half_of_everything_missing_it_reads_well(examine, hiding) -> None:
    hidden = ("torch", "zeroconf", "sounddevice", "starlette", "transformers", "pedalboard")
    status, text = examine("--model", "pocket", **hiding(*hidden))
    assert status == 1
    assert "Traceback" not in text
    for name in hidden:
        assert line(text, name) == f"BROKEN {name} not installed: pip install {name}"
    count = len(LIBRARIES_OF_PYTHON)
    assert line(text, "libraries") == f"ok libraries {count - len(hidden)} of its own {count} are here"
    assert line(text, "mDNS") == "missing mDNS cannot be looked at without the library zeroconf"
    assert line(text, "pd").startswith("missing pd Pure Data, for the patches: apt install puredata")
    assert re.match("BROKEN model pocket .*torch", line(text, "model pocket"))
    assert line(text, "takes folder").startswith("ok ")
    last = text.splitlines()[-1]
    assert re.fullmatch(r"The bridge does not work here yet: begin with \w+ \(\d+ broken; .* missing\)\.", last)
    assert max(map(len, text.splitlines())) < 300


def test_without_the_library_that_knows_the_folders(examine, hiding) -> None:
    status, text = examine("--quick", **hiding("platformdirs", "numpy"))
    assert status == 1
    assert line(text, "platformdirs").startswith("BROKEN platformdirs not installed")
    assert "cannot be looked at without the library platformdirs" in line(text, "models store")


def test_as_json_every_finding_has_a_state(examine, hiding) -> None:
    status, text = examine("--quick", "--json", **hiding("zeroconf"))
    report = json.loads(text)
    assert (status, report["works"]) == (1, False)
    states = {one["name"]: one["state"] for one in report["findings"]}
    assert set(states.values()) <= {"ok", "missing", "broken"}
    assert (states["zeroconf"], states["mDNS"], states["takes folder"]) == ("broken", "missing", "ok")


def test_what_cannot_be_written_or_found_is_broken(examine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    takes, root = str(tmp_path / "file" / "x"), str(tmp_path / "no")
    status, text = examine("--model", "nothing", "--takes", takes, "--root", root)
    assert status == 1
    assert line(text, "takes folder").startswith("BROKEN")
    assert line(text, "model nothing").startswith("BROKEN model nothing unknown")
    assert line(text, "roots").startswith("missing roots not there:")


def test_a_wrong_setting_is_named_and_the_rest_looked_at(examine, monkeypatch: pytest.MonkeyPatch) -> None:
    status, text = examine("--quick", BRIDGE_MAX_LIVE="many")
    assert status == 1
    assert "BROKEN  settings         BRIDGE_MAX_LIVE must be 1 to 10000, got 'many'" in text
    assert "takes folder" in text


def test_a_running_bridge_answers_on_all_its_ports(examine, daemon) -> None:
    http = daemon.http.rpartition(":")[2]
    status, text = examine("--quick", "--osc-port", str(daemon.port), "--http-port", http)
    assert status == 0
    for name in (f"UDP port {daemon.port}", f"TCP port {daemon.port}", f"HTTP port {http}"):
        assert "a bridge is running: version" in line(text, name)
        assert line(text, name).endswith("model tone")


def test_another_program_on_a_port_is_no_bridge(examine) -> None:
    with socket.socket() as other, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        datagrams.bind(("127.0.0.1", port))
        status, text = examine("--quick", "--osc-port", str(port))
    assert status == 1
    for kind in ("UDP", "TCP"):
        wanted = f"BROKEN {kind} port {port} in use by another program on 127.0.0.1: choose another with --osc-port"
        assert line(text, f"{kind} port {port}") == wanted


def test_who_can_reach_it_and_with_which_token(examine, tmp_path: Path) -> None:
    own = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    status, text = examine("--quick", "--host", "0.0.0.0", **own)
    assert status == 1
    assert line(text, "token") == "BROKEN token none: make one with `bridge token`"
    token = make_token()
    status, text = examine("--quick", "--host", "0.0.0.0", **own)
    assert (status, token in text) == (0, False)
    assert "which only you can read" in line(text, "token")
    assert line(text, "reach").startswith("ok reach other machines by 0.0.0.0")
    token_file().chmod(0o644)
    assert examine("--quick", "--host", "0.0.0.0", **own)[0] == 1
    assert "no address of this machine" in examine("--quick", "--host", "203.0.113.7", **own)[1]


def test_it_looks_at_every_library_that_an_install_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[<>=\[]", row)[0] for row in project["dependencies"]]
    assert names == [OTHER_NAMES.get(name, name.replace("_", "-")) for name in LIBRARIES_OF_PYTHON]


def test_the_last_line_counts() -> None:
    fine, missing, broken = Finding("a", True, ""), Finding("b", False, "", core=False), Finding("c", False, "")
    assert summary([fine]) == "The bridge works here."
    assert summary([fine, missing]) == "The bridge works here; it can do without the 1 that is missing."
    assert "begin with c (1 broken" in summary([fine, broken, missing])


def test_each_disk_is_looked_at_once(tmp_path: Path) -> None:
    found = folders(Config(takes=tmp_path / "takes", state=tmp_path / "state"))
    assert [one.name for one in found] == ["takes folder", "state folder", "disk"]
    assert found[2].text.endswith("GB free for takes and state")


def test_discovery_is_looked_at_as_it_is_announced(tmp_path: Path) -> None:
    here, there = (discovery(Config(takes=tmp_path, host=host)) for host in ("127.0.0.1", "2001:db8::1"))
    assert here.text == there.text, "over IPv6 it is announced on loopback only"

"""What every test shares: real peers are asked for by name, and in CI none may be missing."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator

# One thread for each of torch's and BLAS's pools where tests run side by side: two workers on two cores would
# otherwise fight over them. It has to stand here, before anything imports torch.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

# How long one example takes says how busy the machine is, and nothing about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

# Program → what to install where there is apt. Anywhere else the program's own name is the thing to look for.
PACKAGES = {
    "pd": "puredata-core",
    "curl": "curl",
    "oscsend": "liblo-tools",
    "oscdump": "liblo-tools",
    "scsynth": "supercollider-server",
    "sclang": "supercollider-language",
    "ardour7-lua": "ardour",
    "jackd": "jackd2",
    "jack_wait": "jackd2",
    "fluidsynth": "fluidsynth",
    "espeak-ng": "espeak-ng",
    "sox": "sox",
    "node": "nodejs",
    "lua5.3": "lua5.3",
    "lua5.4": "lua5.4",
}


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The settings, the journals and the presets of the person who runs the tests are none of theirs."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "config.toml").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder))
        patch.setenv("BRIDGE_CONFIG", str(folder / "config.toml"))
        patch.setenv("BRIDGE_PRESETS", str(folder / "presets"))
        yield


@pytest.fixture
def peer() -> Callable[[str], str]:
    """`peer("pd")` is the program's path; where it is missing the test is skipped, in CI it fails."""

    def find(program: str) -> str:
        path = shutil.which(program)
        if path is None:
            pytest.skip(f"{program} is not installed (apt-get install {PACKAGES.get(program, program)})")
        return path

    return find


@pytest.fixture
def free_port() -> Callable[[], int]:
    """`free_port()` is a UDP port on loopback that nobody uses at the moment."""

    def find() -> int:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return find


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """In CI a skipped peer test is a failure: what is not run is not shown."""
    report = yield
    if IN_CI and report.skipped and item.get_closest_marker("peers"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped in CI, where every peer has to be there: {report.longrepr}"
    return report

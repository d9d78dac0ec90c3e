"""The bridge as a service of one user: the unit for systemd and the property list for launchd."""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

NAME = "audioldm-bridge"
LABEL = "org.audioldm-bridge"

DRAIN_SECONDS = 30
"""How long the system waits for the bridge to end before it kills it; a job that lives is in the journal."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of this platform: the file that says what it is, the commands that begin and end it, and those that
    come first where it is there already, and may fail where it is not."""

    path: Path
    text: str
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]
    before: tuple[tuple[str, ...], ...] = ()


def service(
    options: tuple[str, ...], log: Path | None = None, platform: str = sys.platform,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Service:  # fmt: skip
    """The service that runs `bridge serve` with these options, and these variables beside the system's own. Raises
    ValueError where there is no way to have one."""
    # -P: a folder that happens to be called `bridge` where the system starts us must not be taken for ours
    command = (sys.executable, "-P", "-m", "bridge", "serve", *options)
    if platform == "darwin":
        path = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        return Service(
            path, launchd_plist(command, log, environment), (("launchctl", "load", "-w", str(path)),),
            (("launchctl", "unload", "-w", str(path)),), (("launchctl", "unload", str(path)),),
        )  # fmt: skip
    if platform == "linux":
        user = ("systemctl", "--user")
        return Service(
            _systemd_folder() / f"{NAME}.service", systemd_unit(command, environment),
            # one that runs already is started again, as its options may be others now
            ((*user, "daemon-reload"), (*user, "enable", NAME), (*user, "restart", NAME)),
            ((*user, "disable", "--now", NAME),),
        )  # fmt: skip
    raise ValueError("services are installed on Linux (systemd) and macOS (launchd) only")


def _systemd_folder() -> Path:
    """Where systemd looks for a user's units."""
    config = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(config) if Path(config).is_absolute() else Path.home() / ".config") / "systemd" / "user"


def systemd_unit(command: tuple[str, ...], environment: Mapping[str, str] = MappingProxyType({})) -> str:
    """A user unit that starts with the session, and again when the bridge falls over."""
    variables = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in environment.items())
    return f"""\
[Unit]
Description=audioldm-bridge, a resident audio engine for studios
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
{variables}ExecStart={" ".join(_quoted(word).replace("$", "$$") for word in command)}
Restart=on-failure
RestartSec=2
KillSignal=SIGTERM
TimeoutStopSec={DRAIN_SECONDS}
KillMode=mixed

[Install]
WantedBy=default.target
"""


def launchd_plist(
    command: tuple[str, ...], log: Path | None = None, environment: Mapping[str, str] = MappingProxyType({})
) -> str:
    """A user agent that starts with the session, and again when the bridge falls over. What it prints goes to a file
    beside its log."""
    agent: dict[str, object] = {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 2,
        "ExitTimeOut": DRAIN_SECONDS,
        "ProcessType": "Interactive",
    }
    if environment:
        agent["EnvironmentVariables"] = dict(environment)
    if log is not None:
        agent |= dict.fromkeys(("StandardOutPath", "StandardErrorPath"), str(log.with_suffix(".out")))
    return plistlib.dumps(agent).decode()


def install(one: Service) -> None:
    """Write the file and start the service, anew if it runs. Raises OSError with the command that failed, the file then
    being there."""
    if one.path.exists():
        for command in one.before:
            subprocess.run(command, capture_output=True, check=False)
    one.path.parent.mkdir(parents=True, exist_ok=True)
    one.path.write_text(one.text, encoding="utf-8")
    _run(one.start)


def remove(one: Service) -> None:
    """Stop the service and delete its file. Raises OSError."""
    _run(one.stop)
    one.path.unlink(missing_ok=True)


def _run(commands: tuple[tuple[str, ...], ...]) -> None:
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            why = (done.stderr or done.stdout).strip() or f"status {done.returncode}"
            raise OSError(f"{' '.join(command)}: {why}")


def _quoted(word: str) -> str:
    """A word as systemd reads it: quoted, with its own sign for specifiers doubled."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if not escaped or any(sign in escaped for sign in " \t\"'\\;") else escaped

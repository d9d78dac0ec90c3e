"""The daemon's settings: one table, and three places that they may come from. A flag beats the environment, which beats
the file, which beats the default."""

from __future__ import annotations

import difflib
import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.config import HOST, HTTP_PORT, LATENCY, OSC_PORT, STEP_TIMEOUT, Config
from bridge.folders import default_config, default_state, default_takes

PREFIX = "BRIDGE_"
"""Of the environment's variables: BRIDGE_OSC_PORT, BRIDGE_TAKES …"""

FILE_VARIABLE = "BRIDGE_CONFIG"
"""Environment variable that names another settings file."""


class BadSetting(ValueError):
    """A setting cannot be used; the text names it, where it comes from, its range and its value."""


_RANGES = {
    "switch": "true or false",
    "list": "a list of texts",
    "pairs": "a list of texts, each KEY=VALUE",
    "folder": "a folder",
    "folders": "a list of folders",
    "address": "an IP address of this machine, or 0.0.0.0 for all that it has",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One setting. ``kind`` is int, float, text, folder, list (of texts), pairs (a list of KEY=VALUE), folders, address
    (of the network) or switch; ``low`` and ``high`` bound numbers.

    ``default`` None is said in words by ``otherwise``.
    """

    name: str
    kind: str
    default: Any
    help: str
    low: float = 0
    high: float = 0
    otherwise: str = ""

    @property
    def several(self) -> bool:
        """True for a setting that may be given several times."""
        return self.kind in ("list", "pairs", "folders")

    @property
    def flag(self) -> str:
        """The option of `bridge serve`; of a list it is given once for each text."""
        return "--" + self.name.removesuffix("s" if self.several else "").replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment's variable."""
        return PREFIX + self.name.upper()

    @property
    def range(self) -> str:
        """What may be given, in words."""
        if self.kind in ("int", "float"):
            return f"{self.low:g} to {self.high:g}"
        return _RANGES.get(self.kind, "text")


ROWS: tuple[Row, ...] = (
    Row("osc_port", "int", OSC_PORT, "OSC port, UDP and TCP; 0 takes any free one", 0, 65535),
    Row("http_port", "int", HTTP_PORT, "port for HTTP and WebSocket; 0 takes any free one", 0, 65535),
    Row(
        "host", "address", HOST, "address to listen on; other machines reach any but 127.0.0.1, over TCP and HTTP only "
        "and with the token that `bridge token` makes",
    ),
    Row("announce", "switch", True, "announce the ports by zeroconf, so that hosts find them"),
    Row("takes", "folder", None, "folder for takes", otherwise="audioldm-bridge in ~/Music, or in your data folder"),
    Row("model", "text", "pocket", "one of the engine's models, or a name that `bridge models list` shows"),
    Row("threads", "int", None, "CPU threads of the engine", 1, 1024, otherwise="the engine's choice"),
    Row("options", "pairs", (), "KEY=VALUE for the model; may be repeated"),
    Row(
        "step_timeout", "float", STEP_TIMEOUT, "seconds without a word after which a rendering engine is "
        "started again; 0 waits for ever", 0, 86400,
    ),
    Row(
        "latency", "float", LATENCY, "seconds that a step of the engine should take at most: jobs share steps as far "
        "as that allows; a quarter of it while live jobs are about", 0.001, 60,
    ),
    Row("max_live", "int", 64, "jobs that may wait or render", 1, 10000),
    Row(
        "state", "folder", None, "folder that keeps the jobs, so that they survive the bridge",
        otherwise="your state folder, or none with port 0",
    ),
    Row("keep_takes", "int", 0, "takes that are kept, the oldest go first; 0 is all", 0, 10**9),
    Row("keep_days", "float", 0.0, "days that takes are kept; 0 is for ever", 0, 1e6),
    Row("keep_gb", "float", 0.0, "gigabytes of takes that are kept, the oldest go first; 0 is all", 0, 1e6),
    Row(
        "roots", "folders", (), "folders that clients may name files in, beside the takes folder; may be repeated",
        otherwise="your home, mounted disks and temporary files; nothing more for other machines",
    ),
    Row("client_rate", "float", 1000.0, "messages a second that one client may send; 0 is no bound", 0, 1e6),
    Row("client_jobs", "int", 48, "jobs that one client may have waiting or rendering; 0 is no bound", 0, 10000),
    Row(
        "player", "text", "auto", "what plays pads: device, reastream, null (nothing is heard), or auto for the "
        "default device where there is one",
    ),
    Row(
        "device", "text", None, "of the player: a device's name as /player/list shows it, or a part of it; "
        "identifier@host:port for reastream", otherwise="the default one",
    ),
    Row("play_rate", "int", 0, "Hz that are played at; 0 is the device's own", 0, 192000),
    Row("block", "int", 256, "frames that are mixed at once: a hit sounds within so many", 16, 8192),
    Row("buffer", "int", 3, "blocks that are mixed ahead of what is heard: more is safer, and no slower to hit", 1, 64),
    Row(
        "midi", "list", (), "a MIDI port to hear, or a part of its name; may be repeated; none for no MIDI",
        otherwise="every port that there is, and one of its own named bridge",
    ),
    Row("clips_gb", "float", 20.0, "gigabytes of clips that clients may send here", 0.001, 1e6),
)  # fmt: skip
BY_NAME = {row.name: row for row in ROWS}


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value, and where it comes from: ``--flag``, a variable's name, the file's path, or ``default``."""

    value: Any
    origin: str


def settings_file(named: Path | None = None, environment: Mapping[str, str] = os.environ) -> Path:
    """The settings file: the named one, the one that BRIDGE_CONFIG names, or config.toml in the config folder."""
    variable = environment.get(FILE_VARIABLE)
    return (named or (Path(variable) if variable else default_config())).expanduser().absolute()


def resolve(
    flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ, file: Path | None = None
) -> dict[str, Value]:
    """Every setting of the table with its origin. ``flags`` are those that were given, not None. Raises BadSetting."""
    path = settings_file(file, environment)
    written = _read(path, must=file is not None or bool(environment.get(FILE_VARIABLE)))
    found = {}
    for row in ROWS:
        if flags.get(row.name) not in (None, ()):
            found[row.name] = Value(_checked(row, flags[row.name], row.flag), row.flag)
        elif environment.get(row.variable):
            value = _checked(row, _from_text(row, environment[row.variable]), row.variable)
            found[row.name] = Value(value, row.variable)
        elif row.name in written:
            value = _checked(row, written[row.name], f"{row.name} in {path}", path.parent)
            found[row.name] = Value(value, str(path))
        else:
            found[row.name] = Value(row.default, "default")
    return _with_folders(found)


def config(settings: Mapping[str, Value]) -> Config:
    """What the daemon is started with."""
    return Config(**{name: one.value for name, one in settings.items()})


def toml(settings: Mapping[str, Value]) -> str:
    """The settings as a file that may be kept as config.toml, each with where it comes from."""
    lines = []
    for row in ROWS:
        one = settings[row.name]
        written = _toml(one.value)
        text = f"{row.name} = {written}" if written else f"# {row.name} ="
        about = f"{one.origin}: {row.otherwise}" if not written and row.otherwise else one.origin
        lines.append(f"{text:<50} # {about}")
    return "\n".join(lines)


def _with_folders(found: dict[str, Value]) -> dict[str, Value]:
    """Where folders were not given, the platform's. Nobody finds a bridge again that takes any port, nor its jobs."""
    if found["takes"].value is None:
        found["takes"] = Value(default_takes().expanduser().absolute(), "default")
    if found["state"].value is None and found["osc_port"].value:
        found["state"] = Value(default_state(), "default")
    return found


def _read(path: Path, must: bool) -> Mapping[str, Any]:
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if must:
            raise BadSetting(f"there is no settings file {path}") from None
        return {}
    except (OSError, ValueError) as error:
        raise BadSetting(f"the settings file {path} cannot be read: {error}") from error
    for name in written:
        if name not in BY_NAME:
            near = difflib.get_close_matches(name, BY_NAME, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(BY_NAME)}"
            raise BadSetting(f"unknown setting {name} in {path}: {hint}")
    return written


def _from_text(row: Row, text: str) -> Any:
    """A variable's text as a value of the row's kind; what does not fit stays text, and is complained about."""
    try:
        match row.kind:
            case "int" | "float":
                return {"int": int, "float": float}[row.kind](text)
            case "list":  # the names of MIDI ports have spaces
                return [part.strip() for part in text.split(",") if part.strip()]
            case "pairs":
                return text.split()
            case "folders":
                return [part for part in text.split(os.pathsep) if part]
            case "switch":
                return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
    except (ValueError, KeyError):
        pass
    return text


def _checked(row: Row, value: Any, where: str, folder: Path | None = None) -> Any:
    wrong = BadSetting(f"{where} must be {row.range}, got {value!r}")
    match row.kind:
        case "int" | "float":
            whole = isinstance(value, int) or (isinstance(value, float) and (row.kind == "float" or value.is_integer()))
            if isinstance(value, bool) or not whole or not row.low <= value <= row.high:
                raise wrong
            return int(value) if row.kind == "int" else float(value)
        case "switch":
            if not isinstance(value, bool):
                raise wrong
            return value
        case "list" | "pairs":
            if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
                raise wrong
            if row.kind == "pairs" and not all(one.partition("=")[0] and "=" in one for one in value):
                raise wrong
            return tuple(value)
        case "folders":
            if not isinstance(value, list | tuple) or not all(isinstance(one, str | Path) for one in value):
                raise wrong
            return tuple(_folder(Path(one), folder, wrong) for one in value)
        case "address":
            return _address(value, wrong)
        case _:
            if not isinstance(value, str | Path) or not str(value).strip():
                raise wrong
            return _folder(Path(value), folder, wrong) if row.kind == "folder" else value


def _address(value: Any, wrong: BadSetting) -> str:
    try:
        if isinstance(value, str):  # a number would be an address, too
            return str(ipaddress.ip_address(HOST if value == "localhost" else value))
    except ValueError:
        pass
    raise wrong from None


def _folder(path: Path, beside: Path | None, wrong: BadSetting) -> Path:
    """An absolute folder; in the file, a relative one is beside the file."""
    try:
        path = path.expanduser()
    except RuntimeError:  # ~name, where nobody has that name
        raise wrong from None
    return (beside / path if beside else path).absolute()


def _toml(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, int | float):
        return repr(value)  # with all its digits
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

"""From an OSC message to a command with checked arguments. Pure functions; every complaint is a `Refused`."""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.commands import BY_ADDRESS, SETTINGS, SPAN, Arg, Command, Setting, key_names, meant_for, signature
from bridge.live.rows import LIVE
from bridge.osc import BadPacket, Message, Value, shorten
from engine import HANDLING, PARAMS, BadRequest, Handling, Request, UnknownKey, check, unknown_key
from presets import PLAYING

MAX_ID = 100
"""Bytes of a job id. It comes back in every reply, and replies stay small."""

_KINDS = {"i": "a whole number (i)", "f": "a number (f)", "s": "text (s)", "b": "a blob (b)"}
_SETTINGS = {setting.name: setting for setting in SETTINGS}


class Refused(ValueError):
    """What was sent cannot be done. ``code`` is a slug, the text is for people, ``id`` the job's where it is known."""

    def __init__(self, code: str, text: str, id: str = "", reply_port: int | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.id = id
        self.reply_port = reply_port


@dataclass(frozen=True, slots=True)
class Call:
    """A command that was read: its own arguments by name, and the key-value pairs after them, checked."""

    command: Command
    args: Mapping[str, Any]
    params: Mapping[str, Any]
    reply_port: int | None = None
    serving: Mapping[str, Any] = field(default_factory=dict)
    """Those of the pairs that say how a job is served."""

    @property
    def id(self) -> str:
        """The job's id, empty for a command that is not about a job."""
        return str(self.args.get("id", ""))


def read(element: Message | BadPacket) -> Call:
    """Check a message against the table. Raises Refused, with the job's id and reply port where they can be read."""
    if isinstance(element, BadPacket):
        raise Refused(element.code, str(element), readable_id(element.address, element.values))
    id = readable_id(element.address, element.args)
    command = BY_ADDRESS.get(element.address)
    if command is None:
        raise Refused("unknown-address", _unknown_address(element.address), id)
    own = element.args[: len(command.args)]
    rest = element.args[len(command.args) :]
    reply_port = _readable_reply_port(rest) if command.settings else None
    try:
        args = _arguments(command, own)
        if rest and not command.keyed:
            raise Refused(
                "bad-value", f"{command.address} takes {signature(command) or 'no arguments'}, got {len(rest)} more"
            )
        known = key_names(command)
        pairs = _pairs(rest, known, command.variables)
        for name in _SETTINGS.keys() & pairs.keys():
            _setting(_SETTINGS[name], pairs.pop(name))
        serving = {name: pairs.pop(name) for name in HANDLING if name in pairs and name in known}
        return Call(command, args, pairs, reply_port, serving)
    except Refused as refused:
        raise Refused(refused.code, str(refused), id, reply_port) from None


def request(call: Call, model: str, loaded: Collection[str] = ()) -> Request:
    """The request of a command that renders, for the model in use, or one of those that are loaded, too. Raises
    Refused."""
    try:
        given = {arg.param: call.args[arg.name] for arg in call.command.args if arg.param and arg.name in call.args}
        given |= call.params
        params = parameters(given)
        if handling(call).stream and "level" in meant_for(call.command.task):
            params.setdefault("level", "ahead")  # no other can be told before the take is complete
        if SPAN[0].name in call.args:
            params["regions"] = _regions(call.args, str(params.get("regions", "")))
        params.setdefault("model", model)
        return loadable(Request(task=call.command.task, **params), call, model, loaded)
    except BadRequest as error:
        raise Refused(error.code, str(error), call.id, call.reply_port) from None


def loadable(asked: Request, call: Call, model: str, loaded: Collection[str]) -> Request:
    """The request, if it is for the model in use or one of those that are loaded. Raises Refused."""
    if asked.model not in (model, *loaded):
        text = f"model must be {model}, the one that is loaded, got {asked.model!r}: send /bridge/model first"
        raise Refused("model", text, call.id, call.reply_port)
    return asked


def handling(call: Call, client: str = "") -> Handling:
    """How a job of this client is to be served. Raises Refused."""
    try:
        given = {name: _plain(HANDLING[name].tag, value) for name, value in call.serving.items()}
        return Handling(client=client, **given)
    except BadRequest as error:
        raise Refused(error.code, str(error), call.id, call.reply_port) from None


def parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a request as they came, checked one by one. Raises BadRequest."""
    return {name: check(name, _plain(PARAMS[name].tag, value)) for name, value in given.items()}


def playing(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of playing as they came, as plain values; `presets.Playing` checks them."""
    return {name: _plain(PLAYING[name].tag, value) for name, value in given.items()}


def live(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of the live stream as they came, as plain values; `bridge.live.wish.Wish` checks them."""
    return {name: _plain(LIVE[name].tag, value) for name, value in given.items()}


def number(name: str, value: Any, low: float, high: float, whole: bool = False) -> float:
    """An argument that is a number within a range; numbers may come as text. Raises Refused."""
    found = _number(value)
    if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
        raise Refused("bad-value", f"{name} must be {low:g} to {high:g}, got {_shown(value)}")
    if whole and not float(found).is_integer():
        raise Refused("bad-value", f"{name} must be a whole number, {low:g} to {high:g}, got {_shown(value)}")
    return found


def _regions(args: Mapping[str, Any], more: str) -> str:
    """The region of the arguments, unless it is 0 to 0, and those of the key."""
    start, end = (_seconds(arg.name, args[arg.name]) for arg in SPAN)
    first = f"{_decimal(start)}-{_decimal(end)}" if (start, end) != (0, 0) or not more else ""
    return ", ".join(part for part in (first, more) if part)


def _decimal(number: float) -> str:
    return f"{number:.9f}".rstrip("0").rstrip(".")


def _seconds(name: str, value: Any) -> float | int:
    number = _number(_shortest(value) if isinstance(value, float) else value)
    if isinstance(number, bool) or not isinstance(number, float | int) or not 0 <= number < 1e9:
        raise BadRequest(name, f"{name} must be a number of seconds from 0, got {_shown(value)}")
    return number


def readable_id(address: str, args: Sequence[Value]) -> str:
    """The job id of a message that may be broken in other places; empty if it has none. Numbers come back as text."""
    if not address.startswith(("/render/", "/job/")) or not args:
        return ""
    first = args[0]
    if isinstance(first, bool) or not isinstance(first, str | int | float):
        return ""
    return shorten(first if isinstance(first, str) else f"{first:g}", MAX_ID)


def _unknown_address(address: str) -> str:
    return f"unknown address {shorten(address, 200)!r}; the addresses are {', '.join(BY_ADDRESS)}"


def _arguments(command: Command, values: Sequence[Value]) -> dict[str, Any]:
    args: dict[str, Any] = {}
    for number, arg in enumerate(command.args):
        if number < len(values):
            args[arg.name] = _argument(command, arg, values[number])
        elif not arg.optional:
            raise Refused("bad-value", f"{arg.name} is missing: {command.address} takes {signature(command)}")
    return args


def _argument(command: Command, arg: Arg, value: Value) -> Any:
    if arg.tag == "s" and isinstance(value, str):
        return _id(value) if arg.name == "id" else value
    if arg.tag == "i" and arg.name in _SETTINGS:
        return _setting(_SETTINGS[arg.name], value)
    if arg.tag in "fi" and not isinstance(value, bool | bytes):  # as text, too; the request checks the range
        return value
    raise Refused("bad-value", f"{arg.name} must be {_KINDS[arg.tag]}, got {_shown(value)}: "
                               f"{command.address} takes {signature(command)}")  # fmt: skip


def _id(text: str) -> str:
    if not 1 <= len(text.encode()) <= MAX_ID or not text.isprintable():
        raise Refused("bad-value", f"id must be 1 to {MAX_ID} bytes of printable text, got {_shown(text)}")
    return text


def _pairs(rest: Sequence[Value], known: Sequence[str], others: bool) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for at in range(0, len(rest), 2):
        key = rest[at]
        if not isinstance(key, str):
            raise Refused("bad-value", f"settings come as key and value, a key is text (s), got {_shown(key)}")
        if key not in known and key not in _SETTINGS and not others:
            raise Refused(UnknownKey.code, shorten(str(unknown_key(key, (*known, *_SETTINGS))), 600))
        if at + 1 == len(rest):
            raise Refused("bad-value", f"settings come as key and value, {key} has no value")
        pairs[key] = rest[at + 1]
    return pairs


def _setting(setting: Setting, value: Any) -> int:
    number = _number(value)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not setting.low <= number <= setting.high:
        low, high = int(setting.low), int(setting.high)
        raise Refused("bad-value", f"{setting.name} must be {low} to {high}, got {_shown(value)}")
    return number


def _readable_reply_port(rest: Sequence[Value]) -> int | None:
    """The reply port among the pairs, also when other pairs are wrong: the complaint should arrive there."""
    for key, value in zip(rest[::2], rest[1::2], strict=False):
        if key == "reply_port":
            try:
                return _setting(_SETTINGS["reply_port"], value)
            except Refused:
                return None
    return None


def _plain(tag: str, value: Any) -> Any:
    """A number may be sent as text (``seconds "1.5"``), as message boxes and shells do."""
    if tag not in "fi":
        return value
    return _shortest(value) if isinstance(value, float) else _number(value)


def _shortest(value: float) -> float:
    """The shortest decimal that is the same 32-bit float: 1.1 arrives as 1.1 and not as 1.10000002384."""
    try:
        packed = struct.pack(">f", value)
        return next(short for d in range(6, 10) if struct.pack(">f", short := float(f"{value:.{d}g}")) == packed)
    except (OverflowError, StopIteration):  # NaN, or beyond 32 bits
        return value


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value


def _shown(value: Any) -> str:
    text = f"{len(value)} bytes" if isinstance(value, bytes) else repr(value)
    return shorten(text, 60)

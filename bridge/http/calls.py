"""From JSON to the messages of the table of commands, and from its replies to JSON. Pure functions."""

from __future__ import annotations

import base64
import json
import math
import secrets
from collections.abc import Mapping
from typing import Any

from bridge.commands import BY_ADDRESS, ID, REPLIES, REPLY_ADDRESSES, SPAN, Arg, Command
from bridge.hub import Args
from bridge.inbox import Refused
from bridge.jobs import Job
from bridge.live.rows import LIVE
from bridge.osc import BadPacket, Message, Value, shorten
from engine import HANDLING, PARAMS
from presets import PLAYING

MAX_BODY = 65536
"""Bytes of JSON in one command."""

STATUS = {
    "bad-packet": 400, "bad-value": 400, "unknown-key": 400, "bad-file": 400, "unknown-address": 404,
    "unknown-job": 404, "unknown-preset": 404, "id-in-use": 409, "model": 409, "rate": 429, "busy": 503,
    "closing": 503, "internal": 500, "disk": 507,
}  # fmt: skip
"""HTTP's status for each code with which the desk refuses."""

_REPLIES = {reply.address: reply for reply in REPLIES}


def parse(text: str | bytes) -> Any:
    """JSON, without Python's own extensions and without halves of characters. Raises Refused."""
    try:
        found = json.loads(text, parse_constant=_no_constant)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()  # "\ud800" alone is JSON, and no text
        return found
    except (ValueError, RecursionError) as error:
        raise Refused("bad-packet", f"this is no JSON: {shorten(str(error), 200)}") from None


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def packet(text: str | bytes) -> Message | BadPacket:
    """The message of a command as JSON, ``{"address": "/…", "args": {…}}``; or what is wrong with it, for the desk to
    refuse as it refuses what comes as OSC."""
    try:
        return element(parse(text))
    except Refused as refused:
        return BadPacket(str(refused), code=refused.code)


def element(body: Any) -> Message | BadPacket:
    """As `packet`, of JSON that was read, with the job's id where there is one."""
    if not isinstance(body, Mapping) or not isinstance(body.get("address"), str):
        return BadPacket('a command comes as {"address": "/…", "args": {…}}')
    address, args = body["address"], body.get("args", {})
    try:
        return message(address, args)
    except Refused as refused:
        id = args.get("id") if isinstance(args, Mapping) else None
        known = (id,) if isinstance(id, str) and address not in REPLY_ADDRESSES else ()
        return BadPacket(str(refused), address if known else "", known, refused.code)


def message(address: str, body: Any) -> Message:
    """The message of a command whose arguments and keys come by name. Raises Refused.

    An argument that is the value of a parameter may be left out where that has a default, and so may the id of a job:
    it gets one. What is null counts as left out.
    """
    command = BY_ADDRESS.get(address)
    if command is None:
        raise Refused("unknown-address", f"there is no command {shorten(address, 200)!r}")
    if not isinstance(body, Mapping):
        raise Refused("bad-value", "arguments come as one JSON object, by their names")
    given = {str(name): value for name, value in body.items() if value is not None}
    values: list[Value] = []
    for arg in command.args:
        if arg.name in given:
            values.append(_value(arg.name, arg.tag, given.pop(arg.name)))
        elif not arg.optional:
            values.append(_left_out(command, arg))
    if given and not command.keyed:
        raise Refused("bad-value", f"{address} has no argument {shorten(next(iter(given)), 60)!r}")
    for name, value in given.items():
        row = LIVE.get(name) if command.live else PARAMS.get(name) or HANDLING.get(name) or PLAYING.get(name)
        values += [name, _value(name, row.tag if row else "", value)]
    return Message(address, tuple(values))


def _left_out(command: Command, arg: Arg) -> Value:
    if arg is ID and command.settings:
        return f"http-{secrets.token_hex(6)}"
    if arg in SPAN:
        return 0
    default = PARAMS[arg.param].default if arg.param else None
    if default is None or arg.param == "source":
        raise Refused("bad-value", f"{arg.name} is missing: {arg.name} must be {arg.tag}")
    return default


def _value(name: str, tag: str, value: Any) -> Value:
    if isinstance(value, float) and tag in ("f", "i"):
        return repr(value)  # as text it keeps all its digits; an OSC float has fewer
    if isinstance(value, str | int | float | bool):
        return value
    raise Refused("bad-value", f"{shorten(name, 60)} must be text or a number, got a {type(value).__name__}")


def as_json(address: str, args: Args) -> dict[str, Any]:
    """A reply, its arguments by name."""
    named: dict[str, Any] = {}
    row = _REPLIES[address]
    for number, (arg, value) in enumerate(zip(row.args, args, strict=False)):
        named[arg.name] = [plain(rest) for rest in args[number:]] if arg.rest else plain(value)
    return {"address": address, "args": named}


def plain(value: Any) -> Any:
    """A value as JSON has it, which knows no NaN and no infinity; a blob as base64."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def status(replies: list[dict[str, Any]]) -> int:
    """HTTP's status for what a command was answered with."""
    for reply in replies:
        if reply["address"] in ("/bridge/error", "/job/failed"):
            return STATUS.get(reply["args"]["code"], 200)
    return 202 if any(reply["address"] == "/job/queued" for reply in replies) else 200


def job_as_json(job: Job, position: int | None) -> dict[str, Any]:
    """All about a job. ``position`` is how many are before it."""
    request = job.request
    return {
        "id": job.id,
        "state": job.state.value,
        "task": request.task,
        "prompt": request.prompt or request.prompts,
        "model": request.model,
        "seed": request.seed,
        "position": position,
        "step": job.step,
        "of": job.steps,
        "code": job.code,
        "text": job.text,
        "takes": [
            {
                "take": take.index,
                "path": str(take.path),
                "frames": take.frames,
                "rate": take.rate,
                "seed": take.seed,
                "score": plain(float(take.score)),
            }
            for take in job.takes.values()
        ],
    }

"""The tree that OSCQuery describes: every command, key and reply of the tables, as a client can discover them.

Format: the OSCQuery proposal, https://github.com/Vidvox/OSCQueryProposal. A command can be written to; a reply that
everybody may overhear can be read and listened to, its value being the latest one. Below a command that renders stand
the keys that may follow its arguments: they describe what can be sent, and are no addresses themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.access import is_local
from bridge.clients import Address
from bridge.commands import COMMANDS, REPLIES, Arg, Command, Reply, key_names, meant_for
from bridge.hub import PUBLIC, Args
from bridge.live.rows import LIVE
from engine import HANDLING, PARAMS, Param
from presets import PLAYING
from presets.playing import Field

NAME = "audioldm-bridge"
ATTRIBUTES = ("FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION", "OVERLOADS")
"""Of a node; in a query, one of them alone."""

OTHER_ATTRIBUTES = ("TAGS", "EXTENDED_TYPE", "UNIT", "CRITICAL", "CLIPMODE", "HTML")
"""Known to the proposal, and to no node of ours."""

_NOTHING, _READ, _WRITE = 0, 1, 2

Node = dict[str, Any]


class Latest:
    """A session that remembers the latest of each public reply."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.values: dict[str, Args] = {}

    def wants(self, address: str, args: Args) -> bool:
        """Every public reply."""
        return True

    def tell(self, address: str, args: Args) -> None:
        """Remember a reply."""
        self.values[address] = args


def host_info(host: str, osc_port: int, http_port: int) -> dict[str, Any]:
    """What HOST_INFO says: where OSC and WebSocket are, and which parts of the proposal are served."""
    served = ("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "OVERLOADS", "LISTEN")
    others = (*OTHER_ATTRIBUTES, "PATH_CHANGED", "PATH_ADDED", "PATH_REMOVED", "PATH_RENAMED")
    return {
        "NAME": NAME,
        "EXTENSIONS": {**dict.fromkeys(served, True), **dict.fromkeys(others, False)},
        "OSC_IP": host,
        "OSC_PORT": osc_port,
        "OSC_TRANSPORT": "UDP" if is_local(host) else "TCP",  # no datagram comes in from other machines
        "WS_IP": host,
        "WS_PORT": http_port,
    }


def find(path: str, values: Mapping[str, Args]) -> Node | None:
    """The node at a path with all that is below it, or None. ``values`` are the latest replies."""
    node = tree(values)
    for part in path.strip("/").split("/") if path.strip("/") else ():
        node = node.get("CONTENTS", {}).get(part)
        if node is None:
            return None
    return node


def tree(values: Mapping[str, Args]) -> Node:
    """The root, and with it everything."""
    root: Node = {"FULL_PATH": "/", "DESCRIPTION": "Renders and edits sound", "ACCESS": _NOTHING, "CONTENTS": {}}
    for command in COMMANDS:
        _put(root, command.address, _command(command))
    for reply in REPLIES:
        _put(root, reply.address, _reply(reply, values))
    return root


def _put(root: Node, address: str, node: Node) -> None:
    *parents, name = address.strip("/").split("/")
    at, path = root, ""
    for parent in parents:
        path += f"/{parent}"
        at = at["CONTENTS"].setdefault(parent, {"FULL_PATH": path, "ACCESS": _NOTHING, "CONTENTS": {}})
    at["CONTENTS"][name] = node


def _command(command: Command) -> Node:
    needed = [arg for arg in command.args if not arg.optional]
    node: Node = {
        "FULL_PATH": command.address,
        "DESCRIPTION": command.help,
        "ACCESS": _WRITE,
        **_types(needed),
    }
    if len(needed) < len(command.args):
        node["OVERLOADS"] = [_types(command.args)]
    if rows := _keys(command):
        node["CONTENTS"] = {row.name: _key(command.address, row) for row in rows}
    return node


def _keys(command: Command) -> list[Param | Field]:
    meant = set(meant_for(command.task or "generate"))
    if command.live:
        return list(LIVE.values())
    names = set(key_names(command))
    return [
        *(param for name, param in PARAMS.items() if name in names & meant),
        *(param for name, param in HANDLING.items() if name in names),
        *(field for name, field in PLAYING.items() if name in names),
    ]


def _key(address: str, param: Param | Field) -> Node:
    unit = f", in {param.unit}" if param.unit else ""
    return {
        "FULL_PATH": f"{address}/{param.name}",
        "DESCRIPTION": f"{param.help}{unit}. Sent after the arguments of {address}: s {param.name}, {param.tag} value",
        "ACCESS": _NOTHING,
        "TYPE": param.tag,
        "RANGE": [_range(param)],
    }


def _reply(reply: Reply, values: Mapping[str, Args]) -> Node:
    public = reply.address in PUBLIC
    node: Node = {"FULL_PATH": reply.address, "DESCRIPTION": reply.help, "ACCESS": _READ if public else _NOTHING}
    node |= _types(reply.args)
    if public and reply.address in values:
        node["VALUE"] = list(values[reply.address])
        node["TYPE"] += "s" * (len(node["VALUE"]) - len(node["TYPE"]))  # the last argument may repeat
        node["RANGE"] += [None] * (len(node["VALUE"]) - len(node["RANGE"]))
    return node


def _types(args: tuple[Arg, ...] | list[Arg]) -> Node:
    ranges = [_range(PARAMS[arg.param]) if arg.param else None for arg in args]
    return {"TYPE": "".join(arg.tag for arg in args), "RANGE": ranges}


def _range(param: Param | Field) -> dict[str, Any] | None:
    """What values are allowed; None for text of any words."""
    if param.choices:
        return {"VALS": list(param.choices)}
    return None if param.tag == "s" else {"MIN": param.low, "MAX": param.high}

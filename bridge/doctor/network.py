"""The ports: free, or who answers there; who can reach them; whether hosts can find them."""

from __future__ import annotations

import contextlib
import errno
import http.client
import importlib.util
import json
import socket
import struct
from collections.abc import Callable

from bridge.access import datagram_host, is_local, stream_hosts
from bridge.config import HOST, Config
from bridge.doctor.finding import Finding
from bridge.knock import ask, knock
from bridge.osc import Message, decode, encode

_SECONDS = 1.5
_MDNS = "224.0.0.251"


def ports(config: Config) -> list[Finding]:
    """The three ports of the settings."""
    datagrams = (socket.SOCK_DGRAM, (datagram_host(config.host),))
    streams = (socket.SOCK_STREAM, stream_hosts(config.host))
    return [
        _port(f"UDP port {config.osc_port}", *datagrams, config.osc_port, "--osc-port", _osc_over_udp),
        _port(f"TCP port {config.osc_port}", *streams, config.osc_port, "--osc-port", _osc_over_tcp),
        _port(f"HTTP port {config.http_port}", *streams, config.http_port, "--http-port", _health),
    ]


def _port(
    name: str, kind: socket.SocketKind, hosts: tuple[str, ...], port: int, option: str, ask: Callable[[int], str]
) -> Finding:
    if port == 0:
        return Finding(name, True, "any free one")
    for host in hosts:
        error = _why_not_free(kind, host, port)
        if error == errno.EADDRINUSE:
            with contextlib.suppress(OSError, ValueError):
                return Finding(name, True, f"a bridge is running: {ask(port)}")
            return Finding(name, False, f"in use by another program on {host}: choose another with {option}")
        if error == errno.EADDRNOTAVAIL:
            return Finding(name, False, f"{host} is no address of this machine: change host in the settings")
        if error:
            return Finding(name, False, f"cannot be opened on {host}: {errno.errorcode.get(error, error)}")
    return Finding(name, True, f"free on {' and '.join(hosts)}")


def _why_not_free(kind: socket.SocketKind, host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, kind) as sock:
            if kind == socket.SOCK_STREAM:  # as the bridge does it: connections that ended a moment ago do not count
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, port))
            if kind == socket.SOCK_STREAM:
                sock.listen(1)
    except OSError as error:
        return error.errno or errno.EIO
    return 0


def _osc_over_udp(port: int) -> str:
    if (found := knock(port)) is None:
        raise ValueError("no bridge")
    return f"version {found.version}, model {found.model}"


def _osc_over_tcp(port: int) -> str:
    with socket.create_connection((HOST, port), _SECONDS) as sock:
        packet = encode("/bridge/hello", "bridge doctor")
        sock.sendall(len(packet).to_bytes(4, "big") + packet)
        with sock.makefile("rb") as file:
            return _who(file.read(int.from_bytes(file.read(4), "big") & 0xFFFF))


def _who(packet: bytes) -> str:
    for element in decode(packet):
        if isinstance(element, Message) and element.address in ("/bridge/ready", "/bridge/loading"):
            version, model = map(str, element.args[:2])
            return f"version {version}, model {model}"
    raise ValueError("no bridge")


def _health(port: int) -> str:
    connection = http.client.HTTPConnection(HOST, port, timeout=_SECONDS)
    try:
        connection.request("GET", "/health")
        facts = json.loads(connection.getresponse().read(65536))
        return f"version {facts['version']}, model {facts['model']}"
    except (http.client.HTTPException, KeyError, TypeError) as error:
        raise ValueError("no bridge") from error
    finally:
        connection.close()


def playing(config: Config) -> list[Finding]:
    """What a bridge that is running plays by, and why nothing is heard of it, where that is so."""
    match ask(config.osc_port, encode("/live/status"), ("/live/state",)) if config.osc_port else None:
        case Message(_, (str(player), str(device), int(rate), _, _, int(underruns), *_, str(why))):
            text = f"the running bridge plays by {player} {device}".rstrip() + f" at {rate} Hz, {underruns} gaps so far"
            if not player:
                text = "the running bridge plays nothing yet"
            return [Finding("player", not why, why or text, core=False)]
    return []


def reach(config: Config) -> list[Finding]:
    """Who can reach the bridge, and the token for those who need one."""
    from bridge.token import VARIABLE, BadToken, read_token, token_file

    local = is_local(config.host)
    text = "programs on this machine" if local else f"other machines by {config.host}: TCP and HTTP with the token"
    found = [Finding("reach", True, text)]
    try:
        token = read_token()
    except BadToken as error:
        return [*found, Finding("token", False, str(error), core=not local)]
    if token is None:
        why = "none, and none is needed on this machine" if local else "none: make one with `bridge token`"
        return [*found, Finding("token", local, why)]
    where = VARIABLE if read_token({}) != token else f"{token_file()}, which only you can read"
    return [*found, Finding("token", True, where)]


def discovery(config: Config) -> Finding:
    """Whether zeroconf can speak to the network's other programs (multicast DNS)."""
    name = "mDNS"
    if not config.announce:
        return Finding(name, True, "switched off by the setting announce")
    if importlib.util.find_spec("zeroconf") is None:
        raise ModuleNotFoundError("zeroconf is missing", name="zeroconf")
    # as `bridge.announce` does it: on loopback, and to the others where they come by IPv4
    host = HOST if is_local(config.host) or config.host == "0.0.0.0" or ":" in config.host else config.host
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            group = struct.pack("4s4s", socket.inet_aton(_MDNS), socket.inet_aton(host))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(host))
            sock.sendto(b"", (_MDNS, 5353))
    except OSError as error:
        why = f"no multicast on {host} ({error.strerror}): hosts do not find the ports by themselves, name them"
        return Finding(name, False, why, core=False)
    return Finding(name, True, f"hosts find the ports by zeroconf on {host}")

"""Who may speak to the daemon, and from where. Pure functions, no sockets.

Programs on this machine come over loopback and need nothing. Everybody else needs the token, speaks TCP or HTTP only,
and is let in only where the setting ``host`` opens a door at all: a datagram's sender can be forged, so UDP never
leaves loopback.
"""

from __future__ import annotations

import ipaddress
import socket

from bridge.config import HOST

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def is_local(host: str) -> bool:
    """True for an address that only programs on this machine can have."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def stream_hosts(host: str) -> tuple[str, ...]:
    """The addresses that TCP and HTTP listen on: loopback in any case, so that this machine's own programs need not
    know of the setting."""
    return (host,) if is_local(host) or host == "0.0.0.0" else (HOST, host)


def datagram_host(host: str) -> str:
    """The address that UDP listens on: loopback, whatever the setting."""
    return host if is_local(host) else HOST


def in_url(host: str) -> str:
    """An address as it stands before a port: IPv6's in brackets."""
    return f"[{host}]" if ":" in host else host


def own_names() -> frozenset[str]:
    """The names under which other machines may look for this one."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return frozenset({name, short, f"{short}.local"})

"""Who has the OSC port? One packet over UDP, and its answer."""

from __future__ import annotations

import socket
import time
from typing import NamedTuple

from bridge.config import HOST
from bridge.osc import Message, decode, encode

SECONDS = 1.5
"""How long a busy daemon may take to answer. Where none is, the system says so at once."""


class Daemon(NamedTuple):
    """What a daemon says of itself."""

    version: str
    model: str


def knock(port: int, host: str = HOST, seconds: float = SECONDS) -> Daemon | None:
    """The daemon on this UDP port; None where nobody answers as one does."""
    match ask(port, encode("/bridge/hello", "bridge doctor"), ("/bridge/ready", "/bridge/loading"), host, seconds):
        case Message(_, (str(version), str(model), *_)):
            return Daemon(version, model)
    return None


def ask(
    port: int, packet: bytes, wanted: tuple[str, ...], host: str = HOST, seconds: float = SECONDS
) -> Message | None:
    """Send a packet to this UDP port. Returns the first answer at one of the addresses; None where none comes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        # a connected socket takes answers from there only, and learns at once that nobody listens
        sock.connect((host, port))
        end = time.monotonic() + seconds
        try:
            sock.send(packet)
            while (left := end - time.monotonic()) > 0:
                sock.settimeout(left)
                for element in decode(sock.recv(65535)):
                    if isinstance(element, Message) and element.address in wanted:
                        return element
        except OSError:
            pass
    return None

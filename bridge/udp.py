"""The OSC port: datagrams in, datagrams out, on asyncio. On loopback only, as anybody can forge a datagram's sender."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from typing import Any, cast

from bridge.access import is_local
from bridge.clients import Address
from bridge.limits import Gate
from bridge.osc import MAX_PACKET, decode, encode

log = logging.getLogger("bridge")

_SEND_BUFFER = 4 << 20  # bytes that may wait to leave; beyond it replies are dropped, as a full network would
_RECEIVE_BUFFER = 4 << 20  # a burst of small datagrams costs the kernel about 2 kB each


class PortInUse(OSError):
    """Another program listens on the port."""


class OscPort(asyncio.DatagramProtocol):
    """A bound UDP port. Made by `open_port`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._transport: asyncio.DatagramTransport | None = None
        self.address: Address = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # asyncio's own is not registered as one
        self.address = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Called by asyncio. What we send to ourselves (a forged or mistaken reply port) is dropped."""
        sender = (str(addr[0]), addr[1])
        if sender != self.address and is_local(sender[0]):
            self._gate.take(decode(data), sender)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio when the port is closed."""
        if exc is not None:
            log.error("the OSC port for datagrams was closed by the system: %s", exc)

    def error_received(self, exc: Exception) -> None:
        """Called by asyncio. A client that has gone is not our concern; its jobs go on."""
        log.debug("a reply could not be delivered: %s", exc)

    def send(self, to: tuple[Address, ...], address: str, args: tuple[int | float | str | bytes, ...]) -> None:
        """Send one message to each address; never blocks and never raises for a receiver that is not there."""
        packet = encode(address, *args)
        if len(packet) > MAX_PACKET:
            log.warning("a reply %s of %d bytes is more than %d", address, len(packet), MAX_PACKET)
        for receiver in to:
            reachable = receiver != self.address and is_local(receiver[0])
            if self._transport is not None and reachable and self._takes_more():
                self._transport.sendto(packet, receiver)

    def _takes_more(self) -> bool:
        transport: Any = self._transport  # the type stubs of datagram transports lack get_write_buffer_size
        return not transport.is_closing() and transport.get_write_buffer_size() < _SEND_BUFFER

    def close(self) -> None:
        """Close the port."""
        if self._transport is not None:
            self._transport.close()


async def open_port(host: str, port: int, gate: Gate) -> OscPort:
    """Bind a UDP port on loopback; 0 takes any free one. Raises PortInUse, or OSError when there is another reason."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(error.errno, f"UDP port {port} on {host} is in use") from error
        raise
    sock.setblocking(False)
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(lambda: OscPort(gate), sock=sock)
    return protocol

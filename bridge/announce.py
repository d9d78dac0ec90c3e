"""The daemon's name on the network, so that hosts find it without being told a port (zeroconf, Bonjour).

What listens on loopback is announced on loopback only; what other machines can reach, HTTP and OSC over TCP, is
announced to them, too. Where there is no multicast the daemon works as well without.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket

from bridge.access import datagram_host, is_local
from bridge.oscquery import NAME

log = logging.getLogger("bridge")

HTTP, UDP, TCP = "_oscjson._tcp.local.", "_osc._udp.local.", "_osc._tcp.local."
"""OSCQuery's tree, and the OSC port over either transport, as programs look for them."""

_SECONDS = 5.0
_SOMEWHERE = ("192.0.2.1", 9)  # never asked: RFC 5737's example network is only looked up among the routes


class Announcement:
    """What one daemon says of itself while it runs."""

    def __init__(self) -> None:
        self._zeroconfs: list[object] = []

    async def open(self, host: str, osc_port: int, http_port: int) -> bool:
        """Announce the ports, on loopback and on the host's network. False, with a line in the log, where that cannot
        be done."""
        here = await self._open(datagram_host(host), {HTTP: http_port, UDP: osc_port})
        if is_local(host) or ":" in host:
            return here
        return await self._open(_address_of(host), {HTTP: http_port, TCP: osc_port}) and here

    async def _open(self, host: str, ports: dict[str, int]) -> bool:
        try:
            from zeroconf import Error, ServiceInfo
            from zeroconf.asyncio import AsyncZeroconf
        except ImportError as error:
            log.info("not announced: %s", error)
            return False
        try:
            zeroconf = AsyncZeroconf(interfaces=[host])
            self._zeroconfs.append(zeroconf)
            number = min(ports[type_] for type_ in ports if type_ != HTTP)
            for type_, port in ports.items():
                name = f"{NAME} on {socket.gethostname().partition('.')[0]} {number}"[:63]
                info = ServiceInfo(
                    type_, f"{name}.{type_}", port=port, addresses=[socket.inet_aton(host)],
                    server=f"{NAME}-{number}.local.",
                )  # fmt: skip
                async with asyncio.timeout(_SECONDS):
                    await (await zeroconf.async_register_service(info, allow_name_change=True))
        except (OSError, Error, TimeoutError, RuntimeError) as error:
            log.info("not announced on %s: %s", host, error or type(error).__name__)
            return False
        return True

    async def close(self) -> None:
        """Say goodbye."""
        zeroconfs, self._zeroconfs = self._zeroconfs, []
        for zeroconf in zeroconfs:
            with contextlib.suppress(Exception):  # whatever it is, the daemon is to end
                async with asyncio.timeout(_SECONDS):
                    await zeroconf.async_unregister_all_services()  # type: ignore[attr-defined]
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_SECONDS):
                    await zeroconf.async_close()  # type: ignore[attr-defined]


def _address_of(host: str) -> str:
    """The address to announce: the host itself; for all of this machine's, the one that leads out of it."""
    if host != "0.0.0.0":
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_SOMEWHERE)  # sends nothing
            return str(probe.getsockname()[0])
        except OSError:
            return datagram_host(host)

"""The daemon's name on the network, so that hosts find it without being told a port (zeroconf, Bonjour).

What listens on loopback is announced on loopback only. Where there is no multicast the daemon works as well without.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket

from bridge.oscquery import NAME

log = logging.getLogger("bridge")

TYPES = ("_oscjson._tcp.local.", "_osc._udp.local.")
"""OSCQuery's tree, and the OSC port."""

_SECONDS = 5.0


class Announcement:
    """What one daemon says of itself while it runs."""

    def __init__(self) -> None:
        self._zeroconf: object | None = None

    async def open(self, host: str, osc_port: int, http_port: int) -> bool:
        """Announce both ports. False, with a line in the log, where that cannot be done."""
        try:
            from zeroconf import Error, ServiceInfo
            from zeroconf.asyncio import AsyncZeroconf
        except ImportError as error:
            log.info("not announced: %s", error)
            return False
        zeroconf: AsyncZeroconf | None = None
        try:
            zeroconf = AsyncZeroconf(interfaces=[host])
            self._zeroconf = zeroconf
            for type_, port in zip(TYPES, (http_port, osc_port), strict=True):
                name = f"{NAME} on {socket.gethostname().partition('.')[0]} {osc_port}"[:63]
                info = ServiceInfo(
                    type_, f"{name}.{type_}", port=port, addresses=[socket.inet_aton(host)],
                    server=f"{NAME}-{osc_port}.local.",
                )  # fmt: skip
                async with asyncio.timeout(_SECONDS):
                    await (await zeroconf.async_register_service(info, allow_name_change=True))
        except (OSError, Error, TimeoutError, RuntimeError) as error:
            log.info("not announced: %s", error or type(error).__name__)
            await self.close()
            return False
        return True

    async def close(self) -> None:
        """Say goodbye."""
        zeroconf, self._zeroconf = self._zeroconf, None
        if zeroconf is not None:
            with contextlib.suppress(Exception):  # whatever it is, the daemon is to end
                async with asyncio.timeout(_SECONDS):
                    await zeroconf.async_unregister_all_services()  # type: ignore[attr-defined]
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_SECONDS):
                    await zeroconf.async_close()  # type: ignore[attr-defined]

"""Every way in and out of the daemon, and which of them a reply takes.

An address of two parts, host and port, is a UDP client's. One of three is a connection's: host, port, and a name that
is never used twice, as ports are.
"""

from __future__ import annotations

from pathlib import Path

from bridge.access import datagram_host, stream_hosts
from bridge.clients import Address
from bridge.hub import Args, Hub
from bridge.limits import Gate
from bridge.spool import Spool
from bridge.streams import Streams
from bridge.tcp import Gone, StreamPort, open_stream_port
from bridge.token import Keys
from bridge.udp import OscPort, PortInUse, open_port

_TRIES = 20


class Ports:
    """The open ports of one daemon. ``gate`` gets what comes in, ``gone`` is told which connections have ended,
    ``keys`` know the token."""

    def __init__(self, gate: Gate, gone: Gone, keys: Keys) -> None:
        self._gate = gate
        self._gone = gone
        self._keys = keys
        self._datagrams: OscPort | None = None
        self._streams: StreamPort | None = None
        self._spool: Spool | None = None
        self.hub = Hub()
        self.pieces = Streams(self._deliver, self._room)

    @property
    def osc_port(self) -> int:
        """The OSC port, the same for UDP and TCP; 0 before it is open."""
        return self._datagrams.address[1] if self._datagrams else 0

    @property
    def streams(self) -> int:
        """How many clients are connected over TCP."""
        return len(self._streams) if self._streams else 0

    async def open(self, host: str, osc_port: int) -> None:
        """Open the OSC port: for TCP on the host and on loopback, for UDP on loopback. Raises PortInUse, OSError or
        OverflowError, with nothing left open."""
        for tries_left in reversed(range(_TRIES)):
            self._datagrams = await open_port(datagram_host(host), osc_port, self._gate)
            try:
                self._streams = await open_stream_port(
                    stream_hosts(host), self.osc_port, self._gate, self._gone, self._keys
                )
                return
            except OSError as error:
                self._datagrams.close()
                self._datagrams = None
                # any free port was asked for, and the one we got is free for datagrams only
                if osc_port or not tries_left or not isinstance(error, PortInUse):
                    raise

    def open_spool(self, folder: Path | None, clips: Path) -> None:
        """Look into the spool, if there is to be one."""
        if folder is not None:
            self._spool = Spool(folder, clips, self._gate, self.hub, self._gone)
            self._spool.open()

    def send(self, to: tuple[Address, ...], address: str, args: Args) -> None:
        """Send one message to each address; never blocks, and never raises for a client that is not there."""
        datagrams = tuple(receiver for receiver in to if len(receiver) == 2)
        if datagrams and self._datagrams is not None:
            self._datagrams.send(datagrams, address, args)
        for receiver in to:
            if self._connected(receiver) and not self.pieces.holds(receiver, address, args):
                self._deliver(receiver, address, args)
        self.hub.send(to, address, args, lambda receiver: self.pieces.holds(receiver, address, args))

    def _deliver(self, to: Address, address: str, args: Args) -> None:
        """Send to one connection what was held back for it."""
        if self._streams is not None and to in self._streams:
            self._streams.send(to, address, args)
        else:
            self.hub.tell(to, address, args)

    def _connected(self, to: Address) -> bool:
        return self._streams is not None and to in self._streams

    def _room(self, to: Address) -> bool | None:
        if self._streams is not None and to in self._streams:
            return self._streams.room(to)
        return self.hub.room(to)

    async def close(self) -> None:
        """Close everything."""
        if self._datagrams is not None:
            self._datagrams.close()
        if self._streams is not None:
            await self._streams.close()
        if self._spool is not None:
            await self._spool.close()

"""Where a bridge is, and what it wants to be shown: from what the caller says, the environment and the settings."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from urllib.parse import urlsplit

from bridge.access import LOOPBACK_NAMES, is_local
from bridge.client.errors import NotAllowed
from bridge.config import HOST, HTTP_PORT
from bridge.token import VARIABLE, BadToken, read_token, token_file


@dataclass(frozen=True, slots=True)
class Where:
    """The HTTP port of a bridge."""

    host: str
    port: int
    token: str | None = None
    secure: bool = False

    @property
    def local(self) -> bool:
        """True if it is on this machine, as far as the address tells."""
        return self.host in LOOPBACK_NAMES or is_local(self.host)

    @property
    def http(self) -> str:
        """Where its requests go."""
        return f"http{'s' if self.secure else ''}://{self._authority}"

    @property
    def websocket(self) -> str:
        """Where its WebSockets are."""
        return f"ws{'s' if self.secure else ''}://{self._authority}"

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def _authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return self._authority


def where(address: str | int | None = None, token: str | None = None) -> Where:
    """A bridge's address. A number is a port of this machine, a text is "host", "host:port" or a URL; None is the
    bridge that the settings of this machine describe. Raises ValueError for what is no address, NotAllowed where a
    token is needed and there is none."""
    if address is None:
        address = _usual_port()
    if isinstance(address, int):
        if not 1 <= address <= 65535:
            raise ValueError(f"a port must be 1 to 65535, got {address}")
        return Where(HOST, address, token)
    try:
        parts = urlsplit(address if "//" in address else f"//{address}", "http")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{address!r} is no address of a bridge: {error}") from None
    if not host or parts.scheme not in ("http", "https") or parts.path.strip("/"):
        raise ValueError(f"{address!r} is no address of a bridge: it must be a host, host:port or http://host:port")
    secure = parts.scheme == "https"
    found = Where(host, port or (443 if secure else HTTP_PORT), token, secure)
    return found if token or found.local else dataclasses.replace(found, token=_own_token())


def _usual_port() -> int:
    from bridge.settings import BadSetting, resolve

    try:
        return int(resolve({})["http_port"].value) or HTTP_PORT
    except BadSetting:  # whoever serves is told; who asks may find the bridge where it usually is
        return HTTP_PORT


def _own_token() -> str:
    """The token that this machine would let others in with. A bridge here asks for none, and is shown none."""
    try:
        if token := read_token():
            return token
    except BadToken as bad:
        raise NotAllowed(str(bad), "token") from None
    text = "a bridge on another machine wants the token that `bridge token` shows there: give it as token"
    raise NotAllowed(f"{text}, in {VARIABLE}, or in {token_file()}", "token")

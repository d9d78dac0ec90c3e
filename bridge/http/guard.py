"""Who may speak to the HTTP port: programs on this machine, and pages that it served itself.

A browser sends requests for any page that it shows, also to this machine. Two headers, which no page can change, tell
where a request comes from: `Origin` names the page's site, and `Host` the name under which this machine was found, so
that a site whose name was pointed at 127.0.0.1 (DNS rebinding) is known by it.
"""

from __future__ import annotations

import json
import string
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_IN_A_HOST = frozenset(string.ascii_letters + string.digits + ".-:[]")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Guard:
    """Passes on what may speak to ``app``, and refuses everything else with 403. ``host`` is the one listened on."""

    def __init__(self, app: App, host: str) -> None:
        self._app = app
        self._names = LOOPBACK | {host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        reason = self.why_not(scope["headers"]) if scope["type"] in ("http", "websocket") else None
        if reason is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": reason})
        else:
            body = json.dumps({"code": "forbidden", "text": reason}).encode()
            headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    def why_not(self, headers: list[tuple[bytes, bytes]]) -> str | None:
        """Why a request with these headers is refused; None if it is not."""
        hosts = [value.decode("latin-1") for name, value in headers if name.lower() == b"host"]
        if len(hosts) != 1 or _hostname(hosts[0]) not in self._names:
            return "the Host header must name this machine: 127.0.0.1 or localhost"
        for name, value in headers:
            if name.lower() == b"origin" and value.decode("latin-1").lower() != f"http://{hosts[0].lower()}":
                return "pages of other sites may not speak to the bridge"
        return None


def _hostname(host: str) -> str:
    if not set(host) <= _IN_A_HOST:
        return ""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""

"""Who may speak to the HTTP port: programs on this machine, pages that it served itself, and who has the token.

A browser sends requests for any page that it shows, also to this machine. Two headers, which no page can change, tell
where a request comes from: `Origin` names the page's site, and `Host` the name under which this machine was found, so
that a site whose name was pointed at 127.0.0.1, or at this machine's other address (DNS rebinding), is known by it.

A client of another machine sends the token in every request, ``Authorization: Bearer …``. A browser cannot do that for
a WebSocket: its page names the subprotocols ``bridge`` and ``bridge-token.…`` instead, or sends the token as its first
message.
"""

from __future__ import annotations

import json
import math
import string
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bridge.access import LOOPBACK_NAMES, is_local, own_names
from bridge.clients import Address
from bridge.limits import Limiter
from bridge.token import Keys

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

SUBPROTOCOL = "bridge"
TOKEN_SUBPROTOCOL = "bridge-token."
"""The token follows; the characters that it is made of may stand in a subprotocol's name."""

TOKEN = "bridge.token"
"""In a request's scope: the token that let its client in, None where it has yet to show one; absent on this machine."""

_IN_A_HOST = frozenset(string.ascii_letters + string.digits + "._-:[]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer to what is not let in."""

    status: int
    code: str
    text: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Guard:
    """Passes on what may speak to ``app``, and refuses everything else."""

    def __init__(self, app: App, keys: Keys, limiter: Limiter) -> None:
        self._app = app
        self._keys = keys
        self._limiter = limiter
        self._names = own_names()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        refusal = self.why_not(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.text})
        else:
            body = json.dumps({"code": refusal.code, "text": refusal.text}).encode()
            headers = [(b"content-type", b"application/json"), (b"connection", b"close"), *refusal.headers]
            await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    def why_not(self, scope: Scope) -> Refusal | None:
        """Why a request is refused; None if it is not. Puts the token that it showed into its scope."""
        host = scope["client"][0] if scope.get("client") else ""
        who: Address = (host, 0, "http")
        if seconds := self._limiter.wait(who):
            text = "one client may send no more requests a second; send it again in a moment"
            return Refusal(429, "rate", text, ((b"retry-after", str(math.ceil(seconds)).encode()),))
        self._limiter.charge(who, 1)
        return self._wrong_site(scope, is_local(host)) or (None if is_local(host) else self._stranger(scope, who))

    def _wrong_site(self, scope: Scope, local: bool) -> Refusal | None:
        """A page of another site, by its Origin or by the Host under which it found us."""
        hosts = _all(scope["headers"], b"host")
        here = scope["server"][0] if scope.get("server") else ""
        # a name could be anybody's, so it is good enough only where the token is asked for, too
        names = {here, *LOOPBACK_NAMES} if local else {here, *self._names}
        if len(hosts) != 1 or _hostname(hosts[0]) not in names:
            return Refusal(403, "forbidden", "the Host header must name this machine: 127.0.0.1, localhost, "
                                             "or the address that was listened on")  # fmt: skip
        if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in _all(scope["headers"], b"origin")):
            return Refusal(403, "forbidden", "pages of other sites may not speak to the bridge")
        return None

    def _stranger(self, scope: Scope, who: Address) -> Refusal | None:
        shown = [value.partition(" ") for value in _all(scope["headers"], b"authorization")]
        tokens = [token.strip() for kind, _, token in shown if kind.lower() == "bearer"]
        for name in scope.get("subprotocols", ()):
            if name.startswith(TOKEN_SUBPROTOCOL):
                tokens.append(name.removeprefix(TOKEN_SUBPROTOCOL))
        if len(tokens) == 1 and self._keys.accepts(tokens[0]):
            scope[TOKEN] = tokens[0]
            return None
        if scope["type"] == "websocket" and not tokens:
            scope[TOKEN] = None  # it may come as the first message
            return None
        if tokens:
            self._limiter.wrong_token(who)
        text = "from another machine, send the token that `bridge token` shows there: Authorization: Bearer …"
        return Refusal(401, "token", text, ((b"www-authenticate", b'Bearer realm="bridge"'),))


def _all(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key.lower() == name]


def _hostname(host: str) -> str:
    if not set(host) <= _IN_A_HOST:
        return ""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""

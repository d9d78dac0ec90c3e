"""The HTTP port's routes. Every command is the table's, and answered by the desk; the rest is reading and audio.

``POST`` to a command's address with its arguments as a JSON object sends it. ``GET /jobs``, ``GET /jobs/ID``,
``GET /jobs/ID/takes/0`` read; ``POST /clips?name=…`` takes audio in; ``/events`` is a WebSocket. Every other path is
OSCQuery's, by GET and by WebSocket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bridge import oscquery
from bridge.clients import Address
from bridge.desk import Desk
from bridge.http.calls import MAX_BODY, as_json, element, job_as_json, parse, plain, status
from bridge.http.clips import CHUNK_SECONDS, BadClip, Clips
from bridge.http.files import OpenFile
from bridge.http.guard import App, Guard
from bridge.http.metrics import CONTENT_TYPE, Metrics
from bridge.http.sockets import MAX_SOCKETS, TOO_SLOW, Events, Query, Socket, serve
from bridge.http.sound import Sound
from bridge.hub import Args, Hub
from bridge.inbox import Refused
from bridge.jobs import Job
from bridge.limits import Gate
from bridge.token import Keys
from bridge.vitals import Facts, Vitals
from engine import __version__

MAX_IDS = 64
"""Jobs that a socket can be told of by name."""

_TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".oga": "audio/ogg"}


class _Answers:
    """The session of one command over HTTP: it keeps what it is told until the command was answered."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.replies: list[dict[str, Any]] = []

    def wants(self, address: str, args: Args) -> bool:
        return False

    def tell(self, address: str, args: Args) -> None:
        self.replies.append(as_json(address, args))


class Web:
    """What the routes share. ``others`` counts the connections of other transports, for the metrics; ``host_info`` is
    OSCQuery's, for clients that came to an address of ours; ``gate`` leads to the desk, ``keys`` know the token,
    ``facts`` are what only the daemon knows."""

    def __init__(
        self, desk: Desk, gate: Gate, hub: Hub, clips: Clips, others: Callable[[], dict[str, int]],
        host_info: Callable[[str], dict[str, Any]], keys: Keys,
        facts: Callable[[], Facts],
    ) -> None:  # fmt: skip
        self._desk = desk
        self._gate = gate
        self._keys = keys
        self._hub = hub
        self._clips = clips
        self._sockets = 0
        self._others = others
        self._metrics = Metrics(desk, self._sessions, hub.name("", 0, "metrics"))
        hub.join(self._metrics)
        self._vitals = Vitals(desk, facts, self._sessions, hub.name("", 0, "vitals"))
        hub.join(self._vitals)
        self._host_info = host_info
        self._latest = oscquery.Latest(hub.name("", 0, "oscquery"))
        hub.join(self._latest)

    def app(self) -> App:
        """The application, guarded."""
        routes = [
            Route("/health", self.health, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
            Route("/vitals", self.vitals, methods=["GET"]),
            Route("/jobs", self.jobs, methods=["GET"]),
            Route("/jobs/{id:path}/takes/{take:int}", self.take, methods=["GET"]),
            Route("/jobs/{id:path}", self.job, methods=["GET"]),
            Route("/clips", self.send_clip, methods=["POST"]),
            Route("/clips/{name}", self.clip, methods=["GET", "DELETE"]),
            WebSocketRoute("/events", self.events),
            WebSocketRoute("/sound", self.sound),
            Route("/{path:path}", self.command, methods=["POST"]),
            Route("/{path:path}", self.query, methods=["GET"]),
            WebSocketRoute("/{path:path}", self.listen),
        ]
        inside = Starlette(routes=routes, exception_handlers={HTTPException: _failed, Refused: _refused})
        return Guard(inside, self._keys, self._gate.limiter)

    def _sessions(self) -> dict[str, int]:
        return {**self._others(), "websocket": self._sockets}

    async def health(self, request: Request) -> Response:
        """200 when a job would be rendered at once, 503 while the model is loaded."""
        ready = self._desk.ready
        facts = {
            "status": "ready" if ready else "loading",
            "version": __version__,
            "model": self._desk.model,
            "rate": ready.rate if ready else None,
            "tasks": list(ready.tasks) if ready else [],
            "jobs": len(self._desk.jobs.live()),
        }
        return JSONResponse(facts, 200 if ready else 503)

    async def metrics(self, request: Request) -> Response:
        """For Prometheus."""
        return Response(self._metrics.text(), media_type=CONTENT_TYPE)

    async def vitals(self, request: Request) -> Response:
        """What is being done at this moment, and how fast."""
        return JSONResponse(self._vitals.now())

    async def command(self, request: Request) -> Response:
        """A command of the table, its arguments as JSON; answered with what the desk replied at once."""
        sent = element({"address": request.url.path, "args": parse(await _body(request) or b"{}")})
        answers = _Answers(self._hub.name(*_client(request.client), "http"))
        self._hub.join(answers)
        try:
            self._gate.receive([sent], answers.address)
        finally:
            self._hub.leave(answers)
            self._desk.gone(answers.address)
        queued = next((one for one in answers.replies if one["address"] == "/job/queued"), None)
        headers = {"Location": f"/jobs/{quote(queued['args']['id'], safe='')}"} if queued else {}
        return JSONResponse({"replies": answers.replies}, status(answers.replies), headers)

    async def jobs(self, request: Request) -> Response:
        """All jobs that are known."""
        return JSONResponse({"jobs": [self._job(job) for job in self._desk.jobs]})

    async def job(self, request: Request) -> Response:
        """One job."""
        return JSONResponse(self._job(self._find(request)))

    def _find(self, request: Request) -> Job:
        job = self._desk.find(request.path_params["id"])
        if job is None:
            raise HTTPException(404, "there is no job of this id")
        return job

    def _job(self, job: Job) -> dict[str, Any]:
        self._desk.retelling.note_told(job)
        facts = job_as_json(job, None if job.state.ended else self._desk.jobs.position(job))
        for take in facts["takes"]:
            take["url"] = f"/jobs/{quote(job.id, safe='')}/takes/{take['take']}"
        return facts

    async def take(self, request: Request) -> Response:
        """A take's file. Only what the desk knows as a take can be had."""
        job = self._find(request)
        self._desk.retelling.note_told(job)
        written = job.takes.get(request.path_params["take"])
        if written is None:
            raise HTTPException(404, "there is no such take")
        return _file(written.path, "audio/wav")

    async def send_clip(self, request: Request) -> Response:
        """Take a clip in: the body is the file, ``?name=`` its name. The answer's path is for the commands."""
        length = request.headers.get("content-length", "")
        self._clips.sweep(self._desk.needed())
        try:
            name = request.query_params.get("name", "")
            path = await self._clips.take_in(name, int(length) if length.isdecimal() else None, _chunks(request))
        except BadClip as bad:
            raise HTTPException(bad.status, str(bad), {"Connection": "close"}) from None
        except ClientDisconnect:
            return Response(status_code=400)
        facts = {"name": path.name, "path": str(path), "bytes": path.stat().st_size}
        return JSONResponse(facts, 201, {"Location": f"/clips/{quote(path.name)}"})

    async def clip(self, request: Request) -> Response:
        """Read or remove a clip."""
        try:
            path = self._clips.find(request.path_params["name"])
        except BadClip as bad:
            raise HTTPException(bad.status, str(bad)) from None
        if request.method == "DELETE":
            path.unlink(missing_ok=True)
            return Response(status_code=204)
        return _file(path, _TYPES.get(path.suffix, "application/octet-stream"))

    async def events(self, socket: WebSocket) -> None:
        """Commands and events as JSON. ``?id=`` names the jobs to hear of, all if it is not given; with ``?jobs=own``
        none but those that this socket sends or follows."""
        address = self._hub.name(*_client(socket.client), "ws")
        await self._serve(socket, Events(socket, address, self._desk, self._gate, _ids(socket)))

    async def sound(self, socket: WebSocket) -> None:
        """What is heard, as PCM: ``?format=float32`` or ``int16``."""
        form = "int16" if socket.query_params.get("format") == "int16" else "float32"
        address = self._hub.name(*_client(socket.client), "ws")
        answers = self._desk.answers
        await self._serve(socket, Sound(socket, address, self._gate, answers.mixer, form, answers.open_output))

    async def query(self, request: Request) -> Response:
        """OSCQuery: a node and what is below it, or one of its attributes; or HOST_INFO."""
        wanted = request.url.query.partition("=")[0].partition("&")[0]
        if wanted == "HOST_INFO":
            return JSONResponse(self._host_info((request.scope.get("server") or ("",))[0]))
        node = oscquery.find(request.url.path, self._latest.values)
        if node is None:
            raise HTTPException(404, "there is nothing at this path")
        if not wanted:
            return JSONResponse(plain(node))
        if wanted not in (*oscquery.ATTRIBUTES, *oscquery.OTHER_ATTRIBUTES):
            raise HTTPException(400, f"attributes are HOST_INFO, {', '.join(oscquery.ATTRIBUTES)}")
        return JSONResponse(plain({wanted: node[wanted]})) if wanted in node else Response(status_code=204)

    async def listen(self, socket: WebSocket) -> None:
        """OSCQuery's socket, and OSC over WebSocket."""
        await self._serve(socket, Query(socket, self._hub.name(*_client(socket.client), "ws"), self._gate))

    async def _serve(self, socket: WebSocket, session: Socket) -> None:
        if self._sockets >= MAX_SOCKETS:
            await socket.close(TOO_SLOW)
            return
        self._sockets += 1
        try:
            await serve(socket, session, self._hub, self._desk, self._keys)
        finally:
            self._sockets -= 1


def _ids(socket: WebSocket) -> list[str]:
    """The jobs to overhear; no job has an empty id."""
    ids = socket.query_params.getlist("id")[:MAX_IDS]
    return [*ids, ""] if socket.query_params.get("jobs") == "own" else ids


def _file(path: Path, kind: str) -> Response:
    try:
        return OpenFile(path, kind)
    except OSError:
        raise HTTPException(404, "the file is not there any more") from None


async def _body(request: Request) -> bytes:
    body = bytearray()
    began = time.monotonic()
    async for chunk in _chunks(request):
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"a command must have 0 to {MAX_BODY} bytes", {"Connection": "close"})
        if time.monotonic() - began > CHUNK_SECONDS:  # byte by byte it would never end
            raise HTTPException(408, f"a command must come within {CHUNK_SECONDS:g} s", {"Connection": "close"})
    return bytes(body)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises HTTPException for one that stops coming, and ClientDisconnect."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(CHUNK_SECONDS):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise HTTPException(408, f"no bytes came for {CHUNK_SECONDS:g} s", {"Connection": "close"}) from None
        if chunk is None:
            return
        yield chunk


def _client(client: Any) -> tuple[str, int]:
    return (client.host, client.port) if client else ("", 0)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "not-allowed"}.get(error.status_code, "bad-request")
    text = error.detail if error.status_code != 405 else "send a command with POST; bridge commands lists them"
    return JSONResponse({"code": code, "text": text}, error.status_code, error.headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    reply = as_json("/bridge/error", (error.code, str(error)))
    return JSONResponse({"replies": [reply]}, status([reply]))

"""A small imitation of a Hugging Face hub on loopback: repositories, checksums, ranges, a store behind a redirect."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SHA = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the hub holds, and what it was asked for. ``corrupt`` names files that arrive changed."""

    repositories: dict[str, dict[str, bytes]]
    tags: list[str] = field(default_factory=lambda: ["license:cc-by-nc-sa-4.0"])
    status: int = 200
    corrupt: set[str] = field(default_factory=set)
    ranges: list[tuple[str, str]] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    url: str = ""

    def info(self, repository: str) -> dict[str, Any]:
        siblings = [
            {"rfilename": path, "size": len(data), "blobId": "b" * 40}
            | ({"lfs": {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "pointerSize": 134}}
               if path.endswith((".bin", ".safetensors")) else {})
            for path, data in self.repositories[repository].items()
        ]  # fmt: skip
        return {"_id": "1", "id": repository, "modelId": repository, "sha": SHA, "tags": self.tags,
                "siblings": siblings, "private": False, "downloads": 0, "likes": 0}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """Answers for the hub that its subclass names."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None: ...

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = self.path.split("?")[0].strip("/").split("/")
        if self.hub.status != 200:
            self.answer(self.hub.status, b"{}", {})
        elif parts[:2] == ["api", "models"]:
            self.repository("/".join(parts[2:4]))
        elif parts[0] == "store":
            self.file("/".join(parts[1:3]), "/".join(parts[3:]))
        elif "resolve" in parts:
            self.resolve("/".join(parts[:2]), "/".join(parts[4:]))
        else:
            self.answer(404, b"{}", {})

    def repository(self, name: str) -> None:
        if name in self.hub.repositories:
            self.answer(200, json.dumps(self.hub.info(name)).encode(), {"Content-Type": "application/json"})
        else:
            self.answer(404, b'{"error": "Repository not found"}', {"X-Error-Code": "RepoNotFound"})

    def resolve(self, repository: str, path: str) -> None:
        data = self.hub.repositories[repository][path]
        etag = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": SHA}
        if path.endswith((".bin", ".safetensors")):  # as the hub does: large files lie elsewhere
            more = {"X-Linked-Size": str(len(data)), "X-Linked-ETag": etag["ETag"]}
            self.answer(302, b"", etag | more | {"Location": f"{self.hub.url}/store/{repository}/{path}"})
        else:
            self.file(repository, path, etag)

    def file(self, repository: str, path: str, headers: dict[str, str] | None = None) -> None:
        data = self.hub.repositories[repository][path]
        if path in self.hub.corrupt:
            data = bytes(byte ^ 1 for byte in data)
        if self.command == "GET":
            self.hub.gets.append(path)
        wanted = self.headers.get("Range")
        if wanted is None:
            self.answer(200, data, headers or {})
            return
        self.hub.ranges.append((path, wanted))
        start = int(wanted.removeprefix("bytes=").split("-")[0])
        extent = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        self.answer(206, data[start:], (headers or {}) | extent)

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            try:
                self.wfile.write(body)
            except OSError:
                self.close_connection = True


@contextmanager
def imitation(hub: Hub) -> Iterator[Hub]:
    """Serve the hub on a free port of loopback while the context lasts; ``hub.url`` is its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("HubHandler", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A headless Chromium for tests, spoken to by its DevTools protocol: pages are opened and JavaScript is run in them."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--remote-debugging-port=0", "--mute-audio",
)  # fmt: skip


class Browser:
    """A running browser."""

    def __init__(self, devtools: ClientConnection) -> None:
        self._devtools = devtools
        self._numbers = itertools.count(1)

    def open(self, url: str) -> Page:
        """A new tab that has loaded a page."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = Page(self, session)
        failed = self.ask("Page.navigate", {"url": url}, session).get("errorText", "")
        assert not failed, f"{url}: {failed}"
        end = time.monotonic() + 20
        while page.run("document.readyState + location.href") != f"complete{url}":
            assert time.monotonic() < end, f"{url} was not loaded"
            time.sleep(0.05)
        return page

    def ask(self, method: str, params: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        number = next(self._numbers)
        where = {"sessionId": session} if session else {}
        self._devtools.send(json.dumps({"id": number, "method": method, "params": params} | where))
        while True:
            answer = json.loads(self._devtools.recv(timeout=60))
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def run(self, script: str) -> Any:
        """The value of an expression, of a promise what it is kept with. AssertionError for an exception."""
        params = {"expression": script, "awaitPromise": True, "returnByValue": True, "timeout": 40000}
        answer = self._browser.ask("Runtime.evaluate", params, self._session)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")


@contextlib.contextmanager
def browsing(program: str, folder: Path, names: str = "") -> Iterator[Browser]:
    """Start a browser; ``names`` says which host names lead where, as in ``MAP evil.example 127.0.0.1``."""
    log = folder / "browser.log"
    command = [program, *_OPTIONS, f"--user-data-dir={folder / 'profile'}", f"--host-resolver-rules={names}"]
    with log.open("w") as file:
        # in a group of its own: the program may be a script, which ends without the browser that it started
        process = subprocess.Popen(
            [*command, "about:blank"], stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        end = time.monotonic() + 40
        while not (found := re.search(r"DevTools listening on (ws://\S+)", log.read_text(errors="replace"))):
            assert process.poll() is None and time.monotonic() < end, log.read_text(errors="replace")
            time.sleep(0.05)
        with connect(found[1], max_size=None) as devtools:
            yield Browser(devtools)
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

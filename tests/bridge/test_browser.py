"""A real browser: its own page renders, listens and decodes over WebSocket, and pages of other sites get nothing."""

from __future__ import annotations

import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bridge.browser import PROGRAMS, Browser, browsing
from tests.bridge.test_http import ask

pytestmark = pytest.mark.peers

EVIL, REBOUND = "evil.example", "rebound.example"
NAMES = f"MAP {EVIL} 127.0.0.1, MAP {REBOUND} 127.0.0.1"

RENDER = """new Promise((keep, fail) => {
  const socket = new WebSocket(`ws://${location.host}/events`), heard = [];
  socket.onerror = () => fail(new Error("the socket failed"));
  socket.onopen = () => socket.send(JSON.stringify(
    {address: "/render/generate", args: {id: "browser", prompt: "A4", seconds: 1.5, seed: 7, rate: 44100}}));
  socket.onmessage = async (event) => {
    const reply = JSON.parse(event.data);
    if (reply.args.id === "browser") heard.push(reply.address);
    if (reply.address !== "/job/done") return;
    const job = await (await fetch("/jobs/browser")).json();
    const wav = await (await fetch(job.takes[0].url)).arrayBuffer();
    const clip = await new OfflineAudioContext(1, 1, 44100).decodeAudioData(wav);
    keep({heard, frames: clip.length, rate: clip.sampleRate, peak: Math.max(...clip.getChannelData(0))});
  };
})"""

OSC = """new Promise((keep, fail) => {
  const socket = new WebSocket(`ws://${location.host}/`);
  socket.binaryType = "arraybuffer";
  socket.onerror = () => fail(new Error("the socket failed"));
  socket.onopen = () => socket.send(new TextEncoder().encode("/job/list\\0\\0\\0,\\0\\0\\0"));
  socket.onmessage = (event) => {
    const address = new TextDecoder().decode(event.data).split("\\0")[0];
    if (address === "/job/listed") keep(address);
  };
})"""

TRESPASS = """(async (daemon) => {
  const socket = (path) => new Promise((keep) => {
    const one = new WebSocket(`ws://${daemon}${path}`);
    one.onopen = () => keep("open");
    one.onerror = () => keep("refused");
  });
  const body = JSON.stringify({id: "trespass", prompt: "A4", seconds: 0.1});
  const fetched = (path, more) =>
    fetch(`http://${daemon}${path}`, more).then((answer) => answer.status, () => "refused");
  return [await socket("/events"), await socket("/"), await fetched("/jobs", {}),
          await fetched("/render/generate", {method: "POST", mode: "no-cors", body})];
})"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium is installed (apt-get install chromium-headless-shell)")
    with browsing(program, tmp_path_factory.mktemp("browser"), NAMES) as running:
        yield running


def test_a_page_of_the_bridge_renders_and_decodes_a_take(daemon, browser: Browser) -> None:
    result = browser.open(f"{daemon.http}/health").run(RENDER)
    assert result["heard"][0] == "/job/queued"
    assert result["heard"][-2:] == ["/job/take", "/job/done"]
    assert "/job/step" in result["heard"]
    assert (result["frames"], result["rate"]) == (66150, 44100)
    assert result["peak"] == pytest.approx(10 ** (-1 / 20), abs=2e-3)


def test_osc_over_a_browsers_socket(daemon, browser: Browser) -> None:
    assert browser.open(f"{daemon.http}/health").run(OSC) == "/job/listed"


def test_a_page_of_another_site_gets_nothing(daemon, browser: Browser, tmp_path: Path) -> None:
    with Elsewhere(tmp_path) as port:
        page = browser.open(f"http://{EVIL}:{port}/")
        sockets_and_reads, sent = page.run(f"{TRESPASS}('{daemon.http.removeprefix('http://')}')"), "trespass"
    assert sockets_and_reads[:3] == ["refused"] * 3
    assert sent not in [job["id"] for job in ask(f"{daemon.http}/jobs")[1]["jobs"]]


def test_a_name_that_was_pointed_at_this_machine_gets_nothing(daemon, browser: Browser) -> None:
    there = f"{REBOUND}:{daemon.http.rpartition(':')[2]}"
    page = browser.open(f"http://{there}/jobs")
    assert "must name this machine" in page.run("document.body.innerText")
    assert page.run(f"{TRESPASS}('{there}')") == ["refused", "refused", 403, 403]
    assert "trespass" not in [job["id"] for job in ask(f"{daemon.http}/jobs")[1]["jobs"]]


class Elsewhere:
    """A web server of somebody else's, with one page."""

    def __init__(self, folder: Path) -> None:
        (folder / "index.html").write_text("<!doctype html><title>another site</title>")

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args, **more) -> None:
                super().__init__(*args, directory=str(folder), **more)

            def log_message(self, *_) -> None:
                """Nothing to say."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> int:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return int(self._server.server_address[1])

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

"""The HTTP port of a real daemon: commands, events, audio up and down, and who is refused."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.bridge.conftest import ENDS, eventually

Answer = tuple[int, Any]


def ask(url: str, body: Any = None, method: str | None = None, **headers: str) -> Answer:
    """Status and content of a request; ``body`` is sent as JSON, bytes as they are."""
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
    request.method = method or request.get_method()
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            status, kind, content = answer.status, answer.headers.get_content_type(), answer.read()
    except urllib.error.HTTPError as error:
        status, kind, content = error.code, error.headers.get_content_type(), error.read()
    return status, json.loads(content) if kind == "application/json" else content


def events(daemon: Any, query: str = "", **more: Any) -> ClientConnection:
    return connect(daemon.http.replace("http", "ws") + "/events" + query, **more)


def until(socket: ClientConnection, *addresses: str, id: str = "") -> list[dict[str, Any]]:
    found = []
    while True:
        found.append(json.loads(socket.recv(timeout=20)))
        if found[-1]["address"] in addresses and id in ("", found[-1]["args"].get("id")):
            return found


def finished(daemon: Any, id: str) -> dict[str, Any]:
    end = time.monotonic() + 20
    while True:
        status, job = ask(f"{daemon.http}/jobs/{id}")
        assert status == 200
        if job["state"] in ("done", "failed", "cancelled"):
            return job
        assert time.monotonic() < end, job
        time.sleep(0.05)


def test_a_job_by_plain_requests(daemon) -> None:
    body = {"id": "web/1 ä", "prompt": "A4", "seconds": 1.5, "seed": 7, "rate": 44100, "negative": None}
    status, answer = ask(f"{daemon.http}/render/generate", body)
    assert status == 202
    assert answer == {"replies": [{"address": "/job/queued", "args": {"id": "web/1 ä", "position": 0}}]}
    job = finished(daemon, "web%2F1%20%C3%A4")
    assert (job["state"], job["seed"], job["position"]) == ("done", 7, None)
    (take,) = job["takes"]
    status, wav = ask(daemon.http + take["url"])
    assert status == 200
    assert wav == Path(take["path"]).read_bytes()
    assert (take["frames"], take["rate"]) == (66150, 44100)
    status, part = ask(daemon.http + take["url"], Range="bytes=0-3")
    assert (status, part) == (206, b"RIFF")
    assert ask(f"{daemon.http}/render/generate", body)[1]["replies"][-1]["address"] == "/job/done"  # the same again
    assert ask(f"{daemon.http}/render/generate", body | {"seed": 8})[0] == 409
    assert "web/1 ä" in [job["id"] for job in ask(f"{daemon.http}/jobs")[1]["jobs"]]


def test_takes_are_there_for_who_is_told_of_them_and_begins_anew(daemon) -> None:
    body = {"id": "anew", "prompt": "A4", "seconds": 0.1}
    assert ask(f"{daemon.http}/render/generate", body)[0] == 202
    finished(daemon, "anew")
    with events(daemon, "?jobs=own") as socket:  # as a client does that lost its connection
        socket.send(json.dumps({"address": "/job/follow", "args": {"id": "anew"}}))
        socket.send(json.dumps({"address": "/bridge/hello", "args": {"client": "web"}}))
        assert "/job/take" in [told["address"] for told in until(socket, "/job/done")]
        until(socket, "/bridge/ready")
    assert ask(f"{daemon.http}/jobs/anew/takes/0")[0] == 200
    assert ask(f"{daemon.http}/jobs/anew")[1]["state"] == "done"


def test_numbers_keep_their_digits_and_left_out_arguments_their_defaults(daemon) -> None:
    _, answer = ask(f"{daemon.http}/render/takes", {"prompt": "A4", "seconds": 0.123456789, "rate": 192000})
    id = answer["replies"][0]["args"]["id"]
    assert finished(daemon, id)["takes"][0]["frames"] == round(0.123456789 * 192000)


def test_every_command_of_the_table_is_there(daemon) -> None:
    status, answer = ask(f"{daemon.http}/bridge/commands", {})
    assert status == 200
    *rows, last = answer["replies"]
    assert last == {"address": "/bridge/listed", "args": {"count": len(rows)}}
    status, answer = ask(f"{daemon.http}/bridge/hello", {"client": "web"})
    assert answer["replies"][0]["args"]["capability"][0] == "generate"


@pytest.mark.parametrize(
    ("address", "body", "status", "code", "text"),
    [
        ("/render/generate", {"id": "x", "prompt": "A4", "seconds": -1}, 400, "bad-value", "must be 0.05 to 60"),
        ("/render/generate", {"id": "x", "prompt": "A4", "second": 1}, 400, "unknown-key", "did you mean seconds"),
        ("/render/generate", {"id": "x", "prompt": ["A4"]}, 400, "bad-value", "prompt must be text or a number"),
        ("/render/generate", {"id": "x", "prompt": 7}, 400, "bad-value", "prompt must be text"),
        ("/render/generate", b"[1]", 400, "bad-value", "one JSON object"),
        ("/render/generate", b'{"prompt": NaN}', 400, "bad-packet", "NaN"),
        ("/render/generate", b"\xff\xfe\x00", 400, "bad-packet", "no JSON"),
        ("/render/generate", b"[" * 60000, 400, "bad-packet", "no JSON"),
        ("/render/restyle", {"id": "x", "prompt": "A4"}, 400, "bad-value", "path is missing"),
        ("/render/restyle", {"id": "x", "path": "/no/such.wav", "prompt": "A"}, 400, "bad-file", "there is no file"),
        ("/job/cancel", {"id": "nobody"}, 404, "unknown-job", "nobody"),
        ("/job/list", {"id": "nobody"}, 400, "bad-value", "no argument 'id'"),
        ("/render/nothing", {}, 404, "unknown-address", "/render/nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(daemon, address: str, body: Any, status: int, code: str, text: str) -> None:
    found, answer = ask(daemon.http + address, body)
    assert found == status
    (reply,) = answer["replies"]
    assert reply["args"]["code"] == code
    assert text in reply["args"]["text"]


def test_a_body_without_end_and_a_method_that_is_not_there(daemon) -> None:
    assert ask(f"{daemon.http}/render/generate", b" " * 70000)[0] == 413
    assert ask(f"{daemon.http}/jobs/nobody")[0] == 404
    assert ask(f"{daemon.http}/jobs", {}, "PUT")[0] == 405
    assert ask(f"{daemon.http}/clips/..%2F..%2Fetc%2Fpasswd")[0] in (404, 405)


def test_health_and_metrics(daemon) -> None:
    status, health = ask(f"{daemon.http}/health")
    assert (status, health["status"], health["model"], health["rate"]) == (200, "ready", "tone", 48000)
    _, answer = ask(f"{daemon.http}/render/generate", {"prompt": "A4", "seconds": 0.1, "takes": 2})
    finished(daemon, answer["replies"][0]["args"]["id"])
    ask(f"{daemon.http}/render/generate", {"id": "no", "prompt": "A4", "seconds": -1})
    text = ask(f"{daemon.http}/metrics")[1].decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values['bridge_jobs_ended_total{state="done"}']) >= 1
    assert float(values["bridge_takes_total"]) >= 2
    assert float(values['bridge_refused_total{code="bad-value"}']) >= 1
    assert float(values['bridge_ready{model="tone"}']) == 1


def test_events_of_own_and_of_other_clients(daemon, client) -> None:
    with events(daemon) as socket:
        assert until(socket, "/bridge/ready")[0]["args"]["model"] == "tone"
        command = {"address": "/render/generate", "args": {"id": "ws-1", "prompt": "A4", "seconds": 0.5, "seed": 3}}
        socket.send(json.dumps(command))
        mine = until(socket, *ENDS, id="ws-1")
        addresses = [event["address"] for event in mine]
        assert (addresses[0], addresses[-2:]) == ("/job/queued", ["/job/take", "/job/done"])
        assert addresses.count("/job/take") == 1  # meant for it and overheard, and told once
        client.job("udp-1", "A4", "seconds", 0.1)
        assert until(socket, *ENDS, id="udp-1")[-1]["address"] == "/job/done"
        for bad in ("{", "[]", '{"address": 1}', '{"address": "/nothing"}', b"\0"):
            socket.send(bad)
            assert until(socket, "/bridge/error")[-1]["args"]["code"] in ("bad-packet", "unknown-address")
        for args in ({"prompt": ["A4"]}, {"prompt": "A4", "seconds": {}}, {"prompt": 7}):
            socket.send(json.dumps({"address": "/render/generate", "args": {"id": "ws-2", **args}}))
            assert until(socket, *ENDS)[-1]["args"]["id"] == "ws-2"


def test_events_of_one_job_tell_first_what_was_missed(daemon, client) -> None:
    client.job("past", "A4", "seconds", 0.1, "seed", 1)
    with events(daemon, "?id=past") as socket:
        told = until(socket, "/job/done")
        assert [event["address"] for event in told] == ["/bridge/ready", "/job/take", "/job/done"]
        client.job("other", "A4", "seconds", 0.1)
        with pytest.raises(TimeoutError):
            socket.recv(timeout=0.3)


def test_a_take_that_somebody_deleted_is_not_told(daemon, client) -> None:
    (take,) = [args for address, args in client.job("deleted", "A4", "seconds", 0.1) if address == "/job/take"]
    Path(take[2]).unlink()
    with events(daemon, "?id=deleted") as socket:
        assert [event["address"] for event in until(socket, "/job/done")] == ["/bridge/ready", "/job/done"]


def send_for_ever(socket: ClientConnection, text: str) -> None:
    while True:
        socket.send(text)


def test_a_socket_that_never_reads_is_closed(serve) -> None:
    running = serve()
    with events(running, max_queue=1) as socket:
        batch = json.dumps({"address": "/bridge/commands", "args": {}})
        with pytest.raises(ConnectionClosed):
            send_for_ever(socket, batch)
    assert ask(f"{running.http}/health")[0] == 200


def test_a_clip_goes_up_is_edited_and_comes_down(daemon, tmp_path: Path) -> None:
    clip = tmp_path / "Ein Klang.wav"
    soundfile.write(clip, [0.1, -0.1] * 24000, 48000)
    status, sent = ask(f"{daemon.http}/clips?name=Ein%20Klang.wav", clip.read_bytes(), "POST")
    assert status == 201
    assert sent["name"].startswith("ein-klang_")
    assert Path(sent["path"]).parent == daemon.takes / "clips"
    assert ask(f"{daemon.http}/clips/{sent['name']}") == (200, clip.read_bytes())
    assert ask(f"{daemon.http}/clips/{sent['name']}", method="DELETE")[0] == 204
    assert ask(f"{daemon.http}/clips/{sent['name']}")[0] == 404
    assert ask(f"{daemon.http}/clips?name=a.exe", b"x", "POST")[0] == 415
    assert ask(f"{daemon.http}/clips?name=a.wav", b"", "POST")[0] == 400
    assert list((daemon.takes / "clips").iterdir()) == []


def test_a_clip_that_is_too_long_or_breaks_off_leaves_nothing(daemon) -> None:
    host, port = daemon.http.removeprefix("http://").split(":")
    for length, sent in ((2**40, b""), (1000, b"x" * 10)):
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            head = f"POST /clips?name=a.wav HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n"
            raw.sendall(head.encode() + sent)
            if length > 1000:
                assert b" 413 " in raw.recv(1000)
    eventually(lambda: not list((daemon.takes / "clips").glob("*.part")), "a part is still there")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9631", "127.0.0.1.evil.example", "", "0.0.0.0"])
def test_other_names_of_this_machine_are_refused(daemon, host: str) -> None:
    """DNS rebinding: the page's site resolves to 127.0.0.1, and says its own name."""
    assert ask(f"{daemon.http}/health", Host=host)[0] in (400, 403)
    assert ask(f"{daemon.http}/render/generate", {"prompt": "A4"}, Host=host)[0] in (400, 403)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_pages_of_other_sites_are_refused(daemon, origin: str) -> None:
    assert ask(f"{daemon.http}/render/generate", {"prompt": "A4"}, Origin=origin)[0] == 403
    with pytest.raises(InvalidStatus) as refused:
        events(daemon, additional_headers={"Origin": origin})
    assert refused.value.response.status_code == 403


def test_its_own_pages_and_local_names_are_not(daemon) -> None:
    port = daemon.http.rpartition(":")[2]
    assert ask(f"{daemon.http}/health", Origin=daemon.http)[0] == 200
    assert ask(f"{daemon.http}/health", Host=f"localhost:{port}", Origin=f"http://localhost:{port}")[0] == 200


def test_garbage_on_the_port_costs_nothing(daemon) -> None:
    host, port = daemon.http.removeprefix("http://").split(":")
    negative = b"POST /jobs HTTP/1.1\r\nContent-Length: -1\r\n\r\n"
    for garbage in (b"\0" * 1000, b"GET / HTTP/9\r\n\r\n", b"A" * 100_000, negative):
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            try:
                raw.sendall(garbage)
                raw.recv(1000)
            except OSError:
                pass
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()
    assert "Traceback" not in daemon.text


def test_a_port_in_use_is_named_with_the_option_that_changes_it(run_bridge, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = ("serve", "--model", "tone", "--osc-port", "0", "--http-port", port, "--takes", str(tmp_path))
        done = run_bridge(*command)
    assert done.returncode == 1
    assert f"TCP port {port} on 127.0.0.1 is in use" in done.stderr
    assert "--http-port" in done.stderr


@pytest.mark.peers
def test_curl_sends_and_fetches(daemon, peer: Callable[[str], str], tmp_path: Path) -> None:
    wav = tmp_path / "take.wav"
    subprocess.run(
        [peer("curl"), "-sf", f"{daemon.http}/render/generate", "-d", '{"id": "curl", "prompt": "A4", "seconds": 0.5}'],
        check=True, timeout=10,
    )  # fmt: skip
    finished(daemon, "curl")
    subprocess.run([peer("curl"), "-sf", "-o", str(wav), f"{daemon.http}/jobs/curl/takes/0"], check=True, timeout=10)
    assert soundfile.info(wav).frames == 24000

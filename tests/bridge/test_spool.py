"""The spool: hosts that speak by files, a real daemon, and hostile files."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.spool_box import MAX_MESSAGE, MAX_UNREAD, STALE_SECONDS, Box, NotOurs
from tests.bridge.conftest import ENDS


class Host:
    """A host with nothing but files."""

    def __init__(self, spool: Path, name: str) -> None:
        self.spool, self.name, self.sent, self.next = spool, name, 0, 1
        self.boots: list[str] = []

    def send(self, address: str, **args: Any) -> None:
        self.put(json.dumps({"address": address, "args": args, "next": self.next}))

    def put(self, text: str | bytes) -> None:
        self.sent += 1
        aside = self.spool / "in" / f"{self.name}.{self.sent}.part"
        aside.write_bytes(text.encode() if isinstance(text, str) else text)
        aside.rename(self.spool / "in" / f"{self.name}.{self.sent}.json")

    def answer(self, seconds: float = 20.0) -> dict[str, Any]:
        path, end = self.spool / "out" / self.name / f"{self.next}.json", time.monotonic() + seconds
        while not path.exists():
            assert time.monotonic() < end, f"no answer {self.next}"
            time.sleep(0.01)
        found = json.loads(path.read_text())
        path.unlink()
        self.next += 1
        self.boots.append(found["boot"])
        return found

    def until(self, *addresses: str) -> list[tuple[str, dict[str, Any]]]:
        replies: list[tuple[str, dict[str, Any]]] = []
        while not any(address in addresses for address, _ in replies):
            replies += [(one["address"], one["args"]) for one in self.answer()["messages"]]
        return replies


@pytest.fixture(scope="module")
def running(serve_for_all: Callable, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("state")
    daemon = serve_for_all("--state", str(state))
    daemon.spool = state / "spool-0"
    return daemon


@pytest.fixture
def speak(running: Any) -> Iterator[Callable[..., Host]]:
    hosts: list[Host] = []

    def make() -> Host:
        hosts.append(Host(running.spool, f"host-{time.monotonic_ns()}"))
        return hosts[-1]

    yield make
    for host in hosts:
        host.put('{"bye": 1}')


def test_a_session(speak: Callable[..., Host]) -> None:
    host = speak()
    host.send("/bridge/hello", client="files")
    assert host.until("/bridge/ready")[0][1]["model"] == "tone"
    host.send("/render/generate", id="spool-1", prompt="A4", seconds=0.5, seed=7)
    replies = host.until(*ENDS)
    assert replies[0][0] == "/job/queued"
    (take,) = [args for address, args in replies if address == "/job/take"]
    assert (take["frames"], take["seed"]) == (24000, 7)
    assert Path(take["path"]).is_file()
    assert replies[-1] == ("/job/done", {"id": "spool-1", "takes": 1})
    assert len(set(host.boots)) == 1


def test_the_folder_is_for_its_user_only(running: Any) -> None:
    for folder in (running.spool, running.spool / "in", running.spool / "out"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_ping_is_answered_with_what_a_client_must_know(running: Any, speak: Callable[..., Host]) -> None:
    host = speak()
    host.put('{"ping": 1, "next": 1}')
    answer = host.answer()
    assert (answer["spool"], answer["messages"]) == (1, [])
    assert Path(answer["clips"]) == running.takes / "clips"


def test_a_session_that_said_bye_is_another_one_when_it_is_back(speak: Callable[..., Host]) -> None:
    host = speak()
    host.put('{"ping": 1}')
    first = host.answer()["boot"]
    host.put('{"bye": 1}')  # and at once the next script of the same host
    host.put(json.dumps({"ping": 1, "next": host.next}))
    assert host.answer()["boot"] != first
    assert host.next == 3, "answers are numbered on from what the client waits for"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 5000, "no JSON"),
        (b'{"address": NaN}', "no JSON"),
        (b"[]", "a message comes as"),
        (b"{}", "a message comes as"),
        (b'{"address": 5}', "a command comes as"),
        (b'{"address": "/nothing", "args": {}}', "there is no command"),
        (b'{"address": "/render/generate", "args": []}', "by their names"),
        (b'{"address": "/render/generate", "args": {"id": "x", "prompt": {}}}', "must be text or a number"),
        (b'{"address": "/job/cancel", "args": {"id": "no such"}}', "there is no job"),
        (b'{"ping": 1, "next": "x", "address": "/job/cancel", "args": {"id": 1e999}}', "no JSON"),
        (b" " * (MAX_MESSAGE + 1), "must have 1 to"),
    ],
)
def test_what_cannot_be_read_is_answered_in_words(speak: Callable[..., Host], text: bytes, complaint: str) -> None:
    host = speak()
    host.put(text)
    ((address, args),) = [(one["address"], one["args"]) for one in host.answer()["messages"]]
    assert address in ("/bridge/error", "/job/failed")
    assert complaint in args["text"]
    assert (args.get("id") == "x") == (b'"x", "prompt"' in text), "a complaint about a job names it"
    host.send("/render/generate", id=host.name, prompt="A4", seconds=0.05)
    assert host.until(*ENDS)[-1][0] == "/job/done"


def test_nothing_else_in_the_folder_is_opened_followed_or_deleted(
    running: Any, speak: Callable[..., Host], tmp_path: Path
) -> None:
    inside, secret = running.spool / "in", tmp_path / "secret"
    secret.write_text('{"address": "/render/generate", "args": {"id": "stolen", "prompt": "A4"}}')
    (inside / "link.1.json").symlink_to(secret)
    (inside / "folder.1.json").mkdir(exist_ok=True)
    os.mkfifo(inside / "pipe.1.json")
    others = [inside / name for name in ("notes.txt", "UPPER.1.json", "x.json", "a.1.json.part", "..1.json")]
    for path in others:
        path.write_text("{}")
    host = speak()
    host.send("/render/generate", id=f"after-{host.name}", prompt="A4", seconds=0.05)
    assert host.until(*ENDS)[-1][0] == "/job/done"
    for path in (*others, inside / "link.1.json", inside / "folder.1.json", inside / "pipe.1.json"):
        assert os.path.lexists(path), path
    assert not (running.spool / "out" / "link").exists()
    host.send("/job/list")
    assert "stolen" not in str(host.until("/bridge/listed", "/job/listed"))


def test_a_folder_of_answers_that_is_a_link_is_not_written_through(running: Any, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (running.spool / "out" / "trap").symlink_to(tmp_path / "elsewhere")
    host = Host(running.spool, "trap")
    host.put('{"ping": 1}')
    time.sleep(0.7)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert running.process.poll() is None


def test_answers_that_nobody_reads_do_not_pile_up(running: Any, speak: Callable[..., Host]) -> None:
    host = speak()
    for number in range(MAX_UNREAD + 20):
        host.put(json.dumps({"ping": number + 1}))
        while (running.spool / "in" / f"{host.name}.{host.sent}.json").exists():
            time.sleep(0.005)
        time.sleep(0.005)
    time.sleep(0.3)
    folder = running.spool / "out" / host.name
    assert 2 <= len(list(folder.iterdir())) <= MAX_UNREAD
    for _ in range(MAX_UNREAD // 2):
        if not (folder / f"{host.next}.json").exists():
            break
        host.answer()
    host.send("/job/list")
    host.until("/job/listed")


def test_answers_that_were_read_are_deleted_where_their_reader_cannot(running: Any, speak: Callable[..., Host]) -> None:
    host = speak()
    folder = running.spool / "out" / host.name
    for number in range(1, MAX_UNREAD + 5):  # more than may lie there unread
        host.put(json.dumps({"ping": 1, "next": number}))
        end = time.monotonic() + 60
        while not (folder / f"{number}.json").exists():
            assert time.monotonic() < end, number
            time.sleep(0.005)
    assert [path.name for path in folder.glob("*.json")] == [f"{MAX_UNREAD + 4}.json"]


def test_the_next_daemon_goes_on_and_forgets_stale_messages(serve: Callable, tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = serve("--state", str(state))
    host = Host(state / "spool-0", "steady")
    host.put('{"ping": 1}')
    host.answer()
    first.stop()
    host.send("/render/generate", id="stale", prompt="A4")
    path = host.spool / "in" / f"steady.{host.sent}.json"
    os.utime(path, (time.time() - STALE_SECONDS - 5,) * 2)
    host.send("/render/generate", id="fresh", prompt="A4", seconds=0.05)
    os.utime(host.spool / "in" / f"steady.{host.sent}.json", (time.time() + 60,) * 2)  # however slow the start is
    again = serve("--state", str(state), wait=False)
    assert host.until(*ENDS)[-1] == ("/job/done", {"id": "fresh", "takes": 1})
    assert len(set(host.boots)) == 2
    again.said("ready")
    host.send("/job/list")
    assert "stale" not in str(host.until("/job/listed"))


def test_a_folder_that_is_not_ours_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spool").mkdir(mode=0o777)
    (tmp_path / "spool").chmod(0o777)
    Box(tmp_path / "spool").open()
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(NotOurs, match="another user"):
        Box(tmp_path / "spool").open()
    (tmp_path / "file").write_text("")
    with pytest.raises(NotOurs):
        Box(tmp_path / "file").open()


def test_a_message_that_goes_while_the_folder_is_cleared_is_no_reason_to_hear_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Box(tmp_path / "spool").open()
    for name in ("gone.1.json", "old.1.json", "old.2.part"):
        (tmp_path / "spool" / "in" / name).write_text("{}")
        os.utime(tmp_path / "spool" / "in" / name, (1, 1))
    lstat = Path.lstat

    def look(path: Path) -> os.stat_result:
        if path.name == "gone.1.json":  # its sender is faster
            path.unlink(missing_ok=True)
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", look)
    Box(tmp_path / "spool").open()
    assert list((tmp_path / "spool" / "in").iterdir()) == []


def test_two_daemons_take_each_message_once(tmp_path: Path) -> None:
    first, second = Box(tmp_path / "spool"), Box(tmp_path / "spool")
    first.open()
    for number in range(20):
        (tmp_path / "spool" / "in" / f"a.{number}.json").write_text(str(number))
    taken = [*first.collect(), *second.collect()]
    assert [letter.number for letter in taken] == list(range(20))
    assert list((tmp_path / "spool" / "in").iterdir()) == []

"""The journal: what is put down is there again, also after the worst; and a daemon that is killed goes on."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from bridge.jobs import Job, State, Written
from bridge.journal import MAX_ENDED, Journal, JournalError, JournalHeld, read
from engine import Handling, Request, read_request
from tests.bridge.conftest import ENDS

A, B = ("127.0.0.1", 5000), ("127.0.0.1", 5001)


def a_job(number: int, state: State = State.QUEUED, **more: object) -> Job:
    asked = Request(prompt=f"rain {number}", model="tone")
    return Job(f"id-{number}", f"job-{number}", asked, asked.replace(seed=7), (A, B), state, created=1.0, **more)  # type: ignore[arg-type]


def opened(path: Path) -> Journal:
    journal = Journal()
    journal.open(path)
    return journal


def test_jobs_and_takes_are_there_again(tmp_path: Path) -> None:
    file = tmp_path / "take.wav"
    file.write_bytes(b"sound")
    journal = opened(tmp_path / "sub" / "journal.sqlite")
    job = a_job(3, client="'a'")
    journal.add(job)
    job.move(State.RENDERING)
    job.takes[0] = Written(0, file, 10, 48000, 7, 0.5, 2.0)
    job.takes[1] = Written(1, tmp_path / "gone.wav", 10, 48000, 8, 0.5, 2.0)
    journal.save(job)
    journal.close()
    again = opened(tmp_path / "sub" / "journal.sqlite")
    (found,) = again.find().jobs
    assert (found.id, found.key, found.asked, found.request) == (job.id, job.key, job.asked, job.request)
    assert (found.reply_to, found.state, found.client, found.found) == ((A, B), State.RENDERING, "'a'", True)
    assert found.takes == {0: job.takes[0]}  # a take that somebody deleted is rendered again
    assert again.last_number() == 3
    again.close()


def test_what_was_put_down_survives_without_a_close(tmp_path: Path) -> None:
    journal = opened(tmp_path / "journal.sqlite")
    journal.add(a_job(1))
    copy = tmp_path / "copy"  # the files as a loss of power would leave them
    copy.mkdir()
    for path in tmp_path.glob("journal.sqlite*"):
        if not path.name.endswith("-shm"):
            (copy / path.name).write_bytes(path.read_bytes())
    assert [entry.id for entry in read(copy / "journal.sqlite")] == ["id-1"]
    journal.close()


def test_one_daemon_holds_a_journal_and_others_may_read_it(tmp_path: Path) -> None:
    journal = opened(tmp_path / "journal.sqlite")
    journal.add(a_job(1))
    with pytest.raises(JournalHeld, match="another bridge"):
        Journal().open(tmp_path / "journal.sqlite")
    (entry,) = read(tmp_path / "journal.sqlite")
    assert (entry.id, entry.state, entry.prompt) == ("id-1", State.QUEUED, "rain 1")
    journal.close()
    opened(tmp_path / "journal.sqlite").close()
    assert read(tmp_path / "nothing.sqlite") == []


def test_a_damaged_journal_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"this is no database, and was never one " * 100)
    journal = opened(path)
    journal.add(a_job(1))
    journal.close()
    assert len(list(tmp_path.glob("journal-damaged-*.sqlite"))) == 1


def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(JournalError, match="newer version"):
        Journal().open(path)


def test_how_a_job_is_served_survives_and_older_journals_are_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = opened(path)
    journal.add(a_job(1, handling=Handling(priority="live", client="pads", preview=3)))
    journal.close()
    journal = opened(path)
    assert journal.find().jobs[0].handling == Handling(priority="live", client="pads", preview=3)
    with journal._database:
        journal._database.execute("ALTER TABLE jobs DROP COLUMN handling")
        journal._database.execute("PRAGMA user_version = 1")
    journal.close()
    for _ in range(2):
        journal = opened(path)
        assert [(job.id, job.handling) for job in journal.find().jobs] == [("id-1", Handling())]
        journal.close()


def test_a_request_that_this_version_cannot_read_fails(tmp_path: Path) -> None:
    journal = opened(tmp_path / "journal.sqlite")
    journal.add(a_job(1))
    with journal._database:
        journal._database.execute("UPDATE jobs SET request = '{\"colour\": 1}'")
    found = journal.find()
    assert found.jobs == []
    assert [(job.id, job.state, job.code) for job in found.unreadable] == [("id-1", State.FAILED, "request")]
    journal.close()


def test_what_cannot_be_written_now_is_written_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = opened(tmp_path / "journal.sqlite")
    job = a_job(1)
    journal.add(job)
    journal._database.execute("PRAGMA query_only = ON")
    with pytest.raises(JournalError, match="cannot be written"):
        journal.add(a_job(2))
    job.move(State.CANCELLED)
    journal.save(job)
    assert "as soon as it can be" in caplog.text
    journal._database.execute("PRAGMA query_only = OFF")
    journal.add(a_job(3))
    assert [(entry.id, entry.state) for entry in journal.recent()] == [("id-1", "cancelled"), ("id-3", "queued")]
    journal.close()


def test_the_journal_is_bounded() -> None:
    journal = Journal()
    journal.add(a_job(1))  # lives
    for number in range(2, MAX_ENDED + 150):
        journal.add(a_job(number, State.DONE, ended=float(number)))
    entries = journal.recent(10**6)
    assert MAX_ENDED <= len(entries) <= MAX_ENDED * 1.1 + 1
    assert entries[0].id == "id-1" and entries[-1].id == f"id-{MAX_ENDED + 149}"
    journal.close()


def test_a_killed_daemon_goes_on_with_its_jobs(serve, connect, free_port, tmp_path: Path) -> None:
    """kill -9 in mid-job, two takes in: after the restart every job ends, once, with exactly the takes asked for."""
    options = ("--osc-port", str(free_port()), "--state", str(tmp_path / "state"), "--takes", str(tmp_path / "takes"))
    first = serve(*options, "--option", "step_seconds=0.03")
    client = connect(first)
    client.send("/bridge/hello", "test")
    assert client.job("early", "A4", "seconds", 0.1)[-1][0] == "/job/done"
    client.send("/render/generate", "hit", "C4", "seconds", 0.1, "steps", 20, "takes", 3)
    client.send("/render/generate", "waits", "E4", "seconds", 0.1)
    before = client.until("/job/take", id="hit")
    client.until("/job/queued", id="waits") if not any(args[0] == "waits" for _, args in before) else None
    first.stop(signal.SIGKILL)
    second = serve(*options)
    after = client.until("/job/done", id="waits", seconds=30)
    ends = [args[0] for address, args in after if address in ENDS]
    assert ends == ["hit", "waits"]
    wavs = sorted(path.name for path in (tmp_path / "takes").glob("*.wav"))
    assert len(wavs) == 1 + 3 + 1, wavs
    assert not [name for name in wavs if "_2.wav" in name]
    seeds = [read_request(path).seed for path in sorted((tmp_path / "takes").glob("*c4*.wav"))]
    assert seeds == list(range(seeds[0], seeds[0] + 3))
    client.send("/render/generate", "hit", "C4", "seconds", 0.1, "steps", 20, "takes", 3)  # the same again: one job
    again = client.until("/job/done", id="hit")
    assert [address for address, _ in again] == ["/job/take"] * 3 + ["/job/done"]
    client.send("/job/list")
    listed = {args[0]: args[1:3] for address, args in client.until("/job/listed") if address == "/job/entry"}
    assert listed == {"early": ("done", 1), "hit": ("done", 3), "waits": ("done", 1)}
    assert re.search(r"job hit is gone on with, [12] of 3", second.text)


def test_replies_that_were_missed_are_told_at_hello(serve, connect, free_port, tmp_path: Path) -> None:
    options = ("--osc-port", str(free_port()), "--state", str(tmp_path / "state"))
    first = serve(*options)
    client = connect(first)
    client.send("/render/generate", "missed", "A4", "seconds", 0.1)
    time.sleep(1.0)  # it is done, and the client has not looked
    first.stop(signal.SIGKILL)
    while not client.silent(0.1):
        client.receive()
    serve(*options)
    for _ in range(2):  # a hello may be lost, too
        client.send("/bridge/hello", "test")
        replies = client.until("/job/done")
        assert [address for address, _ in replies][-2:] == ["/job/take", "/job/done"]
        assert Path(replies[-2][1][2]).is_file()
    client.send("/job/list")  # now it is there, and has heard
    client.until("/job/listed")
    client.send("/bridge/hello", "test")
    assert client.receive()[0] == "/bridge/ready"
    assert client.silent()

"""The journal: every request, state and take on disk, so that a daemon that is killed goes on where it was.

An SQLite database in WAL mode. A row is on the disk before its client is told, so what was acknowledged is there after
a kill or a loss of power. One daemon holds a journal at a time; others may read it meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.jobs import Job, State, Written
from bridge.journal_file import JournalError as JournalError
from bridge.journal_file import JournalHeld as JournalHeld
from bridge.journal_file import connect, hold, opened
from engine import BadRequest, Handling, Request

log = logging.getLogger("bridge")

MAX_ENDED = 1000
"""Ended jobs that are kept; the oldest are forgotten first. Their takes stay in their folder."""

_JOB = (
    "INSERT INTO jobs VALUES (:key, :id, :client, :asked, :request, :reply_to, :state, :lives, :code, :text, :created,"
    " :ended, :heard, :forgotten, :handling) ON CONFLICT (key) DO UPDATE SET state = :state, reply_to = :reply_to, "
    "lives = :lives, code = :code, text = :text, ended = :ended, heard = :heard, forgotten = :forgotten"
)
_TAKE = "INSERT OR REPLACE INTO takes VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_OF_ENDED = "state IN ('done', 'failed', 'cancelled')"


@dataclass(frozen=True, slots=True)
class Entry:
    """A job as the journal tells of it: for lists. ``created`` and ``ended`` are seconds since 1970, 0 if not yet."""

    id: str
    client: str
    state: State
    request: Mapping[str, Any]
    created: float
    ended: float
    code: str
    text: str
    takes: tuple[Path, ...] = ()

    @property
    def prompt(self) -> str:
        """What was asked for, in words."""
        return str(self.request.get("prompt") or self.request.get("prompts") or "")


@dataclass(slots=True)
class Found:
    """What a journal holds at the start: jobs to go on with and to answer for, oldest first; and jobs whose requests
    this version cannot read, which have failed."""

    jobs: list[Job] = field(default_factory=list)
    unreadable: list[Job] = field(default_factory=list)


class Journal:
    """The jobs of one daemon. In memory until `open` names a file, and again when that cannot be written at all."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self._lock: sqlite3.Connection | None = None
        self._database = connect(":memory:")
        self._late: dict[str, Job] = {}

    def open(self, path: Path) -> None:
        """Keep the journal in this file from now on. A damaged one is put aside.

        Raises JournalHeld, or JournalError where it cannot be written or is of a newer version.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = hold(path.with_name(f"{path.name}-lock"))
        except (OSError, sqlite3.Error) as error:
            raise JournalError(f"the journal {path} cannot be opened: {error}") from error
        try:
            self._database = opened(path)
        except (OSError, sqlite3.Error) as error:
            lock.close()
            raise JournalError(f"the journal {path} cannot be opened: {error}") from error
        except JournalError:
            lock.close()
            raise
        self.path, self._lock = path, lock

    def close(self) -> None:
        """Write what is late, and let go of the file."""
        with contextlib.suppress(JournalError):
            self.flush()
        for connection in (self._database, self._lock):
            if connection is not None:
                connection.close()
        self._lock = None

    def last_number(self) -> int:
        """The highest number that a job has had; 0 for an empty journal."""
        return int(self._database.execute("SELECT coalesce(max(key), 0) FROM jobs").fetchone()[0])

    def add(self, job: Job) -> None:
        """Put a new job down. Only then may its client be told that it is taken. Raises JournalError."""
        try:
            self._write(job, *self._late.values())
        except (sqlite3.Error, ValueError, OverflowError) as error:  # the last two: a value that it cannot hold
            raise JournalError(f"the journal {self.path} cannot be written: {error}") from error
        self._late.clear()
        self._forget_old()

    def save(self, job: Job) -> None:
        """Put a job's state and takes down. What cannot be written now is written with the next one."""
        self._late[job.key] = job
        try:
            self.flush()
        except JournalError as error:
            log.error("%s; job %s is put down as soon as it can be", error, job.id)

    def later(self, job: Job) -> None:
        """Put a job down with the next one that is: for what costs nothing if it is lost."""
        self._late[job.key] = job

    def flush(self) -> None:
        """Write what is late. Raises JournalError."""
        if self._late:
            try:
                self._write(*self._late.values())
            except (sqlite3.Error, ValueError, OverflowError) as error:
                raise JournalError(f"the journal {self.path} cannot be written: {error}") from error
            self._late.clear()

    def find(self, max_ended: int = 100) -> Found:
        """The jobs that had not ended, and the latest ended ones. A take whose file is gone is left out."""
        latest = f"SELECT key FROM jobs WHERE {_OF_ENDED} AND NOT (forgotten AND heard) ORDER BY ended DESC LIMIT ?"
        rows = self._database.execute(
            f"SELECT * FROM jobs WHERE NOT {_OF_ENDED} OR key IN ({latest}) ORDER BY key", (max_ended,)
        ).fetchall()
        found = Found()
        for row in rows:
            try:
                found.jobs.append(self._job(row))
            except (BadRequest, ValueError, TypeError, KeyError) as error:
                if State(row["state"]).ended:
                    continue
                job = _job_of(row, Request(prompt="?"), Request(prompt="?"))
                job.fail("request", f"this version of the bridge cannot read the request any more: {error}")
                found.unreadable.append(job)
        return found

    def ended(self, id: str) -> Job | None:
        """The latest job of this id, if it has ended and can be read."""
        late = [job for job in self._late.values() if job.id == id]
        if late:
            return late[-1] if late[-1].state.ended else None
        latest = f"SELECT * FROM jobs WHERE id = ? AND {_OF_ENDED} ORDER BY key DESC LIMIT 1"
        row = self._database.execute(latest, (id,)).fetchone()
        with contextlib.suppress(BadRequest, ValueError, TypeError, KeyError):
            return self._job(row) if row else None
        return None

    def recent(self, limit: int = 100) -> list[Entry]:
        """The latest jobs, and all that have not ended; the oldest first."""
        with contextlib.suppress(JournalError):
            self.flush()
        latest = "SELECT key FROM jobs ORDER BY key DESC LIMIT ?"
        query = f"SELECT * FROM jobs WHERE NOT {_OF_ENDED} OR key IN ({latest}) ORDER BY key"
        return [_entry(row, self._takes(row["key"])) for row in self._database.execute(query, (limit,)).fetchall()]

    def told(self) -> dict[Path, float]:
        """Every take that was written, also of jobs that are forgotten, and when its client was last told about it, in
        seconds since 1970."""
        found = {Path(row["path"]): row["told"] for row in self._database.execute("SELECT path, told FROM takes")}
        late = {take.path: take.told for job in self._late.values() for take in job.takes.values()}
        return {path: max(told, late.get(path, 0.0)) for path, told in found.items()}

    def drop(self, paths: Iterable[Path]) -> None:
        """Forget takes that were deleted, of jobs that are forgotten, too."""
        unknown = "DELETE FROM takes WHERE path = ? AND key NOT IN (SELECT key FROM jobs)"
        with contextlib.suppress(sqlite3.Error), self._database:
            self._database.executemany(unknown, [(str(path),) for path in paths])

    def _write(self, *jobs: Job) -> None:
        with self._database:  # one transaction, one flush to the disk
            for job in jobs:
                self._database.execute(_JOB, _row(job))
                self._database.executemany(
                    _TAKE, [(job.number, t.index, str(t.path), t.frames, t.rate, t.seed, t.score, t.told)
                            for t in job.takes.values()],
                )  # fmt: skip

    def _forget_old(self) -> None:
        with contextlib.suppress(sqlite3.Error), self._database:
            oldest = f"SELECT key FROM jobs WHERE {_OF_ENDED} ORDER BY key DESC LIMIT -1 OFFSET ?"
            if self._database.execute(oldest, (MAX_ENDED + MAX_ENDED // 10,)).fetchone():  # a tenth of them at a time
                self._database.execute(f"DELETE FROM jobs WHERE key IN ({oldest})", (MAX_ENDED,))

    def _job(self, row: sqlite3.Row) -> Job:
        job = _job_of(row, *(Request.from_dict(json.loads(row[name])) for name in ("asked", "request")))
        job.takes = {take.index: take for take in self._takes(row["key"]) if take.path.is_file()}
        return job

    def _takes(self, key: int) -> Iterator[Written]:
        for row in self._database.execute("SELECT * FROM takes WHERE key = ? ORDER BY take", (key,)):
            told = (row["frames"], row["rate"], row["seed"], row["score"], row["told"])
            yield Written(row["take"], Path(row["path"]), *told)


def read(path: Path, limit: int = 100) -> list[Entry]:
    """The latest jobs of a journal that a daemon may be writing at this moment. Raises JournalError."""
    if not path.exists():
        return []
    journal = Journal()
    try:
        journal._database = connect(f"{path.absolute().as_uri()}?mode=ro")
        return journal.recent(limit)
    except sqlite3.Error as error:
        raise JournalError(f"the journal {path} cannot be read: {error}") from error
    finally:
        journal.close()


def _row(job: Job) -> dict[str, Any]:
    return {
        "key": job.number, "id": job.id, "client": job.client, "asked": _json(job.asked), "request": _json(job.request),
        "reply_to": json.dumps(job.reply_to), "state": job.state.value, "lives": job.lives, "code": job.code,
        "text": job.text, "created": job.created, "ended": job.ended, "heard": job.heard, "forgotten": job.forgotten,
        "handling": json.dumps(job.handling.to_dict(), ensure_ascii=False),
    }  # fmt: skip


def _json(request: Request) -> str:
    return json.dumps(request.to_dict(), ensure_ascii=False)


def _job_of(row: sqlite3.Row, asked: Request, request: Request) -> Job:
    # a connection (an address of three parts) has ended with the daemon; a client that comes back says hello
    reply_to = tuple((one[0], one[1]) for one in json.loads(row["reply_to"]) if len(one) == 2)
    return Job(
        row["id"], f"job-{row['key']}", asked, request, reply_to,
        State(row["state"]), client=row["client"], lives=row["lives"], code=row["code"], text=row["text"],
        created=row["created"], ended=row["ended"], heard=bool(row["heard"]), forgotten=bool(row["forgotten"]),
        found=True, handling=_handling_of(row["handling"]),
    )  # fmt: skip


def _handling_of(text: str) -> Handling:
    """How the job was to be served; as any other, where this version cannot read that."""
    try:
        return Handling.from_dict(json.loads(text))
    except (BadRequest, ValueError):
        return Handling()


def _entry(row: sqlite3.Row, takes: Iterator[Written]) -> Entry:
    return Entry(
        row["id"], row["client"], State(row["state"]), json.loads(row["request"]), row["created"], row["ended"],
        row["code"], row["text"], tuple(take.path for take in takes),
    )  # fmt: skip

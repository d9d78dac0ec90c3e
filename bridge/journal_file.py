"""The journal's file: an SQLite database in WAL mode, its tables, and the lock: one daemon at a time holds it."""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path

log = logging.getLogger("bridge")

VERSION = 2
"""Of the tables below; a journal of a newer one is left alone."""

TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL, client TEXT NOT NULL, asked TEXT NOT NULL, request TEXT NOT NULL,
    reply_to TEXT NOT NULL, state TEXT NOT NULL, lives INTEGER NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,
    created REAL NOT NULL, ended REAL NOT NULL, heard INTEGER NOT NULL, forgotten INTEGER NOT NULL,
    handling TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE INDEX IF NOT EXISTS jobs_by_id ON jobs (id);
CREATE TABLE IF NOT EXISTS takes (
    key INTEGER NOT NULL, take INTEGER NOT NULL, path TEXT NOT NULL,
    frames INTEGER NOT NULL, rate INTEGER NOT NULL, seed INTEGER NOT NULL, score REAL NOT NULL, told REAL NOT NULL,
    PRIMARY KEY (key, take)
);
"""
_BUSY_SECONDS = 5.0
_CACHE_KIB = 256  # of pages; SQLite's own 2 MiB fill up with rows that are hardly ever read again


class JournalError(Exception):
    """The journal cannot be written or opened; the text says why."""


class JournalHeld(JournalError):
    """Another daemon holds this journal."""


def connect(name: str) -> sqlite3.Connection:
    """A connection to a database by its name, a path or a file: URI; one in memory has its tables."""
    database = sqlite3.connect(
        name, timeout=_BUSY_SECONDS, uri=name.startswith("file:"), isolation_level="IMMEDIATE", check_same_thread=False
    )
    database.row_factory = sqlite3.Row
    if name == ":memory:":
        database.executescript(TABLES)
    return database


def hold(path: Path) -> sqlite3.Connection:
    """Hold a file as long as the connection lives; the system lets go of it when the process is killed.

    Raises JournalHeld where another process does, and sqlite3.Error.
    """
    lock = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if "locked" in str(error):
            raise JournalHeld(f"another bridge keeps its jobs in {path.parent}") from error
        raise
    return lock


def opened(path: Path) -> sqlite3.Connection:
    """The database in a file, with the tables of this version; a damaged file is put aside, and a new one begun.

    Raises OSError and sqlite3.Error, and JournalError for a file of a newer version.
    """
    try:
        return _prepared(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # no place, no rights: nothing is wrong with the file
            raise
        aside = path.with_name(f"{path.stem}-damaged-{int(time.time())}{path.suffix}")
        log.error("the journal %s is damaged (%s); it is kept as %s, and a new one begun", path, error, aside.name)
        path.replace(aside)
        for more in ("-wal", "-shm"):
            path.with_name(path.name + more).unlink(missing_ok=True)
        return _prepared(path)


def _prepared(path: Path) -> sqlite3.Connection:
    database = connect(str(path))
    try:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise JournalError(f"the journal {path} is of a newer version of the bridge")
        database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")  # a commit is on the disk, and not only with the system
        if database.execute("PRAGMA quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("its pages do not fit together")
        known = {row["name"] for row in database.execute("PRAGMA table_info(jobs)")}
        if known and "handling" not in known:  # one of version 1, whose jobs were all served alike
            database.execute("ALTER TABLE jobs ADD COLUMN handling TEXT NOT NULL DEFAULT '{}'")
        database.executescript(TABLES)
        database.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        database.close()
        raise
    return database

"""Takes go by count, age and size, the oldest first, and never one that was told a moment ago; full disks fail jobs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bridge.journal import Journal
from bridge.retention import SAFE_SECONDS, Kept, Limits, Tidying, delete, superfluous, too_many
from tests.bridge.conftest import eventually
from tests.bridge.stage import Stage
from tests.bridge.troubles import aged_takes, full_disk

NOW = 1e9
DAY = 86400.0


def kept(*days: float, size: int = 10**8) -> list[Kept]:
    return [Kept(Path(f"{age:g}"), NOW - age * DAY, size) for age in days]


@pytest.mark.parametrize(
    ("limits", "gone"),
    [
        (Limits(), []),
        (Limits(takes=2), ["4", "3"]),
        (Limits(days=2.5), ["4", "3"]),
        (Limits(gb=0.25), ["4", "3"]),
        (Limits(takes=3, days=3.5, gb=0.15), ["4", "3", "2"]),
    ],
)
def test_the_oldest_go_first(limits: Limits, gone: list[str]) -> None:
    assert [str(path) for path in superfluous(kept(3, 1, 4, 2), limits, NOW)] == gone


def test_what_was_told_within_the_hour_is_kept_whatever_the_limits_say() -> None:
    takes = [Kept(Path("young"), NOW - SAFE_SECONDS + 1, 10**12), Kept(Path("old"), NOW - SAFE_SECONDS - 1, 1)]
    assert superfluous(takes, Limits(1, 1e-9, 1e-9), NOW) == [Path("old")]


def test_only_takes_of_the_bridge_are_deleted_and_what_is_gone_is_no_error(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav", "mine.wav"):
        (tmp_path / name).write_bytes(b"x")
    told = {tmp_path / "a.wav": 1.0, tmp_path / "b.wav": 2.0, tmp_path / "moved.wav": 0.0}
    old = too_many(told, Limits(takes=1), NOW)
    assert delete(old, told, (), NOW) == [tmp_path / "a.wav"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.wav", "mine.wav"]


def test_what_was_told_after_the_look_and_what_a_job_needs_is_kept(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("told.wav", "needed.wav", "gone.wav")]
    for path in paths:
        path.write_bytes(b"x")
    told = dict.fromkeys(paths, 1.0)
    old = too_many(told, Limits(days=1), NOW)
    assert set(old) == set(paths)
    assert delete(old, told | {paths[0]: NOW - 1}, {str(paths[1])}, NOW) == [paths[2]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["needed.wav", "told.wav"]


async def test_a_clock_that_is_set_lets_no_take_vanish_within_its_hour(tmp_path: Path) -> None:
    """As on a machine that starts in 1970 and asks the network what time it is."""
    journal, take = Journal(), tmp_path / "a.wav"
    take.write_bytes(b"x")
    journal._database.execute("INSERT INTO takes VALUES (1, 0, ?, 1, 1, 1, 0, 100)", (str(take),))
    clock = {"wall": 110.0, "steady": 0.0}
    tidying = Tidying(
        Limits(days=1), journal, lambda: (), wall=lambda: clock["wall"], steady=lambda: clock["steady"]
    )  # fmt: skip

    async def look_after(seconds: float, wall: float) -> bool:
        clock["steady"] += seconds
        clock["wall"] = wall
        await tidying.look()
        return take.exists()

    assert await look_after(300, 410)
    assert await look_after(300, NOW), "it was told ten minutes ago"
    assert await look_after(300, NOW + 300)
    assert not await look_after(SAFE_SECONDS, NOW + 300 + SAFE_SECONDS)
    journal.close()


def test_a_daemon_keeps_what_its_settings_say(serve, connect, tmp_path: Path) -> None:
    options = aged_takes(serve, connect, tmp_path, oldest=2)
    (tmp_path / "takes" / "mine.wav").write_bytes(b"x")
    serve(*options, "--keep-takes", "1")
    eventually(lambda: len(list((tmp_path / "takes").glob("*.wav"))) < 3, "nothing was deleted")
    left = sorted(path.name for path in (tmp_path / "takes").glob("*.wav"))
    assert len(left) == 2 and "_s2_" in left[0] and left[1] == "mine.wav"


def test_a_disk_that_is_full_leaves_nothing_half_written(tmp_path: Path) -> None:
    code = f"""
import resource
from pathlib import Path
from bridge.takes import write_new
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_new(Path({str(tmp_path)!r}), "a.wav", bytes(5000))
except OSError as error:
    print(error.strerror)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout == "File too large\n", done.stderr
    assert list(tmp_path.iterdir()) == []


async def test_a_job_that_cannot_be_put_down_is_refused_and_the_next_goes_on(tmp_path: Path) -> None:
    journal = Journal()
    journal.open(tmp_path / "journal.sqlite")
    stage = Stage(tmp_path, journal)
    pages = journal._database.execute("PRAGMA page_count").fetchone()[0]
    journal._database.execute(f"PRAGMA max_page_count = {pages}")
    for number in range(60):  # until the file may not grow any more
        sent = stage.say("/render/generate", str(number), "rain" * 100)
        if sent[-1][1] == "/job/failed":
            break
    assert sent[-1][2:4] == (str(number), "disk")
    assert "full" in sent[-1][4]
    journal._database.execute("PRAGMA max_page_count = 100000")
    assert stage.say("/render/generate", "next", "rain")[-1][1] == "/job/queued"
    journal.close()


def test_a_full_disk_costs_jobs_and_not_the_daemon(serve, connect, tmp_path: Path) -> None:
    """There is no room for takes at first, and then none for the journal, either."""
    daemon = serve("--state", str(tmp_path))
    client = connect(daemon)
    with full_disk(daemon, 1_000_000):
        failed = client.job("long", "A4", "seconds", 30.0)[-1]
        assert failed[0] == "/job/failed" and failed[1][1] == "disk" and str(daemon.takes) in failed[1][2]
        assert client.job("short", "A4", "seconds", 0.1)[-1][0] == "/job/done"
    with full_disk(daemon, 10):
        refused = client.job("refused", "A4", "seconds", 0.1)[-1]
        assert refused[0] == "/job/failed" and refused[1][1] == "disk"
    assert client.job("again", "A4", "seconds", 0.1)[-1][0] == "/job/done"
    assert len(list(daemon.takes.glob("*.wav"))) == 2 and not list(daemon.takes.glob("*.part"))
    assert "Traceback" not in daemon.text

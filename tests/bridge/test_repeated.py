"""A request under an id that is known: one job, whatever happened meanwhile; and takes that are told of are kept."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bridge.jobs import State
from bridge.journal import Journal
from engine import Done, Failed, Ready, Started
from tests.bridge.stage import READY, B, Stage, a_take
from tests.bridge.troubles import aged_takes


class Kept(Stage):
    """A stage whose desk writes a journal that the test can look into."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.journal = Journal()
        super().__init__(folder, self.journal, **config)

    async def done(self, id: str, *settings: Any, prompt: str = "rain") -> str:
        """Render a job of one take, and return the key that the engine knew it by."""
        self.say("/render/generate", id, prompt, "seconds", 0.1, *settings)
        _, key, request = self.asked[-1]
        await self.play(Started(key), a_take(key, 0, request), Done(key, 1))
        return key

    def submitted(self) -> int:
        return sum(call[0] == "submit" for call in self.asked)

    def told(self) -> float:
        return max(self.journal.told().values())


@pytest.fixture
async def stage(tmp_path: Path) -> Kept:
    stage = Kept(tmp_path)
    await stage.play(READY)
    return stage


async def test_a_request_without_a_model_means_the_one_that_was_in_use_then(stage: Kept) -> None:
    await stage.done("1")
    stage.desk._workshop.model = "pocket"  # another is in use by now, and the old one is not loaded any more
    stage.running = ["pocket"]
    await stage.play(Ready("pocket", 48000, "1", ("generate",)), model="pocket")
    for settings in ((), ("model", "tone")):
        again = stage.say("/render/generate", "1", "rain", "seconds", 0.1, *settings, sender=B)
        assert [one[1] for one in again] == ["/job/take", "/job/done"]
    assert stage.say("/render/generate", "2", "rain", "model", "tone")[0][1:4] == ("/job/failed", "2", "model")
    assert stage.submitted() == 1


async def test_an_id_is_known_for_as_long_as_the_journal_has_it(stage: Kept) -> None:
    for number in range(102):  # more than are kept in memory
        await stage.done(str(number))
    assert stage.desk.jobs.get("0") is None
    again = stage.say("/render/generate", "0", "rain", "seconds", 0.1)
    assert [one[1] for one in again] == ["/job/take", "/job/done"]
    assert stage.desk.jobs.get("0") is not None
    assert stage.say("/render/generate", "1", "wind")[0][1:4] == ("/job/failed", "1", "id-in-use")
    assert stage.submitted() == 102


async def test_a_client_that_began_anew_may_use_its_ids_again(stage: Kept) -> None:
    stage.say("/bridge/hello", "a")
    await stage.done("1")
    stage.say("/job/list")  # it is there, and has heard
    stage.say("/bridge/hello", "a")
    assert stage.say("/render/generate", "1", "wind", "seconds", 0.1)[0][1] == "/job/queued"


async def test_what_came_to_nothing_is_no_repetition_also_later(stage: Kept) -> None:
    stage.say("/render/generate", "bad", "rain")
    await stage.play(Started("job-1"), Failed("job-1", "memory", "out of memory"))
    for number in range(101):
        await stage.done(str(number))
    assert stage.say("/render/generate", "bad", "wind")[0][1] == "/job/queued"


async def test_takes_that_are_gone_are_rendered_again_with_the_same_seed(stage: Kept, tmp_path: Path) -> None:
    await stage.done("1")
    seed = stage.asked[-1][2].seed
    (file,) = tmp_path.glob("*.wav")
    file.unlink()  # by its user, or by the settings
    assert [one[1] for one in stage.say("/job/follow", "1")] == ["/job/done"]  # no path that leads nowhere
    assert stage.say("/render/generate", "1", "rain", "seconds", 0.1)[0][1] == "/job/queued"
    _, key, request = stage.asked[-1]
    assert request.seed == seed
    told = await stage.play(Started(key), a_take(key, 0, request), Done(key, 1))
    assert [one[1] for one in told] == ["/job/take", "/job/done"] and Path(told[0][4]).is_file()


async def test_being_told_again_keeps_a_take_for_another_hour(stage: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.done("1")
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 7200)
    assert stage.told() <= now
    stage.say("/job/follow", "1", sender=B)
    assert stage.told() == now + 7200  # at once, though nothing else was put down since
    monkeypatch.setattr("time.time", lambda: now + 9000)
    job = stage.desk.jobs.get("1")
    assert job is not None and job.state is State.DONE
    stage.desk.retelling.note_told(job)
    assert stage.told() == now + 9000
    stage.journal.flush()
    assert stage.told() == now + 9000


def test_a_look_over_http_is_being_told(serve, connect, tmp_path: Path) -> None:
    import urllib.request

    daemon = serve(*aged_takes(serve, connect, tmp_path))
    for path in ("/jobs/a-0", "/jobs/a-1/takes/0"):
        with urllib.request.urlopen(f"{daemon.http}{path}") as answer:
            assert answer.status == 200
    daemon.stop()
    journal = Journal()
    journal.open(tmp_path / "journal-0.sqlite")
    recent = [told > time.time() - 100 for _, told in sorted(journal.told().items())]
    journal.close()
    assert recent == [True, True, False]


async def test_replies_reach_who_asks_again_also_for_a_job_of_the_journal(stage: Kept) -> None:
    for number in range(102):
        await stage.done(str(number))
    told = stage.say("/job/follow", "0", sender=B)
    assert {one[0] for one in told} == {B} and told[-1][1:3] == ("/job/done", "0")

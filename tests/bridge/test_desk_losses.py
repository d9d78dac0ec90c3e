"""The desk with an engine that a test plays: engines are lost, files cannot be written, and what we got wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.child import Lost
from bridge.hub import Hub
from engine import Broken, Done, Started, Step, Take, Turn
from tests.bridge.stage import LOST, READY, A, Stage, a_take


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    await stage.play(READY)
    return stage


async def test_the_job_under_a_lost_engine_is_rendered_once_more_with_the_same_seed(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    stage.say("/render/generate", "2", "wind")
    await stage.play(Started("job-1"), Step("job-1", 1, 8))
    assert await stage.play(LOST) == [(A, "/job/queued", "1", 0)]
    stage.asked.clear()
    await stage.play(READY)
    (_, first, request), (_, second, _) = stage.asked
    assert (first, second) == ("job-1", "job-2")
    assert request.seed is not None
    assert await stage.play(Started("job-1"), Done("job-1", 0)) == [(A, "/job/done", "1", 0)]


async def test_a_job_that_loses_the_engine_twice_fails_and_the_next_goes_on(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    stage.say("/render/generate", "2", "wind")
    await stage.play(Started("job-1"), LOST, READY, Started("job-1"))
    (failed,) = await stage.play(LOST)
    assert failed[1:4] == ("/job/failed", "1", "engine-lost")
    assert "SIGKILL" in failed[4]
    stage.asked.clear()
    await stage.play(READY)
    assert [call[1] for call in stage.asked] == ["job-2"]


async def test_a_job_that_kills_the_engine_before_it_starts_fails_too(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    await stage.play(LOST, READY)
    (failed,) = await stage.play(LOST)
    assert failed[1:4] == ("/job/failed", "1", "engine-lost")


async def test_only_the_jobs_whose_turn_it_was_are_blamed_for_a_loss(stage: Stage) -> None:
    """Two shared the last step, a third was being rendered, too: it goes again as if nothing had happened."""
    for id in "123":
        stage.say("/render/generate", id, "rain", "priority", "batch")
    begun = [Started("job-1"), Started("job-2"), Started("job-3")]
    told = await stage.play(*begun, Turn(("job-3",)), Turn(("job-1", "job-2")), LOST)
    assert [one[1:] for one in told] == [("/job/queued", "1", 0), ("/job/queued", "2", 1), ("/job/queued", "3", 2)]
    await stage.play(READY)
    assert {key: handling.alone for key, handling in stage.handled.items()} == {
        "job-1": True, "job-2": True, "job-3": False
    }  # fmt: skip
    (failed, *others) = await stage.play(*begun, Turn(("job-2",)), LOST)
    assert failed[1:4] == ("/job/queued", "1", 0)
    assert [one[1:3] for one in others] == [("/job/failed", "2"), ("/job/queued", "3")]
    assert "twice" in others[0][4]


async def test_a_take_told_before_the_loss_is_not_written_again(stage: Stage, tmp_path: Path) -> None:
    stage.say("/render/generate", "1", "rain", "takes", 2, "seed", 5, "seconds", 0.1)
    request = stage.asked[0][2]
    sent = await stage.play(Started("job-1"), a_take("job-1", 0, request), LOST, READY)
    assert [one[1] for one in sent] == ["/job/take", "/job/queued"]
    sent = await stage.play(
        Started("job-1"), a_take("job-1", 0, request), a_take("job-1", 1, request), Done("job-1", 2)
    )
    assert [one[1:4] for one in sent] == [("/job/take", "1", 1), ("/job/done", "1", 2)]
    assert len(list(tmp_path.glob("*.wav"))) == 2


async def test_a_cancelled_job_stays_cancelled_when_the_engine_is_lost(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    await stage.play(Started("job-1"))
    assert stage.say("/job/cancel", "1") == []
    assert stage.asked[-1] == ("cancel", "job-1")
    assert await stage.play(LOST) == [(A, "/job/cancelled", "1")]
    stage.asked.clear()
    await stage.play(READY)
    assert stage.asked == []


async def test_an_engine_that_no_longer_starts_fails_what_waits(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    await stage.play(LOST, Lost("the engine process ended with status 1", False, 2))
    assert stage.say("/job/list")[0][1:4] == ("/job/entry", "1", "queued")
    sent = await stage.play(Lost("the engine process ended with status 1", False, 3))
    (failed,) = [one for one in sent if one[1] == "/job/failed"]
    assert failed[2:4] == ("1", "engine-lost")
    assert "status 1 while loading the model, after 3 losses" in failed[4]


async def test_a_take_that_is_written_while_the_bridge_stops_is_not_told_after_the_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.say("/render/generate", "1", "rain", "seconds", 0.1)
    request = stage.asked[0][2]

    async def meanwhile(*_: Any) -> None:
        stage.desk.close()

    monkeypatch.setattr("asyncio.to_thread", meanwhile)
    assert [one[1] for one in await stage.play(Started("job-1"), a_take("job-1", 0, request))] == ["/job/failed"]


async def test_a_take_that_makes_no_file_fails_its_job_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(take: Take) -> bytes:
        raise RuntimeError("a defect")

    stage.say("/render/generate", "1", "rain", "seconds", 0.1)
    monkeypatch.setattr("bridge.delivery.wav_bytes", broken)
    (failed,) = await stage.play(Started("job-1"), a_take("job-1", 0, stage.asked[0][2]))
    assert failed[1:4] == ("/job/failed", "1", "internal")
    assert stage.asked[-1] == ("cancel", "job-1")


async def test_a_folder_that_cannot_be_written_fails_the_job_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    stage = Stage(tmp_path / "file" / "takes")
    await stage.play(READY)
    stage.say("/render/generate", "1", "rain", "seconds", 0.1)
    (failed,) = await stage.play(Started("job-1"), a_take("job-1", 0, stage.asked[0][2]), Done("job-1", 1))
    assert failed[1:4] == ("/job/failed", "1", "disk")
    assert str(tmp_path / "file" / "takes") in failed[4]
    assert stage.asked[-1] == ("cancel", "job-1")


async def test_an_engine_that_breaks_later_fails_what_waits(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    failed = await stage.play(LOST, Broken("model", "the weights are gone"))
    assert (A, "/job/failed", "1", "model", "the weights are gone") in failed


async def test_closing_ends_every_job_and_takes_no_more(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    stage.sent.clear()
    stage.desk.close()
    assert stage.sent[0][1:4] == ("/job/failed", "1", "closing")
    assert stage.say("/render/generate", "2", "rain")[0][1:4] == ("/job/failed", "2", "closing")
    assert await stage.play(Done("job-1", 1)) == []


async def test_a_defect_of_ours_costs_the_job_and_not_the_daemon(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.say("/render/generate", "a", "A4")

    def broken(*_: Any) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("bridge.replies.Replies.step", broken)
    sent = await stage.play(Started("job-1"), Step("job-1", 1, 6))
    assert sent[-1][:4] == (A, "/job/failed", "a", "internal")
    assert ("cancel", "job-1") in stage.asked
    monkeypatch.setattr("bridge.pads.answers.Answers.on_event", broken)
    await stage.play(READY)
    monkeypatch.undo()
    assert stage.say("/render/generate", "b", "A4")[-1][1] == "/job/queued"


async def test_a_listener_that_fails_is_nothing_to_the_others() -> None:
    class Deaf:
        address = ("127.0.0.1", 1, "ws-1")

        def wants(self, address: str, args: Any) -> bool:
            raise IndexError

        def tell(self, address: str, args: Any) -> None:
            raise RuntimeError

    heard: list[str] = []

    class Hearing(Deaf):
        address = ("127.0.0.1", 1, "ws-2")

        def wants(self, address: str, args: Any) -> bool:
            return True

        def tell(self, address: str, args: Any) -> None:
            heard.append(address)

    hub = Hub()
    hub.join(Deaf())
    hub.join(Hearing())
    hub.send(((*A, "ws-1"), Deaf.address), "/job/done", ("a", 1))
    assert heard == ["/job/done"]

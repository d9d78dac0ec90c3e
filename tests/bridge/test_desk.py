"""The desk with an engine that a test plays: what is asked for, repeated, cancelled and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.jobs import MAX_REPLY_TO, Job, Jobs, State
from bridge.journal import Journal
from bridge.pads.pool import Pad
from engine import Cancelled, Done, Failed, Handling, Request, Started, Step
from presets import Playing
from tests.bridge.stage import LOST, READY, A, B, Stage, a_take


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    await stage.play(READY)
    return stage


async def test_a_job_before_the_engine_is_ready_is_submitted_when_it_is(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assert stage.say("/bridge/hello", "a")[0][1] == "/bridge/loading"
    assert stage.say("/render/generate", "1", "rain") == [(A, "/job/queued", "1", 0)]
    assert stage.asked == []
    assert await stage.play(READY) == [(A, "/bridge/ready", "1", "tone", 48000, "generate")]
    assert [call[0] for call in stage.asked] == ["submit"]


async def test_the_engine_is_told_how_to_serve_a_job_and_whose_it_is(stage: Stage) -> None:
    stage.say("/bridge/hello", "reaper")
    stage.say("/render/generate", "1", "rain", "priority", "live", "preview", 2)
    stage.say("/render/generate", "2", "rain", sender=B)
    assert stage.handled["job-1"] == Handling(priority="live", preview=2, client="client reaper")
    assert stage.handled["job-2"] == Handling(client="machine 127.0.0.1")


async def test_the_position_counts_what_is_more_urgent(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain", "priority", "batch")
    assert stage.say("/render/generate", "2", "rain") == [(A, "/job/queued", "2", 0)]
    assert stage.say("/render/generate", "3", "rain", "priority", "live") == [(A, "/job/queued", "3", 0)]
    assert stage.say("/render/generate", "4", "rain", "priority", "batch") == [(A, "/job/queued", "4", 3)]


async def test_a_waiting_job_is_cancelled_at_once_and_nothing_late_revives_it(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain", "seconds", 0.1)
    assert stage.say("/job/cancel", "1", sender=B) == [(A, "/job/cancelled", "1"), (B, "/job/cancelled", "1")]
    assert stage.asked[-1] == ("cancel", "job-1")
    assert await stage.play(Started("job-1"), a_take("job-1", 0, stage.asked[0][2]), Cancelled("job-1")) == []


async def test_cancel_without_an_engine_is_at_once(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    await stage.play(LOST)
    assert stage.say("/job/cancel", "1") == [(A, "/job/cancelled", "1")]


async def test_cancel_reaches_owner_and_sender_and_an_ended_job_tells_its_end(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    await stage.play(Started("job-1"))
    stage.say("/job/cancel", "1", sender=B)
    assert await stage.play(Cancelled("job-1")) == [(A, "/job/cancelled", "1"), (B, "/job/cancelled", "1")]
    assert stage.say("/job/cancel", "1") == [(A, "/job/cancelled", "1")]
    assert stage.say("/job/cancel", "2")[0][1:4] == ("/job/failed", "2", "unknown-job")


async def test_a_forgotten_job_tells_its_own_end_and_not_that_it_is_unknown(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    await stage.play(Started("job-1"), Done("job-1", 0))
    stage.say("/job/list")
    stage.say("/bridge/hello", "a")
    assert stage.say("/job/cancel", "1") == [(A, "/job/done", "1", 0)]
    assert stage.say("/job/follow", "1", sender=B) == [(B, "/job/done", "1", 0)]
    stage.say("/render/generate", "1", "wind")
    assert stage.say("/job/cancel", "1") == [(A, "/job/cancelled", "1")]


async def test_an_end_that_nobody_heard_is_told_by_the_next_daemon_also_without_a_hello(tmp_path: Path) -> None:
    journal = Journal()
    before, after = Stage(tmp_path, journal), Stage(tmp_path, journal)
    await before.play(READY)
    before.say("/render/generate", "1", "rain")
    before.say("/render/generate", "2", "wind")
    await before.play(Started("job-1"), Done("job-1", 0))
    after.desk.go_on()
    assert (A, "/job/done", "1", 0) in after.sent
    assert (A, "/job/queued", "2", 0) in after.sent


async def test_a_repeated_request_tells_where_the_job_is(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain", "seconds", 0.1)
    request = stage.asked[0][2]
    await stage.play(Started("job-1"), Step("job-1", 3, 8))
    again = stage.say("/render/generate", "1", "rain", "seconds", 0.1, sender=B)
    assert again == [(B, "/job/queued", "1", 0), (B, "/job/step", "1", 3, 8)]
    await stage.play(a_take("job-1", 0, request), Done("job-1", 1))
    again = stage.say("/render/generate", "1", "rain", "seconds", "0.1")
    assert [one[1] for one in again] == ["/job/take", "/job/done"]
    assert len([call for call in stage.asked if call[0] == "submit"]) == 1


async def test_another_request_under_a_used_id_is_refused_until_the_client_begins_anew(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    (refused,) = stage.say("/render/generate", "1", "wind")
    assert refused[1:3] == ("/bridge/error", "id-in-use")  # job 1 goes on, and must not look as if it had failed
    assert refused[4] == "1"
    await stage.play(Started("job-1"), Done("job-1", 0))
    assert stage.say("/render/generate", "1", "wind")[0][1:4] == ("/job/failed", "1", "id-in-use")
    stage.say("/bridge/hello", "a")
    assert stage.say("/render/generate", "1", "wind") == [(A, "/job/queued", "1", 0)]


async def test_a_bad_message_about_a_living_job_does_not_look_like_its_end(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    (refused,) = stage.say("/render/generate", "1", "rain", "seconds", -1)
    assert refused[1:3] == ("/bridge/error", "bad-value")
    assert refused[3:] == ("seconds must be 0.05 to 60 s, got -1", "1")


async def test_what_came_to_nothing_can_be_asked_for_again(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    stage.say("/render/generate", "2", "wind")
    await stage.play(Started("job-1"), Failed("job-1", "memory", "out of memory"))
    assert stage.say("/render/generate", "1", "rain") == [(A, "/job/queued", "1", 1)]
    assert stage.asked[-1][:2] == ("submit", "job-3")
    stage.say("/job/cancel", "1")
    assert stage.say("/render/generate", "1", "wind") == [(A, "/job/queued", "1", 1)]


async def test_a_sender_with_a_new_port_for_every_message_does_not_pile_up(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    for port in range(6000, 6100):
        stage.say("/render/generate", "1", "rain", sender=("127.0.0.1", port))
    told = {one[0] for one in await stage.play(Started("job-1"), Step("job-1", 1, 8))}
    assert len(told) == MAX_REPLY_TO
    assert {A, ("127.0.0.1", 6099)} <= told


async def test_a_hello_does_not_forget_live_jobs(stage: Stage) -> None:
    stage.say("/render/generate", "1", "rain")
    stage.say("/bridge/hello", "a")
    assert stage.say("/job/list") == [(A, "/job/entry", "1", "queued", 0, "rain"), (A, "/job/listed", 1)]


async def test_the_queue_is_bounded(tmp_path: Path) -> None:
    stage = Stage(tmp_path, max_live=2)
    stage.say("/render/generate", "1", "rain")
    assert stage.say("/render/generate", "2", "rain") == [(A, "/job/queued", "2", 1)]
    busy = stage.say("/render/generate", "3", "rain")
    assert busy[0][1:4] == ("/job/failed", "3", "busy")
    assert "2 jobs" in busy[0][4]


async def test_answers_are_never_answered(stage: Stage) -> None:
    assert stage.say("/bridge/error", "code", "text") == []
    assert stage.say("/job/failed", "1", "code", "text") == []


def test_an_ended_job_stays_as_it_is() -> None:
    job = Job("1", "k", Request(prompt="a"), Request(prompt="a"), (A,), State.DONE)
    with pytest.raises(RuntimeError, match="from done to failed"):
        job.fail("x", "y")


def test_ended_jobs_are_forgotten_above_a_bound_and_live_ones_never() -> None:
    jobs = Jobs(max_ended=3)
    for number in range(10):
        state = State.QUEUED if number == 0 else State.DONE
        jobs.add(Job(str(number), f"k{number}", Request(prompt="a"), Request(prompt="a"), (A,), state))
    assert [job.id for job in jobs] == ["0", "7", "8", "9"]


async def test_what_jobs_and_pads_are_made_from_is_needed(stage: Stage, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"x")
    stage.say("/render/restyle", "1", str(tmp_path / "a.wav"), "rain", 0.5)
    made = Request(task="restyle", source=str(tmp_path / "b.wav"), prompt="rain", model="tone")
    stage.desk.answers.stage.assign(Pad("kick", "a preset", made, Playing()))
    assert stage.desk.needed() == {str(tmp_path / "a.wav"), str(tmp_path / "b.wav")}
    stage.say("/job/cancel", "1")
    assert stage.desk.needed() == {str(tmp_path / "b.wav")}

"""The desk with an engine that a test plays: what is lost, cancelled, repeated and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.child import Lost
from bridge.config import Config
from bridge.desk import Desk
from bridge.hub import Hub
from bridge.jobs import MAX_REPLY_TO, Job, Jobs, State
from bridge.journal import Journal
from bridge.models import Store
from bridge.osc import Message
from bridge.pads.pool import Pad
from engine import Broken, Cancelled, Clip, Done, Failed, Handling, Ready, Request, Started, Step, Take, TakeReady, Turn
from presets import Playing

A, B = ("127.0.0.1", 5000), ("127.0.0.1", 5001)
READY = Ready("tone", 48000, "1", ("generate",))
LOST = Lost("the engine process was ended by SIGKILL", True, 1)


class Stage:
    """A desk, what it sent, and what it asked of the engines. The model in use at first is tone."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.sent: list[tuple[Any, ...]] = []
        self.asked: list[tuple[Any, ...]] = []
        self.handled: dict[str, Handling] = {}
        self.running = ["tone"]
        self.store = Store(folder.parent / "models")
        self.desk = Desk(Config(takes=folder, model="tone", **config), self, self._send, self.store)

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(self.running)

    def start(self, model: str) -> None:
        self.store.loadable(model)
        if model not in self.running:
            self.running.append(model)

    def retire(self, model: str) -> None:
        self.running.remove(model)

    def _send(self, to: tuple[Any, ...], address: str, args: tuple[Any, ...]) -> None:
        self.sent += [(receiver, address, *args) for receiver in to]

    def submit(self, model: str, key: str, request: Request, handling: Handling) -> None:
        assert request.model == model in self.running
        self.asked.append(("submit", key, request))
        self.handled[key] = handling

    def cancel(self, model: str, key: str) -> None:
        self.asked.append(("cancel", key))

    def say(self, address: str, *args: Any, sender: tuple[str, int] = A) -> list[tuple[Any, ...]]:
        self.sent.clear()
        self.desk.receive([Message(address, args)], sender)
        return list(self.sent)

    async def play(self, *events: Any, model: str = "tone") -> list[tuple[Any, ...]]:
        self.sent.clear()
        for event in events:
            await self.desk.on_event(model, event)
        return list(self.sent)


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    await stage.play(READY)
    return stage


def a_take(key: str, index: int, request: Request) -> TakeReady:
    clip = Clip(np.full((1, request.frames), 0.1, np.float32), 48000)
    resolved = request.replace(takes=1, model="tone", steps=1, guidance=1.0, rate=48000)
    return TakeReady(key, Take(clip, resolved, index, 0.5))


async def test_a_job_before_the_engine_is_ready_is_submitted_when_it_is(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assert stage.say("/bridge/hello", "a")[0][1] == "/bridge/loading"
    assert stage.say("/render/generate", "1", "rain") == [(A, "/job/queued", "1", 0)]
    assert stage.asked == []
    assert await stage.play(READY) == [(A, "/bridge/ready", "1", "tone", 48000, "generate")]
    assert [call[0] for call in stage.asked] == ["submit"]


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
    journal, before, after = Journal(), Stage(tmp_path), Stage(tmp_path)
    for stage in (before, after):
        stage.desk = Desk(Config(takes=tmp_path, model="tone"), stage, stage._send, stage.store, journal)
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


async def test_what_jobs_and_pads_are_made_from_is_needed(stage: Stage, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"x")
    stage.say("/render/restyle", "1", str(tmp_path / "a.wav"), "rain", 0.5)
    made = Request(task="restyle", source=str(tmp_path / "b.wav"), prompt="rain", model="tone")
    stage.desk.answers.stage.assign(Pad("kick", "a preset", made, Playing()))
    assert stage.desk.needed() == {str(tmp_path / "a.wav"), str(tmp_path / "b.wav")}
    stage.say("/job/cancel", "1")
    assert stage.desk.needed() == {str(tmp_path / "b.wav")}

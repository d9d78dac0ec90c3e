"""The client against a real daemon: jobs, takes, sources and errors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge import (
    AsyncClient,
    BridgeError,
    Client,
    Ended,
    Queued,
    Step,
    TakeReady,
    TookTooLong,
)
from engine import BadRequest, Busy, Clip, FileError, ModelError, RenderCancelled, UnknownKey
from tests.bridge.conftest import eventually


@pytest.fixture
def bridge(daemon) -> Iterator[Client]:
    with Client(daemon.http) as client:
        yield client


@pytest.fixture
def away(daemon) -> Iterator[Client]:
    """A client that shares no disk with the daemon."""
    with Client(daemon.http, shared_disk=False) as client:
        yield client


def test_a_take_in_one_line(daemon) -> None:
    with Client(daemon.http) as bridge:
        take = bridge.generate("A4", seconds=0.5, seed=7, rate=44100).result()
    assert take.path is not None and take.path.parent == daemon.takes
    assert (take.frames, take.rate, take.seed, take.seconds) == (22050, 44100, 7, 0.5)
    assert take.samples.shape == (1, 22050) and take.samples.dtype == np.float32
    assert np.array_equal(take.samples[0], soundfile.read(take.path, dtype="float32")[0])
    assert take.request.prompt == "A4" and take.wav == take.path.read_bytes()


def test_every_event_of_a_job_comes_once_and_in_order(bridge) -> None:
    job = bridge.generate("A4", seconds=0.1, steps=5, takes=2)
    events = list(job.events())
    kinds = [type(event) for event in events]
    assert kinds[0] is Queued and kinds[-1] is Ended
    assert kinds.count(TakeReady) == 2
    steps = [event for event in events if isinstance(event, Step)]
    assert [step.index for step in steps] == sorted(step.index for step in steps) and steps[-1].part == 1.0
    assert events[-1] == Ended(job.id, "done", 2)
    assert list(job.events()) == events  # also for who comes late
    assert list(job) == steps
    assert [take.index for take in job.results()] == [0, 1] and job.takes == job.results()
    assert (job.state, job.ended, job.error) == ("done", True, None)


def test_a_job_is_cancelled_and_says_so(serve) -> None:
    with Client(serve("--option", "step_seconds=0.05").http) as bridge:
        job = bridge.generate("A4", steps=200)
        for _ in job:
            break
        job.cancel()
        with pytest.raises(RenderCancelled) as cancelled:
            job.result(10)
        assert cancelled.value.code == "cancelled" and job.state == "cancelled"
        job.cancel()  # it has ended: nothing happens
        other = bridge.generate("A4", steps=200)
        bridge.cancel(other.id)
        assert other.wait(10) == "cancelled"


def test_what_is_not_in_time_may_be_waited_for_again(serve) -> None:
    with Client(serve("--option", "step_seconds=0.05").http) as bridge:
        job = bridge.generate("A4", steps=20, seconds=0.1)
        with pytest.raises(TookTooLong) as late:
            job.result(timeout=0.1)
        assert isinstance(late.value, TimeoutError) and late.value.code == "timeout"
        assert job.result(timeout=20).frames == 4800


def test_mistakes_are_named_before_anything_is_sent(bridge) -> None:
    before = bridge.jobs()
    with pytest.raises(BadRequest, match=r"seconds must be 0.05 to 60 s, got -1") as bad:
        bridge.generate("A4", seconds=-1)
    assert (bad.value.code, bad.value.name) == ("bad-value", "seconds")
    with pytest.raises(UnknownKey, match="did you mean seconds"):
        bridge.submit("generate", prompt="A4", second=1)
    with pytest.raises(BadRequest, match="task must be generate"):
        bridge.submit("sing", prompt="A4")
    with pytest.raises(BadRequest, match=r"samples and their rate|samples with their rate"):
        bridge.restyle(np.zeros(10), "rain")
    assert bridge.jobs() == before


def test_what_the_bridge_refuses_is_raised_with_its_code(bridge) -> None:
    with pytest.raises(FileError, match=r"there is no file /no/such\.wav"):
        bridge.upsample("/no/such.wav")
    with pytest.raises(ModelError, match="the one that is loaded"):
        bridge.generate("A4", model="another")
    with pytest.raises(BridgeError) as unknown:
        bridge.job("nobody")
    assert unknown.value.code == "unknown-job"
    with pytest.raises(BadRequest, match="negative must be text or a number, got a list"):  # and not TookTooLong
        bridge.preset("deep-kick", negative=["rain"])
    bridge.generate("A4", seconds=0.1, id="mine").result()
    with pytest.raises(BridgeError) as used:
        bridge.generate("C5", seconds=0.1, id="mine")
    assert used.value.code == "id-in-use"


def test_a_job_that_fails_raises_why(bridge) -> None:
    job = bridge.vary((np.zeros(48000, np.float32), 48000), looseness=2)
    with pytest.raises(BridgeError.__mro__[1], match="tone"):  # a sine wave hears no outlines
        job.result(20)
    assert job.state == "failed" and job.error is not None and "tone" in str(job.error)


def test_the_same_again_under_the_same_id_is_one_job(bridge, daemon) -> None:
    first = bridge.generate("A4", seconds=0.1, id="once").result()
    again = bridge.generate("A4", seconds=0.1, id="once").result()
    assert first == again
    with Client(daemon.http) as other:
        assert other.job("once").result() == first
    assert [job.id for job in bridge.jobs()].count("once") == 1


def test_a_busy_bridge_is_asked_again_for_as_long_as_patience_lasts(serve) -> None:
    url = serve("--option", "step_seconds=0.02", "--max-live", "1").http
    with Client(url) as bridge:
        job = bridge.generate("A4", steps=200)
        with pytest.raises(Busy, match="1 jobs are waiting"):
            bridge.generate("A4", seconds=0.1)
        job.cancel()
    with Client(url, patience=20) as patient:
        jobs = [patient.generate("A4", seconds=0.1, steps=2, seed=seed) for seed in range(3)]
        assert [job.result(20).seed for job in jobs] == [0, 1, 2]


def noise(frames: int = 24000) -> np.ndarray:
    return (0.1 * np.random.default_rng(1).standard_normal((2, frames))).astype(np.float32)


def test_sources_are_paths_arrays_clips_and_takes(bridge, tmp_path: Path) -> None:
    samples = noise()
    soundfile.write(tmp_path / "a.wav", samples.T, 48000, subtype="FLOAT")
    results = [
        bridge.inpaint(source, [(0.1, 0.2)], "A4", seed=3, format="float32").result()
        for source in (tmp_path / "a.wav", str(tmp_path / "a.wav"), (samples, 48000), Clip(samples, 48000))
    ]
    assert all(np.array_equal(take.samples, results[0].samples) for take in results)
    assert np.array_equal(results[0].samples[:, :4800], samples[:, :4800])  # outside the region it is the source
    assert np.array_equal(results[0].samples[:, 9600:], samples[:, 9600:])
    assert not np.array_equal(results[0].samples, samples)
    assert bridge.restyle(results[0], "A4").result().frames == samples.shape[1]


def test_what_was_sent_is_removed_when_its_job_has_ended(bridge, daemon) -> None:
    def clips() -> set[Path]:
        return set((daemon.takes / "clips").glob("*"))

    before = clips()
    job = bridge.restyle((noise(), 48000), "A4", steps=200, takes=16)
    assert len(clips() - before) == 1
    job.cancel()
    with pytest.raises(RenderCancelled):
        job.result()
    bridge.restyle((noise(), 48000), "A4").result()
    eventually(lambda: clips() <= before, "what was sent is still there")
    assert clips() <= before


def test_without_a_shared_disk_everything_travels(away, daemon, tmp_path: Path) -> None:
    samples = noise()
    soundfile.write(tmp_path / "Ein Klang.wav", samples.T, 48000, subtype="FLOAT")
    take = away.inpaint(tmp_path / "Ein Klang.wav", "0.1-0.2", "A4", seed=3, format="float32").result()
    assert take.path is None and take.name.endswith("_take1.wav")
    assert np.array_equal(take.samples[:, :4800], samples[:, :4800])
    assert take.request.seed == 3
    assert take.save(tmp_path) == tmp_path / take.name
    assert (tmp_path / take.name).read_bytes() == (daemon.takes / take.name).read_bytes()
    with pytest.raises(FileError, match=r"none\.wav cannot be read"):
        away.upsample(tmp_path / "none.wav")


def test_status_jobs_models_and_commands(bridge, daemon) -> None:
    status = bridge.status()
    assert (status.model, status.ready, status.rate) == ("tone", True, 48000)
    assert "generate" in status.tasks
    bridge.generate("A4", seconds=0.1, id="listed").result()
    entry = next(job for job in bridge.jobs() if job.id == "listed")
    assert (entry.state, entry.task, entry.prompt, entry.takes) == ("done", "generate", "A4", 1)
    assert "tone" in bridge.models()
    assert bridge.command("/bridge/commands")[-1].address == "/bridge/listed"
    bridge.use("tone")
    with pytest.raises(ModelError, match="the model is still tone"):
        bridge.use("nothing")


def test_other_clients_are_overheard(bridge, daemon, client) -> None:
    told = bridge.overhear()
    assert next(told).address == "/bridge/ready"
    client.job("osc-1", "A4", "seconds", 0.1)
    about = []
    for one in told:
        about.append(one.address)
        if one.address == "/job/done":
            break
    assert about[0] == "/job/queued" and "/job/take" in about


async def test_with_an_event_loop(daemon) -> None:
    async with AsyncClient(daemon.http) as bridge:
        jobs = [await bridge.generate("A4", seconds=0.1, steps=4, seed=seed) for seed in range(3)]
        assert [step.index async for step in jobs[0]][-1] == 4
        takes = await asyncio.gather(*(job.result() for job in jobs))
        assert [take.seed for take in takes] == [0, 1, 2]
        assert (await jobs[0]) == takes[0]
        assert (await bridge.status()).model == "tone"


def test_a_walk_is_interrupted_at_any_moment(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = asyncio.run_coroutine_threadsafe

    def interrupted(work, loop):
        schedule(work, loop)
        monkeypatch.undo()
        raise KeyboardInterrupt  # when the next event has been asked for, and is not waited for yet

    with Client(serve("--option", "step_seconds=0.05").http) as bridge:
        job = bridge.generate("A4", seconds=0.1, steps=200)
        steps = iter(job)
        next(steps)
        monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", interrupted)
        with pytest.raises(KeyboardInterrupt):
            next(steps)
        job.cancel()
        assert job.wait(20) == "cancelled"
